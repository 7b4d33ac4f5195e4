//! Fuzzes `pickle`: see the entry.
#![no_main]

#[path = "../entries/pickle.rs"]
mod pickle;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pickle::run(data));
