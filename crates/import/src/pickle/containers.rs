//! Lists, tuples and dicts.

use error::Result;

use super::machine::Machine;
use super::Value;

impl Machine<'_> {
    /// Pushes a list or a tuple.
    pub(super) fn sequence(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            b']' | 0x8f | b')' => Vec::new(),
            b'l' | b't' | 0x91 => self.pop_mark()?,
            _ => {
                let count = usize::from(opcode - 0x84);
                let base = self
                    .stack
                    .len()
                    .checked_sub(count)
                    .filter(|base| self.marks.last().is_none_or(|mark| mark <= base));
                let base = base.ok_or_else(|| self.fault("its stack is too short for a tuple"))?;
                self.stack.split_off(base)
            }
        };
        let index = self.pickle.sequences.len();
        self.pickle.sequences.push(items);
        let tuple = matches!(opcode, b')' | b't' | 0x85..=0x87);
        self.stack.push(if tuple { Value::Tuple(index) } else { Value::List(index) });
        Ok(())
    }

    pub(super) fn push_dict(&mut self, pairs: Vec<(Value, Value)>) {
        let dict = self.new_dict(pairs);
        self.stack.push(dict);
    }

    pub(super) fn new_dict(&mut self, pairs: Vec<(Value, Value)>) -> Value {
        self.pickle.dicts.push(pairs);
        Value::Dict(self.pickle.dicts.len() - 1)
    }

    /// Appends to the list on top of the stack.
    pub(super) fn extend(&mut self, items: Vec<Value>) -> Result<()> {
        match self.stack.last() {
            Some(&Value::List(index)) => self.pickle.sequences[index].extend(items),
            Some(Value::Opaque(_)) => {}
            _ => return Err(self.fault("it appends to something that is not a list")),
        }
        Ok(())
    }

    /// Adds keys and values to the dict on top of the stack.
    pub(super) fn set_items(&mut self, items: &[Value]) -> Result<()> {
        let pairs = self.pairs(items)?;
        match self.stack.last() {
            Some(&Value::Dict(index)) => self.pickle.dicts[index].extend(pairs),
            Some(Value::Opaque(_)) => {}
            _ => return Err(self.fault("it sets items of something that is not a dict")),
        }
        Ok(())
    }

    /// Pairs keys with their values.
    pub(super) fn pairs(&self, items: &[Value]) -> Result<Vec<(Value, Value)>> {
        if !items.len().is_multiple_of(2) {
            return Err(self.fault("a dict has a key without a value"));
        }
        Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }
}
