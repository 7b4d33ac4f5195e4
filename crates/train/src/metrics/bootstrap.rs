//! The uncertainty of a metric: which test clips there are, and which seeds were drawn.
//!
//! Over clips it is a Poisson bootstrap: in every draw each clip counts as often as a Poisson number of mean 1 says.
//! The number depends only on the draw, the seed of the bootstrap and the name of the clip, so that all models see the
//! same clips in the same draw, in whichever process they are computed: differences of models are paired. Over seeds it
//! is a multiplier bootstrap: the mean of the seeds moves by the sum of their deviations, each times a normal number
//! that belongs to draw and seed, scaled so that one model alone has Student's t distribution with (seeds - 1) degrees
//! of freedom.

mod estimate;
mod random;
mod ranked;

pub use estimate::{interval_of, Estimate, DRAWS};
use ranked::Ranked;

/// The scores of some clips, and their targets.
#[derive(Clone, Debug)]
pub struct Scored<'a> {
    /// Names of the clips.
    pub clips: Vec<&'a str>,
    /// `[tags]`: whether it is known which clips have the tag; other tags are left out.
    pub present: &'a [bool],
    /// `[clips, tags]`.
    pub scores: &'a [f32],
    /// `[clips, tags]`.
    pub targets: &'a [bool],
    /// Whether the tags exclude each other.
    pub single_label: bool,
}

/// The metrics of one model in every draw of the clips; a metric that does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draws {
    /// The macro-averaged area under the ROC curve.
    pub roc_auc: Vec<f64>,
    /// The macro-averaged average precision.
    pub pr_auc: Vec<f64>,
    /// The accuracy.
    pub accuracy: Vec<f64>,
    /// Number of tags for which `of_tags` has values.
    tags: usize,
    /// `[draws, tags, 2]`: the area and the average precision of each tag; NaN where they are undefined.
    of_tags: Vec<f32>,
}

impl Draws {
    /// The metrics of `scored` in each of `count` draws of its clips.
    pub fn of(scored: &Scored<'_>, count: usize, seed: u64) -> Self {
        Self::drawn(scored, count, seed, 0)
    }

    /// Like [`Draws::of`], with the metrics of every tag.
    pub fn with_tags(scored: &Scored<'_>, count: usize, seed: u64) -> Self {
        Self::drawn(scored, count, seed, scored.present.len())
    }

    fn drawn(scored: &Scored<'_>, count: usize, seed: u64, tags: usize) -> Self {
        let weights: Vec<Vec<u8>> = scored.clips.iter().map(|clip| random::clip_counts(clip, seed, count)).collect();
        let ranked = Ranked::new(scored);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let mut rows = vec![[f64::NAN; 3]; count];
        let mut of_tags = vec![f32::NAN; 2 * count * tags];
        let size = count.div_ceil(threads).max(1);
        // Without tags every thread receives an empty piece.
        let mut pieces: Vec<&mut [f32]> = of_tags.chunks_mut((2 * size * tags).max(1)).collect();
        pieces.resize_with(count.div_ceil(size), Default::default);
        std::thread::scope(|scope| {
            for (chunk, (rows, piece)) in rows.chunks_mut(size).zip(pieces).enumerate() {
                let (weights, ranked) = (&weights, &ranked);
                scope.spawn(move || {
                    let mut counts = vec![0; weights.len()];
                    for (offset, row) in rows.iter_mut().enumerate() {
                        let draw = chunk * size + offset;
                        counts.iter_mut().zip(weights).for_each(|(count, of_clip)| *count = u32::from(of_clip[draw]));
                        let cells = piece.get_mut(2 * tags * offset..2 * tags * (offset + 1)).unwrap_or_default();
                        *row = ranked.metrics(&counts, cells);
                    }
                });
            }
        });
        let column = |index: usize| -> Vec<f64> {
            let values: Vec<f64> = rows.iter().map(|row| row[index]).collect();
            if values.iter().all(|value| value.is_nan()) {
                Vec::new()
            } else {
                values
            }
        };
        Self { roc_auc: column(0), pr_auc: column(1), accuracy: column(2), tags, of_tags }
    }

    /// The draws of one tag: of the area under its ROC curve (`metric` 0) or of its average precision (1).
    pub(super) fn of_tag(&self, tag: usize, metric: usize) -> Vec<f64> {
        let values = self.of_tags.iter().skip(2 * tag + metric).step_by((2 * self.tags).max(1));
        values.map(|&value| f64::from(value)).collect()
    }
}
