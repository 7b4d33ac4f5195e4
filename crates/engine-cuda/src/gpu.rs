//! What a plan needs of a GPU: memory, streams, launches of kernels, matrix products. One implementation is the driver's, the other
//! runs the same kernels on the CPU for tests.

mod address;
pub(crate) mod arguments;
mod kernel;
mod launch;
mod product;
pub(crate) mod transfer;

use engine_core::{LaunchTime, Precision};
use error::Result;

use crate::gpu::transfer::{Event, Pinned, Queue};

pub(crate) use address::{Address, Element};
pub(crate) use kernel::Kernel;
pub(crate) use launch::{launch, parameter, Argument, Parameter, Shape};
pub(crate) use product::{Matrix, Product};

/// Memory of a GPU, and copies that the host waits for.
pub(crate) trait Memory {
    /// Free bytes of its memory.
    fn free_memory(&self) -> Result<usize>;
    /// Bytes that another user of the same GPU takes before it has memory of its own.
    fn taken_by_another(&self) -> usize {
        0
    }
    /// `bytes` of zeros that live as long as this.
    fn allocate(&mut self, bytes: usize) -> Result<Address>;
    /// Copies to the GPU.
    fn upload(&self, to: Address, from: &[u8]) -> Result<()>;
    /// Waits for everything, and copies from the GPU.
    fn download(&self, from: Address, to: &mut [u8]) -> Result<()>;
    /// Memory of the host that copies are made from; it lives as long as this.
    fn pin(&mut self, bytes: usize) -> Result<Pinned>;
}

/// What runs beside what on a GPU.
pub(crate) trait Streams {
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
    /// Launches and products from here to [`Streams::back`] run beside what comes after that: they begin when everything before has ended, and
    /// follow each other. Nothing of either may touch what the other writes, until [`Streams::join`].
    fn fork(&self) -> Result<()>;
    /// Back to the main work.
    fn back(&self) -> Result<()>;
    /// What follows begins when everything that ran beside has ended.
    fn join(&self) -> Result<()>;
}

/// What a GPU has for our own kernels with tensor cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cores {
    pub multiprocessors: usize,
    /// Bytes that the threads of a block may share.
    pub shared: usize,
}

/// Kernels and matrix products.
pub(crate) trait Work {
    /// What there is for our own kernels with tensor cores; none where all products are cuBLAS's.
    fn cores(&self) -> Option<Cores>;
    /// From now on plans are laid out as if the GPU had these.
    fn take_cores(&mut self, cores: Option<Cores>);
    /// From now on launches take the kernels for maps of this precision, and products are computed in it.
    fn compute_in(&mut self, precision: Precision) -> Result<()>;
    /// Starts a kernel; `arguments` are made by [`launch!`] and fit it.
    fn launch(&self, kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Result<()>;
    /// Starts a matrix product.
    fn multiply(&self, product: &Product) -> Result<()>;
    /// Starts to measure launches and products, or ends it and gives them in their order.
    fn trace(&mut self, _on: bool) -> Result<Vec<LaunchTime>> {
        Ok(Vec::new())
    }
}

/// Launches and products that were noted by a [`Recorder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recording(pub usize);

/// Launches and products that are started as one thing.
pub(crate) trait Recorder {
    /// From now on launches and products are noted instead of started, until [`Recorder::end_recording`]. Copies have no place in between.
    fn begin_recording(&self) -> Result<()>;
    /// Makes what was noted one thing to be started. A failure on the way ends the recording, too.
    fn end_recording(&self) -> Result<Recording>;
    /// Starts all of a recording, in its order, with the arguments that were noted.
    fn replay(&self, recording: Recording) -> Result<()>;
}

/// A GPU: everything happens in the order of the calls, but for what is said to run beside.
pub(crate) trait Gpu: Memory + Streams + Work + Recorder + Send {
    /// Makes it the one that this thread talks to; before any other call from another thread than before.
    fn bind(&self) -> Result<()>;
}
