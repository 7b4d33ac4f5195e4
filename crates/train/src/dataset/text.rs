//! Reads text files in the encodings that editors and spreadsheets write.

use std::path::Path;

use error::{Code, Error, Result};

use super::broken;

/// The text of a file in UTF-8, or in UTF-16 with a byte order mark, without the mark.
///
/// # Errors
/// [`Code::FileNotFound`]; [`Code::Dataset`] for a file that is not valid text, with the line number.
pub(super) fn read_text(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).map_err(|reason| Error::input(file, Code::Dataset, &reason))?;
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| {
            broken(file, "not valid UTF-16 text, although it begins with a UTF-16 byte order mark: save it as UTF-8")
        })
    };
    match bytes.as_slice() {
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] => utf8(file, text),
        text => utf8(file, text),
    }
}

/// The lines of `text` with their numbers, from 1, and without spaces around them. Blank lines and comments, which
/// begin with `#`, are left out.
pub(super) fn entries(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let lines = (1..).zip(text.lines().map(str::trim));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The number of the line in `text` on which `record` begins, from 1. The position of a record is before the rest of
/// the line end and the blank lines in front of it.
pub(super) fn line_of(text: &str, record: &csv::StringRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|&&byte| byte == b'\n');
    position.line() + ends.count() as u64
}

fn utf8(file: &Path, bytes: &[u8]) -> Result<String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|reason| {
        let line = 1 + bytes[..reason.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        broken(file, format!("line {line}: not valid UTF-8 text: save the file as UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_blank_lines_count() {
        for text in ["a\n1\n2\n\n3\n", "a\r\n1\r\n2\r\n\r\n3\r\n", "a\n1\n2\n\n3"] {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let lines: Vec<u64> = reader.records().map(|record| line_of(text, &record.unwrap())).collect();
            assert_eq!(lines, [2, 3, 5], "{text:?}");
        }
    }
}
