//! The fuzz target `architecture`. `entries/architecture.rs` contains its code.
#![no_main]

#[path = "../entries/architecture.rs"]
mod architecture;
#[path = "../entries/failure.rs"]
mod failure;

libfuzzer_sys::fuzz_target!(|data: &[u8]| architecture::run(data));
