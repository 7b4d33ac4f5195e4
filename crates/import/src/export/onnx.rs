//! Exports models as ONNX.

use error::{Code, Error, Result};
use net::graph::{
    BatchNorm, Conv, Dense, Excitation, GlobalPool, Linear, MelSpectrogram, Operation, Part, Pool, Shape,
    Standardisation,
};
use net::{Architecture, Graph, Model, Pooling, Task, TensorSpec, SIGNED_LOG_MU};

use super::fold::Folder;
use super::onnx_graph::{Attribute, OnnxGraph};
use super::protobuf::Message;
use super::spectrogram::Spectrogram;

/// The operator set of the graph, and the oldest format version that supports it.
const OPSET: u64 = 17;
const IR_VERSION: u64 = 8;
/// Attributes of a reduction of `[batch, channels, length]` to `[batch, channels]`.
const OVER_TIME: [(&str, Attribute<'_>); 2] = [("axes", Attribute::Ints(&[2])), ("keepdims", Attribute::Int(0))];

/// Exports the model as an ONNX file: input `waveform` `[batch, inputLength]`, outputs `scores` `[batch, tags]` in 0..1
/// and `logits`. Batch normalisation is folded, the batch size is free, the operator set is 17. The score of a clip is
/// the mean of the scores of its segments. Tags, sampling rate and task are in the metadata, as JSON under `samplecnn`.
///
/// # Errors
/// [`Code::InvalidOption`] above 2 GiB, the limit of such a file; as [`Model::to_bytes`] for an incomplete model.
pub fn to_onnx(model: &Model) -> Result<Vec<u8>> {
    model.to_bytes()?;
    let architecture = &model.architecture;
    let mut writer = Writer {
        onnx: OnnxGraph::default(),
        folder: Folder { parameters: &model.parameters, eps: architecture.norm.eps },
        architecture,
    };
    let channel = writer.onnx.whole_numbers("axis_channel", &[1]);
    let mut outputs: Vec<String> = Vec::new();
    for node in &Graph::new(architecture, model.tags.len()).nodes {
        outputs.push(match &node.operation {
            Operation::Input => writer.onnx.node("Unsqueeze", &["waveform", &channel], &[]),
            Operation::Standardisation(Standardisation { input, mean, deviation }) => {
                writer.standardise(mean, deviation, &outputs[*input])
            }
            Operation::SignedLog(log) => writer.signed_log(&outputs[log.input]),
            Operation::MelSpectrogram(mel) => writer.mel(mel, node.output, &outputs[mel.input]),
            Operation::Conv(conv) => {
                let map = writer.conv(&node.name, conv, &outputs[conv.input]);
                // The head's convolution leaves one position; the dense layer behind it reads channels alone.
                match node.part {
                    Part::Head => writer.onnx.node("Flatten", &[&map], &[("axis", Attribute::Int(1))]),
                    _ => map,
                }
            }
            Operation::Excitation(excitation) => writer.excitation(&node.name, excitation, &outputs[excitation.input]),
            Operation::ResidualAdd(add) => {
                let sum = writer.onnx.node("Add", &[&outputs[add.shortcut.node()], &outputs[add.branch]], &[]);
                let sum = writer.onnx.node("Relu", &[&sum], &[]);
                writer.max_pool(sum, add.pool)
            }
            // Off in inference.
            Operation::Dropout(dropout) => outputs[dropout.input].clone(),
            Operation::GlobalPool(pool) => writer.global_pool(pool, &outputs),
            Operation::Dense(dense) => writer.dense(dense, &outputs[dense.input]),
        });
    }
    if let Some(logits) = outputs.last() {
        writer.onnx.named_node("Identity", &[logits], "logits", &[]);
    }
    match model.task {
        Task::MultiLabel => writer.onnx.named_node("Sigmoid", &["logits"], "scores", &[]),
        Task::SingleLabel => writer.onnx.named_node("Softmax", &["logits"], "scores", &[("axis", Attribute::Int(1))]),
    }
    writer.onnx.declare(11, "waveform", architecture.input_length);
    writer.onnx.declare(12, "scores", model.tags.len());
    writer.onnx.declare(12, "logits", model.tags.len());
    finish(model, writer.onnx)
}

/// Wraps the graph into a model.
fn finish(model: &Model, graph: OnnxGraph) -> Result<Vec<u8>> {
    let facts = serde_json::json!({
        "architecture": model.architecture,
        "tags": model.tags,
        "task": model.task,
        "samplingRate": model.architecture.sampling_rate,
        "licence": model.licence,
    });
    let (mut opset, mut metadata, mut file) = (Message::default(), Message::default(), Message::default());
    opset.text(1, "").number(2, OPSET);
    metadata.text(1, "samplecnn").text(2, &facts.to_string());
    file.number(1, IR_VERSION).text(2, "samplecnn").text(3, env!("CARGO_PKG_VERSION"));
    file.message(7, &graph.finish("samplecnn")).message(8, &opset).message(14, &metadata);
    let bytes = file.finish();
    if bytes.len() > i32::MAX as usize {
        return Err(Error::new(Code::InvalidOption, "the model is larger than 2 GiB, the limit of an ONNX file"));
    }
    Ok(bytes)
}

struct Writer<'a> {
    onnx: OnnxGraph,
    folder: Folder<'a>,
    architecture: &'a Architecture,
}

impl Writer<'_> {
    /// Adds the mel stem: log(1 + 10 A), standardised; returns the name of its output.
    fn mel(&mut self, mel: &MelSpectrogram, output: Shape, input: &str) -> String {
        let Architecture { input_length, sampling_rate, .. } = *self.architecture;
        let spectrogram = Spectrogram::new(mel, output, input_length, sampling_rate);
        let stride = [mel.hop];
        let attributes = [("strides", Attribute::Ints(&stride)), ("pads", Attribute::Ints(&spectrogram.padding))];
        let mut squares = Vec::new();
        for (name, taps) in [("stem.mel.cosines", &spectrogram.cosines), ("stem.mel.sines", &spectrogram.sines)] {
            let taps = self.onnx.floats(name, &[spectrogram.bins, 1, mel.window], taps);
            let part = self.onnx.node("Conv", &[input, &taps], &attributes);
            squares.push(self.onnx.node("Mul", &[&part, &part], &[]));
        }
        let power = self.onnx.node("Add", &[&squares[0], &squares[1]], &[]);
        let magnitude = self.onnx.node("Sqrt", &[&power], &[]);
        let shape = [output.channels, spectrogram.bins, 1];
        let triangles = self.onnx.floats("stem.mel.triangles", &shape, &spectrogram.triangles);
        let bands = self.onnx.node("Conv", &[&magnitude, &triangles], &[]);
        let one = self.onnx.floats("stem.mel.one", &[1], &[1.0]);
        let raised = self.onnx.node("Add", &[&bands, &one], &[]);
        let compressed = self.onnx.node("Log", &[&raised], &[]);
        self.standardise(&mel.mean, &mel.deviation, &compressed)
    }

    /// Adds (x - mean) / deviation; returns the name of its output.
    fn standardise(&mut self, mean: &TensorSpec, deviation: &TensorSpec, input: &str) -> String {
        let [mean, deviation] = [mean, deviation]
            .map(|spec| self.onnx.floats(&spec.name, &spec.shape, self.folder.parameters.tensor(spec)));
        let centred = self.onnx.node("Sub", &[input, &mean], &[]);
        self.onnx.node("Div", &[&centred, &deviation], &[])
    }

    /// Adds sign(x) ln(1 + mu |x|) / ln(1 + mu); returns the name of its output.
    fn signed_log(&mut self, input: &str) -> String {
        let constants = [("input.mu", SIGNED_LOG_MU), ("input.one", 1.0), ("input.ln_mu_1", SIGNED_LOG_MU.ln_1p())];
        let [mu, one, most] = constants.map(|(name, value)| self.onnx.floats(name, &[1], &[value as f32]));
        let size = self.onnx.node("Abs", &[input], &[]);
        let scaled = self.onnx.node("Mul", &[&size, &mu], &[]);
        let raised = self.onnx.node("Add", &[&scaled, &one], &[]);
        let logarithm = self.onnx.node("Log", &[&raised], &[]);
        let compressed = self.onnx.node("Div", &[&logarithm, &most], &[]);
        let sign = self.onnx.node("Sign", &[input], &[]);
        self.onnx.node("Mul", &[&compressed, &sign], &[])
    }

    /// Adds a convolution with its norm folded in -> ReLU -> pool; returns the name of its output.
    fn conv(&mut self, name: &str, conv: &Conv, input: &str) -> String {
        let layer = self.folder.layer(&conv.weight, conv.bias.as_ref(), conv.norm.as_ref());
        let mut at = self.onnx.conv(input, name, &layer, conv.stride, conv.padding);
        if conv.relu {
            at = self.onnx.node("Relu", &[&at], &[]);
        }
        self.max_pool(at, conv.pool)
    }

    fn max_pool(&mut self, input: String, pool: Pool) -> String {
        if pool.size == 1 {
            return input;
        }
        let (size, pads) = ([pool.size], [pool.padding; 2]);
        let attributes = [
            ("kernel_shape", Attribute::Ints(&size)),
            ("strides", Attribute::Ints(&size)),
            ("pads", Attribute::Ints(&pads)),
        ];
        self.onnx.node("MaxPool", &[&input], &attributes)
    }

    /// Adds the excitation: scales each channel by a factor that is computed from the means of the channels.
    fn excitation(&mut self, name: &str, excitation: &Excitation, input: &str) -> String {
        let mut at = self.onnx.node("ReduceMean", &[input], &OVER_TIME);
        for (linear, activation) in [(&excitation.squeeze, "Relu"), (&excitation.expand, "Sigmoid")] {
            at = self.linear(linear, None, &at);
            at = self.onnx.node(activation, &[&at], &[]);
        }
        let time = self.onnx.whole_numbers(&format!("{name}.axis"), &[2]);
        let scale = self.onnx.node("Unsqueeze", &[&at, &time], &[]);
        self.onnx.node("Mul", &[input, &scale], &[])
    }

    /// Pools every level over time to `[batch, channels]` and concatenates them.
    fn global_pool(&mut self, pool: &GlobalPool, outputs: &[String]) -> String {
        let mut pooled = Vec::new();
        for &level in &pool.levels {
            let level = &outputs[level];
            let maximum = self.onnx.node("ReduceMax", &[level], &OVER_TIME);
            pooled.push(match pool.pooling {
                Pooling::Max => maximum,
                Pooling::MaxMean => {
                    let mean = self.onnx.node("ReduceMean", &[level], &OVER_TIME);
                    self.onnx.node("Add", &[&maximum, &mean], &[])
                }
            });
        }
        let names: Vec<&str> = pooled.iter().map(String::as_str).collect();
        self.onnx.node("Concat", &names, &[("axis", Attribute::Int(1))])
    }

    /// Adds a dense layer with its norm folded in -> ReLU.
    fn dense(&mut self, dense: &Dense, input: &str) -> String {
        let at = self.linear(&dense.linear, dense.norm.as_ref(), input);
        if dense.relu {
            self.onnx.node("Relu", &[&at], &[])
        } else {
            at
        }
    }

    fn linear(&mut self, linear: &Linear, norm: Option<&BatchNorm>, input: &str) -> String {
        let layer = self.folder.layer(&linear.weight, Some(&linear.bias), norm);
        self.onnx.dense(input, &linear.name, &layer)
    }
}
