//! Any name is shown as text.

use error::shown as printable;
use files::text::{csv, markdown};
use proptest::prelude::*;

#[test]
fn control_characters_and_turned_writing_stand_as_escapes() {
    for (text, shown) in [
        ("plain, ümlaut, 日本", "plain, ümlaut, 日本"),
        ("a\u{1b}]0;x\u{7}", "a\\u{1b}]0;x\\u{7}"),
        ("a\r\nb\tc\u{0}", "a\\r\\nb\\tc\\u{0}"),
        ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
        ("gpj.\u{202e}exe", "gpj.\\u{202e}exe"),
    ] {
        assert_eq!(printable(text), shown);
    }
}

#[test]
fn html_and_markdown_show_as_they_are() {
    assert_eq!(markdown("<img src=x onerror=alert(1)>"), "&lt;img src=x onerror=alert(1)&gt;");
    assert_eq!(markdown("[a](javascript:b) | c\n# d"), "\\[a\\](javascript:b) \\| c\\\\n\\# d");
    assert_eq!(markdown("R&B"), "R&amp;B");
}

#[test]
fn formulas_are_text_to_a_spreadsheet() {
    for text in ["=HYPERLINK(\"http://x\")", "+1", "-vocals", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
        assert_eq!(csv(text), format!("'{text}"));
    }
    for text in ["", "rock", "a=b", "'n roll", " =1"] {
        assert_eq!(csv(text), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_controls_a_terminal_or_a_page(text in "\\PC*|(?s).*") {
        prop_assert!(!printable(&text).chars().any(char::is_control));
        let shown = markdown(&text);
        prop_assert!(!shown.contains(['<', '>', '\n']) && !shown.chars().any(char::is_control));
    }
}
