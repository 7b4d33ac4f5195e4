//! The fuzz target `manifest`. `entries/manifest.rs` contains its code.
#![no_main]

#[path = "../entries/failure.rs"]
mod failure;
#[path = "../entries/manifest.rs"]
mod manifest;

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifest::run(data));
