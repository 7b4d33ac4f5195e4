//! Name, bounds or choices, and default of every option, for the Rust side.
//!
//! An option is defined in its table in `src/options/*.ts`. `npm run generate` writes the module of each verb in this
//! crate from these tables, and a test fails if the generated file is out of date. The structs that read options take
//! their defaults from here and check their values with the `check` functions. Therefore a value from a `config.json`
//! or a Rust caller, which TypeScript has not checked, has the same bounds and gives the same message.

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

/// The error for a refused value: what the option `name` must be, and what was received.
pub(crate) fn refusal(name: &str, expected: &str, received: impl std::fmt::Display) -> Error {
    Error::new(Code::InvalidOption, format!("{name} must be {expected}, received {received}"))
}
