//! What every option may be: its name, its bounds or choices, and its default, for the Rust side.
//!
//! The statement of an option is its table in `src/options/*.ts`. `npm run generate` writes the module of each verb in
//! this crate from these tables, and a test fails if the generated file is out of date. The structs that read options
//! take their defaults from here and check their values with the `check` functions. So a value that TypeScript has never
//! seen, from a `config.json` or a Rust caller, has the same bounds and the same message.

mod choice;
mod integer;
mod number;
mod stated;
#[rustfmt::skip] // Generated.
mod tables;

use error::{Code, Error};

pub use choice::Choice;
pub use integer::Integer;
pub use number::Number;
pub use stated::{check_relations, Stated};
pub use tables::*;

/// The refusal of a value: what the option `name` must be, and what was received.
pub(crate) fn refusal(name: &str, expected: &str, received: impl std::fmt::Display) -> Error {
    Error::new(Code::InvalidOption, format!("{name} must be {expected}, received {received}"))
}
