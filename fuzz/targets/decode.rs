//! The fuzz target `decode`. `entries/decode.rs` contains its code.
#![no_main]

#[path = "../entries/decode.rs"]
mod decode;
#[path = "../entries/failure.rs"]
mod failure;

libfuzzer_sys::fuzz_target!(|data: &[u8]| decode::run(data));
