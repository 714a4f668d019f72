//! Any file in the reducers' folder.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        // The fuzzer's hook ends the process at every panic; the host catches those of the parser.
        drop(std::panic::take_hook());
    },
    |bytes: &[u8]| everfold_fuzz::module(bytes)
);
