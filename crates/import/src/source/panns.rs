//! PANNs: LeeNet11 and LeeNet24.

use error::Result;
use net::{Block, Head, Pooling, Stem, TensorRole};

use super::{dense_head, module, network, stem, torch_norm};
use crate::draft::Draft;
use crate::naming::{mismatch, Layers, Naming};

/// Sampling rate and segment length (10 s) of the published weights.
const RATE: u32 = 32_000;
const SEGMENT: usize = 320_000;

/// `conv_block{i}` from 1, each with `conv1`, `bn1` and, in LeeNet24, `conv2`, `bn2`; head `fc1`, `fc_audioset`.
pub fn leenet(layers: &mut Layers<'_>) -> Result<Draft> {
    layers.naming = Naming::Torch;
    let name = |i: usize, part: &str| format!("conv_block{}.{part}", i + 1);
    let count = (0..256).take_while(|&i| layers.has(&name(i, "conv1"), TensorRole::ConvWeight)).count();
    if count < 2 {
        return Err(mismatch(format!("has {count} convolution blocks, expected at least 2")));
    }
    let sizes = (0..count).map(|i| layers.conv(&name(i, "conv1"))).collect::<Result<Vec<_>>>()?;
    let (front, blocks, mut pairs) = if layers.has(&name(0, "conv2"), TensorRole::ConvWeight) {
        let parts = [("conv1", "conv1"), ("norm1", "bn1"), ("conv2", "conv2"), ("norm2", "bn2")];
        let pairs =
            (0..count).flat_map(|i| parts.map(|(ours, theirs)| (format!("blocks.{i}.{ours}"), name(i, theirs))));
        (None, double(&sizes), pairs.collect())
    } else {
        let front = Stem { padding: [1, 1], bias: false, ..stem(sizes[0]) };
        let blocks = sizes[1..].iter().map(|&size| Block { bias: false, pool_padding: 1, ..module(size) }).collect();
        let mut pairs = Vec::new();
        for i in 0..count {
            let part = if i == 0 { "stem".to_string() } else { format!("blocks.{}", i - 1) };
            pairs.push((format!("{part}.conv"), name(i, "conv1")));
            pairs.push((format!("{part}.norm"), name(i, "bn1")));
        }
        (Some(front), blocks, pairs)
    };
    pairs.push(("head.hidden".into(), "fc1".into()));
    pairs.push(("head.out".into(), "fc_audioset".into()));
    let [width, input] = layers.dense("fc1")?;
    let head = Head { pooling: Pooling::MaxMean, norm: false, ..dense_head(width, super::levels(input, &blocks)?) };
    let mut architecture = network(front, torch_norm(), blocks, head)?;
    (architecture.sampling_rate, architecture.input_length) = (RATE, SEGMENT);
    let mut draft = Draft::new(architecture, pairs, layers.dense("fc_audioset")?[0]);
    draft.notes.push("PANNs processes whole clips; here segments of 10 s are scored and averaged".into());
    Ok(draft)
}

/// The blocks of LeeNet24: the first has a stride, the first and the last have no pool.
fn double(sizes: &[[usize; 3]]) -> Vec<Block> {
    let last = sizes.len() - 1;
    let block = |(i, &size): (usize, &[usize; 3])| {
        let edge = i == 0 || i == last;
        Block {
            convs: 2,
            stride: if i == 0 { size[2] } else { 1 },
            pool: if edge { 1 } else { size[2] },
            pool_padding: usize::from(!edge),
            dropout: if i == last { 0.0 } else { 0.1 },
            bias: false,
            ..module(size)
        }
    };
    sizes.iter().enumerate().map(block).collect()
}
