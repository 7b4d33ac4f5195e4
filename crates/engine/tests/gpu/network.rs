//! The network of a preset with drawn parameters, and batches for it.

use engine::{initialise, Device, Initialisation, Options, Philox, Precision, Purpose, Training, Update};
use net::{Architecture, Head, HeadKind, Parameters, Pooling, Task};
use serde_json::{json, Map, Value};

/// The number of outputs.
pub const TAGS: usize = 50;
/// The optimiser of the paper.
pub const UPDATE: Update = Update { learning_rate: 0.01, momentum: 0.9, weight_decay: 0.0 };

/// The options for the first GPU in this precision.
pub fn options(precision: Precision) -> Options {
    Options { device: Device::Cuda(0), precision, ..Options::default() }
}

/// The networks that are timed, as bench/gpu/peers.py builds them.
pub fn describe() -> Value {
    let facts = |preset: &str| {
        let tags: Vec<String> = (0..TAGS).map(|tag| format!("tag {tag}")).collect();
        (preset.to_owned(), json!({ "architecture": Architecture::preset(preset).unwrap(), "tags": tags }))
    };
    let networks: Map<_, _> = ["3^9", "se-multi", "rese2-multi"].map(facts).into_iter().collect();
    json!({ "networks": networks })
}

/// A preset, its initial parameters, and the random numbers that batches are drawn from.
pub struct Network {
    pub architecture: Architecture,
    pub parameters: Parameters,
}

impl Network {
    /// Creates the network of `preset`.
    pub fn new(preset: &str) -> Self {
        Self::of(Architecture::preset(preset).unwrap())
    }

    /// The first `blocks` blocks of the preset, with a head that reads all remaining positions of a segment. The
    /// gradients of whole networks with drawn weights and few segments are chaotic: rounding moves maxima, and norms
    /// over few values amplify the difference from block to block.
    pub fn beginning(preset: &str, blocks: usize) -> Self {
        let mut architecture = Architecture::preset(preset).unwrap();
        architecture.blocks.truncate(blocks);
        let (kind, pooling) = (HeadKind::Dense, Pooling::MaxMean);
        architecture.head = Head { kind, pooling, norm: false, dropout: 0.0, ..Head::conv(1, 0) };
        Self::of(architecture)
    }

    fn of(architecture: Architecture) -> Self {
        let parameters = initialise(&architecture, TAGS, Initialisation::He, 1).unwrap();
        Self { architecture, parameters }
    }

    /// Creates a training plan with these parameters.
    pub fn training(&self, options: &Options, batch: usize) -> error::Result<Training> {
        let mut training = Training::new(&self.architecture, TAGS, Task::MultiLabel, batch, options)?;
        training.load(&self.parameters)?;
        Ok(training)
    }

    /// Draws `n` segments and their tags.
    pub fn batch(&self, n: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
        let stream = Philox::new(seed, Purpose::Synthesise, 0);
        let mut input = vec![0.0; n * self.architecture.input_length];
        stream.fill_uniform(0, &mut input);
        input.iter_mut().for_each(|x| *x = 0.2 * *x - 0.1);
        let mut targets = vec![0.0; n * TAGS];
        stream.fill_uniform(1 << 40, &mut targets);
        targets.iter_mut().for_each(|t| *t = f32::from(u8::from(*t > 0.95)));
        (input, targets)
    }
}
