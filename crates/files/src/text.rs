//! Escapes names, tags and titles for Markdown, LaTeX and spreadsheets, which would interpret parts of them. For
//! terminals: [`error::shown`].
//!
//! Data that programs read exactly (JSON, and the CSV columns by which samplecnn finds its own rows) keeps the exact
//! names.

use std::borrow::Cow;
use std::fmt::Write;

use error::shown;

/// Escapes `text` for a line or a table cell of Markdown, so that any HTML, Markdown or control characters in it are
/// shown as text. The middle of a very long text is left out.
///
/// ```
/// assert_eq!(files::text::markdown("<b>|*x*"), "&lt;b&gt;\\|\\*x\\*");
/// ```
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in shown(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '|' | '~' | '#' => {
                let _ = write!(safe, "\\{c}");
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// Escapes the text of a CSV cell: a text that a spreadsheet would treat as a formula gets a `'` before it, which
/// spreadsheets read as "text follows". Numbers do not need this.
///
/// ```
/// assert_eq!(files::text::csv("=1+1"), "'=1+1");
/// assert_eq!(files::text::csv("rock"), "rock");
/// ```
pub fn csv(text: &str) -> Cow<'_, str> {
    // Spreadsheets in East Asia treat the full-width characters in the same way.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    match formula {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// Escapes `text` for LaTeX: its special characters are shown as text.
///
/// ```
/// assert_eq!(files::text::latex("2^14 & 5 % a_b"), "2\\textasciicircum{}14 \\& 5 \\% a\\_b");
/// ```
pub fn latex(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => safe.extend(['\\', c]),
            '~' => safe += "\\textasciitilde{}",
            '^' => safe += "\\textasciicircum{}",
            '\\' => safe += "\\textbackslash{}",
            '<' => safe += "\\textless{}",
            '>' => safe += "\\textgreater{}",
            '\u{b1}' => safe += "$\\pm$",
            '\n' | '\r' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
