//! The place of a step's packet on the GPU. The packet contains the data that the host sends for a step, in one piece
//! and always to the same place.

use engine_core::HeldSegment;

use crate::gpu::Address;

/// The number of losses that stay on the GPU until they are read.
pub(crate) const LOSSES: usize = 64;

/// The size of the struct `Step` of `kernels/step.h` in bytes, rounded up.
pub(crate) const FACTS: usize = 64;

/// The places of the parts of a packet on the GPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketPlace {
    /// The whole packet; it begins with the `Step` of `kernels/step.h`.
    pub start: Address,
    /// `[batch]`, the `Place`s of `kernels/step.h`.
    pub places: Address,
    /// The targets of a step, f32 or u32.
    pub targets: Address,
    /// The size of the whole packet.
    pub bytes: usize,
}

impl PacketPlace {
    /// The size of a packet for `batch` segments and `cells` targets.
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
