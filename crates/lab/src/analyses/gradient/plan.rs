//! The layers below the chosen one, as a list of steps that run forward and backward.

use engine::Normaliser;
use error::{Code, Error, Result};
use net::graph::{Graph, NodeId, Operation, SignedLog, Standardisation};
use net::{Architecture, Layout, Parameters};

use super::activation::Activation;
use super::conv::Conv;
use super::excite::{Excite, Excited};
use super::filter::Filters;
use super::norm::Norm;
use super::rows::Rows;
use super::Statistics;

/// One layer below the chosen one.
enum Step {
    /// The signals.
    Input,
    /// The normalisation of the signals.
    Normalise {
        input: NodeId,
        normaliser: Normaliser,
        rows: Rows,
    },
    Conv {
        input: NodeId,
        conv: Conv,
        norm: Norm,
        activation: Activation,
    },
    Excite {
        input: NodeId,
        excite: Excite,
    },
    Add {
        branch: NodeId,
        shortcut: NodeId,
        /// Ones and zeros, `[channels]`: there is no norm.
        line: (Vec<f32>, Vec<f32>),
        activation: Activation,
    },
    /// Dropout, which passes everything here.
    Pass {
        input: NodeId,
    },
}

/// The chosen layer: its output after the ReLU and before the pool.
enum Target {
    Conv { input: NodeId, filters: Filters },
    Add { branch: NodeId, shortcut: NodeId, rows: Rows },
}

/// All steps, and the chosen layer.
pub(super) struct Plan {
    steps: Vec<Step>,
    rows: Vec<Rows>,
    target: Target,
}

/// The values of one layer during a pass.
#[derive(Default)]
struct State {
    out: Vec<f32>,
    grad: Vec<f32>,
    /// The values before ReLU and pool: normalised, or the sum of branch and shortcut.
    before: Vec<f32>,
    inverse: Vec<f32>,
    chosen: Vec<u32>,
    excited: Excited,
}

/// The memory of a pass over up to a fixed number of signals.
pub(super) struct Memory {
    states: Vec<State>,
    /// The gradient of the values before ReLU and pool.
    d: Vec<f32>,
}

impl Plan {
    /// The steps below `node` of `graph`, the graph of `architecture`.
    pub fn new(
        graph: &Graph,
        node: NodeId,
        architecture: &Architecture,
        parameters: &Parameters,
        statistics: Statistics,
    ) -> Result<Self> {
        let below = &graph.nodes[..node];
        let gap = graph.nodes[..=node]
            .iter()
            .map(|node| match &node.operation {
                Operation::Conv(conv) => conv.padding[0].max(conv.padding[1]),
                _ => 0,
            })
            .max()
            .unwrap_or(0);
        let rows: Vec<Rows> =
            below.iter().map(|n| Rows { length: n.output.length, channels: n.output.channels, gap }).collect();
        let eps = architecture.norm.eps;
        let mut steps = Vec::new();
        for (index, node) in below.iter().enumerate() {
            let after = rows[index];
            steps.push(match &node.operation {
                Operation::Input => Step::Input,
                Operation::Standardisation(Standardisation { input, .. })
                | Operation::SignedLog(SignedLog { input }) => {
                    let normaliser = Normaliser::of(architecture, &Layout::of(graph), parameters)?;
                    let normaliser = normaliser.ok_or_else(|| not_a_filter(&node.name))?;
                    Step::Normalise { input: *input, normaliser, rows: after }
                }
                Operation::Conv(layer) => {
                    let before = Rows { length: layer.length, ..after };
                    Step::Conv {
                        input: layer.input,
                        conv: Conv::new(layer, parameters, rows[layer.input], before),
                        norm: Norm::new(layer, parameters, statistics, eps),
                        activation: Activation { relu: layer.relu, pool: layer.pool, before, after },
                    }
                }
                Operation::Excitation(layer) => {
                    Step::Excite { input: layer.input, excite: Excite::new(layer, parameters, after) }
                }
                Operation::ResidualAdd(add) => {
                    let before = Rows { length: add.length, ..after };
                    Step::Add {
                        branch: add.branch,
                        shortcut: add.shortcut.node(),
                        line: (vec![1.0; after.channels], vec![0.0; after.channels]),
                        activation: Activation { relu: true, pool: add.pool, before, after },
                    }
                }
                Operation::Dropout(dropout) => Step::Pass { input: dropout.input },
                Operation::MelSpectrogram(_) | Operation::GlobalPool(_) | Operation::Dense(_) => {
                    return Err(not_a_filter(&node.name));
                }
            });
        }
        let target = match &graph.nodes[node].operation {
            Operation::Conv(conv) => Target::Conv {
                input: conv.input,
                filters: Filters::new(conv, parameters, rows[conv.input], statistics, eps),
            },
            Operation::ResidualAdd(add) => {
                Target::Add { branch: add.branch, shortcut: add.shortcut.node(), rows: rows[add.branch] }
            }
            _ => return Err(not_a_filter(&graph.nodes[node].name)),
        };
        Ok(Self { steps, rows, target })
    }

    /// The memory for passes over up to `signals` signals.
    pub fn memory(&self, signals: usize) -> Memory {
        let mut largest = 0;
        let states = self
            .steps
            .iter()
            .zip(&self.rows)
            .map(|(step, rows)| {
                let mut state = State {
                    out: vec![0.0; rows.size(signals)],
                    grad: vec![0.0; rows.size(signals)],
                    ..State::default()
                };
                if let Step::Conv { activation, .. } | Step::Add { activation, .. } = step {
                    let before = activation.before.size(signals);
                    state.before = vec![0.0; before];
                    state.inverse = vec![0.0; signals * rows.channels];
                    state.chosen = vec![0; rows.size(signals)];
                    largest = largest.max(before);
                }
                state
            })
            .collect();
        Memory { states, d: vec![0.0; largest] }
    }

    /// The value of `channels[i]` for each signal of `x` `[signals, length]`, and its gradient, which is written to
    /// `dx` `[signals, length]`.
    pub fn run(&self, memory: &mut Memory, x: &[f32], channels: &[usize], dx: &mut [f32]) -> Vec<f64> {
        let signals = channels.len();
        let rows = self.rows[0];
        for (signal, x) in x.chunks_exact(rows.length).enumerate() {
            memory.states[0].out[rows.of(signal)].copy_from_slice(x);
        }
        for (index, step) in self.steps.iter().enumerate() {
            let (below, rest) = memory.states.split_at_mut(index);
            step.forward(signals, below, &mut rest[0]);
        }
        memory.states.iter_mut().for_each(|state| state.grad.fill(0.0));
        let values = channels.iter().enumerate().map(|(signal, &channel)| self.target.mean(signal, channel, memory));
        let values = values.collect();
        for (index, step) in self.steps.iter().enumerate().rev() {
            let (below, rest) = memory.states.split_at_mut(index);
            step.backward(signals, below, &mut rest[0], &mut memory.d);
        }
        for (signal, dx) in dx.chunks_exact_mut(rows.length).enumerate() {
            dx.copy_from_slice(&memory.states[0].grad[rows.of(signal)]);
        }
        values
    }
}

impl Step {
    fn forward(&self, signals: usize, below: &[State], state: &mut State) {
        match self {
            Self::Input => {}
            Self::Normalise { input, normaliser, rows } => {
                for signal in 0..signals {
                    let (to, from) = (&mut state.out[rows.of(signal)], &below[*input].out[rows.of(signal)]);
                    to.iter_mut().zip(from).for_each(|(to, &x)| *to = normaliser.value(x));
                }
            }
            Self::Conv { input, conv, norm, activation } => {
                conv.forward(signals, &below[*input].out, &mut state.before);
                norm.forward(signals, activation.before, &mut state.before, &mut state.inverse);
                activation.forward(signals, norm.line(), &state.before, &mut state.out, &mut state.chosen);
            }
            Self::Excite { input, excite } => {
                state.excited = excite.forward(signals, &below[*input].out, &mut state.out);
            }
            Self::Add { branch, shortcut, line, activation } => {
                let sum = below[*branch].out.iter().zip(&below[*shortcut].out);
                state.before.iter_mut().zip(sum).for_each(|(to, (one, other))| *to = one + other);
                let line = (&*line.0, &*line.1);
                activation.forward(signals, line, &state.before, &mut state.out, &mut state.chosen);
            }
            Self::Pass { input } => state.out.copy_from_slice(&below[*input].out),
        }
    }

    fn backward(&self, signals: usize, below: &mut [State], state: &mut State, d: &mut [f32]) {
        match self {
            Self::Input => {}
            Self::Normalise { input, normaliser, rows } => {
                let State { out, grad, .. } = &mut below[*input];
                for signal in 0..signals {
                    let rows = rows.of(signal);
                    let (to, x) = (&mut grad[rows.clone()], &out[rows.clone()]);
                    let d = state.grad[rows].iter().zip(x);
                    to.iter_mut().zip(d).for_each(|(to, (d, &x))| *to += d * normaliser.derivative(x));
                }
            }
            Self::Conv { input, conv, norm, activation } => {
                let d = &mut d[..state.before.len()];
                activation.backward(signals, &state.out, &state.chosen, &state.grad, d);
                norm.backward(signals, activation.before, &state.before, &state.inverse, d);
                conv.backward(signals, d, &mut below[*input].grad);
            }
            Self::Excite { input, excite } => {
                let State { out, grad, .. } = &mut below[*input];
                excite.backward(signals, &state.excited, out, &state.grad, grad);
            }
            Self::Add { branch, shortcut, activation, .. } => {
                let d = &mut d[..state.before.len()];
                activation.backward(signals, &state.out, &state.chosen, &state.grad, d);
                for input in [*branch, *shortcut] {
                    below[input].grad.iter_mut().zip(&*d).for_each(|(to, d)| *to += d);
                }
            }
            Self::Pass { input } => {
                below[*input].grad.iter_mut().zip(&state.grad).for_each(|(to, d)| *to += d);
            }
        }
    }
}

impl Target {
    /// The mean over time of one channel of one signal; adds its gradient to the layers that it reads.
    fn mean(&self, signal: usize, channel: usize, memory: &mut Memory) -> f64 {
        match self {
            Self::Conv { input, filters } => {
                let State { out, grad, .. } = &mut memory.states[*input];
                filters.mean(signal, channel, out, grad)
            }
            Self::Add { branch, shortcut, rows } => {
                let mut total = 0.0;
                for position in 0..rows.length {
                    let at = rows.at(signal, position) + channel;
                    let value = memory.states[*branch].out[at] + memory.states[*shortcut].out[at];
                    if value > 0.0 {
                        total += f64::from(value);
                        for input in [*branch, *shortcut] {
                            memory.states[input].grad[at] += 1.0 / rows.length as f32;
                        }
                    }
                }
                total / rows.length as f64
            }
        }
    }
}

fn not_a_filter(name: &str) -> Error {
    let message = format!("{name} is no convolution of a waveform: only the filters of convolutions can be shown");
    Error::new(Code::InvalidOption, message)
}
