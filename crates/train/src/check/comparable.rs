//! Which published results use the same clips and parts (protocols.md 1 and 4.3).

use super::{Finding, Findings, Severity};
use crate::dataset::{Clip, Dataset, PartCounts};
use crate::options::CheckOptions;

/// A published split.
struct Published {
    /// How [`Dataset::split`] begins.
    split: &'static str,
    /// Number of clips in train, valid and test; with `folds`, of all parts together.
    clips: [usize; 3],
    /// Whether the parts are folds, so that only the number of all clips is compared.
    folds: bool,
    /// The results that use it.
    results: &'static str,
}

const fn parts(split: &'static str, clips: [usize; 3], results: &'static str) -> Published {
    Published { split, clips, folds: false, results }
}

const PAPERS: &str = "Lee et al. 2017 and 2018 (SampleCNN), Kim et al. 2018 and 2019 (SE, Res and ReSE), Lee and Nam \
                      2017: 22,050 Hz, 10 segments per clip";
const BENCHMARK: &str =
    "Won et al. 2020 and philtgun/music-tagging-benchmark: 16,000 Hz, 16 overlapping segments per clip";
const TRANSFER: &str = "Lee et al. 2018 and Lee and Nam 2017, transfer of features";

const PUBLISHED: &[Published] = &[
    parts("mtat kaist", [15_244, 1_529, 4_332], PAPERS),
    parts("mtat by the lists train_list_pub.cP", [15_244, 1_529, 4_332], PAPERS),
    parts("mtat by folder, tagged clips", [15_247, 1_529, 4_332], BENCHMARK),
    parts("mtat by the lists train.npy", [15_247, 1_529, 4_332], BENCHMARK),
    parts("mtat pons", [18_706, 1_825, 5_329], "musicnn and CLMR"),
    parts("mtat by the lists train_gt_mtt.tsv", [18_706, 1_825, 5_329], "musicnn and CLMR"),
    parts("gtzan fault-filtered", [443, 197, 290], TRANSFER),
    parts("tagtraum, stratified", [141_372, 10_000, 37_817], TRANSFER),
    parts("msd, clips of at least 29.1 s", [201_680, 11_774, 28_435], PAPERS),
    parts(
        "jamendo split-0 top50tags",
        [32_136, 10_888, 11_356],
        "Won et al. 2020 and philtgun/music-tagging-benchmark",
    ),
    parts("fma small", [6_400, 800, 800], "Defferrard et al. 2017"),
    parts("fma medium", [19_922, 2_505, 2_573], "Defferrard et al. 2017"),
    Published { split: "esc50", clips: [2_000, 0, 0], folds: true, results: "Piczak 2015, as the mean over all folds" },
    Published { split: "esc10", clips: [400, 0, 0], folds: true, results: "Piczak 2015, as the mean over all folds" },
];

/// The results that can be compared. If the dataset is a published one, but no results can be compared, a note says
/// why.
pub(super) fn check(options: &CheckOptions, dataset: &Dataset, usable: &[&Clip], found: &mut Findings) -> Vec<String> {
    let Some(published) = PUBLISHED.iter().find(|published| dataset.split.starts_with(published.split)) else {
        return Vec::new();
    };
    let mut counts = PartCounts::default();
    usable.iter().for_each(|clip| *counts.of(clip.part) += 1);
    let here = [counts.train, counts.valid, counts.test];
    let is_equal = match published.folds {
        true => here.iter().sum::<usize>() == published.clips[0],
        false => here == published.clips,
    };
    let written = |clips: [usize; 3]| match published.folds {
        true => format!("{} clips", clips.iter().sum::<usize>()),
        false => clips.map(|count| count.to_string()).join(" / ") + " clips",
    };
    let selection = options.dataset.selection();
    let reason = if selection.group.is_some() {
        "the parts are drawn by groups".to_owned()
    } else if selection.changes_tags() {
        "its tags are a selection".to_owned()
    } else if options.quick && dataset.shortest_seconds.is_some() {
        "the lengths of the clips were not measured; check again without quick".to_owned()
    } else if is_equal {
        return vec![published.results.to_owned()];
    } else {
        format!("{} can be used, {} are published", written(here), written(published.clips))
    };
    let message = format!("results are not comparable with those of {}: {reason}", published.results);
    found.add(Finding::of("not-comparable", Severity::Note, [], 0, message));
    Vec::new()
}
