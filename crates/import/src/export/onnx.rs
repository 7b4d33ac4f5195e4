//! Exports models as ONNX.

use error::{Code, Error, Result};
use net::{Architecture, Block, BlockKind, HeadKind, Model, Pooling, Stem, StemKind, Task};

use super::fold::{Folded, Folder};
use super::graph::{Attribute, Graph};
use super::protobuf::Message;
use super::spectrogram::Spectrogram;

/// The operator set of the graph, and the oldest format version that supports it.
const OPSET: u64 = 17;
const IR_VERSION: u64 = 8;

/// Exports the model as an ONNX file: input `waveform` `[batch, inputLength]`, outputs `scores` `[batch, tags]` in 0..1
/// and `logits`. Batch normalisation is folded, the batch size is free, the operator set is 17. The score of a clip is
/// the mean of the scores of its segments. Tags, sampling rate and task are in the metadata, as JSON under `samplecnn`.
///
/// # Errors
/// [`Code::InvalidOption`] above 2 GiB, the limit of such a file; as [`Model::to_bytes`] for an incomplete model.
pub fn to_onnx(model: &Model) -> Result<Vec<u8>> {
    model.to_bytes()?;
    let architecture = &model.architecture;
    let mut writer = Writer { graph: Graph::default(), folder: Folder::new(model), architecture };
    let channel = writer.graph.whole_numbers("axis_channel", &[1]);
    let mut at = writer.graph.node("Unsqueeze", &["waveform", &channel], &[]);
    if let Some(stem) = &architecture.stem {
        at = match stem.kind {
            StemKind::Conv => {
                let layer = writer.layer("stem.conv", Some("stem.norm"))?;
                let at = writer.graph.conv(&at, "stem.conv", &layer, stem.stride, stem.padding);
                writer.graph.node("Relu", &[&at], &[])
            }
            StemKind::Mel => writer.mel(stem, &at),
        };
    }
    let mut levels = Vec::new();
    for (index, block) in architecture.blocks.iter().enumerate() {
        at = writer.block(index, block, &at)?;
        levels.push(at.clone());
    }
    let logits = writer.head(&at, &levels)?;
    writer.graph.named_node("Identity", &[&logits], "logits", &[]);
    match model.task {
        Task::MultiLabel => writer.graph.named_node("Sigmoid", &["logits"], "scores", &[]),
        Task::SingleLabel => writer.graph.named_node("Softmax", &["logits"], "scores", &[("axis", Attribute::Int(1))]),
    }
    writer.graph.declare(11, "waveform", architecture.input_length);
    writer.graph.declare(12, "scores", model.tags.len());
    writer.graph.declare(12, "logits", model.tags.len());
    finish(model, writer.graph)
}

/// Wraps the graph into a model.
fn finish(model: &Model, graph: Graph) -> Result<Vec<u8>> {
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
    graph: Graph,
    folder: Folder<'a>,
    architecture: &'a Architecture,
}

impl Writer<'_> {
    fn layer(&self, name: &str, norm: Option<&str>) -> Result<Folded> {
        let absent = || Error::new(Code::Internal, format!("layer {name} is not in the layout of its model"));
        self.folder.layer(name, norm).ok_or_else(absent)
    }

    /// Adds the mel stem: log(1 + 10 A), standardised; returns the name of its output.
    fn mel(&mut self, stem: &Stem, input: &str) -> String {
        let spectrogram = Spectrogram::new(stem, self.architecture.input_length, self.architecture.sampling_rate);
        let stride = [stem.stride];
        let attributes = [("strides", Attribute::Ints(&stride)), ("pads", Attribute::Ints(&spectrogram.padding))];
        let mut squares = Vec::new();
        for (name, taps) in [("stem.mel.cosines", &spectrogram.cosines), ("stem.mel.sines", &spectrogram.sines)] {
            let taps = self.graph.floats(name, &[spectrogram.bins, 1, stem.kernel], taps);
            let part = self.graph.node("Conv", &[input, &taps], &attributes);
            squares.push(self.graph.node("Mul", &[&part, &part], &[]));
        }
        let power = self.graph.node("Add", &[&squares[0], &squares[1]], &[]);
        let magnitude = self.graph.node("Sqrt", &[&power], &[]);
        let shape = [stem.channels, spectrogram.bins, 1];
        let triangles = self.graph.floats("stem.mel.triangles", &shape, &spectrogram.triangles);
        let bands = self.graph.node("Conv", &[&magnitude, &triangles], &[]);
        let one = self.graph.floats("stem.mel.one", &[1], &[1.0]);
        let raised = self.graph.node("Add", &[&bands, &one], &[]);
        let compressed = self.graph.node("Log", &[&raised], &[]);
        let mean = self.folder.values("stem.mel.mean").unwrap_or(&[0.0]);
        let mean = self.graph.floats("stem.mel.mean", &[1], mean);
        let deviation = self.folder.values("stem.mel.deviation").unwrap_or(&[1.0]);
        let deviation = self.graph.floats("stem.mel.deviation", &[1], deviation);
        let centred = self.graph.node("Sub", &[&compressed, &mean], &[]);
        self.graph.node("Div", &[&centred, &deviation], &[])
    }

    /// Adds one block; returns the name of its output.
    fn block(&mut self, index: usize, block: &Block, input: &str) -> Result<String> {
        let name = |part: &str| format!("blocks.{index}.{part}");
        let residual = block.kind == BlockKind::Res;
        let mut at = input.to_string();
        for conv in 1..=block.convs {
            let number = if residual || block.convs > 1 { conv.to_string() } else { String::new() };
            let (layer, norm) = (name(&format!("conv{number}")), name(&format!("norm{number}")));
            let folded = self.layer(&layer, Some(&norm))?;
            let stride = if conv == 1 { block.stride } else { 1 };
            at = self.same(&at, &layer, &folded, stride, block.kernel);
            if !(residual && conv == block.convs) {
                at = self.graph.node("Relu", &[&at], &[]);
            }
        }
        if residual {
            if block.excite.is_some() {
                at = self.excite(index, &at)?;
            }
            let mut shortcut = input.to_string();
            if block.has_shortcut_conv(self.architecture.block_input(index).0) {
                let folded = self.layer(&name("shortcut.conv"), Some(&name("shortcut.norm")))?;
                shortcut = self.same(input, &name("shortcut.conv"), &folded, block.stride, block.shortcut_kernel);
            }
            at = self.graph.node("Add", &[&shortcut, &at], &[]);
            at = self.graph.node("Relu", &[&at], &[]);
        }
        if block.pool > 1 {
            let pads = [block.pool_padding; 2];
            let attributes = [
                ("kernel_shape", Attribute::Ints(&[block.pool])),
                ("strides", Attribute::Ints(&[block.pool])),
                ("pads", Attribute::Ints(&pads)),
            ];
            at = self.graph.node("MaxPool", &[&at], &attributes);
        }
        if block.kind == BlockKind::Se {
            at = self.excite(index, &at)?;
        }
        Ok(at)
    }

    /// Adds a convolution with zero padding on both sides, which changes the length only by its stride.
    fn same(&mut self, input: &str, name: &str, layer: &Folded, stride: usize, kernel: usize) -> String {
        self.graph.conv(input, name, layer, stride, self.architecture.same.padding(kernel))
    }

    /// Adds the excitation: scales each channel by a factor that is computed from the means of the channels.
    fn excite(&mut self, index: usize, input: &str) -> Result<String> {
        let mut at = self.graph.node(
            "ReduceMean",
            &[input],
            &[("axes", Attribute::Ints(&[2])), ("keepdims", Attribute::Int(0))],
        );
        for (part, activation) in [("fc1", "Relu"), ("fc2", "Sigmoid")] {
            let name = format!("blocks.{index}.excite.{part}");
            let layer = self.layer(&name, None)?;
            at = self.graph.dense(&at, &name, &layer);
            at = self.graph.node(activation, &[&at], &[]);
        }
        let time = self.graph.whole_numbers(&format!("blocks.{index}.excite.axis"), &[2]);
        let scale = self.graph.node("Unsqueeze", &[&at, &time], &[]);
        Ok(self.graph.node("Mul", &[input, &scale], &[]))
    }

    /// Adds the head; returns the name of the logits.
    fn head(&mut self, last: &str, levels: &[String]) -> Result<String> {
        let head = &self.architecture.head;
        let mut at;
        match head.kind {
            HeadKind::Conv => {
                let folded = self.layer("head.conv", Some("head.norm"))?;
                at = self.same(last, "head.conv", &folded, 1, head.kernel);
                at = self.graph.node("Relu", &[&at], &[]);
                at = self.graph.node("Flatten", &[&at], &[("axis", Attribute::Int(1))]);
            }
            HeadKind::Dense => {
                let mut pooled = Vec::new();
                for level in &levels[levels.len() - head.levels..] {
                    pooled.push(self.pooled(level, head.pooling));
                }
                let names: Vec<&str> = pooled.iter().map(String::as_str).collect();
                at = self.graph.node("Concat", &names, &[("axis", Attribute::Int(1))]);
                let folded = self.layer("head.hidden", head.norm.then_some("head.norm"))?;
                at = self.graph.dense(&at, "head.hidden", &folded);
                at = self.graph.node("Relu", &[&at], &[]);
            }
        }
        let output = self.layer("head.out", None)?;
        Ok(self.graph.dense(&at, "head.out", &output))
    }

    /// Pools a level over time to `[batch, channels]`.
    fn pooled(&mut self, level: &str, pooling: Pooling) -> String {
        let over = || [("axes", Attribute::Ints(&[2])), ("keepdims", Attribute::Int(0))];
        let maximum = self.graph.node("ReduceMax", &[level], &over());
        match pooling {
            Pooling::Max => maximum,
            Pooling::MaxMean => {
                let mean = self.graph.node("ReduceMean", &[level], &over());
                self.graph.node("Add", &[&maximum, &mean], &[])
            }
        }
    }
}
