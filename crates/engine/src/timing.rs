//! How long the steps of a plan take, for benchmarks.

use crate::tape::{Operation, Tape};

/// One step of a plan and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTime {
    /// The layer's canonical name, such as `blocks.0.conv`, or the block's and what is done there: `blocks.0.join`. Going
    /// backward it ends in ` backward`.
    pub name: String,
    /// Seconds on the clock.
    pub seconds: f64,
}

impl Tape {
    /// What an operation computes.
    pub(crate) fn name(&self, operation: Operation) -> String {
        let layer = |weight: usize| {
            let tensor = self.layout.tensors.iter().find(|t| t.offset == weight && t.name.ends_with(".weight"));
            tensor.map_or_else(|| "layer".to_string(), |t| t.name.trim_end_matches(".weight").to_string())
        };
        let block = |name: String| name.rsplit_once('.').map_or(String::new(), |(block, _)| block.to_string());
        match operation {
            Operation::Conv(id) => layer(self.convs[id].weight),
            Operation::Excite(id) => block(layer(self.excites[id].squeeze.weight)),
            Operation::Join(id) => format!("{}.join", block(layer(self.convs[self.joins[id].branch].weight))),
            Operation::Dropout(_) => "dropout".into(),
            Operation::Gather => "global".into(),
            Operation::Output => "head.out".into(),
        }
    }
}
