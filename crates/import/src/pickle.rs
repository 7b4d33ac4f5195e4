//! A pickle reader that executes nothing.
//!
//! It runs the stack machine of Python's pickle format, builds plain data, and recognises the few calls with which
//! PyTorch writes tensors. Any other class is refused or, if checkpoints are known to contain it in addition to the
//! weights, becomes an opaque value: nothing is ever imported or called. All values are in an arena, so that nesting
//! needs no stack, and every opcode makes at most one value, so that the limit on the number of opcodes also limits the
//! memory.

mod containers;
mod machine;
mod operands;
mod torch_calls;

pub use machine::read;

use crate::limits;

/// The content of one pickle.
pub struct Pickle<'a> {
    bytes: &'a [u8],
    /// The object that was pickled.
    pub root: Value,
    /// Offset of the first byte after it.
    pub end: usize,
    /// Lists and tuples.
    pub sequences: Vec<Vec<Value>>,
    /// Dicts, in insertion order.
    pub dicts: Vec<Vec<(Value, Value)>>,
    /// Storages, in the order in which they first occur.
    pub storages: Vec<Storage>,
    /// Tensors.
    pub tensors: Vec<StridedTensor>,
    globals: Vec<(Span, Span)>,
}

impl<'a> Pickle<'a> {
    /// The characters of a [`Value::Text`]; empty if it is longer than any key.
    pub fn text(&self, span: Span) -> &'a str {
        if span.len > limits::TEXT {
            return "";
        }
        std::str::from_utf8(&self.bytes[span.start..span.start + span.len]).unwrap_or("")
    }

    /// The text of `value`, if it is a text and not too long.
    pub fn as_text(&self, value: Value) -> Option<&'a str> {
        match value {
            Value::Text(span) if span.len <= limits::TEXT => Some(self.text(span)),
            _ => None,
        }
    }

    /// `module.name` of a global.
    pub fn global(&self, index: usize) -> String {
        let (module, name) = self.globals[index];
        format!("{}.{}", self.text(module), self.text(name))
    }
}

/// A range in the bytes of the pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
}

/// One value; containers are indices into the arena of their [`Pickle`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// `None`, and results that are not needed.
    None,
    /// A Boolean.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// A float, or an integer that does not fit.
    Float(f64),
    /// A string or bytes.
    Text(Span),
    /// A list, or a set.
    List(usize),
    /// A tuple.
    Tuple(usize),
    /// A dict or OrderedDict.
    Dict(usize),
    /// A class or function that the pickle names.
    Global(usize),
    /// A storage of a PyTorch file.
    Storage(usize),
    /// A tensor.
    Tensor(usize),
    /// An object of a class that is known and not needed, with the global of the class.
    Opaque(usize),
}

/// The element type of a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32-bit float.
    Float,
    /// 64-bit float.
    Double,
    /// 16-bit IEEE float.
    Half,
    /// 16-bit brain float.
    BFloat16,
    /// 64-bit integer.
    Long,
    /// 32-bit integer.
    Int,
    /// 16-bit integer.
    Short,
    /// 8-bit integer.
    Char,
    /// 8-bit unsigned integer.
    Byte,
    /// One byte, 0 or 1.
    Bool,
}

impl Element {
    /// Bytes of one value.
    pub fn size(self) -> usize {
        match self {
            Element::Double | Element::Long => 8,
            Element::Float | Element::Int => 4,
            Element::Half | Element::BFloat16 | Element::Short => 2,
            Element::Char | Element::Byte | Element::Bool => 1,
        }
    }

    /// The value in `bytes`, which has [`Element::size`] bytes and is little-endian.
    pub fn read(self, bytes: &[u8]) -> f32 {
        let mut wide = [0u8; 8];
        wide[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
        let whole = u64::from_le_bytes(wide);
        match self {
            Element::Float => f32::from_bits(whole as u32),
            Element::Double => f64::from_bits(whole) as f32,
            Element::Half => half::f16::from_bits(whole as u16).to_f32(),
            Element::BFloat16 => half::bf16::from_bits(whole as u16).to_f32(),
            Element::Long => whole as i64 as f32,
            Element::Int => whole as i32 as f32,
            Element::Short => f32::from(whole as i16),
            Element::Char => f32::from(whole as i8),
            Element::Byte | Element::Bool => f32::from(whole as u8),
        }
    }
}

/// The description of a storage in a persistent id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Type of its values.
    pub element: Element,
    /// Its key in the file.
    pub key: Span,
    /// Number of values.
    pub count: u64,
    /// First value of a view into it (legacy files only).
    pub first: u64,
}

/// The position and shape of a tensor in its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StridedTensor {
    /// Index of its storage.
    pub storage: usize,
    /// Index of the first value.
    pub offset: u64,
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// Distance between neighbouring values for each axis.
    pub strides: Vec<u64>,
}
