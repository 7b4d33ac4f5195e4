//! Tests of convolutions with norm, ReLU and pool: all sizes, and all positions in a network.

use engine_core::tape::{self, ConvId, MapId};
use serde_json::{json, Value as Json};
use twin::conv::Conv;
use twin::norm::{NormTape, Statistics};
use twin::{norm, pool, relu, Map};

use super::bf16::rounding;
use super::pass::Pass;
use super::{check, noise, stem, wide, DIRECT, WINOGRAD};
use crate::kernels::portable::Portable;

/// The values of a convolution that the twin keeps for the backward pass.
pub(super) struct ConvTape {
    conv: Conv,
    x: Map,
    pub(super) y: Map,
    norm: Option<NormTape>,
    /// The largest ratio of a channel's mean to its standard deviation. After the norm, the f32 values of such a
    /// channel have fewer exact digits by this factor.
    stretch: f64,
}

fn limit(spec: &tape::Conv) -> f64 {
    if spec.kernel > 1 {
        WINOGRAD
    } else {
        DIRECT
    }
}

impl Pass {
    /// Checks products of a convolution: in f32 as [`Pass::agree`] with the limit times `stretch`, in bf16 by the root
    /// mean square error.
    fn agree_products(&self, id: ConvId, what: &str, ours: &[f64], truth: &[f64], stretch: f64) {
        let spec = &self.tape().convs[id];
        match self.rounding(id) {
            None => self.agree(what, ours, truth, limit(spec) * stretch),
            Some(limit) => self.agree_in_mean(what, ours, truth, limit),
        }
    }

    /// The limit of the relative root mean square error of a convolution's bf16 products; `None` for f32.
    fn rounding(&self, id: ConvId) -> Option<f64> {
        let conv = &self.training.state.convs[id];
        (conv.per_word == 2).then(|| rounding(conv.spec.kernel))
    }

    /// A convolution's raw output without bias, and without the sign of gamma that the plan multiplies into its
    /// weights.
    fn raw(&self, id: ConvId) -> Map {
        let (state, conv) = (&self.training.state, &self.training.state.convs[id]);
        let (length, channels) = (conv.spec.length, conv.spec.to);
        let mut values = vec![0.0; self.batch * length * channels];
        for (n, segment) in values.chunks_exact_mut(length * channels).enumerate() {
            if conv.wave.is_some() {
                // SAFETY: nothing runs.
                unsafe { state.repeat_raw::<Portable>(conv, n, 0, segment) };
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

    /// Runs convolution and norm of the twin, and compares the products and the running statistics.
    pub(super) fn conv_forward(&self, id: ConvId) -> ConvTape {
        let spec = &self.tape().convs[id];
        let behind = ((spec.length - 1) * spec.stride + spec.kernel).saturating_sub(spec.input_length + spec.padding);
        let padding = [spec.padding, behind];
        let conv = Conv { from: spec.from, to: spec.to, kernel: spec.kernel, stride: spec.stride, padding };
        let x = self.map(spec.input);
        let truth = conv.forward(&x, self.value(spec.weight, spec.from * spec.to * spec.kernel), None);
        assert_eq!(truth.length, spec.length);
        let mut y = self.raw(id);
        self.agree_products(id, "convolution", &y.values, &truth.values, 1.0);
        // From here on, the twin uses the plan's own products: in a channel that hardly varies, the norm amplifies
        // their rounding.
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

    /// Runs norm and convolution backward; compares the gradients of the parameters and keeps the gradient of the
    /// input.
    pub(super) fn conv_backward(&mut self, id: ConvId, tape: ConvTape, mut dy: Map) {
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
        let ours = &self.gradients[spec.weight..][..back.weight.len()];
        self.agree_products(id, "convolution weights", ours, &back.weight, tape.stretch);
        if let Some(bias) = spec.bias {
            let truth = if normed { vec![0.0; spec.to] } else { back.bias };
            self.check_gradient("convolution bias", bias, &truth, DIRECT);
        }
        if let Some(limit) = self.rounding(id) {
            self.rounded.insert(spec.input, limit);
        }
        self.share(spec.input, back.input, tape.stretch);
    }

    /// Checks a convolution that becomes a map: norm, ReLU, pool, excitation, dropout.
    pub(super) fn check_conv(&mut self, id: ConvId, to: MapId) {
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
        { "kind": "basic", "kernel": 3, "pool": 3, "channels": 24, "convs": 2, "poolPadding": 1, "dropout": 0.1,
          "bias": false },
        { "kind": "basic", "kernel": 3, "pool": 2, "channels": 20, "stride": 2, "dropout": 0.3 },
    ]);
    check("leenet", 324, stem(16), blocks, json!({ "kind": "dense", "pooling": "maxmean", "norm": false }));
}
