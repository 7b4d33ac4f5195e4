//! Fuzzes `listing`: see the entry.
#![no_main]

#[path = "../entries/listing.rs"]
mod listing;

libfuzzer_sys::fuzz_target!(|data: &[u8]| listing::run(data));
