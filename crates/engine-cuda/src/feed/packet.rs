//! The data that a step gets from the host. They are uploaded in one piece, always to the same place on the GPU, before
//! the step's first launch: so the launches of all steps are the same, and can be recorded and replayed.

use engine_core::backend::Step;
use engine_core::{Formula, HeldSegment, Philox, Purpose, Share, StepUpdate, Targets};

use crate::gpu::Address;
use crate::memory::packet::FACTS;

/// The struct `Step` of `kernels/step.h`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Facts {
    samples: Address,
    number: u64,
    key: [u32; 2],
    learning_rate: f32,
    momentum: f32,
    weight_decay: f32,
    loss: u32,
    adam_step: f32,
    root: f32,
    shrink: f32,
    largest_norm: f32,
    share: f32,
    is_first: u32,
}

const _: () = assert!(size_of::<Facts>() <= FACTS);

// SAFETY: plain numbers without gaps: 8 + 8 + 8 + 12 + 4 + 24 bytes, a multiple of the alignment of 8.
unsafe impl bytemuck::Zeroable for Facts {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for Facts {}

/// Writes the packet of a step to `to`: `samples` and `places` are the addresses of its audio and of its segments'
/// places, if they are on the GPU; `loss` is the number of its loss.
pub(crate) fn write(
    to: &mut Vec<u8>,
    batch: usize,
    samples: Address,
    places: &[HeldSegment],
    step: Option<&Step>,
    loss: usize,
) {
    let mut facts = Facts { samples, loss: loss as u32, ..Facts::default() };
    if let Some(StepUpdate { formula, penalty, largest_norm }) = step.and_then(|step| step.update) {
        facts = Facts { weight_decay: penalty, largest_norm: largest_norm.unwrap_or(0.0), ..facts };
        facts = match formula {
            Formula::Nesterov { learning_rate, momentum } => Facts { learning_rate, momentum, ..facts },
            Formula::Adam { step, root, shrink } => Facts { adam_step: step, root, shrink, ..facts },
        };
    }
    if let Some(Share { weight, first }) = step.and_then(|step| step.share) {
        facts = Facts { share: weight, is_first: first.into(), ..facts };
    }
    if let Some((seed, number)) = step.and_then(|step| step.dropout) {
        facts = Facts { number, key: Philox::new(seed, Purpose::Dropout, number).key(), ..facts };
    }
    to.clear();
    to.extend_from_slice(bytemuck::bytes_of(&facts));
    to.resize(FACTS, 0);
    to.extend_from_slice(bytemuck::cast_slice(places));
    if let Some(step) = step {
        to.resize(FACTS + batch * size_of::<HeldSegment>(), 0);
        to.extend_from_slice(match step.targets {
            Targets::Tags(values) | Targets::Distributions(values) | Targets::LogitGradient(values) => {
                bytemuck::cast_slice(values)
            }
            Targets::Classes(classes) => bytemuck::cast_slice(classes),
        });
    }
}
