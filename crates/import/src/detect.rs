//! Recognises the source of a checkpoint by the names of its tensors.

use error::Result;

use crate::checkpoint::{Checkpoint, Container};
use crate::format::Format;
use crate::naming::mismatch;

/// A tensor that only this source has, by the end of its name; the part before it is a prefix.
const SIGNATURES: &[(Format, &str)] = &[
    (Format::Samplecnn, "head.out.weight"),
    (Format::MinzwonSe, "layer1.conv_1.weight"),
    (Format::Minzwon, "layer1.conv.weight"),
    (Format::Panns, "conv_block1.conv1.weight"),
    (Format::Configurable, "all_blocks.0.0.weight"),
    (Format::Clmr, "sequential.0.0.weight"),
    (Format::Kyungyunlee, "conv1.0.weight"),
    (Format::Sampleaudio, "conv0.kernel"),
];

/// The source of `checkpoint`, and the prefix of its names.
///
/// # Errors
/// [`error::Code::CheckpointMismatch`] for names that no source has, or that `wanted` does not have.
pub fn detect(checkpoint: &Checkpoint, wanted: Option<Format>) -> Result<(Format, String)> {
    let found = by_signature(checkpoint, wanted).or_else(|| keras(checkpoint).map(|format| (format, String::new())));
    let same_keys =
        |a, b| matches!((a, b), (Format::SampleCnnTf, Format::Resemul) | (Format::Resemul, Format::SampleCnnTf));
    match (found, wanted) {
        (Some((format, prefix)), None) => Ok((format, prefix)),
        (Some((format, prefix)), Some(wanted)) if format == wanted || same_keys(format, wanted) => Ok((wanted, prefix)),
        (Some((format, _)), Some(wanted)) => {
            Err(mismatch(format!("has the tensors of format {}, not those of {}", format.name(), wanted.name())))
        }
        (None, _) => {
            let names: Vec<&str> = checkpoint.names().take(6).collect();
            Err(mismatch(format!(
                "contains {} tensors that no known network has, such as {}",
                checkpoint.shapes.len(),
                names.join(", ")
            )))
        }
    }
}

fn by_signature(checkpoint: &Checkpoint, wanted: Option<Format>) -> Option<(Format, String)> {
    for &(format, signature) in SIGNATURES {
        // If there are several copies (CLMR has two), the one with the shortest prefix is used.
        let prefix = checkpoint
            .names()
            .filter_map(|name| name.strip_suffix(signature))
            .filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
            .min_by_key(|prefix| prefix.len());
        let Some(prefix) = prefix else { continue };
        let format = match format {
            // The first version of CLMR has the names of kyungyunlee, inside an encoder and without the classifier.
            Format::Kyungyunlee if wanted == Some(Format::Clmr) => Format::Clmr,
            Format::Kyungyunlee if wanted.is_none() && prefix.ends_with("encoder.") => Format::Clmr,
            other => other,
        };
        return Some((format, prefix.to_string()));
    }
    None
}

/// The Keras sources that number their layers.
fn keras(checkpoint: &Checkpoint) -> Option<Format> {
    if checkpoint.container != Container::KerasHdf5 {
        return None;
    }
    let count =
        |class: &str| checkpoint.names().filter(|name| name.starts_with(class) && name.ends_with(".kernel")).count();
    if checkpoint.names().any(|name| name.starts_with("convolution1d_") && name.ends_with(".W")) {
        Some(Format::Keras1)
    } else if count("conv1d") == 0 {
        None
    } else if count("dense") == 1 {
        Some(Format::SampleCnnTf)
    } else {
        Some(Format::Resemul)
    }
}
