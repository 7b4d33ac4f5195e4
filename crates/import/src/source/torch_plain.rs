//! The PyTorch sources with plain modules: kyungyunlee, CLMR, configurable, SampleCNN of minzwon.

use error::Result;
use net::{Block, Head, TagOrder, TensorRole};

use super::{conv_head, dense_head, module, network, stem, torch_norm};
use crate::classifier::separate_head;
use crate::draft::Draft;
use crate::naming::{mismatch, Layers, Naming};

/// `conv{i}.0` from 1, the last one without pool; norms `.1`; `fc`.
pub fn kyungyunlee(layers: &mut Layers<'_>) -> Result<Draft> {
    let mut draft = plain(layers, |i| (format!("conv{}.0", i + 1), format!("conv{}.1", i + 1)), Some("fc"))?;
    // After the pool of conv6 (counting from 1, including the stem).
    if let Some(block) = draft.architecture.blocks.get_mut(4) {
        block.dropout = 0.5;
    }
    if draft.outputs == 1 {
        draft.architecture.sampling_rate = 16_000;
        draft.notes.push("one output: interpreted as fmqa/samplecnn-speech-detection, 16 kHz".into());
    } else {
        draft.notes.push(
            "this source merged synonyms before it chose its tags, so the order of its outputs is not published".into(),
        );
    }
    Ok(draft)
}

/// Version 2: `sequential.{i}.0`; version 1: the names of kyungyunlee. The classifier may be missing, or be next to the
/// encoder, with or without a hidden layer.
pub fn clmr(layers: &mut Layers<'_>) -> Result<Draft> {
    let mut draft = if layers.has("sequential.0.0", TensorRole::ConvWeight) {
        plain(layers, |i| (format!("sequential.{i}.0"), format!("sequential.{i}.1")), Some("fc"))?
    } else {
        plain(layers, |i| (format!("conv{}.0", i + 1), format!("conv{}.1", i + 1)), Some("fc"))?
    };
    let blocks = &draft.architecture.blocks;
    if let Some(block) = blocks.iter().position(|block| block.kernel != 3) {
        return Err(mismatch(format!(
            "block {block} has a filter of {}: CLMR pads every filter by 1, so only filters of 3 give correct lengths",
            blocks[block].kernel
        )));
    }
    if let (0, [("head.hidden", hidden), _]) = (draft.outputs, separate_head(layers.checkpoint)) {
        with_hidden_layer(&mut draft, layers.checkpoint.shape(&format!("{hidden}.weight")).map_or(0, |shape| shape[0]));
    }
    draft.order = Some(TagOrder::Mtat);
    draft.licence = Some("Apache-2.0");
    Ok(draft)
}

/// Makes the last convolution, which has no pool, the last block, and adds a dense head with `width` hidden units.
fn with_hidden_layer(draft: &mut Draft, width: usize) {
    let head = &draft.architecture.head;
    let last = Block { pool: 1, ..Block::module(head.kernel, head.channels) };
    let blocks = &mut draft.architecture.blocks;
    for (ours, _) in &mut draft.layers {
        if let Some(part) = ours.strip_prefix("head.") {
            *ours = format!("blocks.{}.{part}", blocks.len());
        }
    }
    blocks.push(last);
    draft.architecture.head = Head { norm: false, dropout: 0.0, ..dense_head(width, 1) };
}

/// `all_blocks.{i}.0`; an encoder without classifier.
pub fn configurable(layers: &mut Layers<'_>) -> Result<Draft> {
    let mut draft = plain(layers, |i| (format!("all_blocks.{i}.0"), format!("all_blocks.{i}.1")), None)?;
    draft.licence = Some("MIT");
    draft.notes.push(
        "imported with ReLU: a checkpoint with leaky ReLU cannot be distinguished, and its scores would be wrong"
            .into(),
    );
    Ok(draft)
}

/// `layer{i}.conv` from 1; `dense`. Stem padded by 1, 16 kHz.
pub fn minzwon(layers: &mut Layers<'_>) -> Result<Draft> {
    let mut draft = plain(layers, |i| (format!("layer{}.conv", i + 1), format!("layer{}.bn", i + 1)), Some("dense"))?;
    if let Some(stem) = &mut draft.architecture.stem {
        stem.padding = [1, 1];
    }
    draft.architecture.sampling_rate = 16_000;
    draft.licence = Some("MIT");
    Ok(draft)
}

/// Stem, modules, and a last convolution without pool; `name` returns the names of the i-th convolution and its norm.
fn plain(layers: &mut Layers<'_>, name: impl Fn(usize) -> (String, String), output: Option<&str>) -> Result<Draft> {
    layers.naming = Naming::Torch;
    let count = (0..256).take_while(|&i| layers.has(&name(i).0, TensorRole::ConvWeight)).count();
    if count < 3 {
        return Err(mismatch(format!(
            "has {count} convolutions in a row, expected at least 3: a stem, a module and a last convolution"
        )));
    }
    let names: Vec<_> = (0..count).map(name).collect();
    let sizes = names.iter().map(|(conv, _)| layers.conv(conv)).collect::<Result<Vec<_>>>()?;
    let blocks = sizes[1..count - 1].iter().map(|&size| module(size)).collect();
    let architecture = network(Some(stem(sizes[0])), torch_norm(), blocks, conv_head(sizes[count - 1]))?;
    let mut draft = Draft::new(architecture, super::in_a_row(names), 0);
    if let Some(output) = output.filter(|output| layers.has(output, TensorRole::DenseWeight)) {
        draft.outputs = layers.dense(output)?[0];
        draft.layers.push(("head.out".into(), output.to_string()));
    }
    Ok(draft)
}
