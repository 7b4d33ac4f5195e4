//! Fuzzes `model`: see the entry.
#![no_main]

#[path = "../entries/model.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|data: &[u8]| model::run(data));
