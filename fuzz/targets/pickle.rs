//! The fuzz target `pickle`. `entries/pickle.rs` contains its code.
#![no_main]

#[path = "../entries/checkpoint.rs"]
mod checkpoint;
#[path = "../entries/failure.rs"]
mod failure;
#[path = "../entries/pickle.rs"]
mod pickle;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pickle::run(data));
