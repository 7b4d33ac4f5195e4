//! Builds an ONNX graph.

use super::fold::Folded;
use super::protobuf::Message;

/// Data types of tensors in ONNX.
const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// An attribute of a node.
pub enum Attribute<'a> {
    /// An integer.
    Int(i64),
    /// A list of integers.
    Ints(&'a [usize]),
}

/// Nodes and initialisers, in the order of the forward pass.
#[derive(Default)]
pub struct OnnxGraph {
    message: Message,
    nodes: usize,
}

impl OnnxGraph {
    /// Adds a node with one output and returns the name of the output.
    pub fn node(&mut self, kind: &str, inputs: &[&str], attributes: &[(&str, Attribute<'_>)]) -> String {
        let output = format!("{}_{}", kind.to_lowercase(), self.nodes);
        self.named_node(kind, inputs, &output, attributes);
        output
    }

    /// As [`OnnxGraph::node`], with a given name for the output.
    pub fn named_node(&mut self, kind: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attribute<'_>)]) {
        let mut node = Message::default();
        for input in inputs {
            node.text(1, input);
        }
        node.text(2, output).text(3, &format!("{kind}_{}", self.nodes)).text(4, kind);
        for (name, attribute) in attributes {
            let mut message = Message::default();
            message.text(1, name);
            match attribute {
                Attribute::Int(value) => message.number(3, *value as u64).number(20, 2),
                Attribute::Ints(values) => {
                    for &value in *values {
                        message.number(8, value as u64);
                    }
                    message.number(20, 7)
                }
            };
            node.message(5, &message);
        }
        self.message.message(1, &node);
        self.nodes += 1;
    }

    /// Adds constants and returns their name.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, shape, FLOAT, &bytes)
    }

    /// Adds integers, such as axes, and returns their name.
    pub fn whole_numbers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, &[values.len()], INT64, &bytes)
    }

    fn tensor(&mut self, name: &str, shape: &[usize], kind: u64, bytes: &[u8]) -> String {
        let mut tensor = Message::default();
        for &size in shape {
            tensor.number(1, size as u64);
        }
        tensor.number(2, kind).text(8, name).bytes(9, bytes);
        self.message.message(5, &tensor);
        name.to_string()
    }

    /// Adds a dense layer on `[batch, in]`.
    pub fn dense(&mut self, input: &str, name: &str, layer: &Folded) -> String {
        let weight = self.floats(&format!("{name}.weight"), &layer.shape, &layer.weight);
        let bias = self.floats(&format!("{name}.bias"), &[layer.bias.len()], &layer.bias);
        self.node("Gemm", &[input, &weight, &bias], &[("transB", Attribute::Int(1))])
    }

    /// Adds a convolution on `[batch, in, length]`.
    pub fn conv(&mut self, input: &str, name: &str, layer: &Folded, stride: usize, padding: [usize; 2]) -> String {
        let weight = self.floats(&format!("{name}.weight"), &layer.shape, &layer.weight);
        let bias = self.floats(&format!("{name}.bias"), &[layer.bias.len()], &layer.bias);
        let attributes = [("strides", Attribute::Ints(&[stride])), ("pads", Attribute::Ints(&padding))];
        self.node("Conv", &[input, &weight, &bias], &attributes)
    }

    /// Declares an input (field 11) or output (field 12) of shape `[batch, width]` with any batch size.
    pub fn declare(&mut self, field: u32, name: &str, width: usize) {
        let (mut free, mut fixed, mut shape) = (Message::default(), Message::default(), Message::default());
        free.text(2, "batch");
        fixed.number(1, width as u64);
        shape.message(1, &free).message(1, &fixed);
        let (mut tensor, mut kind, mut value) = (Message::default(), Message::default(), Message::default());
        tensor.number(1, FLOAT).message(2, &shape);
        kind.message(1, &tensor);
        value.text(1, name).message(2, &kind);
        self.message.message(field, &value);
    }

    /// The finished graph.
    pub fn finish(mut self, name: &str) -> Message {
        self.message.text(2, name);
        self.message
    }
}
