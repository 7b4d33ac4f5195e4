//! The audits of `dataset check` that need a model.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use engine::{Embedding, Precision};
use error::Result;
use net::Task;
use tagger::Loaded;
use train::dataset::{Clip, Dataset};
use train::{
    check_dataset_and, CheckDone, CheckEvent, CheckOptions, ClipEmbedder, DoubtfulLabel, EmbedRequest, Event, Finding,
    Severity, Warning,
};

use super::near_duplicates::{near_duplicates, DuplicateGroup, NEAR_DUPLICATE};
use super::out_of_fold::out_of_fold;
use super::unions::Unions;
use super::wrong_labels::{wrong_labels, Labelled, WrongLabel};
use crate::probe::{Compute, Examples};

/// Segments that the network of the model computes at once.
const BATCH: usize = 23;
/// Number of groups or labels that a message lists.
const LISTED: usize = 3;

/// Checks a dataset as [`train::check_dataset`] does. With a model in the options, clips that sound the same and labels
/// that are likely wrong are findings too.
///
/// # Errors
/// Those of [`train::check_dataset`]; those of reading and running the model.
pub fn check_dataset(
    options: &CheckOptions,
    on_event: &mut dyn FnMut(CheckEvent),
    cancel: &AtomicBool,
) -> Result<CheckDone> {
    options.validate()?;
    let Some(file) = &options.model else { return train::check_dataset(options, on_event, cancel) };
    let loaded = Loaded::read(file)?;
    let (compute, warning) = Compute::beside_model(&options.device, 0)?;
    let audit = Audit { options, loaded: &loaded, compute, warning, cancel };
    check_dataset_and(options, &mut |dataset, on_event| audit.findings(dataset, on_event), on_event, cancel)
}

struct Audit<'a> {
    options: &'a CheckOptions,
    loaded: &'a Loaded,
    compute: Compute,
    /// About the device of the classifiers.
    warning: Option<Warning>,
    cancel: &'a AtomicBool,
}

impl Audit<'_> {
    fn findings(&self, dataset: &Dataset, on_event: &mut dyn FnMut(Event)) -> Result<Vec<Finding>> {
        if dataset.clips.is_empty() {
            return Ok(Vec::new());
        }
        let (clips, examples) = self.examples(dataset, on_event)?;
        if clips.is_empty() {
            return Ok(Vec::new());
        }
        let alike = near_duplicates(&examples.features, examples.width, NEAR_DUPLICATE, self.cancel)?;
        let groups = together(&clips, &alike);
        let mut found = duplicates(&clips, &alike);
        match out_of_fold(&examples, &groups, self.options.seed, &self.compute, self.cancel)? {
            Some(probabilities) => {
                self.warning.iter().for_each(|warning| on_event(Event::Warning(warning.clone())));
                let (task, tags) = (examples.task, examples.tags.len());
                let labelled = Labelled { task, tags, given: &examples.targets, probabilities: &probabilities };
                found.extend(doubtful(&examples, &wrong_labels(&labelled)?));
            }
            None => found.push(unchecked(&examples)),
        }
        Ok(found)
    }

    /// The clips of `dataset` that the model can hear, with their embeddings and labels.
    fn examples<'a>(&self, dataset: &'a Dataset, on_event: &mut dyn FnMut(Event)) -> Result<(Vec<&'a Clip>, Examples)> {
        let CheckOptions { dataset: source, device, cache, .. } = self.options;
        let embedding = Embedding::default();
        let request = EmbedRequest {
            dataset: source,
            embedding: &embedding,
            segments: None,
            clip_seconds: None,
            batch_size: BATCH,
            device,
            precision: Precision::default(),
            threads: 0,
            cache: cache.as_deref(),
        };
        let embedder = ClipEmbedder::new(&self.loaded.model, request, dataset, on_event, self.cancel)?;
        let by_name: HashMap<&str, &Clip> = dataset.clips.iter().map(|clip| (clip.name.as_str(), clip)).collect();
        let tags = dataset.tags.len();
        let mut clips = Vec::new();
        let mut examples = Examples {
            clips: Vec::new(),
            parts: Vec::new(),
            tags: dataset.tags.clone(),
            task: dataset.task,
            width: embedder.width()?,
            features: Vec::new(),
            targets: Vec::new(),
        };
        let mut take = |name: &str, values: &[f32]| {
            // A network can overflow on odd audio; such a clip is not compared.
            let Some(&clip) = by_name.get(name).filter(|_| values.iter().all(|value| value.is_finite())) else {
                return;
            };
            clips.push(clip);
            examples.clips.push(clip.name.clone());
            examples.parts.push(clip.part);
            examples.features.extend_from_slice(values);
            examples.targets.extend((0..tags).map(|tag| clip.tags.binary_search(&(tag as u32)).is_ok()));
        };
        embedder.embed(&mut take, on_event, self.cancel)?;
        Ok((clips, examples))
    }
}

/// The group of each clip: clips that sound the same, or that share an artist, an album or another property.
fn together(clips: &[&Clip], alike: &[DuplicateGroup]) -> Vec<usize> {
    let mut unions = Unions::new(clips.len());
    for group in alike {
        unions.join_all(&group.clips);
    }
    let mut first: HashMap<(&str, &str), usize> = HashMap::new();
    for (number, clip) in clips.iter().enumerate() {
        for group in &clip.groups {
            unions.join(*first.entry((&group.name, &group.value)).or_insert(number), number);
        }
    }
    unions.firsts()
}

/// The findings about clips that sound the same.
fn duplicates(clips: &[&Clip], alike: &[DuplicateGroup]) -> Vec<Finding> {
    let in_two_parts = |group: &&DuplicateGroup| {
        let part = clips[group.clips[0]].part;
        group.clips.iter().any(|&clip| clips[clip].part != part)
    };
    let (across, within): (Vec<&DuplicateGroup>, Vec<&DuplicateGroup>) = alike.iter().partition(in_two_parts);
    let finding = |kind: &str, severity, groups: &[&DuplicateGroup], why: &str| {
        let named = |group: &&DuplicateGroup| {
            let name = |&clip: &usize| format!("{} ({})", clips[clip].name, clips[clip].part);
            let names: Vec<String> = group.clips.iter().take(4).map(name).collect();
            let more = if group.clips.len() > names.len() { " ~ ..." } else { "" };
            format!("{}{more}", names.join(" ~ "))
        };
        let listed: Vec<String> = groups.iter().take(LISTED).map(named).collect();
        let more = if groups.len() > LISTED { "; ..." } else { "" };
        let message = format!(
            "clips that sound the same to the model (similarity of at least {NEAR_DUPLICATE}) {why}; {} times: \
             {}{more}",
            groups.len(),
            listed.join("; ")
        );
        let names: Vec<&str> =
            groups.iter().flat_map(|group| &group.clips).map(|&clip| clips[clip].name.as_str()).collect();
        let count = names.len();
        (count > 0).then(|| Finding::of(kind, severity, names, count, message))
    };
    let parts = "are in more than one part, which makes scores too good: listen to them, and keep each recording in \
                 one part";
    let twice = "are repeated within one part, and count several times";
    let found = [
        finding("near-duplicates-in-two-parts", Severity::Warning, &across, parts),
        finding("near-duplicates-in-one-part", Severity::Note, &within, twice),
    ];
    found.into_iter().flatten().collect()
}

/// The finding that the labels of too few groups of clips were not checked.
fn unchecked(examples: &Examples) -> Finding {
    let message = "labels were not checked: at least three groups of clips (artists, albums, or clips that sound \
                   different) are needed";
    Finding::of("labels-not-checked", Severity::Note, [], examples.clips.len(), message)
}

/// The finding about labels that are likely wrong.
fn doubtful(examples: &Examples, labels: &[WrongLabel]) -> Option<Finding> {
    let record = |label: &WrongLabel| DoubtfulLabel {
        clip: examples.clips[label.clip].clone(),
        tag: examples.tags[label.tag].clone(),
        given: label.given,
        probability: label.probability,
        margin: label.margin,
        instead: label.instead.map(|tag| examples.tags[tag].clone()),
    };
    let words = |label: &WrongLabel| {
        let DoubtfulLabel { clip, tag, given, probability, instead, .. } = record(label);
        match (instead, given) {
            (Some(instead), _) => format!("{clip} is {tag}, sounds like {instead}"),
            (None, true) => format!("{clip} has {tag} (probability {probability:.2})"),
            (None, false) => format!("{clip} lacks {tag} (probability {probability:.2})"),
        }
    };
    let listed: Vec<String> = labels.iter().take(LISTED).map(words).collect();
    let more = if labels.len() > LISTED { "; ..." } else { "" };
    let all = match examples.task {
        Task::MultiLabel => examples.targets.len(),
        Task::SingleLabel => examples.clips.len(),
    };
    let message = format!(
        "{} of {all} labels are likely wrong by classifiers that have not seen them, the most doubtful first: \
         {}{more}; listen to these clips and correct their tags",
        labels.len(),
        listed.join("; ")
    );
    let clips = labels.iter().map(|label| examples.clips[label.clip].as_str());
    let finding = Finding::of("likely-wrong-labels", Severity::Warning, clips, labels.len(), message);
    (!labels.is_empty()).then(|| finding.with_labels(labels.iter().map(record)))
}
