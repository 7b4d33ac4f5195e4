//! Decodes the clips: which are broken, damaged or too short, and the hashes of their audio.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::{Code, Result};

use super::heard::{Heard, HeardCounts};
use super::{pass_on, CheckEvent, Finding, Findings, Severity};
use crate::cache::BadFile;
use crate::dataset::{Clip, Dataset};
use crate::options::CheckOptions;
use crate::prepare::Preparation;

/// Decodes every clip into the cache.
pub(super) fn hear(
    options: &CheckOptions,
    dataset: &Dataset,
    found: &mut Findings,
    on_event: &mut dyn FnMut(CheckEvent),
    cancel: &AtomicBool,
) -> Result<Heard> {
    let rate = options.sampling_rate;
    let source = Preparation {
        options: &options.dataset,
        rate,
        clip_seconds: dataset.cached_seconds(dataset.clip_seconds),
        retry_failed: false,
        strict: false,
    };
    let mut pass = |event| pass_on(event, found, on_event);
    let filled = source.fill(dataset, options.cache.as_deref(), options.threads, &mut pass, cancel)?;
    let by_file: HashMap<&Path, &Clip> = dataset.clips.iter().map(|clip| (clip.path.as_path(), clip)).collect();
    let of = |bad: &[&BadFile]| -> Vec<&str> {
        bad.iter().filter_map(|bad| by_file.get(bad.file.as_path())).map(|clip| clip.name.as_str()).collect()
    };
    let not_found = |bad: &&BadFile| bad.error.as_ref().is_some_and(|e| e.code == Code::FileNotFound.as_str());
    let (failed, damaged): (Vec<&BadFile>, Vec<&BadFile>) =
        filled.bad.iter().filter(|bad| !not_found(bad)).partition(|bad| bad.error.is_some());
    let (unread, failed): (Vec<&BadFile>, Vec<&BadFile>) = failed.into_iter().partition(|bad| bad.passes());
    if let Some(error) = unread.first().and_then(|first| first.error.as_ref()) {
        let message = format!(
            "{} files could not be read this time, the first: {}; run the same check again",
            unread.len(),
            error.message
        );
        found.add(Finding::of("unread-files", Severity::Error, of(&unread), unread.len(), message));
    }
    if let Some(error) = failed.first().and_then(|first| first.error.as_ref()) {
        let message = format!(
            "{} files cannot be used, the first: {}; replace them or remove them from the dataset",
            failed.len(),
            error.message
        );
        found.add(Finding::of("broken-files", Severity::Error, of(&failed), failed.len(), message));
    }
    if let Some(first) = damaged.first() {
        let what = first.damage.clone().unwrap_or_else(|| format!("{} damaged packets", first.damaged_packets));
        let message = format!(
            "{} files are damaged in part and are used, the first: {}: {what}; replace them if you can",
            damaged.len(),
            first.file.display()
        );
        found.add(Finding::of("damaged-files", Severity::Warning, of(&damaged), damaged.len(), message));
    }
    let unusable = of(&failed).into_iter().chain(of(&unread)).map(str::to_owned).collect();
    let mut heard = Heard { unusable, ..Heard::default() };
    let (broken, damaged) = (failed.len(), damaged.len());
    let mut short = Vec::new();
    let mut samples = 0;
    let least = dataset.least_samples(rate);
    for clip in &dataset.clips {
        let Some(prepared) = filled.cache.clip(&clip.name) else { continue };
        if least.is_some_and(|least| prepared.samples < least) {
            short.push(clip.name.as_str());
            heard.unusable.insert(clip.name.clone());
        } else {
            samples += prepared.samples;
            heard.hashes.insert(clip.name.clone(), prepared.audio);
        }
    }
    heard.counts = Some(HeardCounts { broken, damaged, short: short.len(), seconds: samples as f64 / f64::from(rate) });
    if let (Some(shortest), false) = (dataset.shortest_seconds, short.is_empty()) {
        let message = format!(
            "{} clips are shorter than {shortest} s: the split \"{}\" does not use them",
            short.len(),
            dataset.split
        );
        let count = short.len();
        found.add(Finding::of("short-clips", Severity::Note, short, count, message));
    }
    Ok(heard)
}
