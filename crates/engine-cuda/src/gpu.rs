//! The interface of a GPU that a plan needs: memory, streams, launches of kernels, matrix products. One implementation
//! uses the driver, the other runs the same kernels on the CPU for tests.

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

/// The memory of a GPU, and copies that the host waits for.
pub(crate) trait Memory {
    /// The number of free bytes.
    fn free_memory(&self) -> Result<usize>;
    /// The number of bytes that another user of the same GPU needs before it allocates memory itself.
    fn taken_by_another(&self) -> usize {
        0
    }
    /// Allocates `bytes` zero bytes that live as long as this GPU.
    fn allocate(&mut self, bytes: usize) -> Result<Address>;
    /// Copies to the GPU.
    fn upload(&self, to: Address, from: &[u8]) -> Result<()>;
    /// Waits for all work, and copies from the GPU.
    fn download(&self, from: Address, to: &mut [u8]) -> Result<()>;
    /// Allocates memory of the host from which copies are made; it lives as long as this GPU.
    fn pin(&mut self, bytes: usize) -> Result<Pinned>;
}

/// Concurrency on a GPU.
pub(crate) trait Streams {
    /// Creates an event, which counts as reached until it is recorded.
    fn event(&mut self) -> Result<Event>;
    /// Starts to copy the first bytes of `from` to the GPU; `from` must not change until an event recorded after the
    /// copy is reached.
    fn copy(&self, queue: Queue, to: Address, from: &Pinned, bytes: usize) -> Result<()>;
    /// Records an event after everything that a queue has received.
    fn record(&self, event: Event, queue: Queue) -> Result<()>;
    /// Lets everything that a queue receives from now on wait for an event.
    fn wait(&self, queue: Queue, event: Event) -> Result<()>;
    /// Waits for an event on the host.
    fn reached(&self, event: Event) -> Result<()>;
    /// Launches and products from here to [`Streams::back`] form a branch that runs concurrently with everything after
    /// [`Streams::back`]. The branch begins when all earlier work has ended, and its launches run in order. Until
    /// [`Streams::join`], neither side may access memory that the other writes.
    fn fork(&self) -> Result<()>;
    /// Ends the branch and returns to the main work.
    fn back(&self) -> Result<()>;
    /// Lets the following work begin when the branch has ended.
    fn join(&self) -> Result<()>;
}

/// The properties of a GPU that our own tensor-core kernels need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cores {
    pub multiprocessors: usize,
    /// The bytes of shared memory that a block may use.
    pub shared: usize,
}

/// Kernels and matrix products.
pub(crate) trait Work {
    /// The properties for our own tensor-core kernels; `None` if cuBLAS computes all products.
    fn cores(&self) -> Option<Cores>;
    /// Lays out later plans as if the GPU had these properties.
    fn take_cores(&mut self, cores: Option<Cores>);
    /// Selects the kernels for maps of this precision, and computes products in it from now on.
    fn compute_in(&mut self, precision: Precision) -> Result<()>;
    /// Starts a kernel; `arguments` are made by [`launch!`] and fit it.
    fn launch(&self, kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Result<()>;
    /// Starts a matrix product.
    fn multiply(&self, product: &Product) -> Result<()>;
    /// Starts measuring launches and products, or stops and returns them in order.
    fn trace(&mut self, _on: bool) -> Result<Vec<LaunchTime>> {
        Ok(Vec::new())
    }
}

/// Launches and products that a [`Recorder`] has recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recording(pub usize);

/// Recording of launches and products, to start them together.
pub(crate) trait Recorder {
    /// From now on, launches and products are recorded instead of started, until [`Recorder::end_recording`]. No copies
    /// are allowed in between.
    fn begin_recording(&self) -> Result<()>;
    /// Finishes the recording. A failure ends the recording as well.
    fn end_recording(&self) -> Result<Recording>;
    /// Starts all launches of a recording in order, with the recorded arguments.
    fn replay(&self, recording: Recording) -> Result<()>;
}

/// A GPU. Everything happens in the order of the calls, except for work in a branch.
pub(crate) trait Gpu: Memory + Streams + Work + Recorder + Send {
    /// Makes this GPU the current one of the calling thread; needed before any other call when the thread changes.
    fn bind(&self) -> Result<()>;
}
