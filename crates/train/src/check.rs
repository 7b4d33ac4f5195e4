//! Checks a dataset before a training: what is there, what is missing or broken, which published results its split can
//! be compared with, and what makes scores too good.

mod audio;
mod comparable;
mod files;
mod groups;
mod heard;
mod record;
mod same_audio;
mod tags;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, Error, Result, WarningCode};

use crate::dataset::{Clip, Dataset};
use crate::event::{Event, Warning};
use crate::options::CheckOptions;
pub use record::{CheckDone, CheckEvent, DatasetFacts, DoubtfulLabel, Finding, Severity, TagCounts};

/// Further findings about a dataset whose clips can all be used. Progress is passed on; warnings become findings.
pub type Audit<'a> = dyn FnMut(&Dataset, &mut dyn FnMut(Event)) -> Result<Vec<Finding>> + 'a;

/// Checks the dataset: reports progress, one [`CheckEvent::Dataset`], and a [`CheckEvent::Finding`] for everything that
/// deserves attention. Nothing in the dataset is changed; decoded audio is kept in the cache that a training at the
/// same sampling rate uses.
///
/// # Errors
/// [`Code::InvalidOption`]; those of [`Dataset::load`] for lists that cannot be understood; those of the cache;
/// [`Code::Aborted`] after `cancel`.
pub fn check_dataset(
    options: &CheckOptions,
    on_event: &mut dyn FnMut(CheckEvent),
    cancel: &AtomicBool,
) -> Result<CheckDone> {
    check(options, None, on_event, cancel)
}

/// Like [`check_dataset`], with the findings of `audit` beside its own. The model in the options is not used here.
///
/// # Errors
/// Those of [`check_dataset`]. Those of `audit`: unless it was aborted, all other findings are reported before.
pub fn check_dataset_and(
    options: &CheckOptions,
    audit: &mut Audit<'_>,
    on_event: &mut dyn FnMut(CheckEvent),
    cancel: &AtomicBool,
) -> Result<CheckDone> {
    check(options, Some(audit), on_event, cancel)
}

fn check(
    options: &CheckOptions,
    audit: Option<&mut Audit<'_>>,
    on_event: &mut dyn FnMut(CheckEvent),
    cancel: &AtomicBool,
) -> Result<CheckDone> {
    let started = std::time::Instant::now();
    options.validate()?;
    let dataset = Dataset::load(&options.dataset, options.task, options.seed)?;
    let mut found = Findings::default();
    dataset.warnings.iter().for_each(|warning| found.add(of_warning(warning)));
    let missing = files::missing(&dataset, &mut found);
    let heard = match options.quick {
        true => heard::Heard::default(),
        false => audio::hear(options, &dataset, &mut found, on_event, cancel)?,
    };
    let usable: Vec<&Clip> = dataset
        .clips
        .iter()
        .filter(|clip| !missing.contains(clip.name.as_str()) && !heard.unusable.contains(&clip.name))
        .collect();
    let stop = || match cancel.load(Ordering::Relaxed) {
        true => Err(Error::new(Code::Aborted, "the check was cancelled")),
        false => Ok(()),
    };
    tags::check(&dataset, &usable, &mut found);
    match options.quick {
        true => same_audio::check_files(&usable, &mut found, &stop)?,
        false => same_audio::check_audio(&usable, &heard.hashes, &mut found),
    }
    groups::check(&usable, !options.quick, &mut found, &stop)?;
    let mut failed = None;
    if let Some(audit) = audit {
        let mut whole = dataset.clone();
        let names: HashSet<&str> = usable.iter().map(|clip| clip.name.as_str()).collect();
        whole.clips.retain(|clip| names.contains(clip.name.as_str()));
        match audit(&whole, &mut |event| pass_on(event, &mut found, on_event)) {
            Ok(further) => further.into_iter().for_each(|finding| found.add(finding)),
            Err(reason) if reason.code == Code::Aborted => return Err(reason),
            Err(reason) => failed = Some(reason),
        }
    }
    let comparable = comparable::check(options, &dataset, &usable, &mut found);
    let facts = DatasetFacts::of(&dataset, &usable, missing.len(), &heard, comparable);
    on_event(CheckEvent::Dataset(facts));
    let mut done = CheckDone { clips: dataset.clips.len(), usable: usable.len(), ..CheckDone::default() };
    for finding in found.sorted() {
        match finding.severity {
            Severity::Error => done.errors += 1,
            Severity::Warning => done.warnings += 1,
            Severity::Note => done.notes += 1,
        }
        on_event(CheckEvent::Finding(finding));
    }
    if let Some(reason) = failed {
        return Err(reason);
    }
    done.seconds = started.elapsed().as_secs_f64();
    Ok(done)
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// The most severe ones first.
    fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.severity);
        self.0
    }
}

/// A warning about lists or folders, as a finding.
fn of_warning(warning: &Warning) -> Finding {
    let severity = match warning.code {
        WarningCode::UntaggedLeftOut | WarningCode::OtherSuffix | WarningCode::UnusedColumns => Severity::Note,
        _ => Severity::Warning,
    };
    Finding {
        kind: warning.code.as_str().to_owned(),
        severity,
        clips: warning.clips.clone(),
        count: warning.count.unwrap_or(warning.tags.len()),
        message: warning.message.clone(),
        labels: None,
    }
}

/// Passes the progress of `event` on; its warnings become findings, except those about clips that cannot be used.
fn pass_on(event: Event, found: &mut Findings, on_event: &mut dyn FnMut(CheckEvent)) {
    match event {
        Event::Progress(progress) => on_event(CheckEvent::Progress(progress)),
        Event::Warning(warning) if warning.code != WarningCode::ClipsLeftOut => found.add(of_warning(&warning)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::DatasetOptions;

    #[test]
    fn a_failed_audit_does_not_lose_the_other_findings() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("list.csv"), "path,tags,split\ngone.wav,x,train\n").unwrap();
        let options = CheckOptions {
            dataset: DatasetOptions::manifest(folder.path().join("list.csv")),
            task: None,
            seed: 0,
            sampling_rate: 8000,
            quick: true,
            model: None,
            device: "cpu".into(),
            threads: 1,
            cache: Some(folder.path().join("cache")),
        };
        for (code, reported) in [(Code::CudaOutOfMemory, true), (Code::Aborted, false)] {
            let mut kinds = Vec::new();
            let mut on_event = |event| {
                if let CheckEvent::Finding(finding) = event {
                    kinds.push(finding.kind);
                }
            };
            let mut audit = |_: &Dataset, _: &mut dyn FnMut(Event)| Err(Error::new(code, "no"));
            let failure = check_dataset_and(&options, &mut audit, &mut on_event, &AtomicBool::new(false)).unwrap_err();
            assert_eq!((failure.code, kinds.contains(&"missing-files".to_owned())), (code, reported));
        }
    }
}
