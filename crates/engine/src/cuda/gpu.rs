//! What a plan needs of a GPU: memory, launches of kernels, matrix products. One implementation is the driver's, the other
//! runs the same kernels on the CPU for tests.

use std::ffi::c_void;

use error::Result;

use super::transfer::{Event, Pinned, Queue};
use crate::options::Precision;
use crate::timing::LaunchTime;

/// A place in a GPU's memory. Address 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Address(pub u64);

impl Address {
    /// None: the kernels leave out what a null pointer stands for.
    pub(crate) const NULL: Self = Self(0);

    /// The place `elements` values of this kind further on; negative goes back.
    pub(crate) fn offset(self, elements: isize, element: Element) -> Self {
        Self(self.0.wrapping_add_signed(elements as i64 * element.bytes() as i64))
    }

    /// The place `elements` f32 values further on; negative goes back.
    pub(crate) fn floats(self, elements: isize) -> Self {
        self.offset(elements, Element::F32)
    }
}

/// What a value in a GPU's memory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Element {
    #[default]
    F32,
    Bf16,
}

impl Element {
    /// Bytes of one.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::Bf16 => 2,
        }
    }

    /// What maps, raw outputs and their gradients are under a precision; everything else is always f32.
    pub(crate) fn stored(precision: Precision) -> Self {
        match precision {
            Precision::Bf16 => Element::Bf16,
            _ => Element::F32,
        }
    }
}

/// What a kernel takes by value: its layout is that of the kernel's parameter in C.
pub(crate) trait Argument: Copy {}

impl Argument for Address {}
impl Argument for u32 {}
impl Argument for u64 {}
impl Argument for f32 {}
impl Argument for f64 {}

/// Where a kernel's argument lies: what a launch takes. The driver knows its size, the stand-in for it does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub place: *const c_void,
    #[cfg(test)]
    pub bytes: usize,
}

/// The parameter of an argument.
pub(crate) fn parameter<T: Argument>(argument: &T) -> Parameter {
    Parameter {
        place: std::ptr::from_ref(argument).cast(),
        #[cfg(test)]
        bytes: size_of::<T>(),
    }
}

/// Launches a kernel with arguments in the order of its parameters. They live until the launch has taken them.
macro_rules! launch {
    ($gpu:expr, $kernel:expr, $shape:expr, [$($argument:expr),* $(,)?] $(,)?) => {
        $gpu.launch($kernel, $shape, &[$($crate::cuda::gpu::parameter(&$argument)),*])
    };
}
pub(crate) use launch;

/// Blocks of a launch and threads of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    /// Bytes that the launch moves when every value moves once, for its measurement.
    pub bytes: u64,
}

impl Shape {
    /// One thread for the channels of every row that it handles together (`storage.h`): four where they come in fours.
    pub(crate) fn lanes(rows: usize, channels: usize) -> Self {
        Self::rows(rows, if channels.is_multiple_of(4) { channels / 4 } else { channels })
    }

    /// One thread for each of `rows` x `channels` values: neighbours in a block are neighbours in memory.
    pub(crate) fn rows(rows: usize, channels: usize) -> Self {
        let x = channels.next_power_of_two().clamp(1, 32) as u32;
        Self::blocks(rows, channels, [x, 256 / x])
    }

    /// The same, of a launch that moves so many bytes.
    pub(crate) fn moving(self, bytes: usize) -> Self {
        Self { bytes: bytes as u64, ..self }
    }

    fn of(grid: [u32; 3], block: [u32; 3]) -> Self {
        Self { grid, block, bytes: 0 }
    }

    /// Blocks of `[x, y]` threads over `channels` and `rows`.
    fn blocks(rows: usize, channels: usize, [x, y]: [u32; 2]) -> Self {
        let grid = [rows.div_ceil(y as usize).max(1) as u32, channels.div_ceil(x as usize).max(1) as u32, 1];
        Self::of(grid, [x, y, 1])
    }

    /// For the norm's sums: for every 8 channels so many blocks with 128 slices each.
    pub(crate) fn channel_slices(channels: usize, blocks: usize) -> Self {
        Self::of([blocks as u32, channels.div_ceil(8) as u32, 1], [8, 128, 1])
    }

    /// For sums of parts: blocks of 32 values and 32 slices.
    pub(crate) fn value_slices(count: usize) -> Self {
        Self::of([count.div_ceil(32) as u32, 1, 1], [32, 32, 1])
    }

    /// Blocks of 256 threads that share a block's memory.
    pub(crate) fn teams(count: usize) -> Self {
        Self::of([count.max(1) as u32, 1, 1], [256, 1, 1])
    }

    /// `count` threads in blocks of 256.
    pub(crate) fn line(count: usize) -> Self {
        Self::of([count.div_ceil(256).max(1) as u32, 1, 1], [256, 1, 1])
    }
}

/// Declares the kernels: the names are those of the functions in `kernels/`. Of `stored` ones, which read or write maps, there is a
/// second form for bf16, whose name ends with `_bf16`.
macro_rules! kernels {
    (plain { $($plain:ident = $plain_name:literal,)+ } stored { $($stored:ident = $stored_name:literal,)+ }) => {
        /// A kernel.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kernel { $($plain,)+ $($stored,)+ }

        impl Kernel {
            /// Their names, in the order of the variants.
            const NAMES: &'static [&'static str] = &[$($plain_name,)+ $($stored_name,)+];
            /// The first that has a second form.
            const FIRST_STORED: usize = [$($plain_name,)+].len();
        }
    };
}

kernels! {
    plain {
        BiasActivate = "bias_activate",
        BranchSums = "branch_sums",
        ColumnSums = "column_sums",
        CutSegments = "cut_segments",
        FactorGradientBranch = "factor_gradient_branch",
        FactorGradientMap = "factor_gradient_map",
        Feed = "feed",
        FrameSums = "frame_sums",
        Gate = "gate",
        ListAddresses = "list_addresses",
        LossClasses = "loss_classes",
        LossGiven = "loss_given",
        LossTags = "loss_tags",
        LossTotal = "loss_total",
        Nesterov = "nesterov",
        NormFixed = "norm_fixed",
        NormSlopes = "norm_slopes",
        NormStatistics = "norm_statistics",
        SqueezeBranch = "squeeze_branch",
        SqueezeMapMean = "squeeze_map_mean",
        StemGradient = "stem_gradient",
        StemStatistics = "stem_statistics",
        StemTotals = "stem_totals",
        SumParts = "sum_parts",
    }
    stored {
        Activate = "activate",
        DropoutBackward = "dropout_backward",
        DropoutForward = "dropout_forward",
        GatherBackward = "gather_backward",
        GatherColumns = "gather_columns",
        GatherForward = "gather_forward",
        JoinBackward = "join_backward",
        JoinForward = "join_forward",
        JoinIdentity = "join_identity",
        JoinSums = "join_sums",
        NarrowRows = "narrow_rows",
        NarrowValues = "narrow_values",
        PoolActivate = "pool_activate",
        PoolBackward = "pool_backward",
        PoolMoments = "pool_moments",
        PoolSums = "pool_sums",
        ReverseTaps = "reverse_taps",
        SqueezeMap = "squeeze_map",
        StemForward = "stem_forward",
        StemInputGradient = "stem_input_gradient",
        StemSums = "stem_sums",
        WidenRows = "widen_rows",
    }
}

impl Kernel {
    /// The functions of all kernels, in the order of the variants, for maps of this element.
    pub(crate) fn functions(stored: Element) -> Vec<String> {
        let name = |(index, name): (usize, &&str)| match stored {
            Element::Bf16 if index >= Self::FIRST_STORED => format!("{name}_bf16"),
            _ => (*name).to_owned(),
        };
        Self::NAMES.iter().enumerate().map(name).collect()
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A matrix operand of [`Product`]: column-major as in BLAS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    pub start: Address,
    /// Elements between columns, at least the rows of the stored matrix.
    pub leading: usize,
    /// Elements between the matrices of a batch.
    pub stride: usize,
    pub transposed: bool,
}

impl Matrix {
    /// As it is stored.
    pub(crate) fn plain(start: Address, leading: usize, stride: usize) -> Self {
        Self { start, leading, stride, transposed: false }
    }

    /// Its transpose.
    pub(crate) fn turned(start: Address, leading: usize, stride: usize) -> Self {
        Self { start, leading, stride, transposed: true }
    }
}

/// `to = from_left from_right`, or added to it: `count` products of `[rows, inner]` and `[inner, columns]` in the sense of BLAS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub rows: usize,
    pub columns: usize,
    pub inner: usize,
    pub left: Matrix,
    pub right: Matrix,
    pub to: Matrix,
    pub count: usize,
    pub accumulate: bool,
    /// The matrices of the batch do not follow each other: their starts are lists of addresses. The right ones of so many neighbours
    /// are about the same rows, so that they need to come from memory once.
    pub listed: Option<usize>,
    /// What both operands are.
    pub of: Element,
    /// What the result is: that, or f32.
    pub into: Element,
}

impl Product {
    /// How it is called in a measurement.
    pub(crate) fn name(&self) -> String {
        format!("multiply {}x{}x{} x{}", self.rows, self.columns, self.inner, self.count)
    }

    /// Multiplications and additions.
    pub(crate) fn operations(&self) -> u64 {
        2 * (self.rows * self.columns * self.inner * self.count) as u64
    }

    /// Bytes when every value moves once. Matrices of a batch that overlap, as phases and taps do, are one array, and so is one that
    /// all of the batch share.
    pub(crate) fn bytes(&self) -> u64 {
        let span = |matrix: &Matrix, rows: usize, columns: usize| {
            let (rows, columns) = if matrix.transposed { (columns, rows) } else { (rows, columns) };
            let one = (columns - 1) * matrix.leading + rows;
            (one + (self.count - 1) * matrix.stride).min(rows * columns * self.count)
        };
        let operands = match self.listed {
            Some(neighbours) => (self.rows + self.columns / neighbours) * self.inner * self.count,
            None => span(&self.left, self.rows, self.inner) + span(&self.right, self.inner, self.columns),
        };
        let result = self.rows * self.columns * self.count * if self.accumulate { 2 } else { 1 };
        (operands * self.of.bytes() + result * self.into.bytes()) as u64
    }
}

/// Launches and products that were noted by a [`Gpu`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recording(pub usize);

/// A GPU with one stream: everything happens in the order of the calls.
pub(crate) trait Gpu: Send {
    /// From now on launches take the kernels for maps of this precision, and products are computed in it.
    fn compute_in(&mut self, precision: Precision) -> Result<()>;
    /// Makes it the one that this thread talks to; before any other call from another thread than before.
    fn bind(&self) -> Result<()>;
    /// Free bytes of its memory.
    fn free_memory(&self) -> Result<usize>;
    /// `bytes` of zeros that live as long as this.
    fn allocate(&mut self, bytes: usize) -> Result<Address>;
    /// Copies to the GPU.
    fn upload(&self, to: Address, from: &[u8]) -> Result<()>;
    /// Waits for everything, and copies from the GPU.
    fn download(&self, from: Address, to: &mut [u8]) -> Result<()>;
    /// Memory of the host that copies are made from; it lives as long as this.
    fn pin(&mut self, bytes: usize) -> Result<Pinned>;
    /// An event, which has been reached until it is recorded.
    fn event(&mut self) -> Result<Event>;
    /// Starts to copy the first bytes of `from` to the GPU; until an event behind it is reached, `from` must stay as it is.
    fn copy(&self, queue: Queue, to: Address, from: &Pinned, bytes: usize) -> Result<()>;
    /// Puts an event behind everything that a queue has got.
    fn record(&self, event: Event, queue: Queue) -> Result<()>;
    /// Has what a queue gets from now on wait for an event.
    fn wait(&self, queue: Queue, event: Event) -> Result<()>;
    /// Waits for an event here.
    fn reached(&self, event: Event) -> Result<()>;
    /// Starts a kernel; `arguments` are made by [`launch!`] and fit it.
    fn launch(&self, kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Result<()>;
    /// Starts to measure launches and products, or ends it and gives them in their order.
    fn trace(&mut self, _on: bool) -> Result<Vec<LaunchTime>> {
        Ok(Vec::new())
    }
    /// Starts a matrix product.
    fn multiply(&self, product: &Product) -> Result<()>;
    /// Launches and products from here to [`Gpu::back`] run beside what comes after that: they begin when everything before has ended, and
    /// follow each other. Nothing of either may touch what the other writes, until [`Gpu::join`].
    fn fork(&self) -> Result<()>;
    /// Back to the main work.
    fn back(&self) -> Result<()>;
    /// What follows begins when everything that ran beside has ended.
    fn join(&self) -> Result<()>;
    /// From now on launches and products are noted instead of started, until [`Gpu::end_recording`]. Copies have no place in between.
    fn begin_recording(&self) -> Result<()>;
    /// Makes what was noted one thing to be started. A failure on the way ends the recording, too.
    fn end_recording(&self) -> Result<Recording>;
    /// Starts all of a recording, in its order, with the arguments that were noted.
    fn replay(&self, recording: Recording) -> Result<()>;
}
