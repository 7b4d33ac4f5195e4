//! The names of operations in measurements.

use super::{Operation, Tape};

impl Tape {
    /// The name of what an operation computes.
    pub fn name(&self, operation: Operation) -> String {
        let layer = |weight: usize| {
            let tensor = self.layout.tensors.iter().find(|t| t.offset == weight && t.name.ends_with(".weight"));
            tensor.map_or_else(|| "layer".to_string(), |t| t.name.trim_end_matches(".weight").to_string())
        };
        let block = |name: String| name.rsplit_once('.').map_or(String::new(), |(block, _)| block.to_string());
        match operation {
            Operation::Conv(id) => layer(self.convs[id].weight),
            Operation::Excite(id) => block(layer(self.excites[id].squeeze.weight)),
            Operation::ResidualAdd(id) => {
                format!("{}.add", block(layer(self.convs[self.residual_adds[id].branch].weight)))
            }
            Operation::Dropout(_) => "dropout".into(),
            Operation::GlobalPool => "global".into(),
            Operation::Output => "head.out".into(),
        }
    }
}
