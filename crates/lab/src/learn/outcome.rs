//! What was learnt, as files: the model with its card, the report and the lists.

use error::Result;
use net::Model;

use super::division::Division;
use super::event::{LearnDone, LearnFineTuning, LearnStart};
use super::gather::Gathered;
use super::job::Job;
use super::model_card::{card, CardFacts};
use super::page;
use super::result::Learnt;
use super::suspects::write as write_suspects;
use super::tested::Test;

/// What was learnt.
pub(super) struct Outcome<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) gathered: &'a Gathered,
    pub(super) division: &'a Division,
    pub(super) start: &'a LearnStart,
    /// The tags of the model.
    pub(super) tags: Vec<String>,
    /// `[songs, tags]`: the cross-validated scores, their probabilities, and the labels.
    pub(super) scores: Vec<f32>,
    pub(super) probabilities: Vec<f32>,
    pub(super) targets: &'a [bool],
    /// The calibration error of the probabilities.
    pub(super) calibration_error: Option<f64>,
    pub(super) test: Test,
}

impl Outcome<'_> {
    /// Completes `model`, the result, with card and facts, and writes all files.
    ///
    /// # Errors
    /// [`error::Code::Output`].
    pub(super) fn write(&self, model: &mut Model, fine_tuning: Option<&LearnFineTuning>) -> Result<LearnDone> {
        let Self { job, gathered, division, start, .. } = *self;
        let (tested, validated) = (&self.test.tested, &self.test.validated);
        model.licence = job.base.model.licence.clone();
        model.card = Some(card(&CardFacts {
            songs: gathered.songs.len(),
            tags: &tested.tags,
            metrics: &tested.metrics,
            tuned: fine_tuning.filter(|tuning| tuning.kept),
            thresholds: model.thresholds.is_some(),
            base: &job.base.model,
        }));
        let done = self.done();
        let names: Vec<String> = job.library.tags.iter().map(|tag| tag.tag.clone()).collect();
        let learnt = Learnt {
            library: &job.library.summary(),
            start,
            folds: &self.test.folds,
            tags: &tested.tags,
            songs: &gathered.songs,
            names: &names,
            parts: &division.part_of,
            groups: &division.groups,
            duplicates: &gathered.duplicates,
            unused: &gathered.unused,
            failed: &gathered.failed,
            suspects: &tested.suspects,
            scores: &self.scores,
            probabilities: &self.probabilities,
            targets: self.targets,
            fine_tuning,
            done: &done,
        };
        model.training = learnt.training(job.options, validated.loss);
        self.write_files(&learnt, model)?;
        Ok(done)
    }

    fn done(&self) -> LearnDone {
        let (job, tested) = (self.job, &self.test.tested);
        let metrics = &tested.metrics;
        LearnDone {
            out: Some(job.folder.path().to_path_buf()),
            model: Some(job.folder.model()),
            report: Some(job.folder.report()),
            wrong_labels: Some(job.folder.wrong_labels()),
            songs: self.gathered.songs.len(),
            tags: self.tags.clone(),
            withheld: tested.tags.iter().filter(|tag| !tag.kept).count(),
            roc_auc: metrics.macro_average.roc_auc,
            interval: metrics.intervals.roc_auc,
            pr_auc: metrics.macro_average.pr_auc,
            accuracy: metrics.accuracy,
            accuracy_interval: metrics.intervals.accuracy,
            confusion: metrics.confusion.clone(),
            calibration_error: self.calibration_error,
            suspects: Some(tested.suspects.len()),
            head: Some(self.test.validated.chosen.describe()),
            seconds: job.started.elapsed().as_secs_f64(),
        }
    }

    /// Writes the files; the result for programs last.
    fn write_files(&self, learnt: &Learnt<'_>, model: &Model) -> Result<()> {
        let folder = &self.job.folder;
        let from = learnt.start.from.to_string_lossy();
        folder.mark(&from)?;
        write_suspects(&folder.wrong_labels(), learnt.suspects, learnt.songs)?;
        learnt.write_songs(&folder.songs())?;
        files::write_atomic(folder.report(), page::html(learnt).as_bytes())?;
        model.save(folder.model())?;
        folder.write(&from, &learnt.summary())
    }
}
