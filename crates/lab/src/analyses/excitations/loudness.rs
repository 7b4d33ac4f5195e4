//! Linear regression of excitations on the loudness of the segment.

use serde::Serialize;
use ts_rs::TS;

use super::super::bootstrap::{Bootstrap, Estimate, DRAWS};
use super::BlockValues;

/// A regression line, by ordinary least squares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RegressionLine {
    /// Change of the excitation for a change of the loudness by 1.
    pub slope: f64,
    /// Excitation at silence.
    pub intercept: f64,
    /// Mean square of the residuals.
    pub mse: f64,
    /// Share of the variance that the loudness explains; 0 for a constant excitation.
    pub r2: f64,
}

/// The regression of the first block.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LoudnessNumbers {
    /// Number of segments.
    pub segments: usize,
    /// Channels whose excitation rises with the loudness, with an interval of a bootstrap over clips.
    pub rising: Estimate,
    /// Channels whose excitation falls.
    pub falling: Estimate,
    /// The mean of all channels.
    pub mean: RegressionLine,
    /// The slope of this mean, with an interval of a bootstrap over clips.
    pub mean_slope: Estimate,
    /// The channel with the largest slope.
    pub most_positive: usize,
    /// The channel with the smallest slope.
    pub most_negative: usize,
    /// The channel with the slope nearest to 0.
    pub most_neutral: usize,
    /// The channel with the smallest residuals.
    pub least_error: usize,
    /// Mean over the channels of the variance explained by the loudness, for each block.
    pub r2_of_blocks: Vec<f64>,
}

/// The sums of one clip from which its part in a regression follows.
#[derive(Clone)]
struct Sums {
    count: f64,
    x: f64,
    xx: f64,
    /// Sum of y, of x y and of y^2 for every channel.
    channels: Vec<[f64; 3]>,
}

impl Sums {
    fn zeros(channels: usize) -> Self {
        Self { count: 0.0, x: 0.0, xx: 0.0, channels: vec![[0.0; 3]; channels] }
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.x += other.x;
        self.xx += other.xx;
        for (to, from) in self.channels.iter_mut().zip(&other.channels) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }

    /// The line of channel `c`.
    fn line(&self, c: usize) -> RegressionLine {
        let [y, xy, yy] = self.channels[c].map(|sum| sum / self.count);
        let (x, xx) = (self.x / self.count, self.xx / self.count);
        let (spread, varying) = (xx - x * x, yy - y * y);
        let slope = if spread > 1e-14 * xx { (xy - x * y) / spread } else { 0.0 };
        let mse = (varying - slope * slope * spread).max(0.0);
        let r2 = if varying > 1e-14 * yy { 1.0 - mse / varying } else { 0.0 };
        RegressionLine { slope, intercept: y - slope * x, mse, r2 }
    }
}

/// The lines of all channels of `block`, the last one of the mean of its channels.
pub(super) fn lines(block: &BlockValues, loudness: &[f64]) -> Vec<RegressionLine> {
    let one_clip = vec![0; loudness.len()];
    let sums = sums(block, &one_clip, 1, loudness);
    (0..=block.channels).map(|c| sums[0].line(c)).collect()
}

/// The sums of each clip; the last channel is the mean of all.
fn sums(block: &BlockValues, clip_of: &[usize], clips: usize, loudness: &[f64]) -> Vec<Sums> {
    let mut all = vec![Sums::zeros(block.channels + 1); clips];
    for ((segment, &clip), &x) in block.values.chunks_exact(block.channels).zip(clip_of).zip(loudness) {
        let sums = &mut all[clip];
        sums.count += 1.0;
        sums.x += x;
        sums.xx += x * x;
        let mut mean = 0.0;
        for (sums, value) in sums.channels.iter_mut().zip(segment) {
            let y = f64::from(*value);
            mean += y / block.channels as f64;
            sums.iter_mut().zip([y, x * y, y * y]).for_each(|(to, from)| *to += from);
        }
        let of_mean = &mut sums.channels[block.channels];
        of_mean.iter_mut().zip([mean, x * mean, mean * mean]).for_each(|(to, from)| *to += from);
    }
    all
}

/// The numbers of `blocks`, of which the first one is regressed: `of_first` are its [`lines`].
pub(super) fn numbers(
    blocks: &[BlockValues],
    of_first: &[RegressionLine],
    clip_of: &[usize],
    clips: usize,
    loudness: &[f64],
    seed: u64,
) -> LoudnessNumbers {
    let first = &blocks[0];
    let channels = first.channels;
    let own = &of_first[..channels];
    let by = |key: &dyn Fn(&RegressionLine) -> f64| {
        (0..channels).min_by(|&one, &other| key(&own[one]).total_cmp(&key(&own[other]))).unwrap_or(0)
    };
    let of_clips = sums(first, clip_of, clips, loudness);
    let bootstrap = Bootstrap::new(seed, clips);
    let total = |drawn: &[usize]| {
        let mut total = Sums::zeros(channels + 1);
        drawn.iter().for_each(|&clip| total.add(&of_clips[clip]));
        total
    };
    let all: Vec<usize> = (0..clips).collect();
    let whole = total(&all);
    let drawn: Vec<Sums> = (0..DRAWS).map(|draw| total(&bootstrap.draw(draw))).collect();
    let estimate = |statistic: &dyn Fn(&Sums) -> f64| {
        Estimate::from_draws(statistic(&whole), drawn.iter().map(statistic).collect())
    };
    let count = |sums: &Sums, sign: f64| (0..channels).filter(|&c| sums.line(c).slope * sign > 0.0).count() as f64;
    let r2 = |lines: &[RegressionLine], channels: usize| {
        lines[..channels].iter().map(|line| line.r2).sum::<f64>() / channels as f64
    };
    let mut r2_of_blocks = vec![r2(of_first, channels)];
    r2_of_blocks.extend(blocks[1..].iter().map(|block| r2(&lines(block, loudness), block.channels)));
    LoudnessNumbers {
        segments: loudness.len(),
        rising: estimate(&|sums| count(sums, 1.0)),
        falling: estimate(&|sums| count(sums, -1.0)),
        mean: of_first[channels],
        mean_slope: estimate(&|sums| sums.line(channels).slope),
        most_positive: by(&|line| -line.slope),
        most_negative: by(&|line| line.slope),
        most_neutral: by(&|line| line.slope.abs()),
        least_error: by(&|line| line.mse),
        r2_of_blocks,
    }
}
