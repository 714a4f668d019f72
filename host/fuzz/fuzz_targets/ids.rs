//! Any text in the place of an id or a name.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| everfold_fuzz::ids(bytes));
