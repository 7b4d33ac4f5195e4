//! The operands of opcodes: numbers, strings, lines.

use error::Result;

use super::machine::Machine;
use super::{Span, Value};

impl<'a> Machine<'a> {
    /// Reads a number and pushes it.
    pub(super) fn number(&mut self, opcode: u8) -> Result<()> {
        let value = match opcode {
            b'K' => Value::Int(i64::from(self.take(1)?[0])),
            b'M' => Value::Int(self.unsigned(2)? as i64),
            b'J' => Value::Int(i64::from(self.unsigned(4)? as u32 as i32)),
            b'G' => {
                let bytes = self.take(8)?;
                Value::Float(f64::from_be_bytes(bytes.try_into().unwrap_or_default()))
            }
            0x8a | 0x8b => {
                let length = if opcode == 0x8a { u64::from(self.take(1)?[0]) } else { self.unsigned(4)? };
                let start = self.at;
                let bytes = self.take(length)?;
                // A longer number occurs only as the magic number of a legacy file: it is kept as bytes.
                if bytes.len() > 8 {
                    Value::Text(Span { start, len: bytes.len() })
                } else {
                    let negative = bytes.last().is_some_and(|top| top & 0x80 != 0);
                    let mut wide = if negative { [0xff; 8] } else { [0; 8] };
                    wide[..bytes.len()].copy_from_slice(bytes);
                    Value::Int(i64::from_le_bytes(wide))
                }
            }
            _ => {
                let span = self.line()?;
                let text = self.pickle.text(span).trim_end_matches('L');
                match (opcode, text) {
                    (b'I', "00") => Value::Bool(false),
                    (b'I', "01") => Value::Bool(true),
                    (b'F', _) => Value::Float(text.parse().map_err(|_| self.fault("a number cannot be read"))?),
                    _ => Value::Int(text.parse().map_err(|_| self.fault("a number cannot be read"))?),
                }
            }
        };
        self.stack.push(value);
        Ok(())
    }

    /// Reads a string or bytes and pushes them.
    pub(super) fn string(&mut self, opcode: u8) -> Result<()> {
        let span = match opcode {
            b'S' | b'V' => {
                let mut span = self.line()?;
                if opcode == b'S' && span.len >= 2 {
                    span = Span { start: span.start + 1, len: span.len - 2 };
                }
                span
            }
            _ => {
                let length = match opcode {
                    b'U' | b'C' | 0x8c => u64::from(self.take(1)?[0]),
                    b'T' | b'X' | b'B' => self.unsigned(4)?,
                    _ => self.unsigned(8)?,
                };
                let start = self.at;
                Span { start, len: self.take(length)?.len() }
            }
        };
        self.stack.push(Value::Text(span));
        Ok(())
    }

    /// Reads the next `count` bytes.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count));
        let bytes = end.and_then(|end| self.pickle.bytes.get(self.at..end));
        match (bytes, end) {
            (Some(bytes), Some(end)) => {
                self.at = end;
                Ok(bytes)
            }
            _ => Err(self.fault("it is truncated")),
        }
    }

    /// Reads the next `count` bytes as a little-endian number.
    pub(super) fn unsigned(&mut self, count: u64) -> Result<u64> {
        let bytes = self.take(count)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Reads the rest of the line, without the line end.
    pub(super) fn line(&mut self) -> Result<Span> {
        let start = self.at;
        let rest = &self.pickle.bytes[start..];
        let len = rest.iter().position(|&byte| byte == b'\n').ok_or_else(|| self.fault("it is truncated"))?;
        self.at = start + len + 1;
        Ok(Span { start, len })
    }

    /// Reads the rest of the line as a number.
    pub(super) fn line_number(&mut self) -> Result<u64> {
        let span = self.line()?;
        self.pickle.text(span).trim().parse().map_err(|_| self.fault("a number cannot be read"))
    }
}
