//! The update of a training plan on a GPU, and the loss with weights: their memory and their launches.

use engine_core::backend::Step;
use engine_core::{Formula, LossTerms, StepUpdate, Targets, UpdateRule, BETA1, BETA2, EPSILON, NORM_EPSILON};
use error::Result;

use super::CudaTraining;
use crate::gpu::{launch, Address, Gpu, Kernel, Shape};
use crate::ops::head::loss_shape;

/// The number of values whose squares one block adds.
const RUN: usize = 1 << 15;

/// The memory of updates beyond the velocity, and of weights in the loss. It is allocated when it is first needed; null
/// before.
#[derive(Default)]
pub(super) struct OptimiserMemory {
    /// Adam's mean of the squared gradients.
    pub(super) squares: Address,
    /// The gradient of several batches.
    pub(super) accumulated: Address,
    /// The sums of squares of the runs of the gradient, f64, and the factor that limits its norm.
    sums: Address,
    scale: Address,
    /// The smoothing of targets, if the loss is not the plain one, and the weights of the tags.
    smoothing: Option<f32>,
    weights: Address,
}

impl OptimiserMemory {
    /// Allocates what updates of `count` parameters in `runs` trained runs by `rule` need.
    pub(super) fn prepare(&mut self, gpu: &mut dyn Gpu, rule: UpdateRule, count: usize, runs: usize) -> Result<()> {
        if rule.optimiser.keeps_squares() && self.squares == Address::NULL {
            self.squares = gpu.allocate(count * size_of::<f32>())?;
        }
        if rule.accumulates && self.accumulated == Address::NULL {
            self.accumulated = gpu.allocate(count * size_of::<f32>())?;
        }
        if rule.largest_norm.is_some() && self.sums == Address::NULL {
            self.sums = gpu.allocate((count.div_ceil(RUN) + runs) * size_of::<f64>())?;
            self.scale = gpu.allocate(size_of::<f32>())?;
        }
        Ok(())
    }

    /// Uses `terms` for the losses from now on.
    pub(super) fn weigh(&mut self, gpu: &mut dyn Gpu, terms: Option<&LossTerms>) -> Result<()> {
        self.smoothing = terms.map(|terms| terms.smoothing);
        self.weights = Address::NULL;
        if let Some(terms) = terms.filter(|terms| !terms.weights.is_empty()) {
            self.weights = gpu.allocate(size_of_val(terms.weights.as_slice()))?;
            gpu.upload(self.weights, bytemuck::cast_slice(&terms.weights))?;
        }
        Ok(())
    }
}

impl CudaTraining {
    /// Computes the loss for the packet's targets, and the gradient of the logits.
    pub(super) fn loss(&self, targets: Targets, batch: usize) -> Result<()> {
        let (network, memory, tags) = (&self.network, &self.network.memory, self.network.tape.tags);
        let kernel = match targets {
            Targets::Tags(_) => Kernel::WeightedLossTags,
            Targets::Classes(_) => Kernel::WeightedLossClasses,
            Targets::Distributions(_) => Kernel::WeightedLossDistributions,
            // A gradient given by the caller is used as it is.
            Targets::LogitGradient(_) => return network.loss(targets, batch),
        };
        let Some(smoothing) = self.optimiser.smoothing else { return network.loss(targets, batch) };
        launch!(
            network.gpu,
            kernel,
            loss_shape(targets, batch, tags).0,
            [
                memory.logits,
                memory.packet.targets,
                memory.logits_gradient,
                memory.losses,
                tags as u32,
                batch as u32,
                self.optimiser.weights,
                smoothing,
            ],
        )?;
        network.mean_loss(targets, batch)
    }

    /// Adds the gradients to those of the update's other batches, and updates the parameters, if the step asks for it.
    pub(super) fn launch_update(&self, step: &Step) -> Result<()> {
        let (memory, count) = (&self.network.memory, self.network.tape.layout.trainable);
        let (gpu, packet) = (&self.network.gpu, memory.packet.start);
        let mut gradients = memory.gradients;
        if step.share.is_some() {
            let arguments = (self.optimiser.accumulated, gradients);
            let shape = Shape::line(count).moving(count * 12);
            launch!(gpu, Kernel::Accumulate, shape, [arguments.0, arguments.1, count as u64, packet])?;
            gradients = self.optimiser.accumulated;
        }
        let Some(StepUpdate { formula, largest_norm, .. }) = step.update else { return Ok(()) };
        let mut scale = Address::NULL;
        let rates = &self.network.tape.rates;
        if largest_norm.is_some() {
            let (sums, mut runs) = (self.optimiser.sums, 0);
            scale = self.optimiser.scale;
            for rate in rates {
                let (start, count) = (rate.values.start as isize, rate.values.len());
                let shape = Shape::teams(count.div_ceil(RUN)).moving(count * 4);
                // A sum is as long as two floats.
                let to = sums.floats(2 * runs as isize);
                launch!(gpu, Kernel::SquareSums, shape, [gradients.floats(start), to, count as u64, RUN as u32])?;
                runs += count.div_ceil(RUN);
            }
            launch!(gpu, Kernel::NormScale, Shape::teams(1), [sums, runs as u32, scale, packet, NORM_EPSILON])?;
        }
        for rate in rates {
            let (start, count) = (rate.values.start as isize, rate.values.len());
            let at = |vector: Address| vector.floats(start);
            match formula {
                Formula::Nesterov { .. } => launch!(
                    gpu,
                    Kernel::Nesterov,
                    Shape::line(count).moving(count * 20),
                    [at(memory.values), at(memory.velocity), at(gradients), count as u64, scale, packet, rate.factor]
                ),
                Formula::Adam { .. } => launch!(
                    gpu,
                    Kernel::Adam,
                    Shape::line(count).moving(count * 28),
                    [
                        at(memory.values),
                        at(memory.velocity),
                        at(self.optimiser.squares),
                        at(gradients),
                        count as u64,
                        scale,
                        packet,
                        rate.factor,
                        (1.0 - BETA1) as f32,
                        BETA2 as f32,
                        (1.0 - BETA2) as f32,
                        EPSILON as f32,
                    ]
                ),
            }?;
        }
        self.network.take_values()
    }
}
