//! Random architectures with skewed sizes: large pools, long kernels and strides, odd and wide layers, and every kind
//! of block, stem and head, and every normalisation of the waveform.

use engine_core::{Philox, Purpose};
use net::{Architecture, InputNormalisation, LayerKind, Layout, Parameters, StemKind, TensorRole};
use serde_json::{json, Value};

/// The number of outputs of every network.
pub const TAGS: usize = 3;

/// Random numbers that follow from a seed.
pub struct Draw {
    stream: Philox,
    next: u64,
}

impl Draw {
    /// Creates the random numbers of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { stream: Philox::new(seed, Purpose::Synthesise, 1), next: 0 }
    }

    /// A number in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.next += 1;
        f64::from(self.stream.uniform(self.next))
    }

    /// An integer from `least` to `most`.
    pub fn within(&mut self, least: usize, most: usize) -> usize {
        least + (self.uniform() * (most - least + 1) as f64) as usize
    }

    /// True with the probability `share`.
    pub fn chance(&mut self, share: f64) -> bool {
        self.uniform() < share
    }

    /// One of `sizes`.
    fn of<T: Copy>(&mut self, sizes: &[T]) -> T {
        sizes[self.within(0, sizes.len() - 1)]
    }

    /// A mostly small number, sometimes up to `most`.
    fn skewed(&mut self, most: usize) -> usize {
        match self.within(0, 9) {
            0 => self.within(1, most),
            1 => most,
            2 | 3 => self.within(1, most.min(16)),
            _ => self.within(1, most.min(5)),
        }
    }

    /// A number of channels: round and odd numbers, some larger than a block of work.
    fn channels(&mut self) -> usize {
        match self.within(0, 9) {
            0 => self.within(257, 1100),
            1 => self.of(&[640, 1024, 511, 1099]),
            2 | 3 => self.within(33, 256),
            4 | 5 => 16 * self.within(1, 8),
            _ => self.within(1, 40),
        }
    }
}

/// The valid network that `seed` describes, with at most about `most` multiplications per segment.
pub fn architecture(seed: u64, most: f64) -> Architecture {
    let mut draw = Draw::new(seed);
    loop {
        let mut found: Architecture = serde_json::from_value(described(&mut draw)).unwrap();
        found.input_normalisation = normalisation(seed, &found);
        if found.validate().is_ok() && multiplications(&found) <= most {
            return found;
        }
    }
}

/// The normalisation of the waveform, from random numbers of its own, so that the other sizes do not depend on it.
fn normalisation(seed: u64, architecture: &Architecture) -> InputNormalisation {
    let on_mel = architecture.stem.as_ref().is_some_and(|stem| stem.kind == StemKind::Mel);
    let kinds = InputNormalisation::ALL;
    if on_mel {
        InputNormalisation::None
    } else {
        Draw::new(seed ^ 1 << 41).of(&kinds)
    }
}

fn described(draw: &mut Draw) -> Value {
    let count = draw.within(1, 3);
    let mut blocks: Vec<Value> = Vec::new();
    // A length that the blocks divide down to one, or a little more for a dense head.
    let dense = draw.chance(0.6);
    let mut length = if dense { draw.within(1, 7) } else { 1 };
    for _ in 0..count {
        let (pool, stride) = (draw.skewed(254), if draw.chance(0.2) { draw.skewed(60) } else { 1 });
        let mut block =
            json!({ "kernel": draw.skewed(60), "pool": pool, "stride": stride, "channels": draw.channels() });
        length = length * pool * stride + if dense { draw.within(0, pool - 1) } else { 0 };
        block["kind"] = draw.of(&["basic", "se", "res", "res"]).into();
        block["convs"] = draw.within(1, 2).into();
        block["bias"] = draw.chance(0.7).into();
        if block["kind"] == "se" || (block["kind"] == "res" && draw.chance(0.4)) {
            block["excite"] = draw.of(&[1.0 / 16.0, 0.5, 2.0]).into();
        }
        if block["kind"] == "res" {
            block["shortcutKernel"] = draw.skewed(60).into();
        }
        if draw.chance(0.2) {
            block["poolPadding"] = draw.within(0, pool / 2).into();
        }
        if draw.chance(0.3) {
            block["dropout"] = 0.25.into();
        }
        blocks.insert(0, block);
    }
    let mut described = json!({
        "samplingRate": 2000, "same": draw.of(&["left", "right"]),
        "norm": { "kind": draw.of(&["batch", "batch", "none"]) },
        "blocks": blocks,
    });
    let (stride, kernel) = (draw.skewed(60), draw.skewed(60));
    match draw.within(0, 9) {
        0 => {}
        1 => {
            described["stem"] = json!({
                "kind": "mel", "kernel": kernel, "stride": stride, "channels": draw.within(1, 40),
                "fft": kernel + draw.within(0, 64),
            });
            length *= stride;
        }
        _ => {
            let padding = if draw.chance(0.5) { [kernel / 2, (kernel - 1) / 2] } else { [0, 0] };
            described["stem"] = json!({
                "kernel": kernel, "stride": stride, "channels": draw.channels(), "padding": padding,
                "bias": draw.chance(0.7),
            });
            length = ((length - 1) * stride + kernel).saturating_sub(padding[0] + padding[1]).max(1);
        }
    }
    described["inputLength"] = length.into();
    described["head"] = if dense {
        json!({
            "kind": "dense", "levels": draw.within(1, count), "channels": draw.of(&[0, 5, 64]),
            "pooling": draw.of(&["max", "maxmean"]), "norm": draw.chance(0.5), "dropout": draw.of(&[0.0, 0.5]),
        })
    } else {
        json!({
            "kind": "conv", "kernel": draw.skewed(60), "channels": draw.channels(), "dropout": draw.of(&[0.0, 0.5]),
        })
    };
    described
}

/// The number of multiplications of the convolutions in the forward pass of one segment.
fn multiplications(architecture: &Architecture) -> f64 {
    let layers = architecture.layers(TAGS);
    layers.iter().filter(|layer| layer.kind == LayerKind::Conv).map(|layer| layer.flops as f64 / 2.0).sum()
}

/// The parameters of its layout: small weights of both signs, gamma of both signs, statistics that differ from 0 and 1.
pub fn parameters(architecture: &Architecture) -> Parameters {
    let layout = Layout::new(architecture, TAGS);
    let mut parameters = Parameters::zeros(&layout);
    for (index, spec) in layout.tensors.iter().enumerate() {
        let stream = Philox::new(index as u64, Purpose::Synthesise, 2);
        let fan = spec.shape[1..].iter().product::<usize>() as f32;
        for (at, value) in parameters.tensor_mut(spec).iter_mut().enumerate() {
            let u = 2.0 * stream.uniform(at as u64) - 1.0;
            *value = match spec.role {
                TensorRole::NormWeight if u.abs() < 0.3 => u.signum() * 0.3,
                TensorRole::NormWeight => 1.5 * u,
                TensorRole::RunningVar | TensorRole::InputDeviation | TensorRole::MelDeviation => 1.0 + 0.5 * u,
                TensorRole::ConvWeight | TensorRole::ShortcutWeight | TensorRole::DenseWeight => u * (6.0 / fan).sqrt(),
                _ => 0.1 * u,
            };
        }
    }
    parameters
}

/// Noise for `count` segments, `[count, inputLength]`.
pub fn segments(architecture: &Architecture, count: usize) -> Vec<f32> {
    let stream = Philox::new(7, Purpose::Synthesise, 3);
    (0..(count * architecture.input_length) as u64).map(|at| 2.0 * stream.uniform(at) - 1.0).collect()
}

/// The tags of `count` segments.
pub fn targets(count: usize) -> Vec<f32> {
    let stream = Philox::new(8, Purpose::Synthesise, 4);
    (0..(count * TAGS) as u64).map(|at| f32::from(u8::from(stream.uniform(at) > 0.6))).collect()
}
