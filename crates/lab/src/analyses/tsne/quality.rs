//! How close the clips of a tag lie together in the feature space: numbers that a picture alone cannot give.

use serde::Serialize;
use ts_rs::TS;

use super::super::bootstrap::{Bootstrap, Estimate};
use super::super::features::ClipSet;
use super::neighbours::{for_distances, nearest};

/// Number of neighbours of the purity.
pub const NEIGHBOURS: usize = 10;

/// The numbers of one tag at one level.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TagCloseness {
    /// The tag.
    pub tag: String,
    /// Clips that have it.
    pub clips: usize,
    /// Mean share of the 10 nearest neighbours that have the tag too, over the clips that have it.
    pub purity: Estimate,
    /// The purity that tags without any relation to the features would have.
    pub chance: f64,
    /// Mean silhouette of the clips that have this tag and none of the others: -1 to 1. Null with a single tag.
    pub silhouette: Option<Estimate>,
}

/// The numbers of the tags `tags` of `clips`, whose features are `values` `[clips, width]`. The intervals are from a
/// bootstrap over clips whose neighbours stay as they are.
pub(crate) fn closeness(clips: &ClipSet, tags: &[usize], values: &[f64], width: usize, seed: u64) -> Vec<TagCloseness> {
    let count = clips.len();
    let group: Vec<Option<usize>> = (0..count).map(|clip| only_tag(&clips.labels[clip], tags)).collect();
    let sizes: Vec<usize> = (0..tags.len()).map(|own| group.iter().filter(|g| **g == Some(own)).count()).collect();
    let mut purity = vec![vec![f64::NAN; count]; tags.len()];
    let mut silhouette = vec![f64::NAN; count];
    for_distances(values, width, |clip, distances| {
        let near = nearest(clip, distances, NEIGHBOURS);
        for (index, &tag) in tags.iter().enumerate() {
            if clips.labels[clip][tag] {
                let same = near.iter().filter(|near| clips.labels[near.clip][tag]).count();
                purity[index][clip] = same as f64 / near.len().max(1) as f64;
            }
        }
        if let Some(own) = group[clip] {
            silhouette[clip] = silhouette_of(own, &sizes, &group, distances);
        }
    });
    let bootstrap = Bootstrap::new(seed, count);
    let mean = |values: &[f64], drawn: &[usize]| {
        let present = drawn.iter().map(|&clip| values[clip]).filter(|value| value.is_finite());
        let (sum, count) = present.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
        sum / count as f64
    };
    let of_tag = |(index, &tag): (usize, &usize)| {
        let own: Vec<f64> =
            (0..count).map(|clip| if group[clip] == Some(index) { silhouette[clip] } else { f64::NAN }).collect();
        let has_silhouette = own.iter().any(|value| value.is_finite());
        TagCloseness {
            tag: clips.tags[tag].clone(),
            clips: clips.count(tag),
            purity: bootstrap.estimate(|drawn| mean(&purity[index], drawn)),
            chance: (clips.count(tag) as f64 - 1.0) / (count as f64 - 1.0),
            silhouette: has_silhouette.then(|| bootstrap.estimate(|drawn| mean(&own, drawn))),
        }
    };
    tags.iter().enumerate().map(of_tag).collect()
}

/// The index in `tags` of the only one that a clip has; `None` if it has several or none.
pub(crate) fn only_tag(labels: &[bool], tags: &[usize]) -> Option<usize> {
    let mut present = tags.iter().enumerate().filter(|(_, tag)| labels[**tag]);
    let first = present.next()?;
    present.next().is_none().then_some(first.0)
}

/// (b - a) / max(a, b): a is the mean distance to the own group, b that to the nearest other group. It is 0 for a group
/// of one clip (Rousseeuw 1987), and not a number without another group.
fn silhouette_of(own: usize, sizes: &[usize], group: &[Option<usize>], distances: &[f64]) -> f64 {
    let mut sums = vec![0.0; sizes.len()];
    for (group, distance) in group.iter().zip(distances) {
        if let Some(group) = group {
            sums[*group] += distance;
        }
    }
    let others = (0..sizes.len()).filter(|&other| other != own && sizes[other] > 0);
    let between = others.map(|other| sums[other] / sizes[other] as f64).fold(f64::NAN, f64::min);
    if between.is_nan() || sizes[own] < 2 {
        return if between.is_nan() { f64::NAN } else { 0.0 };
    }
    let within = sums[own] / (sizes[own] - 1) as f64;
    let larger = within.max(between);
    if larger > 0.0 {
        (between - within) / larger
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups on a line, and a clip with both tags between them.
    fn clips(groups: &[&[usize]]) -> ClipSet {
        let labels = groups.iter().map(|tags| (0..2).map(|tag| tags.contains(&tag)).collect()).collect();
        let names = (0..groups.len()).map(|i| format!("{i}.mp3")).collect();
        ClipSet { names, files: vec![None; groups.len()], tags: vec!["a".into(), "b".into()], labels }
    }

    #[test]
    fn separated_groups_are_pure_and_have_the_silhouette_of_the_formula() {
        let mut groups: Vec<&[usize]> = vec![&[0]; 12];
        groups.extend(vec![&[1][..]; 12]);
        let values: Vec<f64> = (0..24).map(|i| if i < 12 { 0.0 } else { 10.0 } + f64::from(i % 2)).collect();
        let numbers = closeness(&clips(&groups), &[0, 1], &values, 1, 0);
        assert_eq!((numbers[0].purity.value, numbers[1].purity.low, numbers[0].clips), (1.0, 1.0, 12));
        assert!((numbers[0].chance - 11.0 / 23.0).abs() < 1e-12);
        // Half of the own group is at distance 1: a = 6 / 11; b = 9.5 or 10.5.
        let expected = 0.5 * ((9.5 - 6.0 / 11.0) / 9.5 + (10.5 - 6.0 / 11.0) / 10.5);
        assert!((numbers[0].silhouette.unwrap().value - expected).abs() < 1e-9, "{numbers:?}");
    }

    #[test]
    fn clips_with_both_tags_count_for_both_purities_and_for_no_silhouette() {
        let groups: [&[usize]; 4] = [&[0], &[0, 1], &[1], &[1]];
        let numbers = closeness(&clips(&groups), &[0, 1], &[0.0, 1.0, 2.0, 3.0], 1, 0);
        assert_eq!((numbers[0].clips, numbers[1].clips), (2, 3));
        // Every clip is a neighbour of every other one.
        assert!((numbers[0].purity.value - 1.0 / 3.0).abs() < 1e-12);
        assert!((numbers[1].purity.value - 2.0 / 3.0).abs() < 1e-12);
        // The only clip of the first group has the silhouette 0.
        assert_eq!(numbers[0].silhouette.unwrap().value, 0.0);
        let alone = closeness(&clips(&groups), &[1], &[0.0, 1.0, 2.0, 3.0], 1, 0);
        assert_eq!(alone[0].silhouette, None);
    }
}
