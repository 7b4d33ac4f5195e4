//! Reads the input as a model file. An input of JSON is also used as the metadata of a model file, whose tensors are
//! generated so that they fit the metadata.

use std::collections::HashMap;

use error::Code;
use net::{Architecture, Layout, Model};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::failure;

/// Most values of a network for which tensors are generated.
const LARGEST: usize = 1 << 14;
/// Most tags for which tensors are generated.
const MOST_TAGS: usize = 64;

/// Reads `data` as a model file. If `data` begins with `{`, also reads a model file that has `data` as its metadata.
pub fn run(data: &[u8]) {
    if data.starts_with(b"{") {
        std::str::from_utf8(data).ok().and_then(file).into_iter().for_each(|file| read(&file));
    }
    read(data);
}

fn read(data: &[u8]) {
    let model = match Model::from_bytes(data) {
        Ok(model) => model,
        Err(reason) => return failure::check(&reason, &[Code::ModelFormat, Code::ModelVersion]),
    };
    let written = model.to_bytes().expect("what was read can be written");
    let again = Model::from_bytes(&written).expect("what was written can be read");
    assert!(again == model, "what was written and read again is another model");
    assert!(again.to_bytes().expect("it can be written again") == written, "it is written in two ways");
}

/// A model file with the metadata `facts`. It has the tensors of its architecture if the architecture is valid and
/// small enough, otherwise no tensors.
fn file(facts: &str) -> Option<Vec<u8>> {
    let layout = serde_json::from_str::<Value>(facts).ok().and_then(|facts| layout(&facts));
    let zeros = vec![0; layout.as_ref().map_or(0, |layout| layout.trainable + layout.statistics) * size_of::<f32>()];
    let ones: Vec<u8> = 1f32.to_le_bytes().repeat(zeros.len() / size_of::<f32>());
    let tensors = layout.iter().flat_map(|layout| &layout.tensors).filter_map(|spec| {
        let values = if spec.role.is_statistic() { &ones } else { &zeros };
        let view = TensorView::new(Dtype::F32, spec.shape.clone(), values.get(..spec.len() * size_of::<f32>())?);
        Some((spec.name.clone(), view.ok()?))
    });
    let metadata = HashMap::from([("samplecnn".to_owned(), facts.to_owned())]);
    safetensors::serialize(tensors.collect::<Vec<_>>(), Some(metadata)).ok()
}

/// The layout of the tensors that the metadata requires, unless they have too many values.
fn layout(facts: &Value) -> Option<Layout> {
    let architecture = Architecture::from_json(&facts.get("architecture")?.to_string()).ok()?;
    let tags = facts.get("tags")?.as_array()?.len();
    let layout = Layout::new(&architecture, tags.min(MOST_TAGS));
    (layout.trainable + layout.statistics <= LARGEST).then_some(layout)
}
