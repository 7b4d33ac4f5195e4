//! The fuzz target `model`. `entries/model.rs` contains its code.
#![no_main]

#[path = "../entries/failure.rs"]
mod failure;
#[path = "../entries/model.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|data: &[u8]| model::run(data));
