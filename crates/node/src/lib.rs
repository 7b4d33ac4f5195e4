//! The addon that Node loads: it connects the TypeScript API with the Rust crates.
//!
//! All data are passed as JSON text: options as one object, records as the objects of the machine interface, and an
//! error as the JSON `{code, message, file}` in the message of the error. The Rust types that serde writes define all
//! shapes; `src/records/generated` is generated from them. The addon is called only by `src/`.

mod calls;
mod cancel;
mod codes;
mod decode;
mod doctor;
mod failure;
mod inspect;
mod job;
mod live;
mod memory;
mod model;
mod parse;
mod path;
mod settle;
mod shared;
mod start;
mod tag;
mod version;
