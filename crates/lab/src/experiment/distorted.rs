//! The rows of an experiment that evaluate the model `source` on distorted test clips.

mod row;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::{Code, Error, Result};
use net::Model;
use tagger::Loaded;
use train::{ClipsToScore, EvaluateOptions, Event, PartChoice, TrainOptions};

use super::ledger::result_folder;
use super::run::Run;
use super::shard::Shard;
use super::source::{failure, model_file, no_source, Source};
use super::spec::{DistortedRow, Scale};
use super::teller::Teller;
use super::work::{event_name, News};
use crate::distortions::{Distortion, Encoder};
use row::Evaluation;

/// The evaluations of a call, and everything that they share.
pub(super) struct Evaluations<'a> {
    /// The selected rows.
    pub(super) rows: Vec<DistortedRow>,
    /// The options that all trainings share.
    pub(super) common: &'a TrainOptions,
    pub(super) scale: Option<&'a Scale>,
    pub(super) seeds: &'a [u64],
    pub(super) source: &'a Source,
    /// The part of the evaluations of a given model that this call does. Those of a trained model wait for a call
    /// without part.
    pub(super) shard: Option<Shard>,
    /// The folder of the experiment.
    pub(super) out: &'a Path,
}

impl Evaluations<'_> {
    /// Refuses what can be refused before anything is trained: a source that is not given.
    ///
    /// # Errors
    /// [`Code::InvalidOption`].
    pub(super) fn check(&self) -> Result<()> {
        match (self.source, self.rows.first()) {
            (Source::None, Some(row)) => Err(no_source(&row.id)),
            _ => Ok(()),
        }
    }

    /// Does the evaluations that are not finished. `runs` are the runs of the trainings, by id.
    ///
    /// # Errors
    /// Those of [`ClipsToScore::new`] and [`Evaluation::run`]; [`Code::FileNotFound`] if the model of a trained source
    /// is gone. A row whose model diverged has a run without result instead, and so has an MP3 row where no program
    /// encodes MP3.
    pub(super) fn run(
        &self,
        runs: &BTreeMap<String, Vec<Run>>,
        on_news: &mut dyn FnMut(News) -> Result<()>,
        cancel: &AtomicBool,
    ) -> Result<()> {
        if self.shard.is_some() && self.source.given().is_none() {
            return Ok(());
        }
        let mut teller = Teller::new(on_news);
        let is_mp3 = |row: &DistortedRow| row.distortion.is_some_and(|(kind, _)| kind == Distortion::Mp3);
        let encoder = self.rows.iter().any(is_mp3).then(Encoder::find).flatten();
        let options = self.options();
        for (number, &seed) in self.seeds.iter().enumerate() {
            let place = |index: usize| index * self.seeds.len() + number;
            let of_shard = |index: usize| self.shard.is_none_or(|shard| shard.has(place(index)));
            let rows: Vec<&DistortedRow> =
                self.rows.iter().enumerate().filter(|(index, _)| of_shard(*index)).map(|(_, row)| row).collect();
            let Some(first) = rows.first() else { continue };
            let failed = self.source.training().and_then(|id| failure(id, runs, seed));
            if let Some(failure) = failed {
                for row in rows {
                    let (folder, failure) = (self.folder(row, seed), Some(failure.clone()));
                    teller.finished(&row.id, Run { seed, folder, result: None, failure })?;
                }
                continue;
            }
            let read;
            let loaded = match self.source {
                Source::None => return Err(no_source(&first.id)),
                Source::Given(loaded) => loaded,
                Source::Trained(id, _) => {
                    read = Loaded::read(&model_file(id, runs, seed)?)?;
                    &read
                }
            };
            let name = |row: &DistortedRow| event_name(&row.id, seed, self.seeds.len() > 1);
            let model: &Model = &loaded.model;
            let clips = ClipsToScore::new(model, &options, &mut |event| teller.event(&name(first), event), cancel)?;
            let checksum = clips.checksum();
            for row in rows {
                let (folder, encoder) = (self.folder(row, seed), encoder.as_ref());
                if is_mp3(row) && encoder.is_none() {
                    let failure = Error::new(Code::FileNotFound, Encoder::MISSING);
                    teller.finished(&row.id, Run::failed(seed, folder, failure))?;
                    continue;
                }
                let evaluation = Evaluation {
                    row,
                    seed,
                    folder,
                    loaded,
                    clips: &clips,
                    checksum: &checksum,
                    options: &options,
                    encoder,
                };
                let run = evaluation.run(&mut |event: Event| teller.event(&name(row), event), cancel)?;
                teller.finished(&row.id, run)?;
            }
        }
        Ok(())
    }

    fn folder(&self, row: &DistortedRow, seed: u64) -> PathBuf {
        result_folder(self.out, &row.id, seed)
    }

    /// The options of an evaluation: segments and seconds are those of the model's training, and a split is drawn with
    /// the seed of the model's training, so that its test clips are new to it.
    fn options(&self) -> EvaluateOptions {
        let common = self.common;
        EvaluateOptions {
            part: PartChoice::Test,
            segments: self.scale.and_then(|scale| scale.segments).map(|_| common.segments),
            clip_seconds: common.clip_seconds,
            batch_size: common.batch_size,
            device: common.device.clone(),
            precision: common.precision,
            threads: common.threads,
            cache: common.cache.clone(),
            ..EvaluateOptions::new(PathBuf::new(), common.dataset.clone())
        }
    }
}
