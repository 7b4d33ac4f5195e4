//! Training on the CPU: the operations of the tape as work for a thread pool.
//!
//! Work is divided by shape alone and every reduction has a fixed order, so that results have the same bits for every
//! number of threads. All memory of a step is laid out when the plan is created; a step allocates nothing.

mod arena;
mod clock;
mod conv;
mod dense;
mod dropout;
mod excite;
mod global_pool;
mod load;
mod loss;
mod optimiser_memory;
mod output;
mod partition;
mod product;
mod residual_add;
mod scratch;
mod spectrogram;
mod state;
#[cfg(test)]
mod tests;
mod tiles;
mod update;
mod weighted_loss;
mod work;

use engine_core::backend::{Step, TrainingBackend, Vector};
use engine_core::pool::Pool;
use engine_core::tape::{MapId, Operation, ResidualAddId, Tape};
use engine_core::{plan_order, Formula, LossTerms, Mel, Precision, Segments, UpdateRule};
use error::Result;

use crate::cpu::Cpu;
use crate::features::{check_bf16, CpuLevel};
use crate::kernels::dispatch;
use load::Rows;
use optimiser_memory::OptimiserMemory;
use spectrogram::Spectrogram;
use state::State;
use work::Work;

/// A training plan on the CPU.
pub(crate) struct CpuTraining {
    state: State,
    optimiser: OptimiserMemory,
    /// How targets become a loss, where it is not the plain one.
    terms: Option<LossTerms>,
    spectrogram: Option<Spectrogram>,
    pool: Pool,
    level: CpuLevel,
    /// The number of segments in the last step.
    batch: usize,
    /// The losses of the passes since the losses were last read.
    losses: Vec<f64>,
    /// Buffer for 16-bit segments converted to f32.
    samples: Vec<f32>,
}

impl CpuTraining {
    /// Lays out `tape` for `batch` segments on the threads of `cpu` and in its precision, f32 or bf16. `mel` is the mel
    /// stem, for a tape that has one. `beside` gives the name of the plan for messages and the bytes of an additional
    /// plan as a function of the batch size; memory for both plans must be available.
    pub(crate) fn new(
        tape: Tape,
        mel: Option<Mel>,
        batch: usize,
        cpu: Cpu,
        beside: (&str, &dyn Fn(usize) -> u128),
    ) -> Result<Self> {
        if cpu.precision == Precision::Bf16 {
            check_bf16()?;
        }
        let pool = Pool::new(cpu.threads)?;
        let spectrogram = mel.zip(tape.mel).map(|(mel, places)| Spectrogram::new(mel, places, pool.threads()));
        let state = State::new(tape, cpu.precision, (batch, pool.threads()), beside, scratch::most)?;
        Ok(Self {
            state,
            optimiser: OptimiserMemory::default(),
            terms: None,
            spectrogram,
            pool,
            level: CpuLevel::chosen()?,
            batch: 0,
            losses: Vec::new(),
            samples: Vec::new(),
        })
    }

    fn run<W: Work>(&self, items: usize, work: &W) -> Result<()> {
        // SAFETY: this processor supports the level; operations run one after the other.
        unsafe { work::run(&self.pool, &self.state.clock, self.level, items, work) }
    }

    fn residual_add_blocks(&self, id: ResidualAddId) -> usize {
        self.state.convs[self.state.residual_adds[id].spec.branch].blocks.blocks.len()
    }
}

impl TrainingBackend for CpuTraining {
    fn read(&self, vector: Vector) -> Result<Vec<f32>> {
        let state = &self.state;
        let ordered = |from: &[f32]| {
            let mut to = vec![0.0; from.len()];
            plan_order::to_file(&state.tape.layout, from, &mut to);
            to
        };
        let flat = |span| ordered(state.memory.get(span));
        Ok(match vector {
            Vector::Values => flat(state.values),
            Vector::Velocity => flat(state.velocity),
            Vector::Squares => ordered(self.optimiser.squares.get()),
            Vector::Accumulated => ordered(self.optimiser.accumulated.get()),
            Vector::Gradients => flat(state.gradients),
            Vector::Statistics => state.memory.get(state.statistics).to_vec(),
            Vector::Logits => state.memory.get(state.logits)[..self.batch * state.tape.tags].to_vec(),
            Vector::InputGradient => {
                let length = state.maps[0].spec.length;
                state.memory.get(state.maps[0].gradient)[..self.batch * length].to_vec()
            }
        })
    }

    fn write(&mut self, vector: Vector, values: &[f32]) -> Result<()> {
        let to = match vector {
            Vector::Values => self.state.memory.get_mut(self.state.values),
            Vector::Velocity => self.state.memory.get_mut(self.state.velocity),
            Vector::Squares => self.optimiser.squares.get_mut(),
            Vector::Accumulated => self.optimiser.accumulated.get_mut(),
            Vector::Statistics => {
                self.state.memory.get_mut(self.state.statistics).copy_from_slice(values);
                return Ok(());
            }
            // Results cannot be set.
            Vector::Gradients | Vector::Logits | Vector::InputGradient => return Ok(()),
        };
        plan_order::to_plan(&self.state.tape.layout, values, to);
        Ok(())
    }

    fn prepare(&mut self, rule: UpdateRule) -> Result<()> {
        self.optimiser.prepare(rule, self.state.values.len)
    }

    fn weigh(&mut self, terms: Option<&LossTerms>) -> Result<()> {
        self.terms = terms.cloned();
        Ok(())
    }

    fn upload(&mut self, segments: Segments, step: &Step) -> Result<()> {
        let input = segments.samples(&mut self.samples)?;
        self.batch = step.batch;
        if let Some(spectrogram) = &self.spectrogram {
            return spectrogram.feed(&self.state, &self.pool, input);
        }
        let data = self.state.maps[0].data;
        self.state.memory.get_mut(data)[..input.len()].copy_from_slice(input);
        Ok(())
    }

    fn feed(&mut self, _: &Step) -> Result<()> {
        Ok(())
    }

    fn forward(&mut self, operation: Operation, step: &Step) -> Result<()> {
        let (state, batch, dropout) = (&self.state, step.batch, step.dropout.is_some());
        match operation {
            Operation::Conv(id) => self.conv_forward(id, step),
            Operation::Excite(id) => self.excite_forward(id, batch),
            Operation::ResidualAdd(id) => {
                let work =
                    residual_add::ResidualAddForward { state, addition: &state.residual_adds[id], batch, dropout };
                self.run(self.residual_add_blocks(id), &work)
            }
            Operation::Dropout(id) => self.draw_dropout(id, step),
            Operation::GlobalPool => match &state.global_pool {
                Some(global_pool) => self.run(batch, &global_pool::GlobalPoolForward { state, global_pool, dropout }),
                None => Ok(()),
            },
            Operation::Output => self.output_forward(step),
        }
    }

    fn backward(&mut self, operation: Operation, step: &Step) -> Result<()> {
        let (state, batch) = (&self.state, step.batch);
        match operation {
            Operation::Conv(id) => self.conv_backward(id, step),
            Operation::Excite(id) => self.excite_backward(id, batch),
            Operation::ResidualAdd(id) => {
                let work =
                    residual_add::ResidualAddBackward { state, addition: &state.residual_adds[id], batch, index: id };
                self.run(self.residual_add_blocks(id), &work)
            }
            Operation::Dropout(id) if step.dropout.is_some() => {
                let map = &state.maps[id];
                self.run(dropout::items(map, batch), &dropout::Pass { state, map, batch })
            }
            Operation::Dropout(_) => Ok(()),
            Operation::GlobalPool => match &state.global_pool {
                Some(global_pool) => self.run(batch, &global_pool::GlobalPoolBackward { state, global_pool }),
                None => Ok(()),
            },
            Operation::Output => self.output_backward(batch),
        }
    }

    fn parts(&mut self) -> Vec<(&'static str, f64)> {
        self.state.clock.read()
    }

    fn returns_maps(&self) -> bool {
        true
    }

    fn map_values(&self, map: MapId, batch: usize) -> Result<Vec<f32>> {
        let map = &self.state.maps[map];
        let (length, size) = (map.spec.length, map.spec.length * map.spec.channels);
        let mut values = vec![0.0; batch * size];
        for (n, row) in values.chunks_exact_mut(size).enumerate() {
            // SAFETY: nothing else runs.
            unsafe {
                dispatch::run(self.level, Rows { state: &self.state, map, n, count: length, dropout: false, into: row })
            };
        }
        Ok(values)
    }

    fn losses(&mut self, to: &mut Vec<f64>) -> Result<()> {
        to.append(&mut self.losses);
        Ok(())
    }

    fn update(&mut self, step: &Step) -> Result<()> {
        let gradients = update::Gradients { state: &self.state, optimiser: &self.optimiser, step };
        if let Some(share) = step.share {
            self.run(gradients.items(), &update::Accumulate { gradients, share })?;
        }
        let Some(update) = &step.update else { return Ok(()) };
        let scale = match update.largest_norm {
            Some(largest) => {
                self.run(gradients.items(), &update::Squares { gradients })?;
                gradients.scale(largest)
            }
            None => 1.0,
        };
        let gradients = update::Scaled { gradients, scale, penalty: update.penalty };
        match update.formula {
            Formula::Nesterov { learning_rate, momentum } => {
                self.run(gradients.items(), &update::Nesterov { gradients, learning_rate, momentum })
            }
            Formula::Adam { step, root, shrink } => {
                self.run(gradients.items(), &update::Adam { gradients, step, root, shrink })
            }
        }
    }
}
