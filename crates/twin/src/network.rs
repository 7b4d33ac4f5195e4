//! The whole network: stem, blocks, head, loss, update.

use std::rc::Rc;

use engine_core::{FineTuning, FrozenNorms, Targets};
use net::graph::Part;
use net::{Architecture, Layout, Parameters, StemKind};

use super::block::Module;
use super::dropout::Masks;
use super::head::Head;
use super::loss::loss;
use super::unit::{Mode, Unit};
use super::variables::Variables;
use super::{normalise, relu, update, Map};

/// A network in f64, with the velocity of its optimiser.
#[derive(Clone)]
pub struct Twin {
    /// The network.
    pub architecture: Architecture,
    /// Its parameters and running statistics.
    pub variables: Variables,
    /// The optimiser's velocity, in the order of `Parameters::trainable`.
    pub velocity: Vec<f64>,
    /// Which part is trained, and how fast.
    pub tuning: FineTuning,
}

/// The results of one forward and backward pass.
pub struct Gradients {
    /// The mean loss of the batch.
    pub loss: f64,
    /// The logits, `[batch, tags]`.
    pub logits: Vec<f64>,
    /// The gradients of the parameters, in the order of `Parameters::trainable`.
    pub parameters: Vec<f64>,
    /// The gradient of the input, `[batch, input_length]`; empty if a part is frozen.
    pub input: Vec<f64>,
}

impl Twin {
    /// Creates the network of `architecture` with `tags` outputs and `parameters`; the velocity is zero.
    pub fn new(architecture: &Architecture, tags: usize, parameters: &Parameters) -> Self {
        let variables = Variables::new(Layout::new(architecture, tags), parameters);
        let velocity = vec![0.0; variables.trainable.len()];
        Self { architecture: architecture.clone(), variables, velocity, tuning: FineTuning::default() }
    }

    fn stem(&self) -> Option<Unit> {
        let stem = self.architecture.stem.as_ref()?;
        if stem.kind == StemKind::Mel {
            return None;
        }
        let constants = (self.architecture.norm.eps, self.architecture.norm.momentum);
        Some(Unit::new(&self.variables, "stem.conv", "stem.norm", stem.stride, stem.padding, constants))
    }

    /// The input as a map: normalised waveforms or, with a mel stem, the standardised frames `[batch, frames, bands]`.
    fn input(&self, input: &[f64]) -> Rc<Map> {
        let on_mel = self.architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel);
        let (channels, length) =
            if on_mel { self.architecture.block_input(0) } else { (1, self.architecture.input_length) };
        let values = normalise::forward(self.architecture.input_normalisation, &self.variables, input);
        Rc::new(Map::new(input.len() / (length * channels), length, channels, values))
    }

    /// Computes the logits `[batch, tags]` of `input` `[batch, input_length]`, with the running statistics and without
    /// dropout.
    pub fn evaluate(&self, input: &[f64]) -> Vec<f64> {
        // Evaluation changes no variables, but a pass needs them as mutable.
        let mut variables = self.variables.clone();
        let mut x = self.input(input);
        if let Some(stem) = self.stem() {
            x = Rc::new(relu::forward(stem.forward(&mut variables, &x, Mode::Evaluation).0));
        }
        let head = Head::new(&self.architecture, &variables);
        let mut levels = Vec::new();
        for index in 0..self.architecture.blocks.len() {
            let module = Module::new(&self.architecture, index, &variables);
            x = module.forward(&mut variables, &x, Mode::Evaluation, &mut None).0;
            if index + head.levels() >= self.architecture.blocks.len() {
                levels.push(Rc::clone(&x));
            }
        }
        head.forward(&mut variables, &levels, Mode::Evaluation, &mut None).0.values
    }

    /// Runs the forward and backward pass in training mode; it changes the running statistics but not the parameters.
    pub fn gradients(&mut self, input: &[f64], targets: Targets, mut masks: Masks) -> Gradients {
        let (stem, mut x) = (self.stem(), self.input(input));
        let Self { architecture, variables, tuning, .. } = self;
        let is_frozen = |part: Part| tuning.is_frozen(part, architecture.blocks.len());
        let mode = |part: Part| match (is_frozen(part), tuning.norms) {
            (true, FrozenNorms::Running) => Mode::Evaluation,
            _ if tuning.fixed_norms => Mode::Fixed,
            _ => Mode::Training,
        };
        let stem_tape = stem.as_ref().map(|stem| {
            let (y, tape) = stem.forward(variables, &x, mode(Part::Stem));
            x = Rc::new(relu::forward(y));
            (tape, Rc::clone(&x))
        });
        let head = Head::new(architecture, variables);
        let blocks = architecture.blocks.len();
        let seen = blocks.saturating_sub(head.levels());
        let modules: Vec<_> = (0..blocks).map(|index| Module::new(architecture, index, variables)).collect();
        let (mut tapes, mut levels) = (Vec::new(), Vec::new());
        for (index, module) in modules.iter().enumerate() {
            let tape;
            let part = Part::Block(index);
            // Frozen blocks have no dropout.
            let masks = if is_frozen(part) { &mut None } else { &mut masks };
            (x, tape) = module.forward(variables, &x, mode(part), masks);
            tapes.push(tape);
            if index >= seen {
                levels.push(Rc::clone(&x));
            }
        }
        let (logits, head_tape) = head.forward(variables, &levels, mode(Part::Head), &mut masks);
        let (loss, d_logits) = loss(&logits.values, logits.channels, targets);
        let d_logits = Map::new(logits.batch, 1, logits.channels, d_logits);

        let mut gradient = vec![0.0; variables.trainable.len()];
        let mut d_levels = head.backward(variables, head_tape, &d_logits, &mut gradient);
        let mut d = d_levels.pop().unwrap();
        for (index, module) in modules.iter().enumerate().rev() {
            if is_frozen(Part::Block(index)) {
                break;
            }
            d = module.backward(variables, tapes.pop().unwrap(), d, &mut gradient);
            if index > seen {
                d.add(&d_levels.pop().unwrap());
            }
        }
        if is_frozen(Part::Stem) {
            return Gradients { loss, logits: logits.values, parameters: gradient, input: Vec::new() };
        }
        if let (Some(stem), Some((tape, activated))) = (stem, stem_tape) {
            d = stem.backward(variables, tape, relu::backward(&activated, d), &mut gradient);
        }
        let input = normalise::backward(architecture.input_normalisation, variables, input, &d.values);
        Gradients { loss, logits: logits.values, parameters: gradient, input }
    }

    /// The factor of the learning rate of `part`; 0 if it is frozen.
    fn factor(&self, part: &str) -> f64 {
        let blocks = self.architecture.blocks.len();
        let place = match part.strip_prefix("blocks.").and_then(|index| index.split('.').next()) {
            Some(index) => Part::Block(index.parse().unwrap()),
            None if part.starts_with("head.") => Part::Head,
            None => Part::Stem,
        };
        let away = match place {
            Part::Head => 0,
            Part::Block(index) => blocks - index,
            Part::Stem | Part::Input => blocks,
        };
        match self.tuning.is_frozen(place, blocks) {
            true => 0.0,
            false => self.tuning.layer_decay.powi(away as i32),
        }
    }

    /// Applies one update of the optimiser.
    pub fn update(&mut self, gradient: &[f64], learning_rate: f64, momentum: f64, weight_decay: f64) {
        for spec in self.variables.layout.tensors.clone().iter().filter(|spec| !spec.role.is_statistic()) {
            let (factor, own) = (self.factor(&spec.name), spec.offset..spec.offset + spec.len());
            if factor > 0.0 {
                let (weights, velocity) = (&mut self.variables.trainable[own.clone()], &mut self.velocity[own.clone()]);
                update::update(weights, velocity, &gradient[own], factor * learning_rate, momentum, weight_decay);
            }
        }
    }
}
