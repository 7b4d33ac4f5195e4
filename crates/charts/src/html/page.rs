//! The frame of a page: head, style, the link that skips to the contents.

use crate::svg::clean;
use crate::theme::page_style;

/// The style of all pages.
const STYLE: &str = include_str!("page.css");

/// A page with the given title and contents. `more_style` follows the style of all pages; `script`, which may be empty,
/// is the last element. The page loads nothing: its policy refuses every address but embedded images and, if
/// `plays_audio`, audio files.
pub fn page(title: &str, contents: &str, more_style: &str, script: &str, plays_audio: bool) -> String {
    let title = clean(title);
    let media = if plays_audio { "; media-src 'self' file: blob:" } else { "" };
    let scripts = if script.is_empty() { "" } else { "; script-src 'unsafe-inline'" };
    let policy = format!("default-src 'none'; style-src 'unsafe-inline'; img-src data:{scripts}{media}");
    let colours = page_style();
    let script = if script.is_empty() { String::new() } else { format!("<script>\n{script}</script>\n") };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{colours}\n{STYLE}{more_style}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#contents\">Skip to the contents</a>\n{contents}{script}</body>\n</html>\n"
    )
}
