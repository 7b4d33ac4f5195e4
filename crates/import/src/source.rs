//! Interprets the checkpoints of each source; there is one file per source.

mod jongpillee;
mod minzwon;
mod panns;
mod resemul;
mod sampleaudio;
mod torch_plain;

use error::Result;
use net::{Architecture, Block, Head, HeadKind, InputNormalisation, Norm, Side, Stem};

use crate::checkpoint::Checkpoint;
use crate::draft::Draft;
use crate::format::Format;
use crate::naming::{mismatch, Layers, Naming};
use crate::options::ImportOptions;

/// Interprets a checkpoint of `format`. `layers` has the prefix of the names; this function sets the naming.
pub fn draft(format: Format, layers: &mut Layers<'_>, options: &ImportOptions) -> Result<Draft> {
    let mut draft = match format {
        Format::Samplecnn => own(layers, options)?,
        Format::Kyungyunlee => torch_plain::kyungyunlee(layers)?,
        Format::Clmr => torch_plain::clmr(layers)?,
        Format::Configurable => torch_plain::configurable(layers)?,
        Format::Minzwon => torch_plain::minzwon(layers)?,
        Format::MinzwonSe => minzwon::residual(layers)?,
        Format::Panns => panns::leenet(layers)?,
        Format::Keras1 => jongpillee::keras1(layers, options)?,
        Format::SampleCnnTf => jongpillee::keras2(layers)?,
        Format::Resemul => resemul::numbered(layers)?,
        Format::Sampleaudio => sampleaudio::named(layers)?,
    };
    let architecture = &mut draft.architecture;
    architecture.sampling_rate = options.sampling_rate.unwrap_or(architecture.sampling_rate);
    architecture.input_length = options.input_length.unwrap_or(architecture.input_length);
    architecture.norm.eps = options.eps.unwrap_or(architecture.norm.eps);
    architecture.same = options.same.unwrap_or(architecture.same);
    draft.architecture.validate().map_err(|why| mismatch(format!("its tensors give an invalid network: {why}")))?;
    Ok(draft)
}

/// A file with the names of samplecnn: an export, which may have been trained further with another program.
fn own(layers: &mut Layers<'_>, options: &ImportOptions) -> Result<Draft> {
    layers.naming = Naming::Torch;
    let facts =
        layers.checkpoint.attributes.get("samplecnn").map(|text| serde_json::from_str::<serde_json::Value>(text));
    let facts = match facts {
        Some(facts) => facts.map_err(|why| mismatch(format!("its metadata is not JSON: {why}")))?,
        None => serde_json::Value::Null,
    };
    let architecture =
        match (&options.architecture, facts.get("architecture")) {
            (Some(architecture), _) => architecture.clone(),
            (None, Some(json)) => Architecture::from_json(&json.to_string())
                .map_err(|why| mismatch(format!("its metadata has an architecture that cannot work: {why}")))?,
            (None, None) => return Err(mismatch(
                "has samplecnn's own tensors but does not say which architecture: give one, such as --architecture 3^9",
            )),
        };
    let outputs = layers.dense("head.out")?[0];
    let names = net::Layout::new(&architecture, outputs).tensors;
    let mut modules: Vec<String> =
        names.iter().filter_map(|spec| Some(spec.name.rsplit_once('.')?.0.to_string())).collect();
    modules.dedup();
    let mut draft = Draft::new(architecture, modules.into_iter().map(|name| (name.clone(), name)).collect(), outputs);
    if let Some(task) = facts.get("task") {
        draft.task =
            serde_json::from_value(task.clone()).map_err(|why| mismatch(format!("its task is invalid: {why}")))?;
    }
    Ok(draft)
}

/// Makes a stem from a convolution: the stride is the filter length.
fn stem([channels, _, kernel]: [usize; 3]) -> Stem {
    Stem::conv(kernel, kernel, channels)
}

/// Makes a plain module from a convolution: the pool is the filter length.
fn module([channels, _, kernel]: [usize; 3]) -> Block {
    Block::module(kernel, channels)
}

fn conv_head([channels, _, kernel]: [usize; 3]) -> Head {
    Head::conv(kernel, channels)
}

fn dense_head(channels: usize, levels: usize) -> Head {
    Head { kind: HeadKind::Dense, kernel: 1, levels, ..conv_head([channels, 0, 1]) }
}

/// The norm of every PyTorch source.
fn torch_norm() -> Norm {
    Norm { momentum: 0.1, ..Norm::default() }
}

/// Makes an architecture of stem, blocks and head at 22,050 Hz; the stem and the pools reduce a segment to length 1.
fn network(stem: Option<Stem>, norm: Norm, blocks: Vec<Block>, head: Head) -> Result<Architecture> {
    let stride = stem.as_ref().map_or(1, |stem| stem.stride);
    let mut factors = blocks.iter().flat_map(|block| [block.stride, block.pool]);
    let input_length = factors.try_fold(stride, |product: usize, factor| product.checked_mul(factor));
    let input_length =
        input_length.ok_or_else(|| mismatch("its filters give a segment that is too long for memory"))?;
    Ok(Architecture {
        sampling_rate: 22_050,
        input_length,
        input_normalisation: InputNormalisation::None,
        stem,
        same: Side::Right,
        norm,
        blocks,
        head,
    })
}

/// The number of last blocks that a head of `width` inputs uses: one or three.
fn levels(width: usize, blocks: &[Block]) -> Result<usize> {
    let of = |levels: usize| blocks.iter().rev().take(levels).map(|block| block.channels).sum::<usize>();
    match [1, 3].into_iter().find(|&levels| levels <= blocks.len() && of(levels) == width) {
        Some(levels) => Ok(levels),
        None => Err(mismatch(format!(
            "its head has {width} inputs, but the last block has {} and the last three {}",
            of(1),
            of(3)
        ))),
    }
}

/// Maps a stem, modules and a last convolution; `layers` are pairs of (convolution, norm), from the input on.
fn in_a_row(names: Vec<(String, String)>) -> Vec<(String, String)> {
    let last = names.len() - 1;
    let mut pairs = Vec::new();
    for (i, (conv, norm)) in names.into_iter().enumerate() {
        let part = match i {
            0 => "stem".to_string(),
            i if i == last => "head".to_string(),
            i => format!("blocks.{}", i - 1),
        };
        pairs.push((format!("{part}.conv"), conv));
        pairs.push((format!("{part}.norm"), norm));
    }
    pairs
}

/// The Keras layers of a class, sorted by their number, which is the order of their creation. Numbers are per process
/// and need not start at 1; in newer versions the first layer has no number.
fn numbered(checkpoint: &Checkpoint, class: &str) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    for name in checkpoint.names() {
        let Some((layer, _)) = name.rsplit_once('.') else { continue };
        let Some(rest) = layer.strip_prefix(class) else { continue };
        let number = if rest.is_empty() { Some(0u64) } else { rest.trim_start_matches('_').parse().ok() };
        if let Some(number) = number {
            found.insert((number, layer.to_string()));
        }
    }
    found.into_iter().map(|(_, layer)| layer).collect()
}
