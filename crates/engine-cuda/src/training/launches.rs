//! The launches of a training step, in order.

use engine_core::backend::Step;
use engine_core::tape::{MapId, Operation};
use error::Result;

use super::CudaTraining;

impl CudaTraining {
    /// Launches a whole step: the input, the operations forward, then the trained ones backward, then the update.
    pub(super) fn launch(&self, operations: &[Operation], trained: &[Operation], step: &Step) -> Result<()> {
        self.launch_feed(step)?;
        operations.iter().try_for_each(|&operation| self.launch_forward(operation, step))?;
        trained.iter().rev().try_for_each(|&operation| self.launch_backward(operation, step))?;
        self.launch_update(step)
    }

    fn drops(&self, map: MapId, step: &Step) -> bool {
        step.dropout.is_some() && self.network.tape.maps[map].dropout > 0.0
    }

    pub(super) fn launch_feed(&self, step: &Step) -> Result<()> {
        self.feeder.feed(&self.network, step.batch)
    }

    pub(super) fn launch_forward(&self, operation: Operation, step: &Step) -> Result<()> {
        let (network, batch) = (&self.network, step.batch);
        match operation {
            Operation::Conv(id) => network.conv_forward(id, batch),
            Operation::Excite(id) => network.excite_forward(id, batch),
            Operation::ResidualAdd(id) => network.residual_add_forward(id, batch),
            Operation::Dropout(map) if self.drops(map, step) => network.dropout_forward(map, batch),
            Operation::Dropout(_) => Ok(()),
            Operation::GlobalPool => network.global_pool_forward(batch),
            Operation::Output => {
                network.output_forward(batch)?;
                self.loss(step.targets, batch)
            }
        }
    }

    pub(super) fn launch_backward(&self, operation: Operation, step: &Step) -> Result<()> {
        let (network, batch) = (&self.network, step.batch);
        match operation {
            Operation::Conv(id) => {
                network.conv_backward(id, batch, step.input_gradient)?;
                if network.tape.last_backward() == Some(id) {
                    network.gpu.join()
                } else {
                    Ok(())
                }
            }
            Operation::Excite(id) => network.excite_backward(id, batch),
            Operation::ResidualAdd(id) => network.residual_add_backward(id, batch),
            Operation::Dropout(map) if self.drops(map, step) => network.dropout_backward(map, batch),
            Operation::Dropout(_) => Ok(()),
            Operation::GlobalPool => network.global_pool_backward(batch),
            Operation::Output => network.output_backward(batch),
        }
    }
}
