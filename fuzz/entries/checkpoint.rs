//! Reads the input as a checkpoint of another program, in any container, and converts it to a model.

use std::path::Path;

use error::{Code, Result};
use import::{convert, Checkpoint, Format, ImportOptions};
use net::Model;

use crate::failure;

/// Error codes of files that are not checkpoints, and of checkpoints of unknown networks.
const CODES: [Code; 2] = [Code::ModelFormat, Code::CheckpointMismatch];

/// Reads `data` as a checkpoint, converts it to a model, and reads all of its tensors.
pub fn run(data: &[u8]) {
    for format in [None, Some(Format::Clmr), Some(Format::Resemul)] {
        // The checkpoint is opened again for each format, because it limits how often its values can be read.
        let Some(checkpoint) = sound(Checkpoint::from_bytes(data.to_vec())) else { return };
        let options = ImportOptions { format, ..ImportOptions::default() };
        let Some(model) = sound(convert(&checkpoint, Path::new("msd/input"), &options)) else { continue };
        let written = model.to_bytes().expect("a model that was imported can be written");
        assert!(Model::from_bytes(&written).expect("and read again") == model, "it is read as another model");
    }
    let Some(checkpoint) = sound(Checkpoint::from_bytes(data.to_vec())) else { return };
    for (name, shape) in &checkpoint.shapes {
        let Some(values) = sound(checkpoint.values(name)) else { continue };
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
        assert!(values.iter().all(|value| value.is_finite()), "{name}");
    }
}

/// The value, or `None` if the result is an allowed failure. Panics for any other failure.
fn sound<T>(result: Result<T>) -> Option<T> {
    result.map_err(|reason| failure::check(&reason, &CODES)).ok()
}
