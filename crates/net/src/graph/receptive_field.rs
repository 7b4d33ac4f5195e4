//! The receptive fields of a network's layers.

use super::node::Operation;
use super::Graph;
use crate::architecture::Pool;

/// The receptive field of one output position of a layer, and the distance between two output positions, both in
/// samples of the waveform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceptiveField {
    /// The number of samples that one position depends on, including padding. It can be larger than the segment.
    pub samples: usize,
    /// The number of samples from one position to the next. For a layer on one position, it is the length of the
    /// segment.
    pub hop: usize,
}

impl ReceptiveField {
    /// The receptive field after a filter with `kernel` positions and the given `stride`.
    fn filtered(self, kernel: usize, stride: usize) -> Self {
        let samples = self.samples.saturating_add(kernel.saturating_sub(1).saturating_mul(self.hop));
        Self { samples, hop: self.hop.saturating_mul(stride) }
    }

    fn pooled(self, pool: Pool) -> Self {
        self.filtered(pool.size, pool.size)
    }

    /// The receptive field of a layer that reads all of the `length` positions.
    fn whole(self, length: usize, segment: usize) -> Self {
        let rest = length.saturating_sub(1).saturating_mul(self.hop);
        Self { samples: self.samples.saturating_add(rest), hop: segment }
    }
}

impl Graph {
    /// The receptive field of every node, in order. The field of a residual addition is that of its branch. The factors
    /// of an excitation depend on the whole map; this is not counted for the map that they scale.
    pub fn receptive_fields(&self) -> Vec<ReceptiveField> {
        let mut fields: Vec<ReceptiveField> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            fields.push(match &node.operation {
                Operation::Input => ReceptiveField { samples: 1, hop: 1 },
                Operation::Standardisation(standardisation) => fields[standardisation.input],
                Operation::SignedLog(log) => fields[log.input],
                Operation::MelSpectrogram(mel) => fields[mel.input].filtered(mel.window, mel.hop),
                Operation::Conv(conv) => fields[conv.input].filtered(conv.kernel, conv.stride).pooled(conv.pool),
                Operation::Excitation(excitation) => fields[excitation.input],
                Operation::ResidualAdd(add) => fields[add.branch].pooled(add.pool),
                Operation::Dropout(dropout) => fields[dropout.input],
                // The last level has the largest field.
                Operation::GlobalPool(pool) => match pool.levels.last() {
                    Some(&level) => self.whole_field(&fields, level),
                    None => ReceptiveField { samples: 1, hop: 1 },
                },
                Operation::Dense(dense) => self.whole_field(&fields, dense.input),
            });
        }
        fields
    }

    /// The receptive field of a layer that reads all positions of `node`, given the fields of all nodes up to it.
    pub(crate) fn whole_field(&self, fields: &[ReceptiveField], node: usize) -> ReceptiveField {
        fields[node].whole(self.nodes[node].output.length, self.nodes[0].output.length)
    }
}
