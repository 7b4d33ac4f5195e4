//! A GPU through the driver: primary context, streams, our kernels, cuBLAS with workspaces of its own.

mod memory;
mod recorder;
mod streams;
mod work;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;

use engine_core::Precision;
use error::Result;

use self::streams::Branch;
use crate::driver::cublas::{Cublas, COMPUTE_FLOAT};
use crate::driver::functions::{Driver, Handle};
use crate::driver::trace::Trace;
use crate::gpu::{Cores, Gpu, Memory, Work};

/// The kernels, compiled by build.rs for all architectures.
#[repr(align(64))]
struct Kernels<T: ?Sized>(T);
static KERNELS: &Kernels<[u8]> = &Kernels(*include_bytes!(concat!(env!("OUT_DIR"), "/kernels.fatbin")));

/// Bytes of cuBLAS's workspace; NVIDIA advises 32 MiB for Hopper. One of our own makes its choices, and so its sums, repeatable.
const WORKSPACE: usize = 32 << 20;
/// `CU_STREAM_NON_BLOCKING`: not ordered with other users of the device.
const NON_BLOCKING: u32 = 1;
/// `CU_EVENT_DISABLE_TIMING`: an event to wait for.
const NO_TIMING: u32 = 2;

/// A GPU. Whatever it was given lives until it is dropped.
pub(crate) struct Context {
    driver: &'static Driver,
    cublas: &'static Cublas,
    device: i32,
    cores: Option<Cores>,
    context: Handle,
    stream: Handle,
    /// The stream of copies beside the work.
    copies: Handle,
    branch: Branch,
    /// Whether launches go to the branch now.
    is_beside: Cell<bool>,
    module: Handle,
    /// In the order of the kernels, for the precision in use.
    functions: Vec<Handle>,
    /// In which cuBLAS multiplies f32.
    compute: i32,
    blas: Handle,
    memory: Vec<u64>,
    pinned: Vec<*mut c_void>,
    events: Vec<Handle>,
    /// Graphs, in the order in which they were recorded.
    graphs: RefCell<Vec<Handle>>,
    trace: Option<Trace>,
}

// SAFETY: the driver and cuBLAS may be used from any thread after `bind`, and this is used by one at a time.
unsafe impl Send for Context {}

impl Context {
    /// Opens the GPU with this index.
    pub(crate) fn new(index: usize) -> Result<Self> {
        let driver = Driver::get()?;
        let mut device = 0;
        // SAFETY: a place for the result.
        let found = unsafe { (driver.cuDeviceGet)(&mut device, index as i32) };
        driver.check(&format!("be found as cuda:{index}"), found)?;
        let null = std::ptr::null_mut();
        let cublas = Cublas::get()?;
        let mut opened = Self {
            driver,
            cublas,
            device,
            cores: cores(driver, device)?,
            context: null,
            stream: null,
            copies: null,
            branch: Branch::default(),
            is_beside: Cell::new(false),
            module: null,
            functions: Vec::new(),
            compute: COMPUTE_FLOAT,
            blas: null,
            memory: Vec::new(),
            pinned: Vec::new(),
            events: Vec::new(),
            graphs: RefCell::new(Vec::new()),
            trace: None,
        };
        // A failure on the way drops, and so gives back, what there is.
        // SAFETY: as above; the module's bytes are aligned and live for ever.
        unsafe {
            driver.check("be entered", (driver.cuDevicePrimaryCtxRetain)(&mut opened.context, device))?;
            opened.bind()?;
            driver.check("make a stream", (driver.cuStreamCreate)(&mut opened.stream, NON_BLOCKING))?;
            driver.check("make a stream", (driver.cuStreamCreate)(&mut opened.copies, NON_BLOCKING))?;
            driver.check("make a stream", (driver.cuStreamCreate)(&mut opened.branch.stream, NON_BLOCKING))?;
            for event in [&mut opened.branch.begins, &mut opened.branch.ends] {
                driver.check("make an event", (driver.cuEventCreate)(event, NO_TIMING))?;
            }
            driver
                .check("load our kernels", (driver.cuModuleLoadData)(&mut opened.module, KERNELS.0.as_ptr().cast()))?;
        }
        opened.blas = opened.products_on(opened.stream)?;
        opened.branch.blas = opened.products_on(opened.branch.stream)?;
        opened.compute_in(Precision::F32)?;
        Ok(opened)
    }

    /// A handle of cuBLAS on a stream, with a workspace of its own.
    fn products_on(&mut self, stream: Handle) -> Result<Handle> {
        let (cublas, mut blas) = (self.cublas, std::ptr::null_mut());
        let workspace = self.allocate(WORKSPACE)?;
        // SAFETY: a place for the result; stream and workspace live as long as the handle.
        unsafe {
            cublas.check("start", (cublas.cublasCreate_v2)(&mut blas))?;
            let set = cublas.check("take our stream", (cublas.cublasSetStream_v2)(blas, stream));
            // Setting the stream takes the workspace away again.
            let set = set.and_then(|()| {
                cublas.check("take our workspace", (cublas.cublasSetWorkspace_v2)(blas, workspace.0, WORKSPACE))
            });
            if set.is_err() {
                (cublas.cublasDestroy_v2)(blas);
            }
            set.map(|()| blas)
        }
    }

    fn synchronize(&self) -> Result<()> {
        // SAFETY: our stream.
        self.driver.check("finish its work", unsafe { (self.driver.cuStreamSynchronize)(self.stream) })
    }
}

/// What a GPU has for our own kernels with tensor cores. None where all products shall be cuBLAS's: on GPUs newer than those whose tensor cores
/// the kernels are written for, and with `SAMPLECNN_CUDA_FUSED=0`.
fn cores(driver: &Driver, device: i32) -> Result<Option<Cores>> {
    // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MULTIPROCESSOR_COUNT, _MAX_SHARED_MEMORY_PER_BLOCK_OPTIN.
    let major = driver.attribute(device, 75)?;
    let (multiprocessors, shared) = (driver.attribute(device, 16)?, driver.attribute(device, 97)?);
    let is_off = std::env::var_os("SAMPLECNN_CUDA_FUSED").is_some_and(|value| value == "0");
    let is_known = major == 8 || major == 9;
    Ok((is_known && !is_off).then_some(Cores { multiprocessors: multiprocessors as usize, shared: shared as usize }))
}

impl Gpu for Context {
    fn bind(&self) -> Result<()> {
        // SAFETY: a context that we hold.
        self.driver.check("be entered", unsafe { (self.driver.cuCtxSetCurrent)(self.context) })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let (driver, cublas) = (self.driver, self.cublas);
        if self.context.is_null() {
            return;
        }
        // SAFETY: everything is ours and given back once; failures leave nothing that we could do.
        unsafe {
            (driver.cuCtxSetCurrent)(self.context);
            let streams = [self.stream, self.copies, self.branch.stream].into_iter().filter(|stream| !stream.is_null());
            streams.clone().for_each(|stream| {
                (driver.cuStreamSynchronize)(stream);
            });
            self.trace = None;
            for &graph in self.graphs.borrow().iter() {
                (driver.cuGraphExecDestroy)(graph);
            }
            for blas in [self.blas, self.branch.blas].into_iter().filter(|blas| !blas.is_null()) {
                (cublas.cublasDestroy_v2)(blas);
            }
            for &memory in &self.memory {
                (driver.cuMemFree_v2)(memory);
            }
            for &pinned in &self.pinned {
                (driver.cuMemFreeHost)(pinned);
            }
            let own = [self.branch.begins, self.branch.ends].into_iter().filter(|event| !event.is_null());
            for event in self.events.iter().copied().chain(own) {
                (driver.cuEventDestroy_v2)(event);
            }
            if !self.module.is_null() {
                (driver.cuModuleUnload)(self.module);
            }
            streams.for_each(|stream| {
                (driver.cuStreamDestroy_v2)(stream);
            });
            (driver.cuDevicePrimaryCtxRelease_v2)(self.device);
        }
    }
}
