//! Classifiers that lie beside an encoder in its checkpoint.

use error::Result;
use net::{Layout, Parameters};

use crate::checkpoint::Checkpoint;
use crate::draft::Draft;
use crate::naming::mismatch;

/// The layers of the classifier that CLMR's fine-tuning keeps beside the encoder, as (ours, theirs): one, or a hidden one and one;
/// none where there is no classifier.
pub fn separate_head(checkpoint: &Checkpoint) -> &'static [(&'static str, &'static str)] {
    match (checkpoint.has("model.0.weight"), checkpoint.has("model.2.weight")) {
        (true, true) => &[("head.hidden", "model.0"), ("head.out", "model.2")],
        (true, false) => &[("head.out", "model.0")],
        (false, _) => &[],
    }
}

/// Outputs of the classifier beside the encoder.
pub fn separate_outputs(checkpoint: &Checkpoint) -> Option<usize> {
    let (_, last) = separate_head(checkpoint).last()?;
    checkpoint.shape(&format!("{last}.weight"))?.first().copied()
}

/// Fills the output layers of an encoder: from a classifier beside it, or with zeros.
pub fn fill_classifier(
    checkpoint: &Checkpoint,
    draft: &mut Draft,
    parameters: &mut Parameters,
    tags: usize,
) -> Result<()> {
    let head = separate_head(checkpoint);
    if head.is_empty() {
        draft.notes.push("the checkpoint has no classifier: its scores mean nothing, its embeddings do".into());
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
