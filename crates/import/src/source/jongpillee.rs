//! The Keras sources with plain numbered layers: jongpillee (Keras 1 on Theano) and tae-jun/sample-cnn (Keras 2).

use error::Result;
use net::{Norm, Side, TagOrder};

use super::{conv_head, module, network, numbered, stem};
use crate::draft::Draft;
use crate::naming::{mismatch, Layers, Naming};
use crate::options::ImportOptions;

/// `convolution1d_*`, `batchnormalization_*`, `dense_*`: the 2017 paper, DCASE 2017, musicTagging_MSD.
pub fn keras1(layers: &mut Layers<'_>, options: &ImportOptions) -> Result<Draft> {
    let convs = numbered(layers.checkpoint, "convolution1d_");
    let reversed = options.reversed.unwrap_or(true);
    // Only the stem, which has one input channel, distinguishes the two layouts of Keras 1.
    let first = convs.first().map(|name| format!("{name}.W")).and_then(|name| layers.checkpoint.shape(&name));
    layers.naming = match first {
        Some(&[_, 1, _, 1]) => Naming::Keras10 { reversed },
        _ => Naming::Keras1 { reversed },
    };
    let mut draft = plain(layers, convs, "batchnormalization_", Norm::default())?;
    draft.architecture.same = Side::Left;
    draft.licence = Some("MIT");
    let narrow = narrow_to_the_end(&draft);
    if narrow {
        draft.architecture.head.dropout = 0.0;
        draft.notes.push("interpreted as musicTagging_MSD, because its last layers all have the same width".into());
    }
    draft.order = match draft.outputs {
        50 if narrow => Some(TagOrder::Msd),
        50 => Some(TagOrder::MtatKaist),
        _ => None,
    };
    if draft.outputs == 17 {
        draft.architecture.sampling_rate = 44_100;
        draft.notes.push("17 outputs: interpreted as the DCASE 2017 submission, 44.1 kHz".into());
    }
    if reversed {
        draft.notes.push("the filters were reversed in time, because Theano stores them reversed".into());
    }
    Ok(draft)
}

/// `conv1d_*`, `batch_normalization_*`, `dense_*`.
pub fn keras2(layers: &mut Layers<'_>) -> Result<Draft> {
    layers.naming = Naming::Keras2;
    let convs = numbered(layers.checkpoint, "conv1d");
    let mut draft = plain(layers, convs, "batch_normalization", Norm { eps: 1e-3, ..Norm::default() })?;
    draft.order = Some(TagOrder::MtatReversed);
    draft.licence = Some("MIT");
    Ok(draft)
}

/// Whether the last four modules and the last convolution have the same width; in the 2017 plan the width doubles at
/// the end.
fn narrow_to_the_end(draft: &Draft) -> bool {
    let blocks = &draft.architecture.blocks;
    blocks.len() >= 4 && blocks.iter().rev().take(4).all(|block| block.channels == draft.architecture.head.channels)
}

/// Stem, modules and a last convolution, each with a norm, and one dense layer.
fn plain(layers: &Layers<'_>, convs: Vec<String>, norm_class: &str, norm: Norm) -> Result<Draft> {
    let norms = numbered(layers.checkpoint, norm_class);
    let denses = numbered(layers.checkpoint, "dense");
    let count = convs.len();
    if count < 3 || norms.len() != count || denses.len() != 1 {
        return Err(mismatch(format!(
            "has {count} convolutions, {} norms and {} dense layers; expected at least 3, \
             as many norms, and one dense layer",
            norms.len(),
            denses.len()
        )));
    }
    let sizes = convs.iter().map(|name| layers.conv(name)).collect::<Result<Vec<_>>>()?;
    let blocks = sizes[1..count - 1].iter().map(|&size| module(size)).collect();
    let architecture = network(Some(stem(sizes[0])), norm, blocks, conv_head(sizes[count - 1]))?;
    let outputs = layers.dense(&denses[0])?[0];
    let mut pairs = super::in_a_row(convs.into_iter().zip(norms).collect());
    pairs.push(("head.out".to_string(), denses[0].clone()));
    Ok(Draft::new(architecture, pairs, outputs))
}
