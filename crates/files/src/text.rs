//! Names, tags and titles where programs would take parts of them for orders: Markdown, spreadsheets. For terminals: [`error::shown`].
//!
//! Files that programs read exactly (JSON, and the columns of CSV files by which samplecnn finds its own rows again) keep exact names.

use std::borrow::Cow;
use std::fmt::Write;

use error::shown;

/// `text` inside a line or a table cell of Markdown: it shows as it is, whatever HTML, Markdown or control characters it holds.
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

/// A CSV cell that holds text: one that a spreadsheet would take for a formula gets a `'` before it, which spreadsheets read as "text
/// follows". Numbers are no text: they go without this.
///
/// ```
/// assert_eq!(files::text::csv("=1+1"), "'=1+1");
/// assert_eq!(files::text::csv("rock"), "rock");
/// ```
pub fn csv(text: &str) -> Cow<'_, str> {
    // The wide forms are the same to spreadsheets of East Asia.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    match formula {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}
