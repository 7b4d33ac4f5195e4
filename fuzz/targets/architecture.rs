//! Fuzzes `architecture`: see the entry.
#![no_main]

#[path = "../entries/architecture.rs"]
mod architecture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| architecture::run(data));
