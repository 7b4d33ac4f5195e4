//! A pass to compare with the twin: the values that its operations read and wrote.

use std::collections::HashMap;

use engine_core::backend::{Step, TrainingBackend, Vector};
use engine_core::tape::{Consumer, Excited, MapId, Operation, Tape};
use engine_core::{Precision, Targets};
use net::Architecture;
use twin::{dropout, Map};

use super::{agree, agree_in_mean, noise, wide};
use crate::cpu::Cpu;
use crate::kernels::dispatch;
use crate::train::load::Rows;
use crate::train::CpuTraining;

/// One pass of a plan, with everything that its operations wrote.
pub(super) struct Pass {
    pub(super) training: CpuTraining,
    pub(super) values: Vec<f64>,
    pub(super) first_statistics: Vec<f64>,
    pub(super) statistics: Vec<f64>,
    pub(super) gradients: Vec<f64>,
    pub(super) batch: usize,
    /// The gradient of every map, as computed before it was replaced by noise.
    pub(super) arrived: HashMap<MapId, Vec<f64>>,
    /// The gradient of every map according to the twin, and the factor by which its limit is enlarged.
    pub(super) shares: HashMap<MapId, (Map, f64)>,
    /// The maps whose gradients are computed with bf16 products, and the limit of their error.
    pub(super) rounded: HashMap<MapId, f64>,
    name: String,
}

impl Pass {
    /// Runs the forward and backward pass of `batch` segments in a plan for `room` segments.
    pub(super) fn run(name: &str, architecture: &Architecture, room: usize, batch: usize, tags: &[f32]) -> Self {
        Self::run_in(Precision::F32, name, architecture, (room, batch), tags)
    }

    /// As [`Pass::run`], in a precision.
    pub(super) fn run_in(
        precision: Precision,
        name: &str,
        architecture: &Architecture,
        (room, batch): (usize, usize),
        tags: &[f32],
    ) -> Self {
        let cpu = Cpu { threads: 2, precision };
        architecture.validate().unwrap();
        let tape = Tape::compile(architecture, tags.len() / batch).unwrap();
        let mut training = CpuTraining::new(tape.clone(), None, room, cpu, ("training", &|_| 0)).unwrap();
        let layout = &tape.layout;
        let mut parameters = net::Parameters::zeros(layout);
        for (index, spec) in layout.tensors.iter().enumerate() {
            let fan = spec.shape[1..].iter().product::<usize>() as f32;
            for (to, u) in parameters.tensor_mut(spec).iter_mut().zip(noise(index as u64 + 1)) {
                *to = match spec.role {
                    // Gamma has both signs: a negative gamma turns a maximum into a minimum.
                    net::TensorRole::NormWeight => 1.5 * u,
                    net::TensorRole::RunningVar => 1.0 + 0.5 * u,
                    net::TensorRole::ConvWeight | net::TensorRole::ShortcutWeight | net::TensorRole::DenseWeight => {
                        u * (6.0 / fan).sqrt()
                    }
                    _ => 0.1 * u,
                };
            }
        }
        training.write(Vector::Values, &parameters.trainable).unwrap();
        training.write(Vector::Statistics, &parameters.statistics).unwrap();
        let input: Vec<f32> = noise(1000).take(batch * architecture.input_length).collect();
        let (targets, dropout) = (Targets::Tags(tags), Some((1, 0)));
        let step = Step { batch, targets, update: None, share: None, dropout, input_gradient: true };
        training.upload(input.as_slice().into(), &step).unwrap();
        tape.operations.iter().for_each(|&operation| training.forward(operation, &step).unwrap());
        let mut arrived = HashMap::new();
        for &operation in tape.operations.iter().rev() {
            if let Some(id) = finished_map(&tape, operation).filter(|id| !arrived.contains_key(id)) {
                let map = &training.state.maps[id];
                let count = batch * map.spec.length * map.spec.channels;
                let gradient = &mut training.state.memory.get_mut(map.gradient)[..count];
                arrived.insert(id, wide(gradient));
                gradient.iter_mut().zip(noise(3000 + id as u64)).for_each(|(to, u)| *to = u);
            }
            training.backward(operation, &step).unwrap();
        }
        Self {
            arrived,
            values: wide(&parameters.trainable),
            first_statistics: wide(&parameters.statistics),
            statistics: wide(&training.read(Vector::Statistics).unwrap()),
            gradients: wide(&training.read(Vector::Gradients).unwrap()),
            training,
            batch,
            shares: HashMap::new(),
            rounded: HashMap::new(),
            name: name.into(),
        }
    }

    pub(super) fn agree(&self, what: &str, ours: &[f64], truth: &[f64], limit: f64) {
        agree(&format!("{}: {what}", self.name), ours, truth, limit);
    }

    pub(super) fn agree_in_mean(&self, what: &str, ours: &[f64], truth: &[f64], limit: f64) {
        agree_in_mean(&format!("{}: {what}", self.name), ours, truth, limit);
    }

    pub(super) fn tape(&self) -> &Tape {
        &self.training.state.tape
    }

    /// A map as the next operation reads it.
    pub(super) fn map(&self, id: MapId) -> Map {
        let state = &self.training.state;
        let map = &state.maps[id];
        let (length, channels) = (map.spec.length, map.spec.channels);
        let mut values = vec![0.0; self.batch * length * channels];
        for (n, segment) in values.chunks_exact_mut(length * channels).enumerate() {
            // SAFETY: nothing runs.
            unsafe {
                dispatch::run(self.training.level, Rows { state, map, n, count: length, dropout: true, into: segment })
            };
        }
        Map::new(self.batch, length, channels, wide(&values))
    }

    /// The noise that was given as gradient to the operation that produces the map, after the map's dropout.
    pub(super) fn gradient(&self, id: MapId) -> Map {
        let map = &self.training.state.maps[id];
        let (length, channels) = (map.spec.length, map.spec.channels);
        let values = &self.training.state.memory.get(map.gradient)[..self.batch * length * channels];
        Map::new(self.batch, length, channels, wide(values))
    }

    /// Applies the dropout of a map to `x`, in the forward or backward pass.
    pub(super) fn dropped(&self, id: MapId, x: Map) -> Map {
        let state = &self.training.state;
        match state.maps[id].mask {
            None => x,
            Some(mask) => {
                let kept: Vec<bool> = state.bytes.get(mask)[..x.values.len()].iter().map(|&byte| byte != 0).collect();
                dropout::apply(x, &kept, state.maps[id].spec.dropout)
            }
        }
    }

    pub(super) fn value(&self, start: usize, len: usize) -> &[f64] {
        &self.values[start..start + len]
    }

    pub(super) fn check_gradient(&self, what: &str, start: usize, truth: &[f64], limit: f64) {
        self.agree(what, &self.gradients[start..start + truth.len()], truth, limit);
    }

    /// Adds the contribution of one consumer to a map's gradient.
    pub(super) fn share(&mut self, id: MapId, share: Map, stretch: f64) {
        let (sum, most) = self.shares.entry(id).or_insert_with(|| (share.like(), 1.0));
        sum.add(&share);
        *most = most.max(stretch);
    }
}

/// The map whose gradient is complete when `operation` runs backward.
fn finished_map(tape: &Tape, operation: Operation) -> Option<MapId> {
    match operation {
        Operation::Conv(id) => match tape.convs[id].consumer {
            Consumer::Map(map) => Some(map),
            Consumer::Branch(_) | Consumer::Shortcut(_) => None,
        },
        Operation::Excite(id) => match tape.excites[id].of {
            Excited::Map(map) => Some(map),
            Excited::Branch(_) => None,
        },
        Operation::ResidualAdd(id) => Some(tape.residual_adds[id].output),
        Operation::Dropout(map) => Some(map),
        Operation::GlobalPool => tape.global_pool.as_ref().map(|global_pool| global_pool.output),
        Operation::Output => None,
    }
}
