//! Training on the CPU: the tape's operations as work for a thread pool.
//!
//! Work is cut by shape alone and every reduction has a fixed order, so that results are the same bits for every number of
//! threads. Everything a step needs is laid out when the plan is made; a step allocates nothing.

mod arena;
mod backward;
mod dense;
mod dropout;
mod excite;
mod forward;
mod gather;
mod join;
mod load;
mod norm;
mod output;
mod partition;
mod product;
mod spectrogram;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod wave;
mod weights;
mod winograd;
mod work;

use error::Result;

use crate::backend::{Backend, Step, Vector};
use crate::cpu::features::CpuLevel;
use crate::cpu::pool::Pool;
use crate::mel::Mel;
use crate::philox::{Philox, Purpose};
use crate::plan_order;
use crate::segments::Segments;
use crate::tape::{ConvId, ExciteId, JoinId, MapId, Operation, Taker, Tape};
use dense::{column_items, Activation, Dense, DenseInput, DenseWeights};
use norm::channel_items;
use spectrogram::Spectrogram;
use state::State;
use work::Work;

/// A training plan on the CPU.
pub(crate) struct CpuTraining {
    state: State,
    spectrogram: Option<Spectrogram>,
    pool: Pool,
    level: CpuLevel,
    /// Segments of the last step.
    batch: usize,
    /// Of the passes since they were last asked for.
    losses: Vec<f64>,
    /// 16-bit segments as f32.
    samples: Vec<f32>,
}

impl CpuTraining {
    /// Lays out `tape` for `batch` segments on `threads` threads (0: all physical cores); `mel` is the stem of a tape that has one.
    pub(crate) fn new(tape: Tape, mel: Option<Mel>, batch: usize, threads: usize) -> Result<Self> {
        let pool = Pool::new(threads)?;
        let spectrogram = mel.zip(tape.mel).map(|(mel, places)| Spectrogram::new(mel, places, pool.threads()));
        let state = State::new(tape, batch, pool.threads())?;
        Ok(Self {
            state,
            spectrogram,
            pool,
            level: CpuLevel::chosen()?,
            batch: 0,
            losses: Vec::new(),
            samples: Vec::new(),
        })
    }

    fn run<W: Work>(&self, items: usize, work: &W) -> Result<()> {
        // SAFETY: the level is one of this processor; operations run one after the other.
        unsafe { work::run(&self.pool, self.level, items, work) }
    }

    fn conv_forward(&self, id: ConvId, step: &Step) -> Result<()> {
        let (state, batch, dropout) = (&self.state, step.batch, step.dropout.is_some());
        let conv = &state.convs[id];
        let fold = weights::Fold { state, conv };
        fold.signs();
        self.run(fold.items(), &fold)?;
        if let Some(wave) = conv.wave {
            self.run(batch, &wave::Frames { state, conv, wave })?;
            self.run(channel_items(conv.spec.to), &norm::Statistics { state, conv, batch })?;
            return self.run(channel_items(conv.spec.to), &wave::Scale { state, conv, wave });
        }
        let forward = forward::Forward { state, conv, batch, dropout };
        self.run(forward.items(), &forward)?;
        self.run(channel_items(conv.spec.to), &norm::Statistics { state, conv, batch })?;
        if let Some(norm) = &conv.spec.norm {
            let first = forward::FirstOfWindow { state, conv, gamma: norm.gamma };
            if first.is_needed() {
                self.run(batch, &first)?;
            }
        }
        Ok(())
    }

    fn conv_backward(&self, id: ConvId, step: &Step) -> Result<()> {
        let (state, batch) = (&self.state, step.batch);
        let conv = &state.convs[id];
        if let Some(wave) = conv.wave {
            if step.input_gradient {
                let blocks = state.convs[wave.reader].blocks.blocks.len();
                self.run(blocks, &wave::StoredSums { state, conv, wave, batch })?;
            }
        } else if matches!(conv.spec.taker, Taker::Map(_)) {
            self.run(conv.blocks.blocks.len(), &norm::Sums { state, conv, batch })?;
        }
        self.run(channel_items(conv.spec.to), &norm::Slopes { state, conv, batch })?;
        let (dropout, input_gradient) = (step.dropout.is_some(), step.input_gradient);
        if let Some(wave) = conv.wave {
            self.run(channel_items(conv.spec.to), &wave::WaveWeights { state, conv, wave, batch })?;
            if !input_gradient {
                return Ok(());
            }
        }
        let backward = backward::Backward { state, conv, batch, dropout, input_gradient };
        self.run(backward.items(), &backward)?;
        if conv.wave.is_some() {
            return Ok(());
        }
        let gathered = backward::Gathered { state, conv, batch };
        self.run(gathered.items(), &gathered)
    }

    fn excite_forward(&self, id: ExciteId, batch: usize) -> Result<()> {
        let state = &self.state;
        let excite = &state.excites[id];
        let (channels, hidden) = (excite.spec.channels, excite.spec.hidden);
        self.run(excite::items(excite, batch), &excite::Squeeze { state, excite })?;
        let squeeze = Dense {
            state,
            batch,
            from: excite.squeezed,
            input: channels,
            output: hidden,
            weight: state.value(excite.spec.squeeze.weight, hidden * channels),
            bias: state.value(excite.spec.squeeze.bias, hidden),
            to: excite.hidden,
            activation: Activation::Relu,
        };
        self.run(column_items(hidden), &squeeze)?;
        let expand = Dense {
            state,
            batch,
            from: excite.hidden,
            input: hidden,
            output: channels,
            weight: state.value(excite.spec.expand.weight, hidden * channels),
            bias: state.value(excite.spec.expand.bias, channels),
            to: excite.factors,
            activation: Activation::Sigmoid,
        };
        self.run(column_items(channels), &expand)
    }

    fn excite_backward(&self, id: ExciteId, batch: usize) -> Result<()> {
        let state = &self.state;
        let excite = &state.excites[id];
        let (channels, hidden) = (excite.spec.channels, excite.spec.hidden);
        self.run(excite::items(excite, batch), &excite::FactorGradient { state, excite })?;
        let expand = DenseWeights {
            state,
            batch,
            from: excite.hidden,
            input: hidden,
            output: channels,
            gradient: excite.gradient,
            weight: state.slope_of(excite.spec.expand.weight, hidden * channels),
            bias: state.slope_of(excite.spec.expand.bias, channels),
        };
        self.run(column_items(channels), &expand)?;
        let to_hidden = DenseInput {
            state,
            batch,
            input: hidden,
            output: channels,
            gradient: excite.gradient,
            weight: state.value(excite.spec.expand.weight, hidden * channels),
            gate: Some(excite.hidden),
            to: excite.hidden_gradient,
            factor: 1.0,
        };
        self.run(column_items(hidden), &to_hidden)?;
        let squeeze = DenseWeights {
            state,
            batch,
            from: excite.squeezed,
            input: channels,
            output: hidden,
            gradient: excite.hidden_gradient,
            weight: state.slope_of(excite.spec.squeeze.weight, hidden * channels),
            bias: state.slope_of(excite.spec.squeeze.bias, hidden),
        };
        self.run(column_items(hidden), &squeeze)?;
        let to_mean = DenseInput {
            state,
            batch,
            input: channels,
            output: hidden,
            gradient: excite.hidden_gradient,
            weight: state.value(excite.spec.squeeze.weight, hidden * channels),
            gate: None,
            to: excite.gradient,
            factor: 1.0 / excite.spec.length as f32,
        };
        self.run(column_items(channels), &to_mean)
    }

    fn join_blocks(&self, id: JoinId) -> usize {
        self.state.convs[self.state.joins[id].spec.branch].blocks.blocks.len()
    }

    fn draw_dropout(&self, id: MapId, step: &Step) -> Result<()> {
        let Some((seed, number)) = step.dropout else { return Ok(()) };
        let (state, batch) = (&self.state, step.batch);
        let map = &state.maps[id];
        let philox = Philox::new(seed, Purpose::Dropout, number);
        let draw = dropout::Draw { state, map, index: id, batch, philox: &philox };
        self.run(dropout::items(map, batch), &draw)
    }

    fn output_forward(&mut self, step: &Step) -> Result<()> {
        let (state, batch) = (&self.state, step.batch);
        let map = &state.maps[state.tape.output_input];
        let (width, tags) = (map.spec.channels, state.tape.tags);
        for n in 0..batch {
            // SAFETY: nothing else runs.
            unsafe {
                let row = state.memory.write(state.hidden.part(n * width, width));
                state.load_map(map, n, 0, 1, step.dropout.is_some(), row);
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
        self.losses.push(output::loss(logits, step.targets, tags, gradient));
        Ok(())
    }

    fn output_backward(&self, batch: usize) -> Result<()> {
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
            weight: state.slope_of(state.tape.output.weight, tags * width),
            bias: state.slope_of(state.tape.output.bias, tags),
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

impl Backend for CpuTraining {
    fn read(&self, vector: Vector) -> Result<Vec<f32>> {
        let state = &self.state;
        let flat = |span| {
            let from = state.memory.get(span);
            let mut to = vec![0.0; from.len()];
            plan_order::to_file(&state.tape.layout, from, &mut to);
            to
        };
        Ok(match vector {
            Vector::Values => flat(state.values),
            Vector::Velocity => flat(state.velocity),
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
        let span = match vector {
            Vector::Values => self.state.values,
            Vector::Velocity => self.state.velocity,
            Vector::Statistics => {
                self.state.memory.get_mut(self.state.statistics).copy_from_slice(values);
                return Ok(());
            }
            // Results are not set from outside.
            Vector::Gradients | Vector::Logits | Vector::InputGradient => return Ok(()),
        };
        plan_order::to_plan(&self.state.tape.layout, values, self.state.memory.get_mut(span));
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
            Operation::Join(id) => {
                let work = join::JoinForward { state, join: &state.joins[id], batch, dropout };
                self.run(self.join_blocks(id), &work)
            }
            Operation::Dropout(id) => self.draw_dropout(id, step),
            Operation::Gather => match &state.gather {
                Some(gather) => self.run(batch, &gather::GatherForward { state, gather, dropout }),
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
            Operation::Join(id) => {
                let work = join::JoinBackward { state, join: &state.joins[id], batch, index: id };
                self.run(self.join_blocks(id), &work)
            }
            Operation::Dropout(id) if step.dropout.is_some() => {
                let map = &state.maps[id];
                self.run(dropout::items(map, batch), &dropout::Pass { state, map, batch })
            }
            Operation::Dropout(_) => Ok(()),
            Operation::Gather => match &state.gather {
                Some(gather) => self.run(batch, &gather::GatherBackward { state, gather }),
                None => Ok(()),
            },
            Operation::Output => self.output_backward(batch),
        }
    }

    fn losses(&mut self, to: &mut Vec<f64>) -> Result<()> {
        to.append(&mut self.losses);
        Ok(())
    }

    fn update(&mut self, step: &Step) -> Result<()> {
        let Some(update) = &step.update else { return Ok(()) };
        let work = update::Nesterov { state: &self.state, update };
        self.run(work.items(), &work)
    }
}
