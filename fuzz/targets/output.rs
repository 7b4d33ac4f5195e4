//! Fuzzes `output`: see the entry.
#![no_main]

#[path = "../entries/output.rs"]
mod output;

libfuzzer_sys::fuzz_target!(|data: &[u8]| output::run(data));
