//! Behaviours that reducers in all languages have to show alike, byte for byte: each folder beside this file is one,
//! and each file in it does the same in another language. Those in Rust are the examples of this crate.
