//! The stack machine for the opcodes of protocols 0 to 5.

use std::collections::HashMap;

use error::{Error, Result};

use super::{Pickle, Span, Value};
use crate::fault::fault;
use crate::limits;

/// Reads the pickle at `start` up to its end.
///
/// # Errors
/// [`error::Code::ModelFormat`] with the offset, for a truncated pickle, an unknown or invalid opcode, or a refused
/// class.
pub fn read(bytes: &[u8], start: usize) -> Result<Pickle<'_>> {
    let pickle = Pickle {
        bytes,
        root: Value::None,
        end: start,
        sequences: Vec::new(),
        dicts: Vec::new(),
        storages: Vec::new(),
        tensors: Vec::new(),
        globals: Vec::new(),
    };
    let machine = Machine {
        pickle,
        at: start,
        opcode: start,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        copied: 0,
    };
    machine.run()
}

pub(super) struct Machine<'a> {
    pub(super) pickle: Pickle<'a>,
    /// Offset of the next byte, and of the current opcode.
    pub(super) at: usize,
    opcode: usize,
    pub(super) stack: Vec<Value>,
    /// Heights of the stack at the marks.
    pub(super) marks: Vec<usize>,
    memo: HashMap<u64, Value>,
    /// The number of values copied out of containers, which a memo could otherwise multiply without limit.
    copied: usize,
}

impl<'a> Machine<'a> {
    fn run(mut self) -> Result<Pickle<'a>> {
        for _ in 0..limits::OPCODES {
            self.opcode = self.at;
            let opcode = self.take(1)?[0];
            if opcode == b'.' {
                self.pickle.root = self.pop()?;
                self.pickle.end = self.at;
                return Ok(self.pickle);
            }
            self.step(opcode)?;
        }
        Err(self
            .fault(&format!("it has more than {} opcodes, more than the weights of any network need", limits::OPCODES)))
    }

    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            0x80 => {
                let version = self.take(1)?[0];
                if version > 5 {
                    return Err(self.fault(&format!("pickle protocol {version} is newer than 5")));
                }
            }
            0x95 => {
                self.take(8)?;
            }
            b'(' => self.marks.push(self.stack.len()),
            b'0' => {
                // If there is a mark on top, the opcode removes the mark.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            b'1' => {
                self.pop_mark()?;
            }
            b'2' => {
                let top = self.pop()?;
                self.stack.push(top);
                self.stack.push(top);
            }
            b'N' => self.stack.push(Value::None),
            0x88 => self.stack.push(Value::Bool(true)),
            0x89 => self.stack.push(Value::Bool(false)),
            b'I' | b'L' | b'F' | b'J' | b'K' | b'M' | 0x8a | 0x8b | b'G' => self.number(opcode)?,
            b'S' | b'V' | b'T' | b'U' | b'X' | b'B' | b'C' | 0x8c | 0x8d | 0x8e | 0x96 => self.string(opcode)?,
            b']' | 0x8f | b'l' | b')' | b't' | 0x91 | 0x85 | 0x86 | 0x87 => self.sequence(opcode)?,
            b'}' => self.push_dict(Vec::new()),
            b'd' => {
                let items = self.pop_mark()?;
                let pairs = self.pairs(&items)?;
                self.push_dict(pairs);
            }
            b'a' | b'e' | 0x90 => {
                let items = if opcode == b'a' { vec![self.pop()?] } else { self.pop_mark()? };
                self.extend(items)?;
            }
            b's' | b'u' => {
                let items = if opcode == b's' {
                    let value = self.pop()?;
                    vec![self.pop()?, value]
                } else {
                    self.pop_mark()?
                };
                self.set_items(&items)?;
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let key = match opcode {
                    b'q' => u64::from(self.take(1)?[0]),
                    b'r' => self.unsigned(4)?,
                    b'p' => self.line_number()?,
                    _ => self.memo.len() as u64,
                };
                let top = *self.stack.last().ok_or_else(|| self.fault("its stack is empty"))?;
                self.memo.insert(key, top);
            }
            b'g' | b'h' | b'j' => {
                let key = match opcode {
                    b'h' => u64::from(self.take(1)?[0]),
                    b'j' => self.unsigned(4)?,
                    _ => self.line_number()?,
                };
                let value = self
                    .memo
                    .get(&key)
                    .copied()
                    .ok_or_else(|| self.fault("it reads a memo entry that it never wrote"))?;
                self.stack.push(value);
            }
            _ => return self.object(opcode),
        }
        Ok(())
    }

    /// Opcodes that name or make objects.
    fn object(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push_global(module, name)
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(module), Value::Text(name)) = (module, name) else {
                    return Err(self.fault("it gives the name of a class as something that is not text"));
                };
                self.push_global(module, name)
            }
            b'R' | 0x81 => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                let made = self.call(callable, arguments)?;
                self.stack.push(made);
                Ok(())
            }
            0x92 => {
                let (_, arguments, class) = (self.pop()?, self.pop()?, self.pop()?);
                let made = self.call(class, arguments)?;
                self.stack.push(made);
                Ok(())
            }
            b'b' => {
                // The state of an object, such as _metadata of an OrderedDict, is not needed.
                self.pop()?;
                if self.stack.is_empty() {
                    return Err(self.fault("its stack is empty"));
                }
                Ok(())
            }
            b'i' | b'o' => Err(self.fault("it makes an object of an old-style class")),
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.stack.push(storage);
                Ok(())
            }
            b'P' => Err(self.fault("it refers to a storage as text; PyTorch never wrote such a file")),
            0x82..=0x84 => Err(self.fault("it uses an extension registry")),
            0x97 | 0x98 => Err(self.fault("it refers to buffers outside the file")),
            other => Err(self.fault(&format!("0x{other:02x} is not a pickle opcode"))),
        }
    }

    /// Counts `count` copied values: in total at most one per byte of the pickle.
    pub(super) fn spend(&mut self, count: usize) -> Result<()> {
        self.copied = self.copied.saturating_add(count);
        if self.copied > self.pickle.bytes.len() {
            return Err(self.fault("it copies the same items again and again"));
        }
        Ok(())
    }

    fn push_global(&mut self, module: Span, name: Span) -> Result<()> {
        self.pickle.globals.push((module, name));
        let index = self.pickle.globals.len() - 1;
        self.admit(index)?;
        self.stack.push(Value::Global(index));
        Ok(())
    }

    fn pop(&mut self) -> Result<Value> {
        if self.marks.last() == Some(&self.stack.len()) {
            return Err(self.fault("it takes a value from below a mark"));
        }
        self.stack.pop().ok_or_else(|| self.fault("its stack is empty"))
    }

    pub(super) fn pop_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.marks.pop().ok_or_else(|| self.fault("it has no mark on its stack"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// The error for an invalid pickle at the current opcode.
    pub(super) fn fault(&self, why: &str) -> Error {
        fault(format!("its pickle fails at offset {}: {why}", self.opcode))
    }
}
