//! Catches panics of decoders and of readers of metadata, and keeps their messages off the user's terminal.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread is running a decoder.
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// The hook is installed once and kept: setting and restoring a hook around every call would be a race between threads.
static HOOK: Once = Once::new();

/// Runs `work`; a panic in it becomes `Err` with its message. After an `Err`, the values that `work` borrowed mutably
/// must not be used again unless they are rebuilt first. Only panics of this thread inside `work` are kept silent.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !DECODING.try_with(Cell::get).unwrap_or(false) {
                previous(info);
            }
        }));
    });
    let outer = DECODING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    DECODING.set(outer);
    result.map_err(|payload| error::panic_text(payload.as_ref()).unwrap_or("unknown panic").to_owned())
}

#[cfg(test)]
mod tests {
    use super::catch;

    #[test]
    fn a_panic_becomes_its_message_and_a_value_passes() {
        assert_eq!(catch(|| 7), Ok(7));
        assert_eq!(catch(|| -> u32 { panic!("index {}", 3) }), Err("index 3".to_string()));
    }
}
