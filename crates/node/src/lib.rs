//! The addon that Node loads: glue between the TypeScript face and the rooms.
//!
//! Everything that crosses is JSON text: options go in as one object, records come out as the objects of the machine
//! interface, and a failure is the JSON `{code, message, file}` in an error's message. The shapes are declared
//! once, by the Rust types that serde writes; `src/records/generated` is made from them. `src/` is the only caller.

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
