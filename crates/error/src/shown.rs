//! Escapes names for messages, so that a name cannot control a terminal or begin a new line.

use std::fmt::Write;
use std::path::Path;

/// The length in bytes up to which a text is shown completely. Of a longer text, the beginning and the end are shown.
const LONGEST: usize = 4_000;
const BEGINNING: usize = 3_000;
const END: usize = 900;

/// Returns `name` with its control characters, and the characters that reverse the direction of text, written as
/// escapes: `\n`, `\u{1b}`. All other characters stay unchanged, so that ordinary names stay readable. The middle of a
/// very long text, which a damaged or hostile file can contain, is left out.
pub fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_control() || is_of_layout(character) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}", character.escape_default());
        } else {
            text.push(character);
        }
    }
    if text.len() > LONGEST {
        shorten(&mut text);
    }
    text
}

/// Leaves out the middle of `text`, and states how many bytes are missing.
fn shorten(text: &mut String) {
    let boundary = |from: usize| (from..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    let left_out = boundary(BEGINNING)..boundary(text.len() - END);
    text.replace_range(left_out.clone(), &format!(" [... {} bytes ...] ", left_out.len()));
}

/// Escapes a path in the same way; bytes that are not valid text become U+FFFD.
pub fn shown_path(path: impl AsRef<Path>) -> String {
    shown(&path.as_ref().to_string_lossy())
}

/// Line and paragraph separators, and marks that change the direction of the following text.
fn is_of_layout(character: char) -> bool {
    matches!(
        character,
        '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_terminal_is_escaped_and_the_rest_is_not() {
        assert_eq!(shown("a\x1b[2Jb\x07\r\n\tc\x7f\u{9b}"), "a\\u{1b}[2Jb\\u{7}\\r\\n\\tc\\u{7f}\\u{9b}");
        assert_eq!(shown("\u{202e}gpj.exe\u{2066}\u{2028}"), "\\u{202e}gpj.exe\\u{2066}\\u{2028}");
        let ordinary = "Motörhead – \"Ace of Spades\" C:\\Musik\\猫.mp3 👩‍🎤";
        assert_eq!(shown(ordinary), ordinary);
    }

    #[test]
    fn of_a_text_that_nobody_reads_the_middle_is_left_out() {
        for long in ["\u{1b}".repeat(1 << 20), "é猫".repeat(5_000), "a".repeat(4_001)] {
            let text = shown(&format!("begins {long} ends"));
            assert!(text.len() < LONGEST && text.starts_with("begins ") && text.ends_with(" ends"), "{text}");
            assert!(text.contains(" bytes ...] "), "{text}");
            assert_eq!(shown(&text), text);
        }
        assert_eq!(shown(&"a".repeat(LONGEST)).len(), LONGEST);
    }

    #[test]
    fn paths_are_shown_in_the_same_way() {
        assert_eq!(shown_path("a/b\nc.wav"), "a/b\\nc.wav");
    }
}
