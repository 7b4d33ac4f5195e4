//! The requirements for every failure.

use error::{shown, Code, Error};

/// Longest message in bytes. People must be able to read it.
const LONGEST: usize = 20_000;

/// Panics unless `failure` has one of `codes` and a message without control characters that is neither empty nor too
/// long.
pub fn check(failure: &Error, codes: &[Code]) {
    let message = &failure.message;
    assert!(codes.contains(&failure.code), "{} is none of {codes:?}: {message}", failure.code.as_str());
    assert!(!message.trim().is_empty(), "{} without a message", failure.code.as_str());
    assert!(message.len() <= LONGEST, "a message of {} bytes: {:.200}", message.len(), message);
    assert!(shown(message) == *message, "a message with control characters: {message:?}");
}
