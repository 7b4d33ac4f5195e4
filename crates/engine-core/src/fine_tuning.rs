//! Fine-tuning: which part of a network keeps its parameters, and how fast each block learns.

use std::ops::Range;

use error::{Code, Error, Result};
use net::graph::{Node, Part};
use net::{Architecture, Graph};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The word for [`Freeze::AllButHead`] in options.
const ALL_BUT_HEAD: &str = "all-but-head";

/// The part of a network that keeps its weights, biases, gammas and betas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freeze {
    /// Everything is trained.
    #[default]
    Nothing,
    /// The stem and the first blocks, at least one, keep their parameters.
    Blocks(usize),
    /// Everything before the head keeps its parameters.
    AllButHead,
}

/// How the norms of frozen blocks compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrozenNorms {
    /// With the running statistics, which stay as they are, as in inference.
    #[default]
    Running,
    /// With the statistics of the batch, which update the running statistics, as in training.
    Updated,
}

/// How a network is trained that has been trained before. By default every parameter is trained at the same rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FineTuning {
    /// The part that keeps its parameters. Its operations run forward only, and without dropout.
    pub freeze: Freeze,
    /// The norms of that part.
    pub norms: FrozenNorms,
    /// Whether all norms compute with the running statistics, which stay as they are, also those of the trained part,
    /// whose gammas and betas are trained. Then the network computes the same in a step as in inference, so that a head that
    /// was made for the network as it is in inference still fits.
    pub fixed_norms: bool,
    /// The factor of the learning rate per block away from the head: the head learns at the learning rate, the last
    /// block at `layer_decay` times that rate, the block before it at `layer_decay` squared, and so on; the stem learns
    /// at the rate of the first block. Above 0; 1 for one rate.
    pub layer_decay: f64,
}

impl Default for FineTuning {
    fn default() -> Self {
        Self { freeze: Freeze::Nothing, norms: FrozenNorms::Running, fixed_norms: false, layer_decay: 1.0 }
    }
}

/// A run of trainable values with one learning rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// The values, in the order of [`net::Parameters::trainable`].
    pub values: Range<usize>,
    /// The factor of the learning rate.
    pub factor: f32,
}

impl FineTuning {
    /// Whether the parameters of `part` are fixed in a network of `blocks` blocks.
    pub fn is_frozen(&self, part: Part, blocks: usize) -> bool {
        let first = match self.freeze {
            Freeze::Nothing => return false,
            Freeze::Blocks(count) => count,
            Freeze::AllButHead => blocks,
        };
        match part {
            Part::Input | Part::Stem => true,
            Part::Block(index) => index < first,
            Part::Head => false,
        }
    }

    /// Refuses to freeze more blocks than `architecture` has, or none, and a factor that is not above 0:
    /// [`Code::InvalidOption`].
    pub fn check(&self, architecture: &Architecture) -> Result<()> {
        let blocks = architecture.blocks.len();
        let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
        match self.freeze {
            Freeze::Blocks(count) if count == 0 || count > blocks => refuse(format!(
                "freeze must be 1 to {blocks}, the number of blocks of this network, or \"{ALL_BUT_HEAD}\", received \
                 {count}"
            )),
            _ if !(self.layer_decay > 0.0 && self.layer_decay.is_finite()) => {
                refuse(format!("layerDecay must be a number above 0, received {}", self.layer_decay))
            }
            _ => Ok(()),
        }
    }

    /// The runs of values that are trained, with their rates, in order.
    pub(crate) fn rates(&self, graph: &Graph, blocks: usize) -> Vec<Rate> {
        let mut rates: Vec<Rate> = Vec::new();
        for node in &graph.nodes {
            let values = node_values(node);
            if values.is_empty() || self.is_frozen(node.part, blocks) {
                continue;
            }
            let away = match node.part {
                Part::Head => 0,
                Part::Block(index) => blocks - index,
                Part::Input | Part::Stem => blocks,
            };
            let factor = self.layer_decay.powi(away as i32) as f32;
            match rates.last_mut() {
                Some(last) if last.factor == factor && last.values.end == values.start => last.values.end = values.end,
                _ => rates.push(Rate { values, factor }),
            }
        }
        rates
    }
}

/// The trainable values of a node, which follow each other.
fn node_values(node: &Node) -> Range<usize> {
    let mut specs = node.tensors().into_iter().filter(|spec| !spec.role.is_statistic());
    let Some(first) = specs.next() else { return 0..0 };
    let end = specs.next_back().unwrap_or(first);
    first.offset..end.offset + end.len()
}

impl Serialize for Freeze {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Freeze::Nothing => serializer.serialize_none(),
            Freeze::Blocks(count) => serializer.serialize_u64(*count as u64),
            Freeze::AllButHead => serializer.serialize_str(ALL_BUT_HEAD),
        }
    }
}

impl<'de> Deserialize<'de> for Freeze {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Count(usize),
            Word(String),
        }
        match Option::deserialize(deserializer)? {
            None => Ok(Freeze::Nothing),
            Some(Either::Count(count)) => Ok(Freeze::Blocks(count)),
            Some(Either::Word(word)) if word == ALL_BUT_HEAD => Ok(Freeze::AllButHead),
            Some(Either::Word(word)) => Err(serde::de::Error::custom(format!(
                "freeze must be a number of blocks or \"{ALL_BUT_HEAD}\", received \"{word}\""
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::Layout;

    fn rates(freeze: Freeze, layer_decay: f64) -> Vec<Rate> {
        let architecture = Architecture::preset("3^4").unwrap();
        let tuning = FineTuning { freeze, layer_decay, ..FineTuning::default() };
        tuning.rates(&Graph::new(&architecture, 5), architecture.blocks.len())
    }

    #[test]
    fn without_fine_tuning_all_values_have_one_rate() {
        let all = Layout::new(&Architecture::preset("3^4").unwrap(), 5).trainable;
        assert_eq!(rates(Freeze::Nothing, 1.0), [Rate { values: 0..all, factor: 1.0 }]);
    }

    #[test]
    fn rates_fall_with_the_distance_from_the_head_and_frozen_values_have_none() {
        let architecture = Architecture::preset("3^4").unwrap();
        let (blocks, layout) = (architecture.blocks.len(), Layout::new(&architecture, 5));
        let start = |name: &str| layout.find(name).unwrap().offset;
        let all = rates(Freeze::Nothing, 0.5);
        let factors: Vec<f32> = all.iter().map(|rate| rate.factor).collect();
        let expected: Vec<f32> = (0..=blocks).rev().map(|away| 0.5f32.powi(away as i32)).collect();
        assert_eq!(factors, expected);
        assert_eq!((all[0].values.start, all[0].values.end), (0, start("blocks.1.conv.weight")), "stem and block 0");
        assert_eq!(all[blocks].values, start("head.conv.weight")..layout.trainable);
        let some = rates(Freeze::Blocks(2), 0.5);
        assert_eq!(some[0].values.start, start("blocks.2.conv.weight"));
        assert_eq!(some, all[2..]);
        assert_eq!(rates(Freeze::AllButHead, 0.5), all[blocks..]);
        assert_eq!(rates(Freeze::Blocks(blocks), 0.5), all[blocks..]);
    }

    #[test]
    fn impossible_parts_and_factors_are_refused() {
        let architecture = Architecture::preset("3^4").unwrap();
        let check = |freeze, layer_decay| {
            FineTuning { freeze, layer_decay, ..FineTuning::default() }.check(&architecture).map_err(|e| e.message)
        };
        check(Freeze::Blocks(architecture.blocks.len()), 1.0).unwrap();
        let message = check(Freeze::Blocks(9), 1.0).unwrap_err();
        assert!(message.starts_with("freeze must be 1 to ") && message.ends_with("received 9"), "{message}");
        assert!(check(Freeze::Blocks(0), 1.0).is_err());
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(check(Freeze::AllButHead, factor).unwrap_err().contains("above 0"));
        }
    }

    #[test]
    fn freeze_is_a_number_or_a_word() {
        let read = |text: &str| serde_json::from_str::<Freeze>(text);
        for (freeze, text) in
            [(Freeze::Nothing, "null"), (Freeze::Blocks(3), "3"), (Freeze::AllButHead, "\"all-but-head\"")]
        {
            assert_eq!((serde_json::to_string(&freeze).unwrap().as_str(), read(text).unwrap()), (text, freeze));
        }
        assert!(read("\"all\"").unwrap_err().to_string().contains("received \"all\""));
    }
}
