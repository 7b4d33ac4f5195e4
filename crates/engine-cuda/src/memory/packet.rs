//! Where the packet of a step lies on the GPU: what the host sends of a step, in one piece and always to the same place.

use engine_core::HeldSegment;

use crate::gpu::Address;

/// Losses that stay on the GPU until they are asked for.
pub(crate) const LOSSES: usize = 64;

/// Bytes of the `Step` of `kernels/step.h`, rounded up.
pub(crate) const FACTS: usize = 64;

/// Where the parts of a packet lie on the GPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketPlace {
    /// The whole; at its start lies the `Step` of `kernels/step.h`.
    pub start: Address,
    /// `[batch]`, `HeldSegment` of `kernels/step.h`.
    pub places: Address,
    /// Targets of a step, f32 or u32.
    pub targets: Address,
    /// Of the whole.
    pub bytes: usize,
}

impl PacketPlace {
    /// A packet's bytes for `batch` segments and `cells` targets.
    pub(crate) fn bytes(batch: usize, cells: usize) -> usize {
        FACTS + batch * size_of::<HeldSegment>() + cells * 4
    }

    /// The parts of a packet at `start` for at most `batch` segments and `cells` targets.
    pub(crate) fn new(start: Address, batch: usize, cells: usize) -> Self {
        let places = Address(start.0 + FACTS as u64);
        Self {
            start,
            places,
            targets: Address(places.0 + (batch * size_of::<HeldSegment>()) as u64),
            bytes: Self::bytes(batch, cells),
        }
    }
}
