//! Fuzzes `hdf5`: see the entry.
#![no_main]

#[path = "../entries/checkpoint.rs"]
mod checkpoint;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checkpoint::run(data));
