//! The canonical parameter names, shapes and their order in the flat vectors.

use error::{Code, Error, Result};

use crate::architecture::Architecture;
use crate::graph::{Graph, Node};
use crate::tensor::TensorSpec;

/// Every tensor of a network, in the order of the forward pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Trainable tensors and statistics.
    pub tensors: Vec<TensorSpec>,
    /// Values the optimiser moves: weights, biases, gamma, beta. This is the "# of parameters" of the papers.
    pub trainable: usize,
    /// Values that are only tracked.
    pub statistics: usize,
}

/// The numbers of a network, in the order of its [`Layout`], each tensor in its file layout.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Parameters {
    /// Weights, biases, gamma, beta.
    pub trainable: Vec<f32>,
    /// Running statistics.
    pub statistics: Vec<f32>,
}

impl Layout {
    /// The layout of `architecture` with `tags` outputs.
    pub fn new(architecture: &Architecture, tags: usize) -> Self {
        Self::of(&Graph::new(architecture, tags))
    }

    /// The layout of a network: the tensors of its nodes, one after the other.
    pub fn of(graph: &Graph) -> Self {
        let tensors: Vec<TensorSpec> = graph.nodes.iter().flat_map(Node::tensors).cloned().collect();
        let values = |statistic: bool| {
            tensors.iter().filter(|spec| spec.role.is_statistic() == statistic).map(TensorSpec::len).sum()
        };
        let (trainable, statistics) = (values(false), values(true));
        Self { tensors, trainable, statistics }
    }

    /// The tensor called `name`.
    pub fn find(&self, name: &str) -> Option<&TensorSpec> {
        self.tensors.iter().find(|t| t.name == name)
    }
}

impl Parameters {
    /// All zeros, in the sizes of `layout`.
    pub fn zeros(layout: &Layout) -> Self {
        Self { trainable: vec![0.0; layout.trainable], statistics: vec![0.0; layout.statistics] }
    }

    /// The same, where the memory may not be there.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`] where the system does not give it.
    pub fn try_zeros(layout: &Layout) -> Result<Self> {
        let zeros = |count: usize| {
            let mut values = Vec::new();
            values.try_reserve_exact(count).map_err(|_| {
                let bytes = count as u128 * size_of::<f32>() as u128;
                let why = format!(
                    "the system did not give the {} MiB that the network's parameters need: free memory, or take a smaller \
                     network",
                    bytes.div_ceil(1 << 20)
                );
                Error::new(Code::InvalidOption, why)
            })?;
            values.resize(count, 0.0);
            Ok(values)
        };
        Ok(Self { trainable: zeros(layout.trainable)?, statistics: zeros(layout.statistics)? })
    }

    /// The values of one tensor.
    pub fn tensor(&self, spec: &TensorSpec) -> &[f32] {
        let from = if spec.role.is_statistic() { &self.statistics } else { &self.trainable };
        &from[spec.offset..spec.offset + spec.len()]
    }

    /// The values of one tensor, to be written.
    pub fn tensor_mut(&mut self, spec: &TensorSpec) -> &mut [f32] {
        let from = if spec.role.is_statistic() { &mut self.statistics } else { &mut self.trainable };
        &mut from[spec.offset..spec.offset + spec.len()]
    }
}
