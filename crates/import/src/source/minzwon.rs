//! SampleCNNSE of minzwon: every layer is a residual block with excitation.

use error::Result;
use net::{Block, BlockKind, TensorRole};

use super::{dense_head, module, network, torch_norm};
use crate::draft::Draft;
use crate::naming::{mismatch, Layers, Naming};

/// The parts of a block: name in samplecnn, name in the checkpoint.
const BRANCH: [(&str, &str); 6] = [
    ("conv1", "conv_1"),
    ("norm1", "bn_1"),
    ("conv2", "conv_2"),
    ("norm2", "bn_2"),
    ("excite.fc1", "dense1"),
    ("excite.fc2", "dense2"),
];
const SHORTCUT: [(&str, &str); 2] = [("shortcut.conv", "conv_3"), ("shortcut.norm", "bn_3")];

/// `layer{i}` from 1, each with the parts above; head `dense1`, `bn`, `dense2`.
pub fn residual(layers: &mut Layers<'_>) -> Result<Draft> {
    layers.naming = Naming::Torch;
    let name = |i: usize, part: &str| format!("layer{}.{part}", i + 1);
    let count = (0..256).take_while(|&i| layers.has(&name(i, "conv_1"), TensorRole::ConvWeight)).count();
    if count < 3 {
        return Err(mismatch(format!("has {count} residual layers, expected at least 3")));
    }
    let mut blocks = Vec::new();
    let mut pairs = Vec::new();
    for i in 0..count {
        let size = layers.conv(&name(i, "conv_1"))?;
        let hidden = layers.dense(&name(i, "dense1"))?[0];
        let edge = i == 0 || i + 1 == count;
        blocks.push(Block {
            kind: BlockKind::Res,
            convs: 2,
            excite: Some(hidden as f64 / size[0] as f64),
            stride: if i == 0 { size[2] } else { 1 },
            pool: if edge { 1 } else { size[2] },
            shortcut_kernel: size[2],
            ..module(size)
        });
        let beside = if layers.has(&name(i, "conv_3"), TensorRole::ConvWeight) { &SHORTCUT[..] } else { &[] };
        for (ours, theirs) in BRANCH.iter().chain(beside) {
            pairs.push((format!("blocks.{i}.{ours}"), name(i, theirs)));
        }
    }
    for (ours, theirs) in [("head.hidden", "dense1"), ("head.norm", "bn"), ("head.out", "dense2")] {
        pairs.push((ours.into(), theirs.into()));
    }
    let [width, input] = layers.dense("dense1")?;
    let head = dense_head(width, super::levels(input, &blocks)?);
    let mut architecture = network(None, torch_norm(), blocks, head)?;
    architecture.sampling_rate = 16_000;
    let mut draft = Draft::new(architecture, pairs, layers.dense("dense2")?[0]);
    draft.licence = Some("MIT");
    Ok(draft)
}
