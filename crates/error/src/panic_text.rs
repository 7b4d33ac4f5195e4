//! The text of a panic.

use std::any::Any;

/// The message with which a thread panicked, from the payload that `catch_unwind` or `join` returned; `None` for a
/// payload that is not a text.
pub fn panic_text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_and_formatted_messages_are_read_and_other_payloads_are_not() {
        let of = |work: fn()| std::panic::catch_unwind(work).unwrap_err();
        assert_eq!(panic_text(&*of(|| std::panic::panic_any("constant"))), Some("constant"));
        assert_eq!(panic_text(&*of(|| std::panic::panic_any(format!("formatted {}", 1)))), Some("formatted 1"));
        assert_eq!(panic_text(&*of(|| std::panic::panic_any(1))), None);
    }
}
