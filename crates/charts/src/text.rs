//! How wide a text is, and how it is broken or cut to fit. The widths are those of the embedded font.

use std::sync::LazyLock;

use resvg::usvg::fontdb;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The embedded font: DejaVu Sans with Latin, Greek and Cyrillic letters and common symbols.
pub const FONT: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");

/// The families of a figure in the order of preference. The fonts after the first are narrower, so labels fit in all.
pub const FAMILIES: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// The width of a character that the embedded font does not contain, in units of the font size: that of a Chinese one.
const UNKNOWN_WIDTH: f64 = 1.0;

/// Widths of the first characters of Unicode in units of the font size; the embedded font has all of them but controls.
static WIDTHS: LazyLock<Vec<Option<f64>>> = LazyLock::new(|| {
    let Ok(font) = FontRef::new(FONT) else { return Vec::new() };
    let (characters, metrics) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
    let width = |code: u32| characters.map(code).and_then(|glyph| metrics.advance_width(glyph)).map(f64::from);
    (0..0x2800).map(width).collect()
});

/// Whether the embedded font contains all characters of `text`.
pub fn is_covered(text: &str) -> bool {
    text.chars().all(|letter| letter.is_control() || known_width(letter).is_some())
}

fn known_width(letter: char) -> Option<f64> {
    WIDTHS.get(letter as usize).copied().flatten()
}

/// The width of `text` in pixels at a font size of `size` pixels.
pub fn width(text: &str, size: f64) -> f64 {
    let letters = text.chars().filter(|letter| !letter.is_control());
    letters.map(|letter| known_width(letter).unwrap_or(UNKNOWN_WIDTH)).sum::<f64>() * size
}

/// The text in lines of at most `room` pixels, broken between words, or inside a word that is too long for a line.
pub fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if width(&longer, size) <= room {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                let mut longer = line.clone();
                longer.push(letter);
                if !line.is_empty() && width(&longer, size) > room {
                    lines.push(std::mem::take(&mut line));
                    longer = letter.to_string();
                }
                line = longer;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// The text in at most `most` lines as [`wrap`] breaks it; the last line ends with an ellipsis if there is more.
pub fn wrap_at_most(most: usize, text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = wrap(text, size, room);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last}…"), size, room);
        }
    }
    lines
}

/// The text if it is at most `room` pixels wide, or as much of it as fits before an ellipsis.
pub fn cut(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let room = room - width("…", size);
    let mut kept = String::new();
    let mut used = 0.0;
    for letter in text.chars() {
        used += width(letter.encode_utf8(&mut [0; 4]), size);
        if used > room {
            break;
        }
        kept.push(letter);
    }
    format!("{}…", kept.trim_end())
}

/// The fonts for pictures of a figure with the text `text`: the embedded one, and those of the system if `text` has
/// characters that the embedded one lacks.
pub fn fonts(text: &str) -> fontdb::Database {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    if !is_covered(text) {
        fonts.load_system_fonts();
    }
    fonts.set_sans_serif_family("DejaVu Sans");
    fonts
}
