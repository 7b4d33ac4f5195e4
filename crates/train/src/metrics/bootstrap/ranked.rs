//! The metrics of clips that count several times each, or not at all.

use super::super::classes::Classes;
use super::Scored;

/// Scores whose clips are sorted once for each tag.
pub(super) struct Ranked {
    tags: Vec<RankedTag>,
    /// For single-label scores: whether the highest score of each clip is that of its tag.
    hits: Option<Vec<bool>>,
}

/// The clips of one tag in descending order of their scores.
struct RankedTag {
    clips: Vec<RankedClip>,
}

struct RankedClip {
    clip: u32,
    positive: bool,
    /// Whether it is the last clip, or the next one has a lower score.
    ends_group: bool,
}

impl Ranked {
    pub(super) fn new(scored: &Scored<'_>) -> Self {
        let width = scored.present.len();
        let clips = scored.clips.len();
        let score = |clip: usize, tag: usize| scored.scores[clip * width + tag];
        let ranked = |tag: usize| {
            if !scored.present[tag] {
                return RankedTag { clips: Vec::new() };
            }
            let mut order: Vec<usize> = (0..clips).collect();
            order.sort_by(|&a, &b| score(b, tag).total_cmp(&score(a, tag)));
            let ranked = |(place, &clip): (usize, &usize)| RankedClip {
                clip: clip as u32,
                positive: scored.targets[clip * width + tag],
                ends_group: order.get(place + 1).is_none_or(|&next| score(next, tag) != score(clip, tag)),
            };
            RankedTag { clips: order.iter().enumerate().map(ranked).collect() }
        };
        let finite = scored.scores.iter().all(|score| score.is_finite());
        let hits = scored.single_label.then(|| Classes::hit_of_each(scored.present, scored.scores, scored.targets));
        Self { tags: if finite { (0..width).map(ranked).collect() } else { Vec::new() }, hits: hits.flatten() }
    }

    /// The macro-averaged area under the ROC curve, the macro-averaged average precision and the accuracy, if clip `i`
    /// counts `counts[i]` times. NaN for a metric that does not apply. Tags without positives or negatives are left
    /// out. `of_tags` `[tags][2]` receives the area and the average precision of each tag, unless it is empty.
    pub(super) fn metrics(&self, counts: &[u32], of_tags: &mut [f32]) -> [f64; 3] {
        let (mut roc, mut precision, mut defined) = (0.0, 0.0, 0usize);
        for (index, tag) in self.tags.iter().enumerate() {
            let found = tag.metrics(counts);
            if let Some((area, average)) = found {
                roc += area;
                precision += average;
                defined += 1;
            }
            if let Some(cells) = of_tags.get_mut(2 * index..2 * index + 2) {
                let (area, average) = found.unwrap_or((f64::NAN, f64::NAN));
                cells.copy_from_slice(&[area as f32, average as f32]);
            }
        }
        let mean = |sum: f64| if defined == 0 { f64::NAN } else { sum / defined as f64 };
        let accuracy = self.hits.as_ref().map_or(f64::NAN, |hits| {
            let total: u32 = counts.iter().sum();
            let hit: u32 = hits.iter().zip(counts).filter(|(hit, _)| **hit).map(|(_, count)| count).sum();
            if total == 0 {
                f64::NAN
            } else {
                f64::from(hit) / f64::from(total)
            }
        });
        [mean(roc), mean(precision), accuracy]
    }
}

impl RankedTag {
    /// Area under the ROC curve and average precision; `None` without positives or without negatives.
    fn metrics(&self, counts: &[u32]) -> Option<(f64, f64)> {
        let (mut above_p, mut above_n) = (0u64, 0u64);
        let (mut group_p, mut group_n) = (0u64, 0u64);
        // Twice the number of pairs in which the negative is not below the positive; ties count once.
        let (mut wrong, mut precision) = (0u64, 0.0);
        for ranked in &self.clips {
            let count = u64::from(counts[ranked.clip as usize]);
            if ranked.positive {
                group_p += count;
            } else {
                group_n += count;
            }
            if ranked.ends_group {
                if group_p > 0 {
                    wrong += group_p * (2 * above_n + group_n);
                    let all = above_p + above_n + group_p + group_n;
                    precision += group_p as f64 * (above_p + group_p) as f64 / all as f64;
                }
                above_p += group_p;
                above_n += group_n;
                (group_p, group_n) = (0, 0);
            }
        }
        if above_p == 0 || above_n == 0 {
            return None;
        }
        let pairs = 2.0 * above_p as f64 * above_n as f64;
        Some((1.0 - wrong as f64 / pairs, precision / above_p as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::summary::Metrics;
    use super::*;

    const SCORES: [f32; 12] = [0.9, 0.2, 0.8, 0.5, 0.7, 0.5, 0.7, 0.1, 0.1, 0.6, 0.3, 0.3];

    fn scored(targets: &[bool]) -> Scored<'_> {
        let clips = ["a", "b", "c", "d", "e", "f"].to_vec();
        Scored { clips, present: &[true; 2], scores: &SCORES, targets, single_label: true }
    }

    fn targets() -> Vec<bool> {
        [1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0].map(|target| target == 1).to_vec()
    }

    #[test]
    fn counting_a_clip_twice_is_having_it_twice() {
        let all = targets();
        let counts = [1, 2, 0, 3, 1, 1];
        let rows = counts.iter().enumerate().flat_map(|(clip, &count)| std::iter::repeat_n(clip, count as usize));
        let rows: Vec<usize> = rows.collect();
        let scores: Vec<f32> = rows.iter().flat_map(|&r| SCORES[2 * r..2 * r + 2].to_vec()).collect();
        let targets: Vec<bool> = rows.iter().flat_map(|&r| all[2 * r..2 * r + 2].to_vec()).collect();
        let expected = Metrics::new(&["x".into(), "y".into()], &scores, &targets, true, None);
        let mut of_tags = [0.0; 4];
        let [roc, precision, accuracy] = Ranked::new(&scored(&all)).metrics(&counts, &mut of_tags);
        let means = expected.scores();
        assert!((roc - means.roc_auc.unwrap()).abs() < 1e-12);
        assert!((precision - means.pr_auc.unwrap()).abs() < 1e-12);
        assert!((accuracy - means.accuracy.unwrap()).abs() < 1e-12);
        for (tag, cells) in expected.per_tag.iter().zip(of_tags.chunks_exact(2)) {
            assert!((f64::from(cells[0]) - tag.roc_auc.unwrap()).abs() < 1e-6);
            assert!((f64::from(cells[1]) - tag.pr_auc.unwrap()).abs() < 1e-6);
        }
    }

    #[test]
    fn a_tag_without_positives_in_a_draw_is_left_out() {
        let all = targets();
        let [roc, ..] = Ranked::new(&scored(&all)).metrics(&[0, 0, 1, 1, 0, 1], &mut []);
        assert!(roc.is_finite());
        let ranked = Ranked::new(&scored(&all));
        assert!(ranked.metrics(&[0; 6], &mut []).iter().all(|metric| metric.is_nan()));
    }
}
