//! The fuzz target `output`. `entries/output.rs` contains its code.
#![no_main]

#[path = "../entries/failure.rs"]
mod failure;
#[path = "../entries/output.rs"]
mod output;

libfuzzer_sys::fuzz_target!(|data: &[u8]| output::run(data));
