//! One file per source: what its checkpoints mean.

mod jongpillee;
mod minzwon;
mod panns;
mod resemul;
mod sampleaudio;
mod torch_plain;

use error::Result;
use net::{Architecture, Block, Head, HeadKind, Norm, Side, Stem};

use crate::checkpoint::Checkpoint;
use crate::draft::Draft;
use crate::format::Format;
use crate::import::Options;
use crate::naming::{mismatch, Layers, Naming};

/// Understands a checkpoint of `format`. `layers` has the prefix of its names; its naming is settled here.
pub fn draft(format: Format, layers: &mut Layers<'_>, options: &Options) -> Result<Draft> {
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
    draft
        .architecture
        .validate()
        .map_err(|why| mismatch(format!("its tensors make a network that cannot work: {why}")))?;
    Ok(draft)
}

/// A file with our own names: an export, perhaps trained further elsewhere.
fn own(layers: &mut Layers<'_>, options: &Options) -> Result<Draft> {
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
        draft.task = serde_json::from_value(task.clone()).map_err(|why| mismatch(format!("its task: {why}")))?;
    }
    Ok(draft)
}

/// A convolution as stem: stride = filter.
fn stem([channels, _, kernel]: [usize; 3]) -> Stem {
    Stem::conv(kernel, kernel, channels)
}

/// A convolution as plain module: pool = filter.
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

/// Stem, blocks and head at 22,050 Hz; the segment is what stem and pools bring to length 1.
fn network(stem: Option<Stem>, norm: Norm, blocks: Vec<Block>, head: Head) -> Result<Architecture> {
    let stride = stem.as_ref().map_or(1, |stem| stem.stride);
    let mut factors = blocks.iter().flat_map(|block| [block.stride, block.pool]);
    let input_length = factors.try_fold(stride, |product: usize, factor| product.checked_mul(factor));
    let input_length = input_length.ok_or_else(|| mismatch("its filters make a segment that is longer than memory"))?;
    Ok(Architecture { sampling_rate: 22_050, input_length, stem, same: Side::Right, norm, blocks, head })
}

/// How many of the last blocks a head of `width` inputs sees: one or three.
fn levels(width: usize, blocks: &[Block]) -> Result<usize> {
    let of = |levels: usize| blocks.iter().rev().take(levels).map(|block| block.channels).sum::<usize>();
    match [1, 3].into_iter().find(|&levels| levels <= blocks.len() && of(levels) == width) {
        Some(levels) => Ok(levels),
        None => Err(mismatch(format!(
            "its head sees {width} features, but the last block has {} and the last three {}",
            of(1),
            of(3)
        ))),
    }
}

/// Pairs for a stem, modules and a last convolution, given as (convolution, norm) from the bottom.
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

/// The Keras layers of a class by their number, which is the order of their creation. Numbers count per process and need not
/// start at 1; the first one of newer versions has none.
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
