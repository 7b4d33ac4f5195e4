//! Values inside a network that an inference plan returns beside the logits.

use net::graph::NodeId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A value of a network that an inference plan returns for every segment: one row per segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tap {
    /// The output of a node after ReLU and pool, reduced over time: one value per channel.
    Output {
        /// The node in [`net::Graph::nodes`].
        node: NodeId,
        /// The reduction over the time of the segment.
        reduction: Reduction,
    },
    /// The factors of a squeeze-and-excitation, after the sigmoid: one value in 0..1 per channel.
    Factors {
        /// The excitation's node in [`net::Graph::nodes`].
        node: NodeId,
    },
}

/// A reduction of several values to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// The largest value.
    Max,
    /// The mean.
    Mean,
}

impl Tap {
    /// The node that it reads.
    pub fn node(self) -> NodeId {
        match self {
            Self::Output { node, .. } | Self::Factors { node } => node,
        }
    }
}
