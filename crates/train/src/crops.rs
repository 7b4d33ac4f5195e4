//! Random crops: training segments at random places of their clips, drawn anew in each epoch.

use std::borrow::Cow;

use engine::{Philox, Purpose};

use crate::part::{PartData, Segment};

/// The training segments of `epoch` (from 0): those of `data`, or `crops` segments at random places of each clip, drawn
/// from `seed` and `epoch`. Every place at which a whole segment fits into the clip is equally likely; a clip that is
/// shorter than a segment is padded with zeros, as always.
pub(crate) fn epoch_segments<'d>(
    data: &'d PartData,
    crops: Option<usize>,
    seed: u64,
    epoch: u64,
) -> Cow<'d, [Segment]> {
    let Some(crops) = crops else { return Cow::Borrowed(&data.segments) };
    let generator = Philox::new(seed, Purpose::Crop, epoch);
    let segment = |number: usize| {
        let clip = number / crops;
        let last = data.clips[clip].prepared.samples.saturating_sub(data.length as u64);
        let words = generator.block(number as u64);
        let random = (u64::from(words[0]) << 32) | u64::from(words[1]);
        // Multiply-shift: the bias is below the number of places / 2^64.
        let start = ((u128::from(random) * (u128::from(last) + 1)) >> 64) as u64;
        Segment { clip: clip as u32, start }
    };
    Cow::Owned((0..epoch_length(data, Some(crops))).map(segment).collect())
}

/// The number of training segments of each epoch.
pub(crate) fn epoch_length(data: &PartData, crops: Option<usize>) -> usize {
    crops.map_or(data.segments.len(), |crops| data.clips.len() * crops)
}
