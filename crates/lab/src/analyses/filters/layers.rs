//! The layers whose filters can be shown, and the length of the signals that they need.

use error::{Code, Error, Result};
use net::graph::{Graph, NodeId, Operation, Part};
use net::{Architecture, StemKind};

use super::super::gradient::Statistics;

/// The published length of the signals in samples.
pub const PUBLISHED_LENGTH: usize = 729;

/// A layer of a network: the stem, or a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FilterLayer {
    /// Its number, from 1: the stem, then the blocks. Without a stem the first block is layer 1.
    pub number: usize,
    /// The node with its ReLU: the last convolution, or the sum at the end of a residual block.
    pub node: NodeId,
    /// Number of filters.
    pub filters: usize,
    /// Input samples from one position of the output, before the pool, to the next.
    pub hop: usize,
}

/// All layers of `graph`, from the input to the last block.
///
/// # Errors
/// [`Code::InvalidOption`] for a network on a mel spectrogram.
pub(crate) fn layers(architecture: &Architecture, graph: &Graph) -> Result<Vec<FilterLayer>> {
    if architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel) {
        return Err(Error::new(
            Code::InvalidOption,
            "the model reads mel spectrograms: filters can be shown only for a model that reads the waveform",
        ));
    }
    let mut layers: Vec<FilterLayer> = Vec::new();
    // The input samples between two positions of every node's output, after its pool.
    let mut hops: Vec<usize> = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let before = node.inputs().iter().map(|&input| hops[input]).max().unwrap_or(1);
        let (hop, pool, shown) = match &node.operation {
            Operation::Conv(conv) => (before * conv.stride, conv.pool.size, conv.relu),
            Operation::ResidualAdd(add) => (before, add.pool.size, true),
            _ => (before, 1, false),
        };
        hops.push(hop * pool);
        if shown && matches!(node.part, Part::Stem | Part::Block(_)) {
            // A later convolution of the same block replaces an earlier one.
            let same_part = layers.last().is_some_and(|last| graph.nodes[last.node].part == node.part);
            if same_part {
                layers.pop();
            }
            let number = layers.len() + 1;
            layers.push(FilterLayer { number, node: index, filters: node.output.channels, hop });
        }
    }
    Ok(layers)
}

/// The chosen layers; by default the first six, or as many as the network has.
///
/// # Errors
/// [`Code::InvalidOption`] for a layer that does not exist or is named twice.
pub(crate) fn choose(all: &[FilterLayer], asked: Option<&[usize]>) -> Result<Vec<FilterLayer>> {
    let Some(asked) = asked else { return Ok(all[..all.len().min(6)].to_vec()) };
    let mut chosen: Vec<FilterLayer> = Vec::new();
    for &number in asked {
        let Some(layer) = number.checked_sub(1).and_then(|index| all.get(index)) else {
            let message = format!("layers: there is no layer {number}; the model has layers 1 to {}", all.len());
            return Err(Error::new(Code::InvalidOption, message));
        };
        if chosen.iter().any(|other| other.number == number) {
            return Err(Error::new(Code::InvalidOption, format!("layers: {number} is named twice; name it once")));
        }
        chosen.push(layer.clone());
    }
    chosen.sort_by_key(|layer| layer.number);
    Ok(chosen)
}

/// The length of the signals: `asked`, or the published 729 samples where they fit, otherwise the shortest longer one
/// that fits. A length fits if it is a multiple of the hop of every layer, and gives each layer two positions: of one
/// position the norm would leave nothing.
///
/// # Errors
/// [`Code::InvalidOption`] for a length that does not fit or is longer than the segments of the model, with the lengths
/// that do.
pub(crate) fn signal_length(
    architecture: &Architecture,
    layers: &[FilterLayer],
    asked: Option<usize>,
    statistics: Statistics,
) -> Result<usize> {
    let multiple = layers.iter().map(|layer| layer.hop).fold(1, lcm);
    let positions = match statistics {
        Statistics::Batch => 2,
        Statistics::Running => 1,
    };
    let shortest = layers.iter().map(|layer| positions * layer.hop).max().unwrap_or(1).next_multiple_of(multiple);
    let wanted = PUBLISHED_LENGTH.max(shortest).next_multiple_of(multiple);
    let length = asked.unwrap_or(wanted);
    let numbers: Vec<String> = layers.iter().map(|layer| layer.number.to_string()).collect();
    let refused = |why: String| Err(Error::new(Code::InvalidOption, why));
    if !length.is_multiple_of(multiple) || length < shortest {
        return refused(format!(
            "length: layers {} need a multiple of {multiple} samples, at least {shortest}, received {length}; choose \
             another length, or layers nearer to the input",
            numbers.join(", ")
        ));
    }
    if length > architecture.input_length {
        return refused(format!(
            "the model is too short for signals of {length} samples: its segments have {} samples; choose a shorter \
             length (a multiple of {multiple}, at least {shortest}), or layers nearer to the input",
            architecture.input_length
        ));
    }
    Ok(length)
}

fn lcm(one: usize, other: usize) -> usize {
    let (mut a, mut b) = (one, other);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    one / a * other
}
