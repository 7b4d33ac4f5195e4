//! Fuzzes `manifest`: see the entry.
#![no_main]

#[path = "../entries/manifest.rs"]
mod manifest;

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifest::run(data));
