//! The mean excitation of every channel over the clips of each tag.

use super::super::bootstrap::{Bootstrap, Estimate};
use super::super::features::ClipSet;
use super::BlockValues;

/// Draws for the intervals of the spread, which cost more than others.
pub const SPREAD_DRAWS: usize = 200;
/// Shuffles of the labels.
pub const SHUFFLES: usize = 100;

/// The excitations of one block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockTags {
    /// Number of the block, from 1.
    pub block: usize,
    /// Number of channels.
    pub channels: usize,
    /// The mean over the clips of each tag, `[tags][channels]`.
    pub means: Vec<Vec<f64>>,
    /// The standard error of these means, `[tags][channels]`.
    pub errors: Vec<Vec<f64>>,
    /// The standard deviation across tags, averaged over the channels, with an interval of a bootstrap over clips.
    pub spread: Estimate,
    /// The spread that tags of the same sizes have by chance: the mean over shuffles of the clips' labels, with the
    /// interval of these shuffles.
    pub shuffled: Estimate,
}

/// The mean over the segments of each of `clips` clips.
pub(super) fn clip_means(block: &BlockValues, clip_of: &[usize], clips: usize) -> Vec<Vec<f64>> {
    let mut means = vec![vec![0.0; block.channels]; clips];
    let mut counts = vec![0usize; clips];
    for (segment, &clip) in block.values.chunks_exact(block.channels).zip(clip_of) {
        counts[clip] += 1;
        means[clip].iter_mut().zip(segment).for_each(|(mean, value)| *mean += f64::from(*value));
    }
    for (mean, count) in means.iter_mut().zip(counts) {
        mean.iter_mut().for_each(|value| *value /= count.max(1) as f64);
    }
    means
}

/// The numbers of one block for the tags `tags` of `set`, from the [`clip_means`] `clips`.
pub(super) fn of_block(block: &BlockValues, clips: &[Vec<f64>], set: &ClipSet, tags: &[usize], seed: u64) -> BlockTags {
    let tags_of: Vec<Vec<usize>> =
        set.labels.iter().map(|labels| (0..tags.len()).filter(|&index| labels[tags[index]]).collect()).collect();
    let all: Vec<usize> = (0..clips.len()).collect();
    let means_of = |drawn: &[usize], labelled: &[usize]| means(clips, drawn, &tags_of, labelled, tags.len());
    let (means, counts) = means_of(&all, &all);
    let mut errors = vec![vec![0.0; block.channels]; tags.len()];
    for (values, own) in clips.iter().zip(&tags_of) {
        for &tag in own {
            for c in 0..block.channels {
                errors[tag][c] += (values[c] - means[tag][c]).powi(2);
            }
        }
    }
    for (errors, count) in errors.iter_mut().zip(&counts) {
        let freedom = ((*count).max(2) - 1) * (*count).max(1);
        errors.iter_mut().for_each(|error| *error = (*error / freedom as f64).sqrt());
    }
    let bootstrap = Bootstrap::new(seed, clips.len());
    let draw = |draw: usize| {
        let drawn = bootstrap.draw(draw);
        let (means, counts) = means_of(&drawn, &drawn);
        spread(&means, &counts)
    };
    let shuffle = |shuffle: usize| {
        let (means, counts) = means_of(&all, &bootstrap.shuffle(shuffle));
        spread(&means, &counts)
    };
    let shuffled: Vec<f64> = (0..SHUFFLES).map(shuffle).collect();
    let middle = shuffled.iter().sum::<f64>() / SHUFFLES as f64;
    BlockTags {
        block: block.block,
        channels: block.channels,
        spread: Estimate::from_draws(spread(&means, &counts), (0..SPREAD_DRAWS).map(draw).collect()),
        shuffled: Estimate::from_draws(middle, shuffled),
        means,
        errors,
    }
}

/// The mean over the clips `drawn` for each tag, with the number of clips; clip `drawn[i]` has the labels of clip
/// `labelled[i]`.
fn means(
    clips: &[Vec<f64>],
    drawn: &[usize],
    tags_of: &[Vec<usize>],
    labelled: &[usize],
    tags: usize,
) -> (Vec<Vec<f64>>, Vec<usize>) {
    let channels = clips.first().map_or(0, Vec::len);
    let (mut means, mut counts) = (vec![vec![0.0; channels]; tags], vec![0usize; tags]);
    for (&clip, &labels) in drawn.iter().zip(labelled) {
        for &tag in &tags_of[labels] {
            counts[tag] += 1;
            means[tag].iter_mut().zip(&clips[clip]).for_each(|(mean, value)| *mean += value);
        }
    }
    for (mean, count) in means.iter_mut().zip(&counts) {
        mean.iter_mut().for_each(|value| *value /= (*count).max(1) as f64);
    }
    (means, counts)
}

/// The population standard deviation across the tags that have clips, averaged over the channels.
fn spread(means: &[Vec<f64>], counts: &[usize]) -> f64 {
    let present: Vec<&Vec<f64>> = means.iter().zip(counts).filter(|(_, count)| **count > 0).map(|(m, _)| m).collect();
    let (Some(first), tags) = (present.first(), present.len() as f64) else { return f64::NAN };
    let channels = first.len();
    let deviation = |c: usize| {
        let mean = present.iter().map(|means| means[c]).sum::<f64>() / tags;
        (present.iter().map(|means| (means[c] - mean).powi(2)).sum::<f64>() / tags).sqrt()
    };
    (0..channels).map(deviation).sum::<f64>() / channels as f64
}
