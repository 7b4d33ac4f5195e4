//! The update of the trained values: Nesterov SGD or Adam, after the gradients of several batches are added and the
//! norm of the gradient is limited. Every item of work is one run of values.

use engine_core::backend::Step;
use engine_core::{Share, BETA1, BETA2, EPSILON, NORM_EPSILON};

use super::optimiser_memory::{OptimiserMemory, RUN};
use super::state::State;
use super::work::Work;
use crate::kernels::simd::Simd;
use crate::train::clock::Part;

/// The gradients of a step: those of its batch, or the sum over several batches.
#[derive(Clone, Copy)]
pub(crate) struct Gradients<'a> {
    pub state: &'a State,
    pub optimiser: &'a OptimiserMemory,
    pub step: &'a Step<'a>,
}

/// Trained values that follow each other, within one item.
struct Trained {
    start: usize,
    count: usize,
    /// The factor of the learning rate.
    factor: f32,
}

impl Gradients<'_> {
    /// The number of work items.
    pub(crate) fn items(&self) -> usize {
        self.state.values.len.div_ceil(RUN)
    }

    /// The place of an item's values: the first one and their number.
    #[inline(always)]
    fn run(&self, item: usize) -> (usize, usize) {
        (item * RUN, RUN.min(self.state.values.len - item * RUN))
    }

    /// The parts of an item's run that are trained.
    #[inline(always)]
    fn trained(&self, item: usize) -> impl Iterator<Item = Trained> + '_ {
        let (first, count) = self.run(item);
        self.state.tape.rates.iter().filter_map(move |rate| {
            let (start, end) = (rate.values.start.max(first), rate.values.end.min(first + count));
            (start < end).then(|| Trained { start, count: end - start, factor: rate.factor })
        })
    }

    /// The gradients of `count` values from `start` on.
    ///
    /// # Safety
    /// Nobody writes them meanwhile.
    #[inline(always)]
    unsafe fn of(&self, start: usize, count: usize) -> &[f32] {
        // SAFETY: by the contract.
        unsafe {
            match self.step.share {
                Some(_) => self.optimiser.accumulated.part(start, count),
                None => self.state.memory.read(self.state.gradients.part(start, count)),
            }
        }
    }

    /// The factor that limits the norm of the gradient to `largest`, after the sums of squares are computed: 1 for a
    /// shorter gradient.
    pub(crate) fn scale(&self, largest: f32) -> f32 {
        let norm = self.optimiser.sums.get()[..self.items()].iter().sum::<f64>().sqrt();
        // A gradient that is not a number must reach the parameters, so that the divergence is seen.
        let factor = f64::from(largest) / (norm + NORM_EPSILON);
        if factor >= 1.0 {
            1.0
        } else {
            factor as f32
        }
    }
}

/// Adds the gradients of the batch, multiplied by its share, to those of the other batches.
pub(crate) struct Accumulate<'a> {
    pub gradients: Gradients<'a>,
    pub share: Share,
}

impl Work for Accumulate<'_> {
    const PART: Option<Part> = Some(Part::Update);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let Gradients { state, optimiser, .. } = self.gradients;
        let (start, count) = self.gradients.run(item);
        let Share { weight, first } = self.share;
        // SAFETY: an item writes its own run.
        unsafe {
            let sum = optimiser.accumulated.part(start, count);
            let gradients = state.memory.read(state.gradients.part(start, count));
            for i in 0..count {
                let before = if first { 0.0 } else { sum[i] };
                sum[i] = before + weight * gradients[i];
            }
        }
    }
}

/// Computes the sum of squares of every run.
pub(crate) struct Squares<'a> {
    pub gradients: Gradients<'a>,
}

impl Work for Squares<'_> {
    const PART: Option<Part> = Some(Part::Update);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        // SAFETY: an item writes its own sum.
        unsafe {
            let squares =
                |part: Trained| self.gradients.of(part.start, part.count).iter().map(|&g| f64::from(g) * f64::from(g));
            self.gradients.optimiser.sums.part(item, 1)[0] = self.gradients.trained(item).flat_map(squares).sum();
        }
    }
}

/// Gradients with a limited norm, and with the L2 penalty.
#[derive(Clone, Copy)]
pub(crate) struct Scaled<'a> {
    pub gradients: Gradients<'a>,
    /// The factor that limits the norm.
    pub scale: f32,
    pub penalty: f32,
}

impl Scaled<'_> {
    pub(crate) fn items(&self) -> usize {
        self.gradients.items()
    }
}

/// `g += penalty w; v = momentum v + g; w -= learning_rate (g + momentum v)`.
pub(crate) struct Nesterov<'a> {
    pub gradients: Scaled<'a>,
    pub learning_rate: f32,
    pub momentum: f32,
}

impl Work for Nesterov<'_> {
    const PART: Option<Part> = Some(Part::Update);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let Scaled { gradients: of, scale, penalty } = self.gradients;
        let (state, momentum) = (of.state, self.momentum);
        for Trained { start, count, factor } in of.trained(item) {
            let learning_rate = self.learning_rate * factor;
            // SAFETY: an item writes its own run.
            unsafe {
                let values = state.memory.write(state.values.part(start, count));
                let velocity = state.memory.write(state.velocity.part(start, count));
                let gradients = of.of(start, count);
                for i in 0..count {
                    let g = scale * gradients[i] + penalty * values[i];
                    velocity[i] = momentum * velocity[i] + g;
                    values[i] -= learning_rate * (g + momentum * velocity[i]);
                }
            }
        }
    }
}

/// `g += penalty w; m += (1 - b1) (g - m); s = b2 s + (1 - b2) g g;
/// w = shrink w - step m / (sqrt(s) / root + epsilon)`.
pub(crate) struct Adam<'a> {
    pub gradients: Scaled<'a>,
    pub step: f32,
    pub root: f32,
    pub shrink: f32,
}

impl Work for Adam<'_> {
    const PART: Option<Part> = Some(Part::Update);

    #[inline(always)]
    unsafe fn item<S: Simd>(&self, item: usize, _worker: usize) {
        let Scaled { gradients: of, scale, penalty } = self.gradients;
        let (state, root) = (of.state, self.root);
        let (new1, keep2, new2, epsilon) = ((1.0 - BETA1) as f32, BETA2 as f32, (1.0 - BETA2) as f32, EPSILON as f32);
        for Trained { start, count, factor } in of.trained(item) {
            let step = self.step * factor;
            // The decay is a part of the learning rate.
            let shrink = if factor == 1.0 { self.shrink } else { 1.0 - factor * (1.0 - self.shrink) };
            // SAFETY: an item writes its own run.
            unsafe {
                let values = state.memory.write(state.values.part(start, count));
                let means = state.memory.write(state.velocity.part(start, count));
                let squares = of.optimiser.squares.part(start, count);
                let gradients = of.of(start, count);
                for i in 0..count {
                    let g = scale * gradients[i] + penalty * values[i];
                    means[i] += new1 * (g - means[i]);
                    squares[i] = keep2 * squares[i] + new2 * g * g;
                    values[i] = shrink * values[i] - step * means[i] / (squares[i].sqrt() / root + epsilon);
                }
            }
        }
    }
}
