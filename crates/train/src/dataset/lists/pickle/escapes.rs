//! The escapes in texts of protocol 0.

/// The bytes of a quoted text of Python 2, such as `'a\x00'`.
pub(super) fn quoted(line: &[u8]) -> Result<Vec<u8>, String> {
    let (Some(&first), Some(&last)) = (line.first(), line.last()) else { return Err("a text is empty".to_owned()) };
    if line.len() < 2 || first != last || !matches!(first, b'\'' | b'"') {
        return Err("a text has no closing quote".to_owned());
    }
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line[1..line.len() - 1].iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'x') => bytes.push(code(&mut rest, 2)? as u8),
            Some(other @ (b'\\' | b'\'' | b'"')) => bytes.push(other),
            _ => return Err("a text has an unknown escape".to_owned()),
        }
    }
    Ok(bytes)
}

/// The text of a line in the encoding raw-unicode-escape, as UTF-8.
pub(super) fn raw_unicode(line: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        let digits = match (byte, rest.peek()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(byte));
                continue;
            }
        };
        rest.next();
        let code = code(&mut rest, digits)?;
        text.push(char::from_u32(code).ok_or("a text holds a character that does not exist")?);
    }
    Ok(text.into_bytes())
}

/// A number of `digits` hexadecimal digits.
fn code(rest: &mut impl Iterator<Item = u8>, digits: usize) -> Result<u32, String> {
    (0..digits).try_fold(0, |code, _| {
        let digit = rest.next().and_then(|byte| char::from(byte).to_digit(16));
        Ok(code * 16 + digit.ok_or("a text has an incomplete escape")?)
    })
}
