//! Whether our own kernels are right on the GPU at hand: a small training step by them and one by cuBLAS's products must agree.

use error::Result;
use net::{Architecture, Block, BlockKind, Head, HeadKind, Side, Stem, Task};

use super::TILE;
use crate::cuda::gpu::{Cores, Gpu};
use crate::cuda::CudaTraining;
use crate::training::Gradients;
use crate::{initialise, Initialisation, Options, Philox, Precision, Purpose, Targets, Training};

const TAGS: usize = 2;
/// Relative difference of the gradients, at most. Rounding moves a few maxima to a neighbour, which is some hundredths; a kernel whose operands
/// are not where it thinks is off by about 1.
const LIMIT: f64 = 0.25;

/// So few that a small network has enough tiles for them.
const MULTIPROCESSORS: usize = 2;

/// Three blocks that the kernels take: the first from the waveform, the second from what the pool before has kept and with an excitation
/// behind it, and so the third from a map.
pub(super) fn architecture() -> Architecture {
    let second = Block { kind: BlockKind::Se, excite: Some(0.25), ..Block::module(3, 128) };
    let head = Head { kind: HeadKind::Dense, channels: 0, dropout: 0.0, norm: false, ..Head::conv(1, 0) };
    Architecture {
        sampling_rate: 8000,
        input_length: 2187,
        stem: Some(Stem::conv(3, 3, 128)),
        same: Side::default(),
        norm: net::Norm::default(),
        blocks: vec![Block::module(3, 128), second, Block::module(3, 64)],
        head,
    }
}

/// Whether the gradients of a step by our own kernels are those of a step without them. `open` opens the GPU; memory for both is taken and
/// given back.
pub(crate) fn is_right(open: impl Fn() -> Result<Box<dyn Gpu>>, precision: Precision) -> Result<bool> {
    let (mut own, mut other) = (open()?, open()?);
    own.take_cores(own.cores().map(|cores| Cores { multiprocessors: MULTIPROCESSORS, ..cores }));
    other.take_cores(None);
    let architecture = architecture();
    // As many segments as it takes for the last block, too, to have a tile for each.
    let batch = (TILE * MULTIPROCESSORS).div_ceil(architecture.block_input(3).1);
    let gradients = |gpu| gradients(gpu, &architecture, batch, precision);
    let (own, other) = (gradients(own)?, gradients(other)?);
    let agree = |of: fn(&Gradients) -> &[f32]| difference(of(&own), of(&other)) < LIMIT;
    Ok(agree(|pass| &pass.logits) && agree(|pass| &pass.parameters) && agree(|pass| &pass.input))
}

fn gradients(gpu: Box<dyn Gpu>, architecture: &Architecture, batch: usize, precision: Precision) -> Result<Gradients> {
    let options = Options { precision, ..Options::default() };
    let mut training = Training::on(architecture, TAGS, Task::MultiLabel, batch, |tape, mel| {
        Ok(Box::new(CudaTraining::new(gpu, tape, mel, batch, &options, false)?))
    })?;
    training.load(&initialise(architecture, TAGS, Initialisation::He, 1)?)?;
    let stream = Philox::new(1, Purpose::Synthesise, 0);
    let mut input = vec![0.0; batch * architecture.input_length];
    stream.fill_uniform(0, &mut input);
    input.iter_mut().for_each(|sample| *sample -= 0.5);
    let mut targets = vec![0.0; batch * TAGS];
    stream.fill_uniform(1 << 40, &mut targets);
    targets.iter_mut().for_each(|target| *target = f32::from(u8::from(*target > 0.5)));
    training.gradients(&input, Targets::Tags(&targets), None)
}

/// Relative difference of two vectors; NaN where one has NaN.
fn difference(own: &[f32], other: &[f32]) -> f64 {
    let square = |value: f32| f64::from(value).powi(2);
    let apart: f64 = own.iter().zip(other).map(|(a, b)| square(a - b)).sum();
    (apart / other.iter().map(|&value| square(value)).sum::<f64>()).sqrt()
}
