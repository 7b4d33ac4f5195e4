//! The excitations of squeeze-and-excitation blocks (the SE paper, section 5, and its poster): how they differ between
//! tags at each level, and how those of the first block follow the loudness.

mod loudness;
mod order;
pub(crate) mod picture;
mod tag_means;

use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, Error, Result};

use super::features::ClipSet;

pub use loudness::{LoudnessNumbers, RegressionLine};
pub use order::{crossing, sorted_channels};
pub use tag_means::{BlockTags, SHUFFLES, SPREAD_DRAWS};

/// The excitations of one block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockValues {
    /// Number of the block, from 1.
    pub block: usize,
    /// Number of channels.
    pub channels: usize,
    /// The sigmoid output of the block's excitation, `[segments, channels]`.
    pub values: Vec<f32>,
}

/// The excitations of all segments.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SegmentValues {
    /// The blocks with an excitation, from the first to the last.
    pub blocks: Vec<BlockValues>,
    /// The clip of each segment.
    pub clip_of: Vec<usize>,
    /// The loudness of each segment: the root mean square of its samples at full scale +-1.
    pub loudness: Vec<f64>,
    /// Another measure of the loudness of each segment: the mean of the absolute values of its samples.
    pub mean_abs: Vec<f64>,
}

/// The message for a model without excitations.
pub(crate) const NO_EXCITATIONS: &str = "the model has no excitations: only models with se or rese blocks have them";

/// What [`excitations`] finds.
#[derive(Clone, Debug, PartialEq)]
pub struct ExcitationMap {
    /// The tags that clips have, as indices in [`ClipSet::tags`].
    pub tags: Vec<usize>,
    /// Each block with its means per tag.
    pub blocks: Vec<BlockTags>,
    /// Channels of the first block left of the place where the curves of all tags cross one half.
    pub crossing: usize,
    /// The regression on the loudness as root mean square.
    pub loudness: Regression,
    /// The regression on the loudness as mean absolute value.
    pub mean_abs: Regression,
}

/// The regression of the first block on one measure of the loudness.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// The line of every channel, the last one of their mean.
    pub lines: Vec<RegressionLine>,
    /// The numbers.
    pub numbers: LoudnessNumbers,
}

/// Analyses the excitations of the segments of `clips`.
///
/// # Errors
/// [`Code::InvalidOption`] for a model without excitations, segments without clips, and values that are not finite;
/// [`Code::Aborted`] after `cancel`.
pub fn excitations(
    clips: &ClipSet,
    segments: &SegmentValues,
    seed: u64,
    on_progress: &mut dyn FnMut(usize, usize),
    cancel: &AtomicBool,
) -> Result<ExcitationMap> {
    let refused = |why: &str| Err(Error::new(Code::InvalidOption, why));
    let count = segments.clip_of.len();
    if segments.blocks.is_empty() {
        return refused(NO_EXCITATIONS);
    }
    if count == 0 || clips.is_empty() {
        return refused("there are no segments: choose another part of the dataset");
    }
    let fits = segments.blocks.iter().all(|block| block.values.len() == count * block.channels);
    let measured = segments.loudness.len() == count && segments.mean_abs.len() == count;
    if !fits || !measured || segments.clip_of.iter().any(|&clip| clip >= clips.len()) {
        return refused("the arrays of the segments do not have the same number of segments");
    }
    let values = segments.blocks.iter().flat_map(|block| &block.values).map(|value| f64::from(*value));
    let measures = segments.loudness.iter().chain(&segments.mean_abs).copied();
    if values.chain(measures).any(|value| !value.is_finite()) {
        return refused("an excitation or the loudness of a segment is not a finite number");
    }
    let tags: Vec<usize> = (0..clips.tags.len()).filter(|&tag| clips.count(tag) > 0).collect();
    let mut blocks = Vec::new();
    for (index, block) in segments.blocks.iter().enumerate() {
        on_progress(index, segments.blocks.len());
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        let means = tag_means::clip_means(block, &segments.clip_of, clips.len());
        blocks.push(tag_means::of_block(block, &means, clips, &tags, seed));
    }
    let curves: Vec<&[f64]> = blocks[0].means.iter().map(Vec::as_slice).collect();
    let crossing = crossing(&curves, &sorted_channels(&curves));
    let SegmentValues { blocks: values, clip_of, loudness, mean_abs } = segments;
    let regression = |measure: &[f64]| {
        let lines = loudness::lines(&values[0], measure);
        let numbers = loudness::numbers(values, &lines, clip_of, clips.len(), measure, seed);
        Regression { lines, numbers }
    };
    let (loudness, mean_abs) = (regression(loudness), regression(mean_abs));
    on_progress(values.len(), values.len());
    Ok(ExcitationMap { tags, blocks, crossing, loudness, mean_abs })
}
