//! The stack machine of Python's pickle format.

use std::collections::HashMap;

use super::object::{is_known, Object};
use super::Item;

/// A value; texts, containers and objects are indices into the arenas of their machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Int(i64),
    Float(f64),
    /// A text or bytes.
    Text(usize),
    /// A list or tuple.
    Sequence(usize),
    Dict(usize),
    /// The name of a class or function.
    Global(usize),
    Object(usize),
}

pub(super) struct Machine<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) stack: Vec<Value>,
    /// Heights of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
    /// How many values and bytes were copied, which the memo could otherwise multiply without limit.
    copied: usize,
    pub(super) root: Value,
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) sequences: Vec<Vec<Value>>,
    pub(super) dicts: Vec<Vec<(Value, Value)>>,
    pub(super) objects: Vec<Object>,
}

impl<'a> Machine<'a> {
    /// Reads the pickle in `bytes`.
    pub(super) fn run(bytes: &'a [u8]) -> Result<Self, String> {
        let mut machine = Self {
            bytes,
            at: 0,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            copied: 0,
            root: Value::None,
            texts: Vec::new(),
            sequences: Vec::new(),
            dicts: Vec::new(),
            objects: Vec::new(),
        };
        loop {
            let offset = machine.at;
            let opcode = machine.take(1)?[0];
            if opcode == b'.' {
                machine.root = machine.pop()?;
                return Ok(machine);
            }
            machine.step(opcode).map_err(|why| format!("{why}, at byte {offset}"))?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), String> {
        match opcode {
            0x80 => {
                if let version @ 6.. = self.take(1)?[0] {
                    return Err(format!("protocol {version} is not known"));
                }
            }
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let top = self.pop()?;
                self.stack.extend([top, top]);
            }
            b'N' => self.stack.push(Value::None),
            0x88 | 0x89 => self.stack.push(Value::Int(i64::from(opcode == 0x88))),
            b'I' | b'L' | b'F' | b'J' | b'K' | b'M' | 0x8a | b'G' => self.number(opcode)?,
            b'S' | b'V' | b'T' | b'U' | b'X' | b'B' | b'C' | 0x8c => self.string(opcode)?,
            b']' | b')' => self.push_sequence(Vec::new()),
            b'l' | b't' => {
                let items = self.pop_mark()?;
                self.push_sequence(items);
            }
            0x85..=0x87 => {
                let mut items = (0x84..opcode).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
                items.reverse();
                self.push_sequence(items);
            }
            b'a' | b'e' => {
                let items = if opcode == b'a' { vec![self.pop()?] } else { self.pop_mark()? };
                let Some(&Value::Sequence(list)) = self.stack.last() else {
                    return Err("it appends to no list".into());
                };
                self.sequences[list].extend(items);
            }
            b'}' => self.push_dict(Vec::new()),
            b'd' => {
                let items = self.pop_mark()?;
                self.push_dict(pairs(&items)?);
            }
            b's' | b'u' => {
                let items = if opcode == b's' {
                    let value = self.pop()?;
                    vec![self.pop()?, value]
                } else {
                    self.pop_mark()?
                };
                let Some(&Value::Dict(dict)) = self.stack.last() else { return Err("it adds to no dict".into()) };
                self.dicts[dict].extend(pairs(&items)?);
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let key = match opcode {
                    b'p' => self.key()?,
                    b'q' => u64::from(self.take(1)?[0]),
                    b'r' => self.unsigned(4)?,
                    _ => self.memo.len() as u64,
                };
                let top = *self.stack.last().ok_or("its stack is empty")?;
                self.memo.insert(key, top);
            }
            b'g' | b'h' | b'j' => {
                let key = match opcode {
                    b'g' => self.key()?,
                    b'h' => u64::from(self.take(1)?[0]),
                    _ => self.unsigned(4)?,
                };
                let value = *self.memo.get(&key).ok_or("it reads a memo entry that it never wrote")?;
                self.stack.push(value);
            }
            _ => return self.object(opcode),
        }
        Ok(())
    }

    /// Opcodes that name classes and make objects.
    fn object(&mut self, opcode: u8) -> Result<(), String> {
        match opcode {
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                let name = format!("{}.{}", String::from_utf8_lossy(module), String::from_utf8_lossy(name));
                self.push_global(&name)
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(module), Value::Text(name)) = (module, name) else {
                    return Err("the name of a class is not a text".to_owned());
                };
                let text = |index: usize| String::from_utf8_lossy(&self.texts[index]).into_owned();
                let name = format!("{}.{}", text(module), text(name));
                self.push_global(&name)
            }
            b'R' => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                let (Value::Sequence(arguments), Value::Global(name)) = (arguments, callable) else {
                    return Err("it calls something that is not a function".to_owned());
                };
                let name = String::from_utf8_lossy(&self.texts[name]).into_owned();
                let arguments = self.sequences[arguments].clone();
                self.spend(arguments.len())?;
                let made = self.call(&name, &arguments)?;
                self.stack.push(made);
                Ok(())
            }
            b'b' => {
                let state = self.pop()?;
                let (Value::Sequence(state), Some(&Value::Object(object))) = (state, self.stack.last()) else {
                    return Err("it sets the state of something that is not an array".to_owned());
                };
                let state = self.sequences[state].clone();
                self.spend(state.len())?;
                self.build(object, &state)
            }
            other => Err(format!("it uses the opcode 0x{other:02x}, which no plain list needs")),
        }
    }

    fn push_global(&mut self, name: &str) -> Result<(), String> {
        if !is_known(name) {
            let name: String = name.chars().take(80).collect();
            return Err(format!("it refers to {name}, which is not data"));
        }
        let Value::Text(index) = self.push_text(name.as_bytes().to_vec()) else { return Ok(()) };
        self.stack.push(Value::Global(index));
        Ok(())
    }

    pub(super) fn push_text(&mut self, text: Vec<u8>) -> Value {
        self.texts.push(text);
        Value::Text(self.texts.len() - 1)
    }

    fn push_sequence(&mut self, items: Vec<Value>) {
        self.sequences.push(items);
        self.stack.push(Value::Sequence(self.sequences.len() - 1));
    }

    fn push_dict(&mut self, pairs: Vec<(Value, Value)>) {
        self.dicts.push(pairs);
        self.stack.push(Value::Dict(self.dicts.len() - 1));
    }

    fn pop(&mut self) -> Result<Value, String> {
        if self.marks.last() == Some(&self.stack.len()) {
            return Err("it takes a value from below a mark".to_owned());
        }
        self.stack.pop().ok_or_else(|| "its stack is empty".to_owned())
    }

    fn pop_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().ok_or("it has no mark on its stack")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// Counts `count` copied values or bytes: in total at most one per byte of the pickle.
    pub(super) fn spend(&mut self, count: usize) -> Result<(), String> {
        self.copied = self.copied.saturating_add(count);
        if self.copied > self.bytes.len() {
            return Err("it copies the same values again and again".to_owned());
        }
        Ok(())
    }

    /// How many bytes of texts may be copied out of the pickle: more than any real list repeats.
    pub(super) fn budget(&self) -> usize {
        self.bytes.len().saturating_mul(4)
    }

    /// The text of `value`: a text, bytes in UTF-8 or else Latin-1, or a whole number.
    pub(super) fn text(&self, value: Value, budget: &mut usize) -> Result<String, String> {
        let index = match value {
            Value::Text(index) => index,
            Value::None => return Err("is None".to_owned()),
            Value::Int(_) | Value::Float(_) => return Err("is a number".to_owned()),
            Value::Sequence(_) => return Err("is a list".to_owned()),
            Value::Dict(_) => return Err("is a dict".to_owned()),
            Value::Global(_) | Value::Object(_) => return Err("is an object".to_owned()),
        };
        let bytes = &self.texts[index];
        *budget = budget.checked_sub(bytes.len()).ok_or("repeats the same text again and again")?;
        let latin = || bytes.iter().map(|&byte| char::from(byte)).collect();
        Ok(std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned))
    }

    /// The value of a dict.
    pub(super) fn item(&self, value: Value, budget: &mut usize) -> Result<Item, String> {
        let numbers = |values: &[f64], budget: &mut usize| {
            *budget = budget.checked_sub(values.len()).ok_or("repeats the same numbers again and again")?;
            Ok::<_, String>(Item::Numbers(values.to_vec()))
        };
        match value {
            Value::Int(number) => Ok(Item::Text(number.to_string())),
            Value::Object(object) => match &self.objects[object] {
                Object::Array(values) => numbers(values, budget),
                Object::Type { .. } => Err("is not data".to_owned()),
            },
            Value::Sequence(list) => {
                let number = |value: &Value| match value {
                    Value::Int(number) => Some(*number as f64),
                    Value::Float(number) => Some(*number),
                    _ => None,
                };
                // Measured before the list is copied.
                *budget = budget.checked_sub(self.sequences[list].len()).ok_or("repeats a list again and again")?;
                let values = self.sequences[list].iter().map(number).collect::<Option<Vec<f64>>>();
                Ok(Item::Numbers(values.ok_or("is a list of other things than numbers")?))
            }
            text => self.text(text, budget).map(Item::Text),
        }
    }
}

/// The pairs of a dict from keys and values in turn.
fn pairs(items: &[Value]) -> Result<Vec<(Value, Value)>, String> {
    if !items.len().is_multiple_of(2) {
        return Err("a dict has a key without a value".to_owned());
    }
    Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}
