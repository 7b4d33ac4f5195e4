//! Every operation alone against the plain f64 twin: the twin is given the f32 values that the plan's own operation read, so
//! that no error of another operation is in the comparison, and going backward every operation is given noise, because the
//! network's own gradients nearly cancel in the sums behind a norm. Bounds of the fixtures' README: 1e-5, convolutions 3e-5 (Winograd).
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use net::Architecture;
use serde_json::{json, Value as Json};

use super::CpuTraining;
use crate::backend::{Backend, Step, Vector};
use crate::tape::{self, ConvId, ExciteId, Excited, JoinId, MapId, Operation, Shortcut, Taker, Tape};
use crate::training::{Targets, Update};
use crate::twin::conv::Conv;
use crate::twin::excite::{Excite, ExciteTape};
use crate::twin::norm::{NormTape, Statistics};
use crate::twin::{dense, dropout, global, loss, norm, pool, relu, update, Map};

const DIRECT: f64 = 1e-5;
const WINOGRAD: f64 = 3e-5;

/// max|ours - truth| / max|truth| within `limit`; a truth of 0 is met exactly.
fn agree(what: &str, ours: &[f64], truth: &[f64], limit: f64) {
    assert_eq!(ours.len(), truth.len(), "{what}");
    let scale = truth.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let error = ours.iter().zip(truth).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    assert!(ours.iter().all(|v| v.is_finite()) && error <= scale * limit, "{what}: {error:.2e} of {scale:.2e}");
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// Numbers in [-1, 1), fixed by `seed`.
fn noise(seed: u64) -> impl Iterator<Item = f32> {
    let philox = crate::Philox::new(seed, crate::Purpose::Synthesise, 0);
    (0..).map(move |i| 2.0 * philox.uniform(i) - 1.0)
}

/// One pass of a plan, with everything that its operations left behind.
struct Pass {
    training: CpuTraining,
    values: Vec<f64>,
    first_statistics: Vec<f64>,
    statistics: Vec<f64>,
    gradients: Vec<f64>,
    batch: usize,
    /// The gradient that arrived at every map, before it was replaced by noise.
    arrived: HashMap<MapId, Vec<f64>>,
    /// What the twin says of it, and how much of the limit it may take.
    shares: HashMap<MapId, (Map, f64)>,
    name: String,
}

impl Pass {
    /// Forward and backward of `batch` segments in a plan for `room`.
    fn run(name: &str, architecture: &Architecture, room: usize, batch: usize, tags: &[f32]) -> Self {
        architecture.validate().unwrap();
        let tape = Tape::compile(architecture, tags.len() / batch).unwrap();
        let mut training = CpuTraining::new(tape.clone(), None, room, 2).unwrap();
        let layout = &tape.layout;
        let mut parameters = net::Parameters::zeros(layout);
        for (index, spec) in layout.tensors.iter().enumerate() {
            let fan = spec.shape[1..].iter().product::<usize>() as f32;
            for (to, u) in parameters.tensor_mut(spec).iter_mut().zip(noise(index as u64 + 1)) {
                *to = match spec.role {
                    // Both signs of gamma: a maximum becomes a minimum.
                    net::Role::NormWeight => 1.5 * u,
                    net::Role::RunningVar => 1.0 + 0.5 * u,
                    net::Role::ConvWeight | net::Role::ShortcutWeight | net::Role::DenseWeight => {
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
        let step = Step { batch, targets, update: None, dropout, input_gradient: true };
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
            name: name.into(),
        }
    }

    fn agree(&self, what: &str, ours: &[f64], truth: &[f64], limit: f64) {
        agree(&format!("{}: {what}", self.name), ours, truth, limit);
    }

    fn tape(&self) -> &Tape {
        &self.training.state.tape
    }

    /// A map as the next operation reads it.
    fn map(&self, id: MapId) -> Map {
        let state = &self.training.state;
        let map = &state.maps[id];
        let (length, channels) = (map.spec.length, map.spec.channels);
        let mut values = vec![0.0; self.batch * length * channels];
        for (n, segment) in values.chunks_exact_mut(length * channels).enumerate() {
            // SAFETY: nothing runs.
            unsafe { state.load_map(map, n, 0, length, true, segment) };
        }
        Map::new(self.batch, length, channels, wide(&values))
    }

    /// The noise that was given to a map's maker as gradient, behind the map's dropout.
    fn gradient(&self, id: MapId) -> Map {
        let map = &self.training.state.maps[id];
        let (length, channels) = (map.spec.length, map.spec.channels);
        let values = &self.training.state.memory.get(map.gradient)[..self.batch * length * channels];
        Map::new(self.batch, length, channels, wide(values))
    }

    /// `x` through the dropout of a map, forward or backward.
    fn dropped(&self, id: MapId, x: Map) -> Map {
        let state = &self.training.state;
        match state.maps[id].mask {
            None => x,
            Some(mask) => {
                let kept: Vec<bool> = state.bytes.get(mask)[..x.values.len()].iter().map(|&byte| byte != 0).collect();
                dropout::apply(x, &kept, state.maps[id].spec.dropout)
            }
        }
    }

    fn value(&self, start: usize, len: usize) -> &[f64] {
        &self.values[start..start + len]
    }

    fn check_gradient(&self, what: &str, start: usize, truth: &[f64], limit: f64) {
        self.agree(what, &self.gradients[start..start + truth.len()], truth, limit);
    }

    /// One consumer's share of a map's gradient.
    fn share(&mut self, id: MapId, share: Map, stretch: f64) {
        let (sum, most) = self.shares.entry(id).or_insert_with(|| (share.like(), 1.0));
        sum.add(&share);
        *most = most.max(stretch);
    }

    /// A convolution's raw output, without the sign of gamma that the plan folds into its weights, and without bias.
    fn raw(&self, id: ConvId) -> Map {
        let (state, conv) = (&self.training.state, &self.training.state.convs[id]);
        let (length, channels) = (conv.spec.length, conv.spec.to);
        let mut values = vec![0.0; self.batch * length * channels];
        for (n, segment) in values.chunks_exact_mut(length * channels).enumerate() {
            if conv.wave.is_some() {
                // SAFETY: nothing runs.
                unsafe { state.repeat_raw(conv, n, 0, segment) };
            } else {
                segment.copy_from_slice(&state.memory.get(conv.raw)[n * segment.len()..][..segment.len()]);
            }
        }
        let mut values = wide(&values);
        let sign = state.memory.get(conv.sign);
        values
            .chunks_exact_mut(channels)
            .for_each(|row| row.iter_mut().zip(sign).for_each(|(v, s)| *v *= f64::from(*s)));
        Map::new(self.batch, length, channels, values)
    }

    /// Convolution and norm of the twin; the products and the running statistics are compared here.
    fn conv_forward(&self, id: ConvId) -> ConvTape {
        let spec = &self.tape().convs[id];
        let behind = ((spec.length - 1) * spec.stride + spec.kernel).saturating_sub(spec.input_length + spec.padding);
        let padding = [spec.padding, behind];
        let conv = Conv { from: spec.from, to: spec.to, kernel: spec.kernel, stride: spec.stride, padding };
        let x = self.map(spec.input);
        let truth = conv.forward(&x, self.value(spec.weight, spec.from * spec.to * spec.kernel), None);
        assert_eq!(truth.length, spec.length);
        let mut y = self.raw(id);
        self.agree("convolution", &y.values, &truth.values, limit(spec));
        // From here on with the plan's own products: where a channel hardly varies, the norm makes much of their rounding.
        if let Some(bias) = spec.bias {
            let bias = self.value(bias, spec.to);
            y.values.chunks_exact_mut(spec.to).for_each(|row| row.iter_mut().zip(bias).for_each(|(y, b)| *y += b));
        }
        let Some(place) = &spec.norm else { return ConvTape { conv, x, y, norm: None, stretch: 1.0 } };
        let statistics = Statistics::of(&y);
        let part = |from: &[f64], start: usize| from[start..start + spec.to].to_vec();
        let mut mean = part(&self.first_statistics, place.mean);
        let mut variance = part(&self.first_statistics, place.variance);
        statistics.move_running(&mut mean, &mut variance, self.tape().momentum);
        self.agree("running mean", &part(&self.statistics, place.mean), &mean, DIRECT);
        self.agree("running variance", &part(&self.statistics, place.variance), &variance, DIRECT);
        let ratios = statistics.mean.iter().zip(&statistics.variance).map(|(m, v)| m.abs() / v.sqrt().max(1e-9));
        let stretch = ratios.fold(1.0, f64::max);
        let (gamma, beta) = (self.value(place.gamma, spec.to), self.value(place.beta, spec.to));
        let (y, tape) = norm::forward(y, gamma, beta, &statistics.mean, &statistics.variance, self.tape().eps);
        ConvTape { conv, x, y, norm: Some(tape), stretch }
    }

    /// Back through norm and convolution; compares the parameters' gradients and leaves the input's.
    fn conv_backward(&mut self, id: ConvId, tape: ConvTape, mut dy: Map) {
        let spec = self.tape().convs[id].clone();
        let normed = spec.norm.is_some();
        if let (Some(place), Some(norm_tape)) = (&spec.norm, tape.norm) {
            let back = norm::backward(&norm_tape, self.value(place.gamma, spec.to), dy);
            self.check_gradient("gamma", place.gamma, &back.gamma, DIRECT * tape.stretch);
            self.check_gradient("beta", place.beta, &back.beta, DIRECT);
            dy = back.input;
        }
        let weight = self.value(spec.weight, spec.from * spec.to * spec.kernel);
        let back = tape.conv.backward(&tape.x, weight, &dy);
        self.check_gradient("convolution weights", spec.weight, &back.weight, limit(&spec) * tape.stretch);
        if let Some(bias) = spec.bias {
            let truth = if normed { vec![0.0; spec.to] } else { back.bias };
            self.check_gradient("convolution bias", bias, &truth, DIRECT);
        }
        self.share(spec.input, back.input, tape.stretch);
    }

    fn excitation(&self, id: ExciteId) -> Excite<'_> {
        let spec = &self.tape().excites[id];
        let (channels, hidden) = (spec.channels, spec.hidden);
        Excite {
            fc1_weight: self.value(spec.squeeze.weight, channels * hidden),
            fc1_bias: self.value(spec.squeeze.bias, hidden),
            fc2_weight: self.value(spec.expand.weight, channels * hidden),
            fc2_bias: self.value(spec.expand.bias, channels),
        }
    }

    fn excite_forward(&self, id: Option<ExciteId>, x: Map) -> (Map, Option<ExciteTape>) {
        let Some(id) = id else { return (x, None) };
        let (y, tape) = self.excitation(id).forward(x.into());
        let factors = self.training.state.memory.get(self.training.state.excites[id].factors);
        self.agree("excitation", &wide(&factors[..tape.factor.values.len()]), &tape.factor.values, DIRECT);
        (y, Some(tape))
    }

    fn excite_backward(&self, id: Option<ExciteId>, tape: Option<ExciteTape>, dy: Map) -> Map {
        let (Some(id), Some(tape)) = (id, tape) else { return dy };
        let back = self.excitation(id).backward(&tape, &dy);
        let spec = &self.tape().excites[id];
        self.check_gradient("squeeze weights", spec.squeeze.weight, &back.fc1.weight, DIRECT);
        self.check_gradient("squeeze bias", spec.squeeze.bias, &back.fc1.bias, DIRECT);
        self.check_gradient("expand weights", spec.expand.weight, &back.fc2.weight, DIRECT);
        self.check_gradient("expand bias", spec.expand.bias, &back.fc2.bias, DIRECT);
        back.input
    }

    /// A convolution that becomes a map: norm, ReLU, pool, excitation, dropout.
    fn check_conv(&mut self, id: ConvId, to: MapId) {
        let spec = self.tape().convs[id].clone();
        let mut tape = self.conv_forward(id);
        let activated = relu::forward(std::mem::replace(&mut tape.y, Map::zeros(0, 0, 1)));
        let (pooled, pool_tape) = pool::forward(&activated, spec.pool, spec.pool_padding);
        let excite = self.tape().maps[to].excite;
        let (scaled, excite_tape) = self.excite_forward(excite, pooled);
        let out = self.dropped(to, scaled);
        self.agree("norm, ReLU, pool", &self.map(to).values, &out.values, DIRECT * tape.stretch);

        let d = self.excite_backward(excite, excite_tape, self.gradient(to));
        let d = relu::backward(&activated, pool::backward(&pool_tape, &d));
        self.conv_backward(id, tape, d);
    }

    /// The end of a residual block with the convolutions that it adds.
    fn check_join(&mut self, id: JoinId) {
        let spec = self.tape().joins[id].clone();
        let mut branch = self.conv_forward(spec.branch);
        let y = std::mem::replace(&mut branch.y, Map::zeros(0, 0, 1));
        let (mut sum, excite_tape) = self.excite_forward(spec.excite, y);
        let mut through = None;
        match spec.shortcut {
            Shortcut::Identity { map, .. } => sum.add(&self.map(map)),
            Shortcut::Conv(conv) => {
                let tape = self.conv_forward(conv);
                sum.add(&tape.y);
                through = Some((conv, tape));
            }
        }
        let activated = relu::forward(sum);
        let (pooled, pool_tape) = pool::forward(&activated, spec.pool, spec.pool_padding);
        let out = self.dropped(spec.output, pooled);
        self.agree("residual addition, ReLU, pool", &self.map(spec.output).values, &out.values, DIRECT);

        let d = relu::backward(&activated, pool::backward(&pool_tape, &self.gradient(spec.output)));
        match (spec.shortcut, through) {
            (Shortcut::Identity { map, .. }, _) => self.share(map, d.clone(), 1.0),
            (Shortcut::Conv(_), Some((conv, tape))) => self.conv_backward(conv, tape, d.clone()),
            (Shortcut::Conv(_), None) => unreachable!(),
        }
        let d = self.excite_backward(spec.excite, excite_tape, d);
        self.conv_backward(spec.branch, branch, d);
    }

    /// Global pooling of the levels.
    fn check_gather(&mut self) {
        let spec = self.tape().gather.clone().unwrap();
        let pooling = if spec.mean { net::Pooling::MaxMean } else { net::Pooling::Max };
        let (out, gradient) = (self.map(spec.output), self.gradient(spec.output));
        let mut first = 0;
        for level in spec.levels {
            let (pooled, tape) = global::forward(&self.map(level), pooling);
            let width = pooled.channels;
            let columns = |x: &Map| {
                let rows = (0..x.batch).flat_map(|n| x.row(n, 0)[first..first + width].iter().copied());
                Map::new(x.batch, 1, width, rows.collect())
            };
            if self.training.state.maps[spec.output].mask.is_none() {
                self.agree("global pooling", &columns(&out).values, &pooled.values, DIRECT);
            }
            let back = global::backward(&tape, pooling, &columns(&gradient));
            self.share(level, back, 1.0);
            first += width;
        }
    }

    /// Output layer and loss.
    fn check_output(&mut self, tags: &[f32]) {
        let mut losses = Vec::new();
        self.training.losses(&mut losses).unwrap();
        let (place, input) = (self.tape().output, self.tape().output_input);
        let count = self.tape().tags;
        let x = self.map(input);
        let weight = self.value(place.weight, count * x.channels);
        let y = dense::forward(&x, weight, self.value(place.bias, count));
        self.agree("logits", &wide(&self.training.read(Vector::Logits).unwrap()), &y.values, DIRECT);
        let (truth, _) = loss::loss(&y.values, Targets::Tags(tags));
        self.agree("loss", &losses, &[truth], DIRECT);
        // The gradient of the loss in the plan's own logits, so that the dense layer is alone.
        let logits = wide(&self.training.read(Vector::Logits).unwrap());
        let (_, gradient) = loss::loss(&logits, Targets::Tags(tags));
        let back = dense::backward(&x, weight, &Map::new(self.batch, 1, count, gradient));
        self.check_gradient("output weights", place.weight, &back.weight, DIRECT);
        self.check_gradient("output bias", place.bias, &back.bias, DIRECT);
        self.share(input, back.input, 1.0);
    }

    /// Every operation of the tape, then what arrives at every map.
    fn check(&mut self, tags: &[f32]) {
        for operation in self.tape().operations.clone() {
            match operation {
                Operation::Conv(id) => match self.tape().convs[id].taker {
                    Taker::Map(map) => self.check_conv(id, map),
                    // By the join.
                    Taker::Branch(_) | Taker::Shortcut(_) => {}
                },
                Operation::Join(id) => self.check_join(id),
                Operation::Gather => self.check_gather(),
                Operation::Output => self.check_output(tags),
                // By the map they belong to.
                Operation::Excite(_) | Operation::Dropout(_) => {}
            }
        }
        for id in 0..self.tape().maps.len() {
            let (truth, stretch) = self.shares.remove(&id).unwrap();
            let ours = self.arrived.get(&id).cloned().unwrap_or_else(|| self.gradient(id).values);
            self.agree(&format!("gradient of map {id}"), &ours, &truth.values, WINOGRAD * stretch);
        }
    }
}

/// The map whose gradient is complete when `operation` runs backward.
fn finished_map(tape: &Tape, operation: Operation) -> Option<MapId> {
    match operation {
        Operation::Conv(id) => match tape.convs[id].taker {
            Taker::Map(map) => Some(map),
            Taker::Branch(_) | Taker::Shortcut(_) => None,
        },
        Operation::Excite(id) => match tape.excites[id].of {
            Excited::Map(map) => Some(map),
            Excited::Branch(_) => None,
        },
        Operation::Join(id) => Some(tape.joins[id].output),
        Operation::Dropout(map) => Some(map),
        Operation::Gather => tape.gather.as_ref().map(|gather| gather.output),
        Operation::Output => None,
    }
}

/// What the twin keeps of a convolution.
struct ConvTape {
    conv: Conv,
    x: Map,
    y: Map,
    norm: Option<NormTape>,
    /// Where a channel's mean is so many times its deviation, its f32 values have so many times fewer digits behind the norm.
    stretch: f64,
}

fn limit(spec: &tape::Conv) -> f64 {
    if spec.kernel > 1 {
        WINOGRAD
    } else {
        DIRECT
    }
}

/// A network over `length` samples, batches of 4 in a plan for 6.
fn check(name: &str, length: usize, stem: Json, blocks: Json, head: Json) {
    let mut described = json!({
        "samplingRate": 8000, "inputLength": length, "norm": { "kind": "batch", "eps": 1e-5, "momentum": 0.1 },
        "blocks": blocks, "head": head,
    });
    if !stem.is_null() {
        described["stem"] = stem;
    }
    let architecture: Architecture = serde_json::from_value(described).unwrap();
    let tags: Vec<f32> = noise(2000).map(|u| f32::from(u8::from(u > 0.3))).take(4 * 5).collect();
    Pass::run(name, &architecture, 6, 4, &tags).check(&tags);
}

fn stem(channels: usize) -> Json {
    json!({ "kernel": 3, "stride": 3, "channels": channels })
}

#[test]
fn modules_of_every_small_kernel_and_width() {
    for (kernel, first, second) in [(2, 16, 33), (3, 7, 48), (4, 24, 9), (5, 1, 20), (3, 64, 128), (7, 8, 8)] {
        for same in ["left", "right"] {
            let length = 3 * kernel * kernel * 10;
            let blocks = json!([
                { "kind": "basic", "kernel": kernel, "pool": kernel, "channels": first },
                { "kind": "basic", "kernel": kernel, "pool": 10 * kernel, "channels": second },
            ]);
            let mut described = json!({
                "samplingRate": 8000, "inputLength": length, "same": same, "stem": stem(first), "blocks": blocks,
                "head": { "kind": "conv", "channels": 12, "kernel": 3 },
            });
            described["norm"] = json!({ "kind": "batch", "eps": 1e-3, "momentum": 0.01 });
            let tags: Vec<f32> = noise(2000).map(|u| f32::from(u8::from(u > 0.3))).take(4 * 5).collect();
            let name = format!("kernel {kernel} {same}, {first} -> {second}");
            Pass::run(&name, &serde_json::from_value(described).unwrap(), 6, 4, &tags).check(&tags);
        }
    }
}

#[test]
fn long_segments_that_are_cut_into_blocks() {
    let blocks = json!([
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 80 },
        { "kind": "res", "kernel": 3, "pool": 3, "channels": 96, "convs": 2, "excite": 0.5 },
    ]);
    check("long", 6561 * 3, stem(64), blocks, json!({ "kind": "dense", "levels": 2, "pooling": "maxmean" }));
}

#[test]
fn stems_with_padding_overlap_and_none() {
    let blocks = || json!([{ "kind": "basic", "kernel": 3, "pool": 27, "channels": 16 }]);
    let head = || json!({ "kind": "conv", "channels": 16, "kernel": 1 });
    let frame = json!({ "kernel": 81, "stride": 27, "channels": 16, "padding": [27, 27] });
    check("frames", 729, frame, blocks(), head());
    check("left pad", 81, json!({ "kernel": 3, "stride": 3, "channels": 8, "padding": [1, 0] }), blocks(), head());
    check("no stem", 27, Json::Null, blocks(), head());
}

#[test]
fn two_convolutions_padded_pools_strides_and_dropout_between() {
    let blocks = json!([
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 24, "convs": 2, "poolPadding": 1, "dropout": 0.1, "bias": false },
        { "kind": "basic", "kernel": 3, "pool": 2, "channels": 20, "stride": 2, "dropout": 0.3 },
    ]);
    check("leenet", 324, stem(16), blocks, json!({ "kind": "dense", "pooling": "maxmean", "norm": false }));
}

#[test]
fn excited_modules() {
    for ratio in [16.0, 0.125] {
        let blocks = json!([
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 16, "excite": ratio, "dropout": 0.2 },
            { "kind": "se", "kernel": 3, "pool": 3, "channels": 24, "excite": ratio },
        ]);
        check(&format!("se {ratio}"), 243, stem(16), blocks, json!({ "kind": "dense", "levels": 2 }));
    }
}

#[test]
fn residual_modules() {
    for (convs, excite) in [(1, Json::Null), (2, Json::Null), (1, json!(2.0)), (2, json!(0.5))] {
        let mut blocks = json!([
            { "kind": "res", "kernel": 3, "pool": 3, "channels": 16, "convs": convs, "dropout": 0.2 },
            { "kind": "res", "kernel": 3, "pool": 3, "channels": 24, "convs": convs, "dropout": 0.2 },
        ]);
        if !excite.is_null() {
            blocks.as_array_mut().unwrap().iter_mut().for_each(|block| block["excite"] = excite.clone());
        }
        let name = format!("res {convs} {excite}");
        check(&name, 243, stem(16), blocks, json!({ "kind": "dense", "levels": 2 }));
    }
    let blocks = json!([
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 1, "channels": 16, "excite": 1.0, "stride": 3, "shortcutKernel": 3 },
        { "kind": "res", "convs": 2, "kernel": 3, "pool": 3, "channels": 16, "excite": 1.0, "shortcutKernel": 3 },
        { "kind": "res", "convs": 2, "kernel": 1, "pool": 1, "channels": 24, "excite": 1.0, "shortcutKernel": 1 },
    ]);
    check("minzwon-se", 243, Json::Null, blocks, json!({ "kind": "dense" }));
}

#[test]
fn the_update() {
    let architecture = Architecture::preset("3^2").unwrap();
    let tags: Vec<f32> = noise(2000).map(|u| f32::from(u8::from(u > 0.3))).take(4 * 5).collect();
    let mut pass = Pass::run("update", &architecture, 4, 4, &tags);
    let (mut weights, mut velocity) = (pass.values.clone(), vec![0.0; pass.values.len()]);
    for step in 0..3 {
        let (rate, momentum, decay) = (0.1_f32 / (1 + step) as f32, 0.9_f32, 0.01_f32);
        let constants = Update { learning_rate: rate, momentum, weight_decay: decay };
        let (targets, update) = (Targets::Tags(&tags), Some(constants));
        let step = Step { batch: 4, targets, update, dropout: None, input_gradient: false };
        pass.training.update(&step).unwrap();
        let wide = |x: f32| f64::from(x);
        update::update(&mut weights, &mut velocity, &pass.gradients, wide(rate), wide(momentum), wide(decay));
    }
    agree("values", &wide(&pass.training.read(Vector::Values).unwrap()), &weights, 1e-6);
    agree("velocity", &wide(&pass.training.read(Vector::Velocity).unwrap()), &velocity, 1e-6);
}
