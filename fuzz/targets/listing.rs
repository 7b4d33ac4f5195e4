//! The fuzz target `listing`. `entries/listing.rs` contains its code.
#![no_main]

#[path = "../entries/failure.rs"]
mod failure;
#[path = "../entries/listing.rs"]
mod listing;

libfuzzer_sys::fuzz_target!(|data: &[u8]| listing::run(data));
