//! Execution of a convolution: its items on the plan's threads, each with the algorithm of the layer's weights.

use error::Result;

use crate::infer::conv::arithmetic::Weights;
use crate::infer::conv::item::Item;
use crate::infer::conv::scheme::Scheme;
use crate::infer::conv::Conv;
use crate::infer::map::Maps;
use crate::infer::work::Work;
use crate::kernels::dispatch::run;
use crate::kernels::simd::{Kernel, Simd};
use crate::kernels::winograd::{Tile, F};

impl Conv {
    /// Computes the first `n` segments of the batch.
    pub(crate) fn run(&self, maps: &Maps, n: usize, work: &Work) -> Result<()> {
        let per_item = self.units_per_item();
        let (groups, units) = if self.across() { (1, n * self.units) } else { (n, self.units) };
        let blocks = units.div_ceil(per_item);
        let panels = self.weights.count();
        let (input, output, scratch) = (&maps.maps[self.input], &maps.maps[self.output()], self.layout().total);
        work.covers(input, n);
        work.covers(output, n);
        let split = if groups * blocks >= 4 * work.pool.threads() { 1 } else { panels.min(4 * work.pool.threads()) };
        work.pool.run(groups * blocks * split, |item, worker| {
            let (block, part) = (item / split, item % split);
            let (group, index) = (block / blocks, block % blocks);
            let start = group * self.units;
            // SAFETY: a worker runs one item at a time.
            let scratch = unsafe { work.scratch[worker].part(0, scratch) };
            let item = Item {
                conv: self,
                input,
                output,
                units: [start + index * units / blocks, start + (index + 1) * units / blocks],
                panels: [part * panels / split, (part + 1) * panels / split],
                arena: work.arena.start(),
                scratch: scratch.as_mut_ptr(),
            };
            // SAFETY: the level was detected on this processor; input and output are different activations inside the
            // arena, items write to separate places (other units or other panels), and a worker's scratch is its own
            // and has the size of the layout.
            unsafe { run(work.level, item) }
        })
    }
}

impl Kernel for Item<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: by the contract of `run`; see the functions.
        unsafe {
            match (&self.conv.weights, self.conv.scheme) {
                (Weights::Int8(bytes), Scheme::Direct) => self.int8::<S>(bytes),
                (Weights::Int8(bytes), Scheme::Winograd(4, _)) => self.int8_tiled::<S, 2>(bytes),
                (Weights::Int8(bytes), Scheme::Winograd(..)) => self.int8_tiled::<S, 3>(bytes),
                (_, Scheme::Direct) => self.direct::<S>(),
                (_, Scheme::Winograd(2, 2)) => self.tiled::<S, F<2, 2>>(),
                (_, Scheme::Winograd(4, 2)) => self.tiled::<S, F<4, 2>>(),
                (_, Scheme::Winograd(6, 2)) => self.tiled::<S, F<6, 2>>(),
                (_, Scheme::Winograd(3, 3)) => self.tiled::<S, F<3, 3>>(),
                (_, Scheme::Winograd(4, 3)) => self.tiled::<S, F<4, 3>>(),
                (_, Scheme::Winograd(6, 3)) => self.tiled::<S, F<6, 3>>(),
                (_, Scheme::Winograd(4, 4)) => self.tiled::<S, F<4, 4>>(),
                (_, Scheme::Winograd(..)) => self.tiled::<S, F<5, 5>>(),
            }
        }
    }
}

impl Item<'_> {
    /// Computes the item by Winograd tiles.
    ///
    /// # Safety
    /// The contract of [`Item`].
    #[inline(always)]
    unsafe fn tiled<S: Simd, T: Tile + Copy>(&self) {
        // SAFETY: by the contract.
        unsafe {
            match &self.conv.weights {
                Weights::Fixed14(panels, integer) => self.fixed14::<S, T>(panels, integer),
                _ => self.winograd::<S, T>(),
            }
        }
    }
}
