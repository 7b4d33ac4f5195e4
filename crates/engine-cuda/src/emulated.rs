//! A GPU that is not there: the kernels as plain C++ on the CPU, products by the CPU's matrix product. For tests.

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

/// 256 bytes at a multiple of 256, as a GPU's memory comes.
#[derive(Clone, Copy)]
#[repr(C, align(256))]
struct Line([u64; 32]);

/// The GPU on the CPU.
pub(crate) struct Emulated {
    kernels: &'static Library,
    /// All memory; never freed before the GPU.
    memory: Vec<Vec<Line>>,
    precision: Precision,
    /// So few multiprocessors that small networks are large enough for them.
    cores: Option<Cores>,
    broken: Option<Kernel>,
    copies: RefCell<Copies>,
    /// Whether launches go beside, and those that did: they run as late as they may, at the join. Whoever does not wait for them
    /// computes with what was there before.
    is_beside: Cell<bool>,
    beside: RefCell<Vec<Noted>>,
    /// What is being recorded, and what was.
    recording: RefCell<Option<Vec<Noted>>>,
    recordings: RefCell<Vec<Vec<Noted>>>,
    /// Bytes that are left, to all that were made of one another.
    free: Arc<AtomicUsize>,
    taken: usize,
    /// Launches until there is no memory for one.
    launches: Arc<AtomicUsize>,
}

// SAFETY: it is used by one thread at a time, as a GPU is.
unsafe impl Send for Emulated {}

impl Emulated {
    /// `None`, with a message, without a C++ compiler; with CI=true that fails. Linux only.
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

    /// The same, on which a kernel does nothing.
    pub(crate) fn breaking(kernel: Kernel) -> Option<Self> {
        let mut gpu = Self::new()?;
        gpu.broken = Some(kernel);
        Some(gpu)
    }

    /// Gives it so much memory.
    pub(crate) fn limit(&self, bytes: usize) {
        self.free.store(bytes, Ordering::Relaxed);
    }

    /// Another user of the same GPU.
    pub(crate) fn other(&self) -> Self {
        Self::sharing(self.kernels, Arc::clone(&self.free), Arc::clone(&self.launches))
    }

    /// One whose memory and launches are those that are left to all that share them.
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

    /// The number of launches for which there is memory yet.
    pub(crate) fn launches(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.launches)
    }

    /// Whether `[start, start + bytes)` is inside one allocation.
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
