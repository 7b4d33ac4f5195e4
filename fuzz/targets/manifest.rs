//! Fuzzes `manifest`: see its entry.
#![no_main]

#[path = "../entries/failure.rs"]
mod failure;
#[path = "../entries/manifest.rs"]
mod manifest;

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifest::run(data));
