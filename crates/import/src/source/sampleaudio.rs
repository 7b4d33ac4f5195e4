//! tae-jun/sampleaudio: tf.keras layers with individual names, and a standardised input.

use error::Result;
use net::{Block, BlockKind, Norm, TagOrder, Task, TensorRole};

use super::{dense_head, module, network, stem};
use crate::draft::Draft;
use crate::naming::{mismatch, Layers, Naming};

/// Number of outputs, mean and deviation of the datasets of the source.
const STANDARDS: [(usize, [f64; 2], &str); 3] = [
    (50, [-1.650025078561157e-4, 0.1551193743944168], "MagnaTagATune"),
    (17, [-3.320679534226656e-4, 0.20514629781246185], "DCASE 2017"),
    (35, [-8.520474e-5, 0.18], "Speech Commands"),
];

/// The parts of a block: name in samplecnn, name in the checkpoint, for the blocks that have the part.
const PARTS: [(&str, &str); 10] = [
    ("conv", "conv"),
    ("norm", "norm"),
    ("conv1", "conv0"),
    ("norm1", "norm0"),
    ("conv2", "conv1"),
    ("norm2", "norm1"),
    ("shortcut.conv", "scut_conv"),
    ("shortcut.norm", "scut_norm"),
    ("excite.fc1", "ex0"),
    ("excite.fc2", "ex1"),
];

/// `conv0`, `block{i}_*` with the parts above, `final_fc`, `final_norm`, `logit`.
pub fn named(layers: &mut Layers<'_>) -> Result<Draft> {
    layers.naming = Naming::Keras2;
    let mut pairs =
        vec![("stem.conv".to_string(), "conv0".to_string()), ("stem.norm".to_string(), "norm0".to_string())];
    let mut blocks: Vec<Block> = Vec::new();
    for i in 0..256 {
        let name = |part: &str| format!("block{i}_{part}");
        let has = |part: &str| layers.has(&name(part), TensorRole::ConvWeight);
        let (plain, double, excited) = (has("conv"), has("conv1"), has("ex0"));
        if !plain && !has("conv0") {
            break;
        }
        for (ours, theirs) in PARTS {
            if has(theirs) || layers.has(&name(theirs), TensorRole::NormWeight) {
                pairs.push((format!("blocks.{i}.{ours}"), name(theirs)));
            }
        }
        let size = layers.conv(&name(if plain { "conv" } else { "conv0" }))?;
        let kind = match (plain, excited) {
            (false, _) => BlockKind::Res,
            (true, true) => BlockKind::Se,
            (true, false) => BlockKind::Basic,
        };
        let excite = if excited { Some(layers.dense(&name("ex0"))?[0] as f64 / size[0] as f64) } else { None };
        let (convs, dropout) = if double { (2, 0.2) } else { (1, 0.0) };
        blocks.push(Block { kind, convs, excite, dropout, ..module(size) });
    }
    if blocks.is_empty() {
        return Err(mismatch("has neither a tensor block0_conv.kernel nor block0_conv0.kernel"));
    }
    for (ours, theirs) in [("head.hidden", "final_fc"), ("head.norm", "final_norm"), ("head.out", "logit")] {
        pairs.push((ours.into(), theirs.into()));
    }
    let [width, input] = layers.dense("final_fc")?;
    let head = dense_head(width, super::levels(input, &blocks)?);
    // The one-second datasets have 8 blocks on 22,050 samples, of which the pools drop some.
    let one_second = blocks.len() == 8;
    let norm = Norm { eps: 1e-3, ..Norm::default() };
    let mut architecture = network(Some(stem(layers.conv("conv0")?)), norm, blocks, head)?;
    if one_second {
        architecture.input_length = 22_050;
    }
    let mut draft = Draft::new(architecture, pairs, layers.dense("logit")?[0]);
    match STANDARDS.iter().find(|(outputs, ..)| *outputs == draft.outputs) {
        Some((outputs, standard, name)) => {
            draft.standardised = Some(*standard);
            draft.notes.push(format!("{outputs} outputs: the input standardisation of {name} is folded into the stem"));
        }
        None => {
            draft.notes.push("no known dataset has this number of outputs, so the input is not standardised".into())
        }
    }
    if draft.outputs == 35 {
        draft.task = Task::SingleLabel;
    }
    draft.order = (draft.outputs == 50).then_some(TagOrder::MtatReversed);
    Ok(draft)
}
