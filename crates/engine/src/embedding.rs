//! The embedding of a clip: which hidden layers, and how they are reduced to one vector.

use engine_core::{Reduction, Tap};
use error::{Code, Error, Result};
use net::{Architecture, Graph};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The embedding of a clip: the outputs of hidden layers, reduced over the time of each segment, then over the segments
/// of the clip (section 4 of the paper: maximum, then mean). In JSON the names are camelCase; unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Embedding {
    /// The hidden layers, counted from the end: -1 is the head's hidden layer after ReLU, -2 the output of the last
    /// block, -3 that of the block before it. The vector has their values in this order. Default: -1.
    pub levels: Vec<i32>,
    /// The reduction over the time of a segment. Default: max.
    #[ts(inline)]
    pub within_segment: Reduction,
    /// The reduction over the segments of a clip. Default: mean.
    #[ts(inline)]
    pub across_segments: Reduction,
}

impl Default for Embedding {
    fn default() -> Self {
        Self { levels: vec![-1], within_segment: Reduction::Max, across_segments: Reduction::Mean }
    }
}

impl Embedding {
    /// The taps of an inference plan that returns the levels.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for no levels, for a level that occurs twice, and for a level that the network does not
    /// have.
    pub fn taps(&self, architecture: &Architecture, tags: usize) -> Result<Vec<Tap>> {
        let graph = Graph::new(architecture, tags);
        let refused = |received: String| {
            let message = format!(
                "levels must be different numbers from -1 (the layer before the output) to -{} (the first block of \
                 this network), received {received}",
                graph.level_count()
            );
            Error::new(Code::InvalidOption, message)
        };
        if self.levels.is_empty() {
            return Err(refused("none".into()));
        }
        let tap = |(index, &level): (usize, &i32)| match graph.level(level) {
            Some(node) if !self.levels[..index].contains(&level) => {
                Ok(Tap::Output { node, reduction: self.within_segment })
            }
            Some(_) => Err(refused(format!("{level} twice"))),
            None => Err(refused(level.to_string())),
        };
        self.levels.iter().enumerate().map(tap).collect()
    }

    /// The number of values of each level, in the order of `levels`.
    ///
    /// # Errors
    /// Those of [`Embedding::taps`].
    pub fn widths(&self, architecture: &Architecture, tags: usize) -> Result<Vec<usize>> {
        let (taps, graph) = (self.taps(architecture, tags)?, Graph::new(architecture, tags));
        Ok(taps.iter().map(|tap| graph.nodes[tap.node()].output.channels).collect())
    }
}
