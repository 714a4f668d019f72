//! Any body that is said to be CloudEvents.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| everfold_fuzz::cloudevent(bytes));
