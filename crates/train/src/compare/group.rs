//! Finished runs, grouped by everything but their seed.

use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use serde_json::Value;

use super::record::{CompareMetric, MetricEstimate, RunGroup};
use super::CompareOptions;
use crate::dataset::Part;
use crate::metrics::{Draws, Estimate, Metrics, LEVEL};
use crate::options::WITHOUT_EFFECT;
use crate::run::{read_clips, Config, RunClip, SeedsFile, TestPredictions};

/// Options in which the runs of a group may differ, besides [`WITHOUT_EFFECT`]: those of the seed, and those of the
/// machine.
const FREE: [&str; 5] = ["seed", "seeds", "splitSeed", "device", "threads"];

/// A finished run.
pub(super) struct FinishedRun {
    folder: PathBuf,
    pub(super) config: Config,
    /// The clips of all parts.
    pub(super) clips: Vec<RunClip>,
    draws: Draws,
    values: [Option<f64>; 3],
}

/// Runs that differ in their seed only.
pub(super) struct Group {
    name: String,
    runs: Vec<FinishedRun>,
    estimates: [Option<Estimate>; 3],
}

/// The groups of the runs in `options`, in the order of their first runs.
///
/// # Errors
/// See [`super::compare`].
pub(super) fn groups(options: &CompareOptions, stopped: &dyn Fn() -> Result<()>) -> Result<Vec<Group>> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in &options.runs {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let found = match SeedsFile::read(&path)? {
            Some(list) => list.seed_runs.iter().map(|run| path.join(run)).collect(),
            None => vec![path],
        };
        // A run that is named twice counts once.
        for folder in found {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    let mut grouped: Vec<(String, Vec<FinishedRun>)> = Vec::new();
    for folder in folders {
        stopped()?;
        let run = FinishedRun::read(&folder, options)?;
        let key = run.key()?;
        match grouped.iter_mut().find(|(known, _)| *known == key) {
            Some((_, runs)) => runs.push(run),
            None => grouped.push((key, vec![run])),
        }
    }
    let runs: Vec<Vec<FinishedRun>> = grouped.into_iter().map(|(_, runs)| runs).collect();
    let names = names(&runs);
    Ok(runs.into_iter().zip(names).map(|(runs, name)| Group::new(name, runs)).collect())
}

impl FinishedRun {
    fn read(folder: &Path, options: &CompareOptions) -> Result<Self> {
        let unfinished = |why: &str| {
            let message = format!("{} {why}", folder.display());
            Error::new(Code::Dataset, message).with_file(folder)
        };
        if !folder.is_dir() {
            let message = format!("{} does not exist: give the folder of a finished run", folder.display());
            return Err(Error::new(Code::FileNotFound, message).with_file(folder));
        }
        if !folder.join("config.json").is_file() {
            return Err(unfinished("is not the folder of a run: it has no config.json"));
        }
        let config = Config::load(&folder.join("config.json"))?;
        if !folder.join("report.json").is_file() {
            return Err(unfinished("holds a run that is not finished: resume it first (train --resume)"));
        }
        let Some(found) = TestPredictions::read(folder)? else {
            return Err(unfinished(
                "has no predictions of test clips: the run has no test part, or a version that did not list its clips \
                 made it; train it again with a test part",
            ));
        };
        let clips = read_clips(&folder.join("clips.jsonl")).unwrap_or_default();
        let single = found.single_label;
        let scores = Metrics::new(&config.tags, &found.scores, &found.targets, single, None).scores();
        let draws = Draws::of(&found.scored(&vec![true; found.tags]), options.bootstrap, options.seed);
        let values = [scores.roc_auc, scores.pr_auc, scores.accuracy];
        Ok(Self { folder: folder.to_path_buf(), config, clips, draws, values })
    }

    /// The test clips, in order.
    pub(super) fn test(&self) -> impl Iterator<Item = &RunClip> {
        self.clips.iter().filter(|clip| clip.part == Part::Test)
    }

    /// A text that runs of one group have in common.
    fn key(&self) -> Result<String> {
        let internal = |reason: serde_json::Error| Error::new(Code::Internal, reason.to_string());
        let mut options = serde_json::to_value(&self.config.options).map_err(internal)?;
        if let Value::Object(fields) = &mut options {
            FREE.iter().chain(&WITHOUT_EFFECT).for_each(|name| drop(fields.remove(*name)));
        }
        let Config { architecture, task, tags, dataset, .. } = &self.config;
        // With drawn splits, another seed may have given another split: then the runs are not of one group.
        let same = (options, architecture, task, tags, &dataset.checksum);
        serde_json::to_string(&same).map_err(internal)
    }

    fn draws(&self, metric: CompareMetric) -> &[f64] {
        match metric {
            CompareMetric::RocAuc => &self.draws.roc_auc,
            CompareMetric::PrAuc => &self.draws.pr_auc,
            CompareMetric::Accuracy => &self.draws.accuracy,
        }
    }
}

impl Group {
    fn new(name: String, runs: Vec<FinishedRun>) -> Self {
        let estimate = |metric: CompareMetric| {
            let values = runs.iter().map(|run| Some((run.config.options.seed, run.values[metric as usize]?)));
            let values: Vec<(u64, f64)> = values.collect::<Option<_>>()?;
            let draws: Vec<&[f64]> = runs.iter().map(|run| run.draws(metric)).collect();
            Some(Estimate::over_seeds(&values, Some(&draws)))
        };
        let estimates = CompareMetric::ALL.map(estimate);
        Self { name, runs, estimates }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The first run, for everything that all runs of the group have in common.
    pub(super) fn first(&self) -> Option<&FinishedRun> {
        self.runs.first()
    }

    pub(super) fn estimate(&self, metric: CompareMetric) -> Option<&Estimate> {
        self.estimates[metric as usize].as_ref()
    }

    pub(super) fn into_record(self) -> RunGroup {
        let shown = |estimate: &Option<Estimate>| {
            estimate.as_ref().map(|estimate| MetricEstimate {
                value: estimate.value,
                deviation: estimate.deviation,
                interval: estimate.interval_of_share(LEVEL),
            })
        };
        let [roc_auc, pr_auc, accuracy] = &self.estimates;
        let (roc_auc, pr_auc, accuracy) = (shown(roc_auc), shown(pr_auc), shown(accuracy));
        let first = self.runs.first();
        RunGroup {
            roc_auc,
            pr_auc,
            accuracy,
            seeds: self.runs.iter().map(|run| run.config.options.seed).collect(),
            parameters: first.map_or(0, |run| run.config.parameters),
            dataset: first.map_or_else(String::new, |run| run.config.dataset.split.clone()),
            clips: first.map_or(0, |run| run.test().count()),
            runs: self.runs.iter().map(|run| run.folder.clone()).collect(),
            name: self.name,
        }
    }
}

/// A name for each group: that of its folder or, for several runs, what their names begin with. Equal names are
/// replaced by the path of the first run.
fn names(groups: &[Vec<FinishedRun>]) -> Vec<String> {
    let of_group = |runs: &Vec<FinishedRun>| -> String {
        let mut names = runs.iter().map(|run| name_of(&run.folder));
        let first = names.next().unwrap_or_default();
        let common = names.fold(first.clone(), |common, name| {
            let same = common.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
            common.chars().take(same).collect()
        });
        let common =
            if runs.len() > 1 && common != first { common.trim_end_matches(['-', '_', '.', ' ']) } else { &common };
        if common.is_empty() {
            first
        } else {
            common.to_owned()
        }
    };
    let names: Vec<String> = groups.iter().map(of_group).collect();
    let whole = |(index, name): (usize, &String)| {
        let is_unique = names.iter().filter(|other| *other == name).count() == 1;
        let path = groups[index].first().map(|run| run.folder.display().to_string());
        if is_unique {
            name.clone()
        } else {
            path.unwrap_or_default()
        }
    };
    names.iter().enumerate().map(whole).collect()
}

/// The name of a run folder; of `se/seed-3` it is `se`.
fn name_of(folder: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let own = name(folder).unwrap_or_default();
    let is_seed = own.strip_prefix("seed-").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    match folder.parent().and_then(name) {
        Some(parent) if is_seed => parent,
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_a_seed_has_the_name_of_the_folder_above() {
        for (path, name) in [("/runs/se/seed-3", "se"), ("/runs/se", "se"), ("/runs/seed-x", "seed-x")] {
            assert_eq!(name_of(Path::new(path)), name);
        }
    }
}
