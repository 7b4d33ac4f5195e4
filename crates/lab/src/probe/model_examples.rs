//! The examples of a dataset with the features of a model: computed once, then read.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use error::Result;
use tagger::Loaded;
use train::dataset::Dataset;
use train::{EmbedRequest, Event};

use super::examples::Examples;
use super::features_file::FeaturesFile;
use super::model_features::ModelFeatures;
use super::source::{examples, FeatureSource, SourceFacts};

/// The examples of `dataset` with the features of `loaded`: those that an earlier call kept in `folder`, if they are of
/// the same model, clips and options, else new ones, which are kept there.
///
/// # Errors
/// Those of [`ModelFeatures::new`] and [`examples`]; [`error::Code::Output`] if files of others have the names of the
/// kept features.
pub fn model_examples(
    loaded: &Loaded,
    request: EmbedRequest,
    dataset: &Dataset,
    folder: &Path,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<(Examples, SourceFacts)> {
    let options = request.dataset;
    let mut features = ModelFeatures::new(loaded, request, dataset, on_event, cancel)?;
    let facts = features.facts().clone();
    if let Some(kept) = features.kept(folder)? {
        let found = examples(options, dataset, &mut FeaturesFile::open(kept)?, on_event, cancel)?;
        return Ok((found, facts));
    }
    let found = examples(options, dataset, &mut features, on_event, cancel)?;
    features.keep(folder, dataset, &found)?;
    Ok((found, facts))
}
