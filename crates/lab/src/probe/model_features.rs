//! Features that a model computes from the audio of a dataset, kept in the folder of the probe.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use error::Result;
use serde_json::{json, Value};
use tagger::Loaded;
use train::dataset::Dataset;
use train::run::write_npy;
use train::{ClipEmbedder, EmbedRequest, Event};

use super::examples::Examples;
use super::folder::WRITER;
use super::source::{FeatureSource, SourceFacts, Unusable};

/// The kept features: an array, and its list with the same name and the suffix `jsonl`.
const KEPT: &str = "model-features.npy";

/// The features of a model.
pub struct ModelFeatures<'a> {
    facts: SourceFacts,
    clips: ClipEmbedder<'a>,
    /// What the kept features must agree with.
    key: Value,
}

impl<'a> ModelFeatures<'a> {
    /// Prepares the clips of `dataset` for `loaded`. A warning tells of test clips that the model was trained on.
    ///
    /// # Errors
    /// Those of [`ClipEmbedder::new`].
    pub fn new(
        loaded: &'a Loaded,
        request: EmbedRequest<'a>,
        dataset: &Dataset,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Self> {
        let (embedding, precision) = (request.embedding, request.precision);
        let clips = ClipEmbedder::new(&loaded.model, request, dataset, on_event, cancel)?;
        for warning in clips.warnings()? {
            on_event(Event::Warning(warning));
        }
        let facts = SourceFacts {
            width: clips.width()?,
            model_hash: Some(loaded.hash.clone()),
            levels: Some(embedding.levels.clone()),
        };
        let key = json!({
            "segments": clips.segments, "clipSeconds": clips.clip_seconds, "precision": precision,
            "clips": clips.checksum(), "modelHash": loaded.hash, "embedding": embedding,
        });
        Ok(Self { facts, clips, key })
    }

    /// The array of the features that an earlier call kept in `folder`, if they are these.
    ///
    /// # Errors
    /// [`error::Code::Output`] if files of others have these names.
    pub(super) fn kept(&self, folder: &Path) -> Result<Option<PathBuf>> {
        let array = folder.join(KEPT);
        let list = array.with_extension("jsonl");
        let first = std::fs::read_to_string(&list).ok();
        let first = first.as_deref().and_then(|text| text.lines().next());
        let key = first.and_then(|line| serde_json::from_str::<Value>(line).ok()).map(|mut line| line["probe"].take());
        if key.as_ref().is_none_or(Value::is_null) && list.exists() {
            return Err(files::not_written_by(WRITER, &list));
        }
        Ok((key.as_ref() == Some(&self.key) && array.is_file()).then_some(array))
    }

    /// Keeps the features of `examples`, so that the next probe of the same model and clips need not compute them:
    /// in the form of `embed`, with the key in the first line. Nothing is kept if a path is not Unicode.
    ///
    /// # Errors
    /// [`error::Code::Output`].
    pub(super) fn keep(&self, folder: &Path, dataset: &Dataset, examples: &Examples) -> Result<()> {
        let array = folder.join(KEPT);
        let list = array.with_extension("jsonl");
        let SourceFacts { width, model_hash, levels } = &self.facts;
        let start = json!({"type": "start", "schema": 1, "modelHash": model_hash, "levels": levels, "probe": self.key});
        let rows: HashMap<&str, usize> = examples.clips.iter().map(String::as_str).zip(0..).collect();
        let mut text = start.to_string() + "\n";
        for clip in &dataset.clips {
            let Some(file) = clip.path.to_str() else { return Ok(()) };
            let line = match rows.get(clip.name.as_str()) {
                Some(row) => json!({"type": "embedding", "file": file, "width": width, "row": row}),
                None => {
                    let reason = self.clips.unusable.get(&clip.name);
                    json!({"type": "failed", "file": file, "error": {"message": reason}})
                }
            };
            text += &(line.to_string() + "\n");
        }
        // The list says which features the array holds, so it never stands beside another array.
        files::remove_files(folder, &[list.file_name().unwrap_or_default()])?;
        write_npy(&array, *width, &examples.features)?;
        files::write_atomic(&list, text.as_bytes())
    }
}

impl FeatureSource for ModelFeatures<'_> {
    fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    fn read(
        &mut self,
        dataset: &Dataset,
        take: &mut dyn FnMut(usize, &[f32]),
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Vec<Unusable>> {
        let numbers: HashMap<&str, usize> = dataset.clips.iter().map(|clip| clip.name.as_str()).zip(0..).collect();
        let mut each = |name: &str, values: &[f32]| {
            if let Some(&clip) = numbers.get(name) {
                take(clip, values);
            }
        };
        self.clips.embed(&mut each, on_event, cancel)?;
        let unusable = dataset.clips.iter().enumerate().filter_map(|(clip, facts)| {
            let reason = self.clips.unusable.get(&facts.name)?;
            Some(Unusable { clip, reason: reason.clone() })
        });
        Ok(unusable.collect())
    }
}
