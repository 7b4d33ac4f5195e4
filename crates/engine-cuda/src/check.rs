//! A check of our own kernels on the present GPU: a small network must give the same results with our kernels and with
//! cuBLAS products.

use engine_core::backend::InferenceBackend;
use engine_core::tape::Tape;
use engine_core::{initialise, Initialisation, Philox, Precision, Segments, Targets, Training};
use error::Result;
use net::{Architecture, Block, BlockKind, Head, HeadKind, InputNormalisation, Side, Stem, Task};

use crate::gpu::{Cores, Gpu};
use crate::inference::CudaInference;
use crate::memory::fused::TILE;
use crate::memory::terms::Mode;
use crate::training::CudaTraining;

const TAGS: usize = 2;
/// The largest relative difference of a result. Rounding moves a few maxima to a neighbour, which gives some
/// hundredths; a kernel that reads wrong operands has an error of about 1.
const LIMIT: f64 = 0.25;

/// A small number, so that a small network has enough tiles for all multiprocessors.
const MULTIPROCESSORS: usize = 2;

/// Three blocks that our kernels compute: the first reads the waveform, the second reads the extrema that the preceding
/// pool has kept and has an excitation, so that the third reads a map.
pub(crate) fn architecture() -> Architecture {
    let second = Block { kind: BlockKind::Se, excite: Some(0.25), ..Block::module(3, 128) };
    let head = Head { kind: HeadKind::Dense, channels: 0, dropout: 0.0, norm: false, ..Head::conv(1, 0) };
    Architecture {
        sampling_rate: 8000,
        input_length: 2187,
        input_normalisation: InputNormalisation::None,
        stem: Some(Stem::conv(3, 3, 128)),
        same: Side::default(),
        norm: net::Norm::default(),
        blocks: vec![Block::module(3, 128), second, Block::module(3, 64)],
        head,
    }
}

/// Whether a plan for this purpose computes the same with our own kernels and without them. `open` opens the GPU;
/// memory for both plans is allocated and freed.
pub(crate) fn is_right(open: impl Fn() -> Result<Box<dyn Gpu>>, precision: Precision, mode: Mode) -> Result<bool> {
    let (mut own, mut other) = (open()?, open()?);
    own.take_cores(own.cores().map(|cores| Cores { multiprocessors: MULTIPROCESSORS, ..cores }));
    other.take_cores(None);
    let results = match mode {
        Mode::Training => training,
        Mode::Inference => inference,
    };
    let (own, other) = (results(own, precision)?, results(other, precision)?);
    Ok(own.iter().zip(&other).all(|(own, other)| difference(own, other) < LIMIT))
}

/// The number of segments with which the last block, too, has a tile for each multiprocessor.
fn batch(architecture: &Architecture) -> usize {
    (TILE * MULTIPROCESSORS).div_ceil(architecture.block_input(3).1)
}

/// `count` random numbers around 0.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; count];
    Philox::new(seed, engine_core::Purpose::Synthesise, 0).fill_uniform(0, &mut numbers);
    numbers.iter_mut().for_each(|number| *number -= 0.5);
    numbers
}

/// The results of a pass: logits, gradients of the parameters and of the waveform.
fn training(gpu: Box<dyn Gpu>, precision: Precision) -> Result<Vec<Vec<f32>>> {
    let architecture = architecture();
    let batch = batch(&architecture);
    let mut training = Training::on(&architecture, TAGS, Task::MultiLabel, batch, |tape, mel| {
        Ok(Box::new(CudaTraining::new(gpu, tape, mel, batch, 0, precision, false)?))
    })?;
    training.load(&initialise(&architecture, TAGS, Initialisation::He, 1)?)?;
    let input = numbers(1, batch * architecture.input_length);
    let targets: Vec<f32> = numbers(2, batch * TAGS).iter().map(|&number| f32::from(u8::from(number > 0.0))).collect();
    let pass = training.gradients(&input, Targets::Tags(&targets), None)?;
    Ok(vec![pass.logits, pass.parameters, pass.input])
}

/// The logits of an inference plan.
fn inference(gpu: Box<dyn Gpu>, precision: Precision) -> Result<Vec<Vec<f32>>> {
    let architecture = architecture();
    let (batch, tape) = (batch(&architecture), Tape::compile(&architecture, TAGS)?);
    let parameters = initialise(&architecture, TAGS, Initialisation::He, 1)?;
    let mut plan = CudaInference::new(gpu, tape, None, &parameters, batch, 0, precision)?;
    let input = numbers(1, batch * architecture.input_length);
    Ok(vec![plan.logits(Segments::Samples(&input), batch)?.to_vec()])
}

/// The relative difference of two vectors; NaN if one contains NaN or the lengths differ.
pub(crate) fn difference(own: &[f32], other: &[f32]) -> f64 {
    if own.len() != other.len() {
        return f64::NAN;
    }
    let square = |value: f32| f64::from(value).powi(2);
    let apart: f64 = own.iter().zip(other).map(|(a, b)| square(a - b)).sum();
    (apart / other.iter().map(|&value| square(value)).sum::<f64>()).sqrt()
}
