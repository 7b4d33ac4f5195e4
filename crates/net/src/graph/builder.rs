//! Adds nodes one at a time: canonical name, output shape, and tensors with their places in the flat vectors.

use super::node::{
    BatchNorm, Conv, Dense, Dropout, Excitation, GlobalPool, Linear, MelSpectrogram, Node, NodeId, Operation, Part,
    ResidualAdd, Shape, Shortcut, SignedLog, Standardisation,
};
use crate::architecture::{Architecture, Block, NormKind, Pool, Pooling, Side, Stem};
use crate::tensor::{TensorRole, TensorSpec};

/// The nodes added so far.
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    /// The part of the network that the next node belongs to.
    pub(super) part: Part,
    /// The side on which an even kernel has one more zero of padding.
    pub(super) same: Side,
    normed: bool,
    /// The number of values in the tensors so far, trainable ones and statistics, which is the offset of the next
    /// tensor.
    trainable: usize,
    statistics: usize,
}

/// The sizes of a convolution.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    pub(super) channels: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) padding: [usize; 2],
    pub(super) bias: bool,
}

impl Builder {
    pub(super) fn new(architecture: &Architecture) -> Self {
        let normed = architecture.norm.kind == NormKind::Batch;
        Self { nodes: Vec::new(), part: Part::Input, same: architecture.same, normed, trainable: 0, statistics: 0 }
    }

    /// Adds the waveform of `length` samples.
    pub(super) fn input(&mut self, length: usize) -> NodeId {
        self.add("waveform".into(), Operation::Input, 1, length)
    }

    /// Adds the standardisation of the waveform `input`.
    pub(super) fn standardisation(&mut self, input: NodeId) -> NodeId {
        let name = self.part.to_string();
        let standardisation = Standardisation {
            input,
            mean: self.tensor(format!("{name}.mean"), vec![1], TensorRole::InputMean),
            deviation: self.tensor(format!("{name}.deviation"), vec![1], TensorRole::InputDeviation),
        };
        let length = self.nodes[input].output.length;
        self.add(name, Operation::Standardisation(standardisation), 1, length)
    }

    /// Adds the signed logarithm of the waveform `input`.
    pub(super) fn signed_log(&mut self, input: NodeId) -> NodeId {
        let length = self.nodes[input].output.length;
        self.add(self.part.to_string(), Operation::SignedLog(SignedLog { input }), 1, length)
    }

    pub(super) fn mel_spectrogram(&mut self, stem: &Stem, input: NodeId) -> NodeId {
        let name = format!("{}.mel", self.part);
        let length = stem.output_length(self.nodes[input].output.length);
        let mel = MelSpectrogram {
            input,
            window: stem.kernel,
            hop: stem.stride,
            fft: stem.fft,
            mean: self.tensor(format!("{name}.mean"), vec![1], TensorRole::MelMean),
            deviation: self.tensor(format!("{name}.deviation"), vec![1], TensorRole::MelDeviation),
        };
        self.add(name, Operation::MelSpectrogram(mel), stem.channels, length)
    }

    /// Adds `conv{suffix}` and `norm{suffix}` of the part, with `length` positions before the pool.
    pub(super) fn conv(
        &mut self,
        suffix: &str,
        input: NodeId,
        filter: Filter,
        length: usize,
        relu: bool,
        pool: Pool,
    ) -> NodeId {
        let names = [format!("{}.conv{suffix}", self.part), format!("{}.norm{suffix}", self.part)];
        self.named_conv(names, input, filter, TensorRole::ConvWeight, length, relu, pool)
    }

    /// Adds `shortcut.conv` and `shortcut.norm` of a residual block, with as many positions as its branch.
    pub(super) fn shortcut_conv(&mut self, block: &Block, input: NodeId, length: usize) -> NodeId {
        let names = [format!("{}.shortcut.conv", self.part), format!("{}.shortcut.norm", self.part)];
        let filter = Filter {
            channels: block.channels,
            kernel: block.shortcut_kernel,
            stride: block.stride,
            padding: self.same.padding(block.shortcut_kernel),
            bias: block.bias,
        };
        self.named_conv(names, input, filter, TensorRole::ShortcutWeight, length, false, Pool::NONE)
    }

    fn named_conv(
        &mut self,
        [name, norm]: [String; 2],
        input: NodeId,
        filter: Filter,
        role: TensorRole,
        length: usize,
        relu: bool,
        pool: Pool,
    ) -> NodeId {
        let Filter { channels, kernel, stride, padding, bias } = filter;
        let shape = vec![channels, self.nodes[input].output.channels, kernel];
        let conv = Conv {
            input,
            kernel,
            stride,
            padding,
            length,
            weight: self.tensor(format!("{name}.weight"), shape, role),
            bias: bias.then(|| self.tensor(format!("{name}.bias"), vec![channels], TensorRole::Bias)),
            norm: self.normed.then(|| self.batch_norm(norm, channels)),
            relu,
            pool,
        };
        self.add(name, Operation::Conv(conv), channels, pool.output_length(length))
    }

    /// Adds the squeeze-and-excitation of `input`; returns `input` itself if the hidden width is 0.
    pub(super) fn excitation(&mut self, hidden: usize, input: NodeId) -> NodeId {
        if hidden == 0 {
            return input;
        }
        let name = format!("{}.excite", self.part);
        let Shape { channels, length } = self.nodes[input].output;
        let excitation = Excitation {
            input,
            squeeze: self.linear(format!("{name}.fc1"), channels, hidden),
            expand: self.linear(format!("{name}.fc2"), hidden, channels),
        };
        self.add(name, Operation::Excitation(excitation), channels, length)
    }

    pub(super) fn residual_add(&mut self, branch: NodeId, shortcut: Shortcut, pool: Pool) -> NodeId {
        let Shape { channels, length } = self.nodes[branch].output;
        let add = ResidualAdd { branch, shortcut, length, pool };
        self.add(format!("{}.add", self.part), Operation::ResidualAdd(add), channels, pool.output_length(length))
    }

    /// Adds dropout of `input`; returns `input` itself for a rate of 0.
    pub(super) fn dropout(&mut self, rate: f64, input: NodeId) -> NodeId {
        if rate <= 0.0 {
            return input;
        }
        let Shape { channels, length } = self.nodes[input].output;
        self.add(format!("{}.dropout", self.part), Operation::Dropout(Dropout { input, rate }), channels, length)
    }

    pub(super) fn global_pool(&mut self, levels: &[NodeId], pooling: Pooling) -> NodeId {
        let channels = levels.iter().map(|&level| self.nodes[level].output.channels).sum();
        let pool = GlobalPool { levels: levels.to_vec(), pooling };
        self.add(format!("{}.pool", self.part), Operation::GlobalPool(pool), channels, 1)
    }

    /// Adds the dense layer `name` of the part, with the part's norm if `normed` is set and the network has norms.
    pub(super) fn dense(&mut self, name: &str, input: NodeId, width: usize, normed: bool, relu: bool) -> NodeId {
        let name = format!("{}.{name}", self.part);
        let linear = self.linear(name.clone(), self.nodes[input].output.channels, width);
        let norm = (normed && self.normed).then(|| self.batch_norm(format!("{}.norm", self.part), width));
        self.add(name, Operation::Dense(Dense { input, linear, norm, relu }), width, 1)
    }

    fn linear(&mut self, name: String, from: usize, to: usize) -> Linear {
        let weight = self.tensor(format!("{name}.weight"), vec![to, from], TensorRole::DenseWeight);
        let bias = self.tensor(format!("{name}.bias"), vec![to], TensorRole::Bias);
        Linear { name, weight, bias }
    }

    fn batch_norm(&mut self, name: String, channels: usize) -> BatchNorm {
        let mut part = |part: &str, role| self.tensor(format!("{name}.{part}"), vec![channels], role);
        let (gamma, beta) = (part("weight", TensorRole::NormWeight), part("bias", TensorRole::NormBias));
        let running_mean = part("running_mean", TensorRole::RunningMean);
        let running_var = part("running_var", TensorRole::RunningVar);
        BatchNorm { name, gamma, beta, running_mean, running_var }
    }

    /// Creates the next tensor, which follows the earlier ones.
    fn tensor(&mut self, name: String, shape: Vec<usize>, role: TensorRole) -> TensorSpec {
        let total = if role.is_statistic() { &mut self.statistics } else { &mut self.trainable };
        let spec = TensorSpec { name, shape, role, offset: *total };
        *total += spec.len();
        spec
    }

    fn add(&mut self, name: String, operation: Operation, channels: usize, length: usize) -> NodeId {
        self.nodes.push(Node { name, part: self.part, operation, output: Shape { channels, length } });
        self.nodes.len() - 1
    }
}
