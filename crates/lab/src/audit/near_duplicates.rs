//! Clips that sound the same, by their embeddings.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

use error::{Code, Error, Result};
use rayon::prelude::*;

use super::unions::Unions;
use super::whitening::{product, whitened};

/// The lowest similarity of near-duplicates: the cosine of whitened embeddings. `scripts/near-duplicates.mjs` measures
/// it: clips that were encoded anew reach it, different songs do not.
pub const NEAR_DUPLICATE: f32 = 0.9;

/// Rows of a block of the matrix of similarities, and its columns.
const BLOCK: (usize, usize) = (256, 1024);

/// Clips that sound the same.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicateGroup {
    /// The rows of the clips, ascending; at least two. Each is similar to another one of them, not to all.
    pub clips: Vec<usize>,
    /// The lowest similarity of a clip to its nearest one in the group, up to 1.
    pub similarity: f32,
}

/// What a block of rows or columns knows of its clips.
struct Found {
    unions: Unions,
    /// The highest similarity of each clip to another one; below the threshold none is noted.
    nearest: Vec<f32>,
}

/// The groups of clips whose embeddings `features` `[clips, width]` are near-duplicates: the cosine of the whitened
/// embeddings is at least `threshold`, 0..1 ([`NEAR_DUPLICATE`]). Groups are in the order of their first clips.
///
/// Embeddings are whitened with the mean and the covariance of all clips, because those of different songs are almost
/// parallel otherwise. Audio that was encoded anew, resampled or cut a little differently is found, a part of a song
/// or another loudness often not. Fewer than three clips have no spread to compare with: only equal embeddings are
/// found then. The time grows with the square of the number of clips, the memory does not.
///
/// # Errors
/// [`Code::InvalidOption`] for a threshold outside of 0..1; [`Code::Dataset`] for features that are not rows of
/// `width` finite values; [`Code::Aborted`] after `cancel`.
pub fn near_duplicates(
    features: &[f32],
    width: usize,
    threshold: f32,
    cancel: &AtomicBool,
) -> Result<Vec<DuplicateGroup>> {
    if !(0.0..=1.0).contains(&threshold) {
        let message = format!("the similarity of near-duplicates must be between 0 and 1, received {threshold}");
        return Err(Error::new(Code::InvalidOption, message));
    }
    if width == 0 || !features.len().is_multiple_of(width) || features.iter().any(|value| !value.is_finite()) {
        let message = format!("{} values are not rows of {width} finite features", features.len());
        return Err(Error::new(Code::Dataset, message));
    }
    let clips = features.len() / width;
    let mut found = Found { unions: Unions::new(clips), nearest: vec![f32::NEG_INFINITY; clips] };
    join_equal(features, width, &mut found);
    if clips >= 3 {
        let rows = whitened(features, width)?;
        let found = Mutex::new(&mut found);
        let firsts: Vec<usize> = (0..clips).step_by(BLOCK.0).collect();
        firsts.into_par_iter().try_for_each(|first| compare(&rows, width, first, threshold, &found, cancel))?;
    }
    let Found { unions, nearest } = found;
    let group = |clips: Vec<usize>| {
        let similarity = clips.iter().map(|&clip| nearest[clip].min(1.0)).fold(1.0, f32::min);
        DuplicateGroup { clips, similarity }
    };
    Ok(unions.groups().into_iter().map(group).collect())
}

/// Joins the clips with equal embeddings; they may all be at the mean, where a cosine says nothing.
fn join_equal(features: &[f32], width: usize, found: &mut Found) {
    let row = |clip: usize| &features[clip * width..(clip + 1) * width];
    let order = |a: &usize, b: &usize| {
        let values = row(*a).iter().zip(row(*b)).map(|(a, b)| a.total_cmp(b));
        values.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    };
    let mut clips: Vec<usize> = (0..features.len() / width).collect();
    clips.sort_by(order);
    for pair in clips.windows(2).filter(|pair| order(&pair[0], &pair[1]).is_eq()) {
        found.unions.join(pair[0], pair[1]);
        pair.iter().for_each(|&clip| found.nearest[clip] = 1.0);
    }
}

/// Compares the rows from `first` on, one block of them, with themselves and with all later rows.
fn compare(
    rows: &[f32],
    width: usize,
    first: usize,
    threshold: f32,
    found: &Mutex<&mut Found>,
    cancel: &AtomicBool,
) -> Result<()> {
    let clips = rows.len() / width;
    let height = BLOCK.0.min(clips - first);
    let left = &rows[first * width..(first + height) * width];
    let mut similarities = vec![0.0f32; height * BLOCK.1];
    let mut near = Vec::new();
    for start in (first..clips).step_by(BLOCK.1) {
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        let columns = BLOCK.1.min(clips - start);
        let right = &rows[start * width..(start + columns) * width];
        product([height, width, columns], &mut similarities, (left, width, 1), (right, 1, width));
        for (a, line) in similarities[..height * columns].chunks_exact(columns).enumerate() {
            let a = first + a;
            let pairs = line.iter().enumerate().map(|(column, value)| (a, start + column, *value));
            near.extend(pairs.filter(|(a, b, value)| *value >= threshold && b > a));
        }
        if !near.is_empty() {
            let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for (a, b, value) in near.drain(..) {
                found.unions.join(a, b);
                found.nearest[a] = found.nearest[a].max(value);
                found.nearest[b] = found.nearest[b].max(value);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine::{Philox, Purpose};

    use super::*;

    /// Embeddings as networks compute them: a few directions hold most of the variance.
    fn embeddings(clips: usize, width: usize) -> Vec<f32> {
        let (mut strong, mut weak) = (vec![0.0; clips * 3], vec![0.0; clips * width]);
        Philox::new(1, Purpose::Synthesise, 0).fill_uniform(0, &mut strong);
        Philox::new(1, Purpose::Synthesise, 1).fill_uniform(0, &mut weak);
        let value = |at: usize| {
            let (clip, feature) = (at / width, at % width);
            let common: f32 = (0..3).map(|k| strong[clip * 3 + k] * ((feature * (k + 2)) as f32).cos().abs()).sum();
            10.0 + 10.0 * common + weak[at]
        };
        (0..clips * width).map(value).collect()
    }

    #[test]
    fn planted_copies_are_found_and_nothing_else() {
        let (clips, width) = (1500, 48);
        let mut features = embeddings(clips, width);
        // Ten copies with a small error, one of them twice, far apart in the list.
        let mut error = vec![0.0; 11 * width];
        Philox::new(1, Purpose::Synthesise, 2).fill_uniform(0, &mut error);
        for copy in 0..11 {
            let from = 37 * (copy % 10);
            let row: Vec<f32> = features[from * width..(from + 1) * width].to_vec();
            features.extend(row.iter().zip(&error[copy * width..]).map(|(value, error)| value + 0.05 * error));
        }
        let groups = near_duplicates(&features, width, NEAR_DUPLICATE, &AtomicBool::new(false)).unwrap();
        let expected: Vec<Vec<usize>> = (0..10)
            .map(|copy| if copy == 0 { vec![0, clips, clips + 10] } else { vec![37 * copy, clips + copy] })
            .collect();
        assert_eq!(groups.iter().map(|group| group.clips.clone()).collect::<Vec<_>>(), expected);
        assert!(groups.iter().all(|group| group.similarity > 0.95 && group.similarity <= 1.0), "{groups:?}");
        // The cosine of the embeddings as they are cannot tell copies from different clips.
        let cosine = |a: usize, b: usize| {
            let row = |clip: usize| &features[clip * width..(clip + 1) * width];
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            dot(row(a), row(b)) / (dot(row(a), row(a)) * dot(row(b), row(b))).sqrt()
        };
        let nearest = (1..clips).map(|other| cosine(0, other)).fold(0.0, f64::max);
        assert!(nearest > 0.9995, "{nearest}");
    }

    #[test]
    fn equal_and_few_clips_are_compared_too() {
        let none = AtomicBool::new(false);
        let groups = |features: &[f32], width| near_duplicates(features, width, 0.9, &none).unwrap();
        assert_eq!(groups(&[], 3), []);
        assert_eq!(groups(&[1.0, 2.0, 3.0, 4.0], 2), []);
        assert_eq!(groups(&[1.0, 2.0, 1.0, 2.0], 2), [DuplicateGroup { clips: vec![0, 1], similarity: 1.0 }]);
        assert_eq!(groups(&[5.0; 12], 3), [DuplicateGroup { clips: vec![0, 1, 2, 3], similarity: 1.0 }]);
        let few = embeddings(6, 8);
        let copied: Vec<f32> = few.iter().chain(&few[8..16]).copied().collect();
        assert_eq!(groups(&copied, 8), [DuplicateGroup { clips: vec![1, 6], similarity: 1.0 }]);
    }

    #[test]
    fn bad_input_is_refused_and_a_call_can_be_stopped() {
        let none = AtomicBool::new(false);
        let code = |features: &[f32], width, threshold| near_duplicates(features, width, threshold, &none).unwrap_err();
        assert_eq!(code(&[1.0; 4], 2, 1.5).code, Code::InvalidOption);
        assert_eq!(code(&[1.0; 4], 2, f32::NAN).code, Code::InvalidOption);
        assert_eq!(code(&[1.0; 5], 2, 0.9).code, Code::Dataset);
        assert_eq!(code(&[1.0, f32::NAN], 2, 0.9).code, Code::Dataset);
        let stopped = near_duplicates(&embeddings(6, 8), 8, 0.9, &AtomicBool::new(true)).unwrap_err();
        assert_eq!(stopped.code, Code::Aborted);
    }
}
