//! The targets of the segments of a batch.

use error::{Code, Error, Result};
use net::Task;

/// The targets of the segments of a batch.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// `[batch, tags]`, in 0..1, row-major: mean binary cross-entropy over batch and tags.
    Tags(&'a [f32]),
    /// `[batch]`, the index of the only tag: mean softmax cross-entropy over the batch.
    Classes(&'a [u32]),
    /// `[batch, tags]`, in 0..1, row-major: a distribution over the tags for each segment, whose row sums to 1. Mean
    /// softmax cross-entropy over the batch.
    Distributions(&'a [f32]),
    /// `[batch, tags]`, the gradient of a custom loss with respect to the logits, for any task. The loss returned is
    /// the sum of the products of logits and gradient values, which has this gradient.
    LogitGradient(&'a [f32]),
}

impl Targets<'_> {
    /// Checks that the targets fit `task` and have values for `batch` segments and `tags` tags; otherwise
    /// [`Code::InvalidOption`].
    pub(crate) fn check(self, task: Task, tags: usize, batch: usize) -> Result<()> {
        let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
        match (self, task) {
            (Targets::Tags(truth), Task::MultiLabel) | (Targets::Distributions(truth), Task::SingleLabel)
                if truth.len() != batch * tags =>
            {
                refuse(format!("targets must be {batch} x {tags} values, received {}", truth.len()))
            }
            (Targets::Classes(classes), Task::SingleLabel) if classes.len() != batch => {
                refuse(format!("targets must be {batch} class numbers, received {}", classes.len()))
            }
            (Targets::Classes(classes), Task::SingleLabel) => match classes.iter().find(|&&c| c as usize >= tags) {
                Some(class) => refuse(format!("a class number must be below {tags}, received {class}")),
                None => Ok(()),
            },
            (Targets::LogitGradient(values), _) if values.len() != batch * tags => {
                refuse(format!("the logits' gradient must be {batch} x {tags} values, received {}", values.len()))
            }
            (Targets::LogitGradient(_), _)
            | (Targets::Tags(_), Task::MultiLabel)
            | (Targets::Distributions(_), Task::SingleLabel) => Ok(()),
            (Targets::Tags(_), Task::SingleLabel) => {
                refuse("a single-label plan needs class numbers or distributions as targets".into())
            }
            (Targets::Classes(_) | Targets::Distributions(_), Task::MultiLabel) => {
                refuse("a multi-label plan needs a value for every tag".into())
            }
        }
    }
}
