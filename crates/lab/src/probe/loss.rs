//! The loss of a batch.

use candle_core::{Result, Tensor};
use net::Task;

/// The targets of a batch.
pub(super) enum BatchTargets {
    /// 0 or 1, `[batch, tags]`.
    Tags(Tensor),
    /// The number of the tag of each clip, u32 `[batch]`.
    Class(Tensor),
}

impl BatchTargets {
    /// The targets of the rows of `targets` `[rows, tags]`, on the device and in the number type of `like`.
    pub(super) fn new(task: Task, targets: &[bool], tags: usize, like: &Tensor) -> Result<Self> {
        let rows = targets.len() / tags.max(1);
        match task {
            Task::MultiLabel => {
                let values: Vec<f32> = targets.iter().map(|&has| f32::from(u8::from(has))).collect();
                let values = Tensor::from_vec(values, (rows, tags), like.device())?;
                Ok(Self::Tags(values.to_dtype(like.dtype())?))
            }
            Task::SingleLabel => {
                let class = |row: &[bool]| row.iter().position(|&has| has).unwrap_or(0) as u32;
                let classes: Vec<u32> = targets.chunks_exact(tags.max(1)).map(class).collect();
                Ok(Self::Class(Tensor::from_vec(classes, rows, like.device())?))
            }
        }
    }

    /// The mean loss of `logits` `[batch, tags]`: multi-label the binary cross-entropy over batch and tags,
    /// single-label the cross-entropy over the batch.
    pub(super) fn loss(&self, logits: &Tensor) -> Result<Tensor> {
        match self {
            Self::Tags(targets) => binary_cross_entropy(logits, targets),
            Self::Class(classes) => candle_nn::loss::cross_entropy(logits, classes),
        }
    }
}

/// The mean of max(x, 0) - x t + log(1 + exp(-|x|)), which is finite for every finite x; the function of candle-nn is
/// infinite where the sigmoid is rounded to 0 or 1. max(x, 0) is written (x + |x|) / 2, so that the gradients at 0 add
/// up to that of the loss.
fn binary_cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let magnitude = logits.abs()?;
    let positive = ((logits + &magnitude)? * 0.5)?;
    let correction = (magnitude.neg()?.exp()? + 1.0)?.log()?;
    ((positive - logits.mul(targets)?)? + correction)?.mean_all()
}
