//! The calls with which PyTorch pickles tensors, and the classes that may occur in addition to them.

use error::Result;

use super::machine::Machine;
use super::{Element, Span, Storage, StridedTensor, Value};

/// Classes and functions that the reader interprets.
const KNOWN: &[&str] = &[
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    FROM_TYPE,
];

/// The call that wraps a tensor of another Python class.
const FROM_TYPE: &str = "torch._tensor._rebuild_from_type_v2";

/// Longest name of a class, in bytes.
const MAX_CLASS: usize = 256;

/// Modules whose objects occur in checkpoints in addition to the weights; the objects become opaque values.
const BESIDE: &[&str] = &[
    "argparse",
    "collections",
    "datetime",
    "lightning",
    "lightning_fabric",
    "lightning_utilities",
    "numpy",
    "omegaconf",
    "pathlib",
    "pytorch_lightning",
    "torch",
    "torchmetrics",
    "typing",
];

/// Built-in types, with their names in Python 2 and 3.
const BUILT_IN: &[&str] = &[
    "bool",
    "bytearray",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
];

/// The most axes of a tensor.
const MAX_RANK: usize = 8;

impl Machine<'_> {
    /// Refuses a class that a checkpoint of weights does not need.
    pub(super) fn admit(&self, index: usize) -> Result<()> {
        let (module, attribute) = self.pickle.globals[index];
        if module.len + attribute.len > MAX_CLASS {
            return Err(self.fault(&format!("it names a class with {} bytes", module.len + attribute.len)));
        }
        let name = self.pickle.global(index);
        let (module, last) = name.rsplit_once('.').unwrap_or(("", &name));
        let top = module.split('.').next().unwrap_or("");
        // A dotted name refers to attributes of a class or module, which only attacks need.
        let plain = !self.pickle.text(attribute).contains('.');
        let beside = BESIDE.contains(&top)
            || (matches!(module, "builtins" | "__builtin__") && BUILT_IN.contains(&last))
            || name == "_codecs.encode";
        if plain && (beside || element(&name).is_some() || KNOWN.contains(&name.as_str())) {
            return Ok(());
        }
        Err(self.fault(&format!(
            "it asks for {name:?}, which is refused: only weights are read, nothing is executed. If the file is a \
             whole pickled module, save its state_dict() instead"
        )))
    }

    /// The result of calling `callable`: a tensor, a dict, or an opaque value. Nothing is executed.
    pub(super) fn call(&mut self, callable: Value, arguments: Value) -> Result<Value> {
        let Value::Global(index) = callable else {
            return match callable {
                Value::Opaque(_) => Ok(callable),
                _ => Err(self.fault("it calls something that is not a class")),
            };
        };
        let Value::Tuple(list) = arguments else { return Err(self.fault("the arguments of a call are not a tuple")) };
        let list = self.short(list)?;
        match self.pickle.global(index).as_str() {
            "collections.OrderedDict" => self.ordered_dict(&list),
            "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2" => self.tensor(&list),
            "torch._utils._rebuild_parameter" => Ok(list.first().copied().unwrap_or(Value::None)),
            FROM_TYPE => match list[..] {
                [function @ Value::Global(inside), _, inner @ Value::Tuple(_), ..]
                    // Only one level, as PyTorch writes it: nested calls would need stack.
                    if self.pickle.global(inside) != FROM_TYPE =>
                {
                    self.call(function, inner)
                }
                _ => Ok(Value::Opaque(index)),
            },
            _ => Ok(Value::Opaque(index)),
        }
    }

    /// `OrderedDict()` or `OrderedDict([(key, value), ...])`.
    fn ordered_dict(&mut self, arguments: &[Value]) -> Result<Value> {
        let mut pairs = Vec::new();
        if let Some(&Value::List(items)) = arguments.first() {
            self.spend(self.pickle.sequences[items].len())?;
            for item in self.pickle.sequences[items].clone() {
                let pair = match item {
                    Value::Tuple(pair) | Value::List(pair) => &self.pickle.sequences[pair][..],
                    _ => &[],
                };
                let [key, value] = pair else { return Err(self.fault("an item of an OrderedDict is not a pair")) };
                pairs.push((*key, *value));
            }
        }
        Ok(self.new_dict(pairs))
    }

    /// `(storage, offset, size, stride, ...)`.
    fn tensor(&mut self, arguments: &[Value]) -> Result<Value> {
        let [Value::Storage(storage), Value::Int(offset), size, stride, ..] = *arguments else {
            return Err(self.fault("a tensor is not made of storage, offset, size and stride"));
        };
        let (Some(shape), Some(strides)) = (self.whole_numbers(size), self.whole_numbers(stride)) else {
            return Err(self.fault("a tensor's size or stride is not a tuple of up to 8 integers"));
        };
        let offset = u64::try_from(offset).map_err(|_| self.fault("a tensor's offset is negative"))?;
        if shape.len() != strides.len() {
            return Err(self.fault("a tensor has more sizes than strides"));
        }
        let shape = shape.into_iter().map(|size| size as usize).collect();
        self.pickle.tensors.push(StridedTensor { storage, offset, shape, strides });
        Ok(Value::Tensor(self.pickle.tensors.len() - 1))
    }

    /// Copies an argument list, which is always short.
    fn short(&self, index: usize) -> Result<Vec<Value>> {
        let list = &self.pickle.sequences[index];
        if list.len() > 64 {
            return Err(self.fault(&format!("a call has {} arguments", list.len())));
        }
        Ok(list.clone())
    }

    fn whole_numbers(&self, value: Value) -> Option<Vec<u64>> {
        let (Value::Tuple(index) | Value::List(index)) = value else { return None };
        let list = &self.pickle.sequences[index];
        let whole = |value: &Value| match value {
            Value::Int(number) => u64::try_from(*number).ok().filter(|&number| number < 1 << 48),
            _ => None,
        };
        if list.len() > MAX_RANK {
            return None;
        }
        list.iter().map(whole).collect()
    }

    /// `('storage', class, key, device, count[, view])`; a view is `(key, offset, count)`.
    pub(super) fn storage(&mut self, id: Value) -> Result<Value> {
        use Value::{Global, Int, Text};

        let list = match id {
            Value::Tuple(index) => self.short(index)?,
            _ => Vec::new(),
        };
        let [Text(word), Global(class), Text(key), Text(_), Int(count), ref view @ ..] = list[..] else {
            return Err(self.fault("a persistent ID is not that of a storage"));
        };
        let class = self.pickle.global(class);
        let (Some(element), "storage") = (element(&class), self.pickle.text(word)) else {
            return Err(self.fault(&format!("a storage of type {class:?} cannot be read")));
        };
        let count = u64::try_from(count).map_err(|_| self.fault("a storage has a negative size"))?;
        let first = match view.first() {
            Some(&Value::Tuple(view)) => match self.pickle.sequences[view][..] {
                [_, Value::Int(offset), Value::Int(_)] => {
                    u64::try_from(offset).map_err(|_| self.fault("a view has a negative offset"))?
                }
                _ => return Err(self.fault("a storage's view is not a key, an offset and a size")),
            },
            _ => 0,
        };
        let storage = Storage { element, key: Span { ..key }, count, first };
        self.pickle.storages.push(storage);
        Ok(Value::Storage(self.pickle.storages.len() - 1))
    }
}

/// The element type of a storage class.
fn element(class: &str) -> Option<Element> {
    let name = class.strip_prefix("torch.")?;
    Some(match name.strip_prefix("cuda.").unwrap_or(name) {
        "FloatStorage" => Element::Float,
        "DoubleStorage" => Element::Double,
        "HalfStorage" => Element::Half,
        "BFloat16Storage" => Element::BFloat16,
        "LongStorage" => Element::Long,
        "IntStorage" => Element::Int,
        "ShortStorage" => Element::Short,
        "CharStorage" => Element::Char,
        "ByteStorage" => Element::Byte,
        "BoolStorage" => Element::Bool,
        _ => return None,
    })
}
