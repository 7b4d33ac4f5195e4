//! candle as a peer in the benchmarks: a plain network of candle's own operations (its conv1d in inference, its
//! autograd in training). candle's gradients of these operations are wrong (docs/decisions.md), so only the speed is
//! compared.
//!
//! `candle_ops MODEL.safetensors infer|train [--batch N]` answers `run SECONDS` like the other examples. It needs the
//! feature `candle`.
#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::io::BufRead;
use std::time::Instant;

use candle_core::{bail, Device, Error, Result, Tensor, Var};
use net::{Architecture, BlockKind, HeadKind, Layout, Model};

struct Plain {
    architecture: Architecture,
    tensors: HashMap<String, Var>,
    training: bool,
}

impl Plain {
    fn new(model: &Model, training: bool) -> Result<Self> {
        let architecture = model.architecture.clone();
        let plain = architecture.blocks.iter().all(|block| block.kind == BlockKind::Basic && block.convs == 1);
        if !plain || architecture.head.kind != HeadKind::Conv {
            bail!("this peer runs plain networks only");
        }
        let layout = Layout::new(&architecture, model.tags.len());
        let mut tensors = HashMap::new();
        for spec in &layout.tensors {
            let values = model.parameters.tensor(spec);
            tensors.insert(spec.name.clone(), Var::from_slice(values, spec.shape.as_slice(), &Device::Cpu)?);
        }
        Ok(Self { architecture, tensors, training })
    }

    fn tensor(&self, name: &str) -> Result<&Tensor> {
        self.tensors.get(name).map(Var::as_tensor).ok_or_else(|| Error::Msg(format!("the model has no {name}")))
    }

    /// Convolution, norm and ReLU.
    fn layer(&self, conv: &str, norm: &str, x: &Tensor, stride: usize, padding: [usize; 2]) -> Result<Tensor> {
        let channel = |name: String| self.tensor(&name)?.reshape((1, (), 1));
        let x = x.pad_with_zeros(2, padding[0], padding[1])?;
        let y = x.conv1d(self.tensor(&format!("{conv}.weight"))?, 0, stride, 1, 1)?;
        let y = y.broadcast_add(&channel(format!("{conv}.bias"))?)?;
        let (mean, variance) = if self.training {
            let mean = y.mean_keepdim(0)?.mean_keepdim(2)?;
            let variance = y.broadcast_sub(&mean)?.sqr()?.mean_keepdim(0)?.mean_keepdim(2)?;
            (mean, variance)
        } else {
            (channel(format!("{norm}.running_mean"))?, channel(format!("{norm}.running_var"))?)
        };
        let deviation = (variance + self.architecture.norm.eps)?.sqrt()?;
        let y = y.broadcast_sub(&mean)?.broadcast_div(&deviation)?;
        y.broadcast_mul(&channel(format!("{norm}.weight"))?)?.broadcast_add(&channel(format!("{norm}.bias"))?)?.relu()
    }

    fn logits(&self, segments: &Tensor) -> Result<Tensor> {
        let Some(stem) = &self.architecture.stem else { bail!("this peer runs networks on waveforms only") };
        let mut x = self.layer("stem.conv", "stem.norm", &segments.unsqueeze(1)?, stem.stride, stem.padding)?;
        for (index, block) in self.architecture.blocks.iter().enumerate() {
            let padding = self.architecture.same.padding(block.kernel);
            x = self.layer(&format!("blocks.{index}.conv"), &format!("blocks.{index}.norm"), &x, 1, padding)?;
            x = x.unsqueeze(3)?.max_pool2d((block.pool, 1))?.squeeze(3)?;
        }
        let padding = self.architecture.same.padding(self.architecture.head.kernel);
        x = self.layer("head.conv", "head.norm", &x, 1, padding)?.squeeze(2)?;
        x.matmul(&self.tensor("head.out.weight")?.t()?)?.broadcast_add(self.tensor("head.out.bias")?)
    }

    /// One step of plain gradient descent on the mean binary cross-entropy, with all targets 0.
    fn step(&self, segments: &Tensor) -> Result<()> {
        let logits = self.logits(segments)?;
        let loss = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?.mean_all()?;
        let gradients = loss.backward()?;
        for var in self.tensors.values() {
            if let Some(gradient) = gradients.get(var) {
                var.set(&(var.as_tensor() - (gradient * 0.01)?)?.detach())?;
            }
        }
        Ok(())
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(file), Some(work)) = (arguments.first(), arguments.get(1)) else {
        bail!("usage: candle_ops MODEL.safetensors infer|train [--batch N]");
    };
    let at = arguments.iter().position(|a| a == "--batch");
    let batch: usize = at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(10);
    let model = Model::load(file).map_err(Error::wrap)?;
    let plain = Plain::new(&model, work == "train")?;
    let segments = (Tensor::rand(-0.05f32, 0.05, (batch, model.architecture.input_length), &Device::Cpu))?;
    for line in std::io::stdin().lock().lines() {
        let least = line?.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0.25);
        let (began, mut count) = (Instant::now(), 0.0);
        while count == 0.0 || began.elapsed().as_secs_f64() < least {
            if plain.training {
                plain.step(&segments)?;
            } else {
                std::hint::black_box(plain.logits(&segments)?.to_vec2::<f32>()?);
            }
            count += 1.0;
        }
        println!("{}", began.elapsed().as_secs_f64() / count);
    }
    Ok(())
}
