//! Any body of a request that appends events.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| everfold_fuzz::event(bytes));
