//! What follows an opcode: numbers, texts and lines.

use super::escapes::{quoted, raw_unicode};
use super::machine::{Machine, Value};

impl<'a> Machine<'a> {
    /// Reads the number of an opcode.
    pub(super) fn number(&mut self, opcode: u8) -> Result<(), String> {
        let parsed = |line: &[u8]| std::str::from_utf8(line).ok().map(str::trim).map(str::to_owned);
        let value = match opcode {
            b'J' => Value::Int(i64::from(self.unsigned(4)? as u32 as i32)),
            b'K' => Value::Int(i64::from(self.take(1)?[0])),
            b'M' => Value::Int(self.unsigned(2)? as i64),
            b'G' => {
                let bytes = self.take(8)?.try_into().map_err(|_| "it is cut off")?;
                Value::Float(f64::from_be_bytes(bytes))
            }
            0x8a => {
                let length = usize::from(self.take(1)?[0]);
                let bytes = self.take(length)?;
                if length > 8 {
                    return Err("it holds a number that is too large".to_owned());
                }
                let fill = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
                let mut all = [fill; 8];
                all[..length].copy_from_slice(bytes);
                Value::Int(i64::from_le_bytes(all))
            }
            b'F' => {
                Value::Float(parsed(self.line()?).and_then(|text| text.parse().ok()).ok_or("a number cannot be read")?)
            }
            _ => {
                let text = parsed(self.line()?).ok_or("a number cannot be read")?;
                Value::Int(text.trim_end_matches('L').parse().map_err(|_| "a number cannot be read")?)
            }
        };
        self.stack.push(value);
        Ok(())
    }

    /// Reads the text of an opcode.
    pub(super) fn string(&mut self, opcode: u8) -> Result<(), String> {
        let text = match opcode {
            b'S' => quoted(self.line()?)?,
            b'V' => raw_unicode(self.line()?)?,
            b'U' | b'C' | 0x8c => {
                let length = usize::from(self.take(1)?[0]);
                self.take(length)?.to_vec()
            }
            _ => {
                let length = self.unsigned(4)? as usize;
                self.take(length)?.to_vec()
            }
        };
        let value = self.push_text(text);
        self.stack.push(value);
        Ok(())
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let bytes = self.bytes.get(self.at..).and_then(|rest| rest.get(..count)).ok_or("it is cut off")?;
        self.at += count;
        Ok(bytes)
    }

    /// The bytes up to the next line end.
    pub(super) fn line(&mut self) -> Result<&'a [u8], String> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&byte| byte == b'\n').ok_or("it is cut off")?;
        self.at += end + 1;
        let line = &rest[..end];
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The number of a memo entry, as text.
    pub(super) fn key(&mut self) -> Result<u64, String> {
        let text = std::str::from_utf8(self.line()?).ok();
        text.and_then(|text| text.parse().ok()).ok_or_else(|| "the number of a memo entry cannot be read".to_owned())
    }

    /// An unsigned number of `count` bytes, little endian.
    pub(super) fn unsigned(&mut self, count: usize) -> Result<u64, String> {
        Ok(self.take(count)?.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }
}
