//! The output layer, its loss and its gradient.

use engine_core::backend::Step;
use error::Result;

use crate::kernels::dispatch;

use super::dense::{column_items, Activation, Dense, DenseInput, DenseWeights};
use super::load::Rows;
use super::loss::loss;
use super::weighted_loss::weighted_loss;
use super::CpuTraining;

impl CpuTraining {
    pub(super) fn output_forward(&mut self, step: &Step) -> Result<()> {
        let (state, batch) = (&self.state, step.batch);
        let map = &state.maps[state.tape.output_input];
        let (width, tags) = (map.spec.channels, state.tape.tags);
        for n in 0..batch {
            // SAFETY: nothing else runs.
            unsafe {
                let row = state.memory.write(state.hidden.part(n * width, width));
                let dropout = step.dropout.is_some();
                dispatch::run(self.level, Rows { state, map, n, count: 1, dropout, into: row });
            }
        }
        let dense = Dense {
            state,
            batch,
            from: state.hidden,
            input: width,
            output: tags,
            weight: state.value(state.tape.output.weight, tags * width),
            bias: state.value(state.tape.output.bias, tags),
            to: state.logits,
            activation: Activation::None,
        };
        self.run(column_items(tags), &dense)?;
        // SAFETY: nothing else runs.
        let (logits, gradient) = unsafe {
            let cells = batch * tags;
            (state.memory.read(state.logits.part(0, cells)), state.memory.write(state.logits_gradient.part(0, cells)))
        };
        self.losses.push(match &self.terms {
            Some(terms) => weighted_loss(logits, step.targets, terms, tags, gradient),
            None => loss(logits, step.targets, tags, gradient),
        });
        Ok(())
    }

    pub(super) fn output_backward(&self, batch: usize) -> Result<()> {
        let state = &self.state;
        let map = &state.maps[state.tape.output_input];
        let (width, tags) = (map.spec.channels, state.tape.tags);
        let weights = DenseWeights {
            state,
            batch,
            from: state.hidden,
            input: width,
            output: tags,
            gradient: state.logits_gradient,
            weight: state.gradient_of(state.tape.output.weight, tags * width),
            bias: state.gradient_of(state.tape.output.bias, tags),
        };
        self.run(column_items(tags), &weights)?;
        let input = DenseInput {
            state,
            batch,
            input: width,
            output: tags,
            gradient: state.logits_gradient,
            weight: state.value(state.tape.output.weight, tags * width),
            gate: None,
            to: map.gradient,
            factor: 1.0,
        };
        self.run(column_items(width), &input)
    }
}
