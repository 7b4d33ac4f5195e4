//! An independent reference: a forward pass of plain candle operations. Also tests the network inside candle's
//! autograd.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use candle_core::{DType, Device, Result, Tensor, Var, D};
use engine::candle::CandleNetwork;
use engine::{Inference, Options, Targets};
use engine_testbed::fixture::{self, Bound, Fixture};
use net::{Architecture, BlockKind, HeadKind, Parameters, Pooling};

/// A network in evaluation mode, of candle's own operations in f64. Activations are `[batch, channels, length]`.
struct Reference<'a> {
    fixture: &'a Fixture,
    parameters: Parameters,
}

impl Reference<'_> {
    fn tensor(&self, name: &str) -> Result<Option<Tensor>> {
        let Some(spec) = self.fixture.layout.find(name) else { return Ok(None) };
        let values: Vec<f64> = self.parameters.tensor(spec).iter().map(|&v| f64::from(v)).collect();
        Ok(Some(Tensor::from_vec(values, spec.shape.as_slice(), &Device::Cpu)?))
    }

    /// The tensor `name` with one value for every channel, in a shape that broadcasts.
    fn channels(&self, name: &str) -> Result<Option<Tensor>> {
        self.tensor(name)?.map(|tensor| tensor.reshape((1, (), 1))).transpose()
    }

    fn conv(&self, name: &str, x: &Tensor, stride: usize, padding: [usize; 2]) -> Result<Tensor> {
        let weight = self.tensor(&format!("{name}.weight"))?.unwrap();
        let y = x.pad_with_zeros(2, padding[0], padding[1])?.conv1d(&weight, 0, stride, 1, 1)?;
        match self.channels(&format!("{name}.bias"))? {
            Some(bias) => y.broadcast_add(&bias),
            None => Ok(y),
        }
    }

    fn norm(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let part = |part: &str| self.channels(&format!("{name}.{part}"));
        let Some(gamma) = part("weight")? else { return Ok(x.clone()) };
        let deviation = (part("running_var")?.unwrap() + self.architecture().norm.eps)?.sqrt()?;
        let x = x.broadcast_sub(&part("running_mean")?.unwrap())?.broadcast_div(&deviation)?;
        x.broadcast_mul(&gamma)?.broadcast_add(&part("bias")?.unwrap())
    }

    fn dense(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let weight = self.tensor(&format!("{name}.weight"))?.unwrap();
        x.matmul(&weight.t()?)?.broadcast_add(&self.tensor(&format!("{name}.bias"))?.unwrap())
    }

    fn excite(&self, name: &str, x: Tensor) -> Result<Tensor> {
        if self.fixture.layout.find(&format!("{name}.fc1.weight")).is_none() {
            return Ok(x);
        }
        let hidden = self.dense(&format!("{name}.fc1"), &x.mean(2)?)?.relu()?;
        let factor = ((self.dense(&format!("{name}.fc2"), &hidden)?.neg()?.exp()? + 1.0)?).recip()?;
        x.broadcast_mul(&factor.unsqueeze(2)?)
    }

    fn architecture(&self) -> &Architecture {
        &self.fixture.architecture
    }

    fn block(&self, index: usize, x: &Tensor) -> Result<Tensor> {
        let block = &self.architecture().blocks[index];
        let padding = self.architecture().same.padding(block.kernel);
        let name = |part: &str| format!("blocks.{index}.{part}");
        let pool = |x: &Tensor| x.unsqueeze(3)?.max_pool2d((block.pool, 1))?.squeeze(3);
        if block.kind != BlockKind::Res {
            let y = self.norm(&name("norm"), &self.conv(&name("conv"), x, 1, padding)?)?.relu()?;
            return self.excite(&name("excite"), pool(&y)?);
        }
        let mut y = x.clone();
        for conv in 1..=block.convs {
            y = self.norm(&name(&format!("norm{conv}")), &self.conv(&name(&format!("conv{conv}")), &y, 1, padding)?)?;
            if conv < block.convs {
                y = y.relu()?;
            }
        }
        y = self.excite(&name("excite"), y)?;
        let shortcut = match self.fixture.layout.find(&name("shortcut.conv.weight")) {
            None => x.clone(),
            Some(_) => self.norm(&name("shortcut.norm"), &self.conv(&name("shortcut.conv"), x, 1, [0, 0])?)?,
        };
        pool(&(shortcut + y)?.relu()?)
    }

    fn logits(&self, segments: &[f32]) -> Result<Vec<f64>> {
        let values: Vec<f64> = segments.iter().map(|&v| f64::from(v)).collect();
        let x = Tensor::from_vec(values, ((), 1, self.architecture().input_length), &Device::Cpu)?;
        let stem = self.architecture().stem.as_ref().unwrap();
        let mut x = self.norm("stem.norm", &self.conv("stem.conv", &x, stem.stride, stem.padding)?)?.relu()?;
        let mut levels = Vec::new();
        for index in 0..self.architecture().blocks.len() {
            x = self.block(index, &x)?;
            levels.push(x.clone());
        }
        let head = &self.architecture().head;
        let hidden = match head.kind {
            HeadKind::Conv => self.conv("head.conv", &x, 1, self.architecture().same.padding(head.kernel))?,
            HeadKind::Dense => {
                assert_eq!(head.pooling, Pooling::Max);
                let seen: Vec<Tensor> =
                    levels[levels.len() - head.levels..].iter().map(|x| x.max(D::Minus1)).collect::<Result<_>>()?;
                self.dense("head.hidden", &Tensor::cat(&seen, 1)?)?.unsqueeze(2)?
            }
        };
        let hidden = self.norm("head.norm", &hidden)?.relu()?;
        self.dense("head.out", &hidden.squeeze(2)?)?.flatten_all()?.to_vec1()
    }
}

#[test]
fn plain_candle_operations_give_the_fixtures_logits() {
    for name in Fixture::names().iter().filter(|name| !name.starts_with("full-")) {
        let fixture = Fixture::load(name);
        let reference = Reference { fixture: &fixture, parameters: fixture.parameters() };
        fixture.check(Bound::Twin, "eval.logits", &reference.logits(fixture.input(0)).unwrap());
    }
}

#[test]
fn the_inference_plan_agrees_with_plain_candle_operations_at_full_size() {
    let fixture = Fixture::load("full-rate-8000");
    let segments = &fixture.input(0)[..2 * fixture.architecture.input_length];
    let parameters = fixture.parameters();
    let mut inference =
        Inference::new(&fixture.architecture, fixture.tags, &parameters, 2, &Options::default()).unwrap();
    let ours: Vec<f64> = inference.logits(segments).unwrap().iter().map(|&v| f64::from(v)).collect();
    let truth = Reference { fixture: &fixture, parameters }.logits(segments).unwrap();
    assert!(fixture::largest_error(&ours, &truth) <= fixture.limit(Bound::Winograd, "eval.logits"));
}

/// The mean binary cross-entropy in candle's operations: max(x, 0) - x t + log(1 + exp(-|x|)).
fn binary_cross_entropy(logits: &Tensor, tags: &Tensor) -> Result<Tensor> {
    let soft = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    ((logits.relu()? - (logits * tags)?)? + soft)?.mean_all()
}

#[test]
fn candle_backpropagates_through_the_network() {
    assert_backpropagates(&Device::Cpu);
}

#[cfg(feature = "candle-cuda")]
#[test]
fn candle_backpropagates_tensors_of_a_cuda_device() {
    match Device::new_cuda(0) {
        Ok(device) => assert_backpropagates(&device),
        Err(reason) => eprintln!("skipped: no CUDA device: {reason}"),
    }
}

/// Compares logits, statistics and gradients with the fixtures, with all tensors on `device`.
fn assert_backpropagates(device: &Device) {
    for name in ["basic-3", "rese2-multi"] {
        let fixture = Fixture::load(name);
        let Targets::Tags(tags) = fixture.targets(0) else { panic!("multi-label") };
        let first = fixture.parameters();
        let options = Options::default();
        let network =
            CandleNetwork::new(&fixture.architecture, fixture.tags, fixture.batch, &first.statistics, &options)
                .unwrap();
        let shape = (fixture.batch, fixture.architecture.input_length);
        let segments = Var::from_slice(fixture.input(0), shape, device).unwrap();
        let parameters = Var::from_slice(&first.trainable, first.trainable.len(), device).unwrap();
        let tags = Tensor::from_slice(tags, (fixture.batch, fixture.tags), device).unwrap();

        let logits = network.forward(&segments, &parameters, None).unwrap();
        assert!(logits.device().same_device(device), "{name}");
        let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        fixture.check(Bound::Winograd, "train.logits", &flat(&logits));
        fixture.check_first_statistics(Bound::Winograd, &network.statistics());
        // Twice the loss, so that the incoming gradient differs from the one that the plan computes itself.
        let gradients = (binary_cross_entropy(&logits, &tags).unwrap() * 2.0).unwrap().backward().unwrap();
        let halved = |var: &Var| flat(&(gradients.get(var).unwrap() / 2.0).unwrap());
        fixture.check_gradient(Bound::Winograd, &halved(&parameters));
        fixture.check(Bound::Winograd, "grad.input", &halved(&segments));
        fixture.check_first_statistics(Bound::Winograd, &network.statistics());
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let architecture = Architecture::preset("3^2").unwrap();
    let layout = net::Layout::new(&architecture, 2);
    let zeros = Parameters::zeros(&layout);
    let network = CandleNetwork::new(&architecture, 2, 3, &zeros.statistics, &Options::default()).unwrap();
    let tensor = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
    let (length, count) = (architecture.input_length, layout.trainable);
    assert!(network.forward(&tensor(&[3, length]), &tensor(&[count]), None).is_ok());
    for (segments, parameters) in [([4, length], count), ([3, length - 1], count), ([3, length], count - 1)] {
        let error = network.forward(&tensor(&segments), &tensor(&[parameters]), None).unwrap_err();
        assert!(error.to_string().contains("must be ["), "{error}");
    }
    let double = Tensor::zeros((3, length), DType::F64, &Device::Cpu).unwrap();
    assert!(network.forward(&double, &tensor(&[count]), None).is_err());
}
