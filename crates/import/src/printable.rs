//! Escapes texts from a file for messages.

use std::fmt::Write;

use error::Error;

/// Returns `text` with all characters escaped that would control a terminal or change the reading direction.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || is_invisible(letter) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Returns the same failure with a message that is safe to print on a terminal.
pub(crate) fn printable_failure(failure: Error) -> Error {
    Error { message: printable(&failure.message), ..failure }
}

/// Format characters: zero width, directions, line and paragraph ends, the byte order mark.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_the_rest_stays() {
        assert_eq!(printable("größe.weight 音"), "größe.weight 音");
        assert_eq!(printable("a\u{1b}[31m\nb\u{7}"), "a\\u{1b}[31m\\u{a}b\\u{7}");
        assert_eq!(printable("\u{202e}x\u{9b}"), "\\u{202e}x\\u{9b}");
    }
}
