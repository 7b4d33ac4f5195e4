//! The features of one model: each level of every clip of the dataset.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use engine::Embedding;
use error::{Error, Result};
use tagger::Loaded;
use train::dataset::Dataset;
use train::Event;

use crate::probe::{model_examples, Examples, FeaturesOfModel, Level, ProbeOptions};

/// The features of the clips of a dataset from one model, level by level.
pub(super) struct ModelLevels {
    /// The id of the model.
    id: String,
    /// The hash of the model.
    pub(super) hash: String,
    /// The clips and their targets, without features.
    pub(super) clips: Examples,
    /// Level, width, and `[clips, width]`.
    levels: Vec<(i32, usize, Vec<f32>)>,
}

impl ModelLevels {
    /// Computes the `levels` of `loaded`, or reads those that an earlier call kept in `folder`. `id` is the name of the
    /// model in messages.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`] for a level that the network does not have; those of [`model_examples`]. All name
    /// the model.
    pub(super) fn of(
        (id, loaded): (&str, &Loaded),
        levels: &[i32],
        options: &ProbeOptions,
        dataset: &Dataset,
        folder: &Path,
        on_event: &mut dyn FnMut(Event),
        cancel: &AtomicBool,
    ) -> Result<Self> {
        let embedding = Embedding { levels: levels.to_vec(), ..Embedding::default() };
        let named = |failure: Error| {
            let message = format!("features of the model {id}: {}", failure.message);
            Error { message, ..failure }
        };
        let widths = embedding.widths(&loaded.model.architecture, loaded.model.tags.len()).map_err(named)?;
        files::make_folder(folder)?;
        let request = options.request(&embedding);
        let whole = model_examples(loaded, request, dataset, folder, on_event, cancel).map_err(named)?.0;
        let mut first = 0;
        let mut split = Vec::with_capacity(levels.len());
        for (&level, &width) in levels.iter().zip(&widths) {
            let rows = whole.features.chunks_exact(whole.width);
            split.push((level, width, rows.flat_map(|row| &row[first..first + width]).copied().collect()));
            first += width;
        }
        let clips = Examples { features: Vec::new(), ..whole };
        Ok(Self { id: id.to_owned(), hash: loaded.hash.clone(), clips, levels: split })
    }

    /// The levels for [`crate::probe::join()`].
    pub(super) fn levels(&self) -> Vec<Level<'_>> {
        self.levels.iter().map(|(level, width, features)| Level { level: *level, width: *width, features }).collect()
    }

    /// The model with its `levels`, for [`crate::probe::join()`].
    pub(super) fn named<'a>(&'a self, levels: &'a [Level<'a>]) -> FeaturesOfModel<'a> {
        FeaturesOfModel { model: &self.id, levels }
    }
}
