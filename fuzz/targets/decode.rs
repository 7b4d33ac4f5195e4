//! Fuzzes `decode`: see the entry.
#![no_main]

#[path = "../entries/decode.rs"]
mod decode;

libfuzzer_sys::fuzz_target!(|data: &[u8]| decode::run(data));
