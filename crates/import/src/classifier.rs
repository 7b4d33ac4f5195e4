//! Classifiers that a checkpoint contains in addition to an encoder.

use error::Result;
use net::{Layout, Parameters};

use crate::checkpoint::Checkpoint;
use crate::draft::Draft;
use crate::naming::mismatch;

/// The layers of the classifier that CLMR's fine-tuning stores next to the encoder, as (name in samplecnn, name in the
/// checkpoint): an output layer, with or without a hidden layer before it; empty if there is no classifier.
pub fn separate_head(checkpoint: &Checkpoint) -> &'static [(&'static str, &'static str)] {
    match (checkpoint.has("model.0.weight"), checkpoint.has("model.2.weight")) {
        (true, true) => &[("head.hidden", "model.0"), ("head.out", "model.2")],
        (true, false) => &[("head.out", "model.0")],
        (false, _) => &[],
    }
}

/// The number of outputs of the classifier next to the encoder.
pub fn separate_outputs(checkpoint: &Checkpoint) -> Option<usize> {
    let (_, last) = separate_head(checkpoint).last()?;
    checkpoint.shape(&format!("{last}.weight"))?.first().copied()
}

/// Fills the output layers of an encoder: from a classifier next to it, or with zeros.
pub fn fill_classifier(
    checkpoint: &Checkpoint,
    draft: &mut Draft,
    parameters: &mut Parameters,
    tags: usize,
) -> Result<()> {
    let head = separate_head(checkpoint);
    if head.is_empty() {
        draft.notes.push("the checkpoint has no classifier: use its embeddings, its scores have no meaning".into());
    }
    let layout = Layout::new(&draft.architecture, tags);
    for (ours, theirs) in head {
        for part in ["weight", "bias"] {
            let Some(spec) = layout.find(&format!("{ours}.{part}")) else { continue };
            let name = format!("{theirs}.{part}");
            if checkpoint.shape(&name) != Some(&spec.shape[..]) {
                let shape = checkpoint.shape(&name);
                return Err(mismatch(format!("tensor {name} has shape {shape:?}, expected {:?}", spec.shape)));
            }
            parameters.tensor_mut(spec).copy_from_slice(&checkpoint.values(&name)?);
        }
    }
    Ok(())
}
