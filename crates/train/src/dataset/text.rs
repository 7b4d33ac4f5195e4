//! Reads text files in the encodings and with the line ends that editors and spreadsheets write.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use error::{Code, Error, Result};

use super::broken;

/// The largest text that is read. A device, such as /dev/zero behind a link, may never end.
const LARGEST: u64 = 1 << 30;

/// The text of a file in UTF-8, or in UTF-16 with a byte order mark, without the mark. Lines that end with a carriage
/// return alone, as old Macintosh programs write them, end with a line feed.
///
/// # Errors
/// [`Code::FileNotFound`]; [`Code::Dataset`] for a file that is not valid text, with the line number, and for more than
/// 1 GiB.
pub(super) fn read_text(file: &Path) -> Result<String> {
    let text = decoded(file, &read_bytes(file)?)?;
    if let Some(position) = text.find('\0') {
        let line = 1 + text[..position].matches('\n').count();
        let message = format!("line {line}: it contains a NUL byte, so it is not UTF-8 text: save the file as UTF-8");
        return Err(broken(file, message));
    }
    let is_macintosh = text.contains('\r') && !text.contains('\n');
    Ok(if is_macintosh { text.replace('\r', "\n") } else { text })
}

fn read_bytes(file: &Path) -> Result<Vec<u8>> {
    let failed = |reason| Error::input(file, Code::Dataset, &reason);
    let mut bytes = Vec::new();
    File::open(file).map_err(failed)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(broken(file, format!("not a list: a list has at most {} MiB", LARGEST >> 20)));
    }
    Ok(bytes)
}

/// The text in `bytes`, without a byte order mark.
fn decoded(file: &Path, bytes: &[u8]) -> Result<String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| {
            broken(file, "not valid UTF-16 text, although it begins with a UTF-16 byte order mark: save it as UTF-8")
        })
    };
    match bytes {
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
    fn a_carriage_return_alone_ends_a_line_and_a_nul_byte_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.csv");
        let read = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            read_text(&file)
        };
        assert_eq!(read(b"a\rb\r").unwrap(), "a\nb\n");
        assert_eq!(read(b"a\r\nb\rc\n").unwrap(), "a\r\nb\rc\n");
        let utf16: Vec<u8> = "a\nb\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, line) in [(utf16.as_slice(), "line 1: "), (b"a\nb\0", "line 2: ")] {
            let error = read(bytes).unwrap_err();
            assert!(error.code == Code::Dataset && error.message.contains(line), "{error}");
            assert!(error.message.contains("save the file as UTF-8"), "{error}");
        }
    }

    #[test]
    fn line_ends_and_blank_lines_count() {
        for text in ["a\n1\n2\n\n3\n", "a\r\n1\r\n2\r\n\r\n3\r\n", "a\n1\n2\n\n3"] {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let lines: Vec<u64> = reader.records().map(|record| line_of(text, &record.unwrap())).collect();
            assert_eq!(lines, [2, 3, 5], "{text:?}");
        }
    }
}
