//! An emulated GPU for tests: the kernels run as plain C++ on the CPU, and products use the CPU's matrix product.

mod compile;
mod memory;
mod noted;
mod product;
mod recorder;
mod streams;
mod work;

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use engine_core::Precision;
use error::Result;
use libloading::Library;

use self::noted::Noted;
use self::streams::Copies;
use crate::gpu::{Address, Cores, Gpu, Kernel};

/// 256 bytes aligned to 256 bytes, like allocations on a GPU.
#[derive(Clone, Copy)]
#[repr(C, align(256))]
struct Line([u64; 32]);

/// The GPU emulated on the CPU.
pub(crate) struct Emulated {
    kernels: &'static Library,
    /// All memory; never freed before the GPU.
    memory: Vec<Vec<Line>>,
    precision: Precision,
    /// Few multiprocessors, so that small networks have enough work for all of them.
    cores: Option<Cores>,
    broken: Option<Kernel>,
    copies: RefCell<Copies>,
    /// Whether launches currently go to the branch, and the launches of the branch. They run as late as possible, at
    /// the join: work that does not wait for them computes with the values from before.
    is_beside: Cell<bool>,
    beside: RefCell<Vec<Noted>>,
    /// The current recording, and the finished recordings.
    recording: RefCell<Option<Vec<Noted>>>,
    recordings: RefCell<Vec<Vec<Noted>>>,
    /// The free bytes, shared by all emulated GPUs derived from one another.
    free: Arc<AtomicUsize>,
    taken: usize,
    /// The number of launches until memory runs out.
    launches: Arc<AtomicUsize>,
}

// SAFETY: it is used by one thread at a time, as a GPU is.
unsafe impl Send for Emulated {}

impl Emulated {
    /// Creates an emulated GPU. Returns `None` with a message if there is no C++ compiler; with CI=true, a missing
    /// compiler is a failure. Linux only.
    pub(crate) fn new() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let kernels = compile::kernels();
        assert!(
            kernels.is_some() || std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "CI=true, and no C++ compiler"
        );
        Some(Self::sharing(kernels?, Arc::new(AtomicUsize::new(1 << 60)), Arc::new(AtomicUsize::new(usize::MAX))))
    }

    /// As [`Emulated::new`], but the given kernel does nothing.
    pub(crate) fn breaking(kernel: Kernel) -> Option<Self> {
        let mut gpu = Self::new()?;
        gpu.broken = Some(kernel);
        Some(gpu)
    }

    /// Limits the free memory to `bytes`.
    pub(crate) fn limit(&self, bytes: usize) {
        self.free.store(bytes, Ordering::Relaxed);
    }

    /// Creates another user of the same GPU.
    pub(crate) fn other(&self) -> Self {
        Self::sharing(self.kernels, Arc::clone(&self.free), Arc::clone(&self.launches))
    }

    /// Creates an emulated GPU that shares the remaining memory and launches with others.
    fn sharing(kernels: &'static Library, free: Arc<AtomicUsize>, launches: Arc<AtomicUsize>) -> Self {
        Self {
            kernels,
            memory: Vec::new(),
            precision: Precision::F32,
            broken: None,
            cores: Some(Cores { multiprocessors: 2, shared: 227 << 10 }),
            copies: RefCell::default(),
            is_beside: Cell::default(),
            beside: RefCell::default(),
            recording: RefCell::default(),
            recordings: RefCell::default(),
            free,
            taken: 0,
            launches,
        }
    }

    /// The number of launches until memory runs out.
    pub(crate) fn launches(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.launches)
    }

    /// Whether `[start, start + bytes)` lies inside one allocation.
    fn holds(&self, start: Address, bytes: usize) -> bool {
        self.memory.iter().any(|part| {
            let first = part.as_ptr() as u64;
            start.0 >= first && start.0 + bytes as u64 <= first + size_of_val(part.as_slice()) as u64
        })
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        self.free.fetch_add(self.taken, Ordering::Relaxed);
    }
}

impl Gpu for Emulated {
    fn bind(&self) -> Result<()> {
        Ok(())
    }
}
