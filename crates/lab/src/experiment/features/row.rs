//! One classifier: from the features of its models to its run.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use error::{shown_path, Code, Error, Result};
use train::{Event, Timing};

use super::super::run::{Run, RunResult};
use super::super::spec::FeaturesRow;
use super::super::test_clips;
use super::model::ModelLevels;
use crate::probe::{
    join, probe_examples, AnotherProbe, Compute, Examples, ProbeDone, ProbeEvent, ProbeOptions, ProbeSetup, SourceFacts,
};

/// One classifier with one seed.
pub(super) struct ClassifierRow<'a> {
    pub(super) row: &'a FeaturesRow,
    pub(super) seed: u64,
    /// The folder of the result.
    pub(super) folder: PathBuf,
    pub(super) options: &'a ProbeOptions,
    /// How the clips were assigned to parts.
    pub(super) split: &'a str,
}

impl ClassifierRow<'_> {
    /// Trains the classifier on the joined features of `models`, or looks its result up.
    ///
    /// # Errors
    /// [`Code::CheckpointMismatch`] if the folder holds a classifier on other features, or with other options;
    /// [`Code::Dataset`] if the models have features of different clips; those of [`probe_examples`].
    pub(super) fn run(
        self,
        models: &[&ModelLevels],
        compute: &Compute,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Run> {
        let Self { row, seed, folder, options, split } = self;
        let examples = joined(row, models)?;
        let hashes: Vec<&str> = models.iter().map(|model| model.hash.as_str()).collect();
        let facts =
            SourceFacts { width: examples.width, model_hash: Some(hashes.join("+")), levels: Some(row.levels.clone()) };
        let setup = ProbeSetup {
            protocol: options.settings(),
            seeds: vec![seed],
            source: None,
            facts,
            split: split.to_owned(),
            another: AnotherProbe::RefuseAs {
                code: Code::CheckpointMismatch,
                subject: format!("the row {}: ", row.id),
                advice: format!(
                    "the rows of a table share their options: use the same options and models, remove the folder {}, \
                     or choose another folder for the experiment",
                    shown_path(&folder)
                ),
            },
            compute: compute.clone(),
        };
        let mut pass = |event| match event {
            ProbeEvent::Progress(progress) => on_event(Event::Progress(progress)),
            ProbeEvent::Warning(warning) => on_event(Event::Warning(warning)),
            _ => (),
        };
        match probe_examples(&examples, &setup, &folder, &mut pass, cancel) {
            Ok(done) => {
                test_clips::keep(&folder, &examples)?;
                let batches = examples.counts().train.div_ceil(setup.protocol.batch_size).max(1);
                Ok(Run { seed, folder, result: Some(result(&done, batches)), failure: None })
            }
            Err(failure) if failure.code == Code::Diverged => Ok(Run::failed(seed, folder, failure)),
            Err(failure) => Err(failure),
        }
    }
}

/// The clips with the joined features of `models`.
fn joined(row: &FeaturesRow, models: &[&ModelLevels]) -> Result<Examples> {
    let Some((first, others)) = models.split_first() else {
        return Err(Error::new(Code::Internal, format!("the row {} has no models", row.id)));
    };
    for (other, id) in others.iter().zip(row.models.iter().skip(1)) {
        if other.clips.clips != first.clips.clips || other.clips.parts != first.clips.parts {
            let message = format!(
                "the row {}: the models {} and {id} have features of different clips: remove the clips that cannot be \
                 used from the dataset",
                row.id, row.models[0]
            );
            return Err(Error::new(Code::Dataset, message));
        }
    }
    let levels: Vec<_> = models.iter().map(|model| model.levels()).collect();
    let named: Vec<_> = models.iter().zip(&levels).map(|(model, levels)| model.named(levels)).collect();
    Ok(first.clips.with_features(join(&named, &row.levels, first.clips.clips.len())?))
}

/// The result of a classifier; a step is an update of `batches` in an epoch.
fn result(done: &ProbeDone, batches: usize) -> RunResult {
    let (epochs, total) = done.trials.first().map_or((0, 0.0), |trial| (trial.epochs, trial.seconds));
    let epoch = total / epochs.max(1) as f64;
    let seconds = Timing { step: epoch / batches as f64, epoch, total };
    RunResult { test: done.test, epochs, parameters: done.parameters, seconds, clipped: None }
}
