//! A GPU through the driver: primary context, one stream, our kernels, cuBLAS with a workspace of its own.

use std::cell::{Cell, RefCell};
use std::ffi::{c_void, CString};

use error::{Code, Error, Result};

use super::cublas::{Cublas, ANY_ALGORITHM, BFLOAT, COMPUTE_FLOAT, COMPUTE_TF32, FLOAT};
use super::driver::{Driver, Handle};
use super::gpu::{Address, Element, Gpu, Kernel, Matrix, Parameter, Product, Recording, Shape};
use super::trace::Trace;
use super::transfer::{Event, Pinned, Queue};
use crate::options::Precision;
use crate::timing::LaunchTime;

/// The kernels, compiled by build.rs for all architectures.
#[repr(align(64))]
struct Kernels<T: ?Sized>(T);
static KERNELS: &Kernels<[u8]> = &Kernels(*include_bytes!(concat!(env!("OUT_DIR"), "/kernels.fatbin")));

/// Bytes of cuBLAS's workspace; NVIDIA advises 32 MiB for Hopper. One of our own makes its choices, and so its sums, repeatable.
const WORKSPACE: usize = 32 << 20;
/// Parameters of a kernel, at most.
const MOST_PARAMETERS: usize = 32;
/// `CU_STREAM_CAPTURE_MODE_THREAD_LOCAL`: what other threads do does not disturb a recording.
const CAPTURE_OF_THREAD: u32 = 1;
/// `CU_STREAM_NON_BLOCKING`: not ordered with other users of the device.
const NON_BLOCKING: u32 = 1;
/// `CU_EVENT_DISABLE_TIMING`: an event to wait for.
const NO_TIMING: u32 = 2;
/// `CU_MEMHOSTALLOC_PORTABLE`: pinned for every context.
const PORTABLE: u32 = 1;

/// What runs beside the main work: a stream, a handle of cuBLAS on it, and events where it begins and ends.
struct Branch {
    stream: Handle,
    blas: Handle,
    begins: Handle,
    ends: Handle,
    /// Whether something runs there that nobody has waited for.
    is_open: Cell<bool>,
}

impl Default for Branch {
    fn default() -> Self {
        let null = std::ptr::null_mut();
        Self { stream: null, blas: null, begins: null, ends: null, is_open: Cell::new(false) }
    }
}

/// A GPU. Whatever it was given lives until it is dropped.
pub(crate) struct Context {
    driver: &'static Driver,
    cublas: &'static Cublas,
    device: i32,
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

    /// Where launches and products go now.
    fn now(&self) -> (Handle, Handle) {
        if self.is_beside.get() {
            (self.branch.stream, self.branch.blas)
        } else {
            (self.stream, self.blas)
        }
    }

    /// A kernel of our module.
    fn function(&self, name: &str) -> Result<Handle> {
        let mut function = std::ptr::null_mut();
        let text = CString::new(name).map_err(|_| Error::new(Code::Internal, "a kernel's name holds a zero"))?;
        // SAFETY: a place for the result, and a module that we hold.
        let status = unsafe { (self.driver.cuModuleGetFunction)(&mut function, self.module, text.as_ptr()) };
        self.driver.check(&format!("find the kernel {name}"), status)?;
        Ok(function)
    }

    /// Notes the end of what was started last.
    fn mark(&self, what: impl FnOnce() -> (String, u64, u64)) -> Result<()> {
        match &self.trace {
            Some(trace) => {
                let (name, bytes, operations) = what();
                trace.mark(LaunchTime { name, seconds: 0.0, bytes, operations }, self.stream)
            }
            None => Ok(()),
        }
    }

    fn stream_of(&self, queue: Queue) -> Handle {
        match queue {
            Queue::Work => self.stream,
            Queue::Copy => self.copies,
        }
    }

    fn synchronize(&self) -> Result<()> {
        // SAFETY: our stream.
        self.driver.check("finish its work", unsafe { (self.driver.cuStreamSynchronize)(self.stream) })
    }
}

impl Gpu for Context {
    fn compute_in(&mut self, precision: Precision) -> Result<()> {
        let names = Kernel::functions(Element::stored(precision));
        self.functions = names.iter().map(|name| self.function(name)).collect::<Result<_>>()?;
        self.compute = if precision == Precision::Tf32 { COMPUTE_TF32 } else { COMPUTE_FLOAT };
        Ok(())
    }

    fn bind(&self) -> Result<()> {
        // SAFETY: a context that we hold.
        self.driver.check("be entered", unsafe { (self.driver.cuCtxSetCurrent)(self.context) })
    }

    fn free_memory(&self) -> Result<usize> {
        let (mut free, mut all) = (0, 0);
        // SAFETY: places for the results.
        self.driver.check("tell its free memory", unsafe { (self.driver.cuMemGetInfo_v2)(&mut free, &mut all) })?;
        Ok(free)
    }

    fn allocate(&mut self, bytes: usize) -> Result<Address> {
        let mut at = 0;
        // SAFETY: a place for the result, and then memory that is ours.
        unsafe {
            self.driver.check(
                &format!("give {} MiB of memory", bytes >> 20),
                (self.driver.cuMemAlloc_v2)(&mut at, bytes.max(1)),
            )?;
            self.memory.push(at);
            self.driver.check("clear memory", (self.driver.cuMemsetD8Async)(at, 0, bytes.max(1), self.stream))?;
        }
        Ok(Address(at))
    }

    fn upload(&self, to: Address, from: &[u8]) -> Result<()> {
        if from.is_empty() {
            return Ok(());
        }
        // SAFETY: the caller's place has room. Pageable memory is taken before the call returns.
        let status = unsafe { (self.driver.cuMemcpyHtoDAsync_v2)(to.0, from.as_ptr().cast(), from.len(), self.stream) };
        self.driver.check("take data", status)
    }

    fn download(&self, from: Address, to: &mut [u8]) -> Result<()> {
        if to.is_empty() {
            return Ok(());
        }
        // SAFETY: the caller's place has so many bytes; `to` is only read again when the copy has ended.
        let status =
            unsafe { (self.driver.cuMemcpyDtoHAsync_v2)(to.as_mut_ptr().cast(), from.0, to.len(), self.stream) };
        self.driver.check("give data", status)?;
        self.synchronize()
    }

    fn pin(&mut self, bytes: usize) -> Result<Pinned> {
        let mut start = std::ptr::null_mut();
        // SAFETY: a place for the result, which is then ours until the end.
        let status = unsafe { (self.driver.cuMemHostAlloc)(&mut start, bytes.max(1), PORTABLE) };
        self.driver.check(&format!("pin {} MiB of this machine's memory", bytes >> 20), status)?;
        self.pinned.push(start);
        // SAFETY: so many bytes, handed out once, and given back when this is dropped.
        Ok(unsafe { Pinned::new(start.cast(), bytes) })
    }

    fn event(&mut self) -> Result<Event> {
        let mut event = std::ptr::null_mut();
        // SAFETY: a place for the result.
        self.driver.check("make an event", unsafe { (self.driver.cuEventCreate)(&mut event, NO_TIMING) })?;
        self.events.push(event);
        Ok(Event(self.events.len() - 1))
    }

    fn copy(&self, queue: Queue, to: Address, from: &Pinned, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let (from, bytes) = (from.start(), bytes.min(from.len()));
        // SAFETY: the caller's place has room, and what is copied stays until the copy has ended.
        let status = unsafe { (self.driver.cuMemcpyHtoDAsync_v2)(to.0, from.cast(), bytes, self.stream_of(queue)) };
        self.driver.check("take data", status)
    }

    fn record(&self, event: Event, queue: Queue) -> Result<()> {
        // SAFETY: an event and a stream of ours.
        let status = unsafe { (self.driver.cuEventRecord)(self.events[event.0], self.stream_of(queue)) };
        self.driver.check("record an event", status)
    }

    fn wait(&self, queue: Queue, event: Event) -> Result<()> {
        // SAFETY: as above.
        let status = unsafe { (self.driver.cuStreamWaitEvent)(self.stream_of(queue), self.events[event.0], 0) };
        self.driver.check("wait for an event", status)
    }

    fn reached(&self, event: Event) -> Result<()> {
        // SAFETY: an event of ours.
        self.driver.check("reach an event", unsafe { (self.driver.cuEventSynchronize)(self.events[event.0]) })
    }

    fn launch(&self, kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Result<()> {
        let ([x, y, z], [bx, by, bz]) = (shape.grid, shape.block);
        let mut places = [std::ptr::null(); MOST_PARAMETERS];
        for (place, argument) in places.iter_mut().zip(arguments) {
            *place = argument.place;
        }
        // SAFETY: the arguments fit the kernel, as the caller says; they are copied before the call returns.
        let status = unsafe {
            let (function, none) = (self.functions[kernel as usize], std::ptr::null());
            (self.driver.cuLaunchKernel)(function, x, y, z, bx, by, bz, 0, self.now().0, places.as_ptr(), none)
        };
        self.driver.check(&format!("start {kernel:?}"), status)?;
        self.mark(|| (kernel.name().to_owned(), shape.bytes, 0))
    }

    fn trace(&mut self, on: bool) -> Result<Vec<LaunchTime>> {
        self.synchronize()?;
        let ended = self.trace.take().map_or(Ok(Vec::new()), |trace| trace.seconds());
        if on {
            self.trace = Some(Trace::new(self.driver, self.stream)?);
        }
        ended
    }

    fn multiply(&self, product: &Product) -> Result<()> {
        let Product { rows, columns, inner, left, right, to, count, accumulate, listed, of, into } = *product;
        let (one, beta) = (1.0f32, if accumulate { 1.0f32 } else { 0.0 });
        let turned = |matrix: &Matrix| i32::from(matrix.transposed);
        let kind = |element| match element {
            Element::F32 => FLOAT,
            Element::Bf16 => BFLOAT,
        };
        let pointer = |value: &f32| std::ptr::from_ref(value).cast::<c_void>();
        let compute = if of == Element::F32 { self.compute } else { COMPUTE_FLOAT };
        let (m, n, k, batch) = (rows as i32, columns as i32, inner as i32, count as i32);
        // SAFETY: the matrices, or the lists of them, lie in our memory, as the caller says; the factors are read before the
        // call returns.
        let status = unsafe {
            match listed {
                None => (self.cublas.cublasGemmStridedBatchedEx)(
                    self.now().1,
                    turned(&left),
                    turned(&right),
                    m,
                    n,
                    k,
                    pointer(&one),
                    left.start.0,
                    kind(of),
                    left.leading as i32,
                    left.stride as i64,
                    right.start.0,
                    kind(of),
                    right.leading as i32,
                    right.stride as i64,
                    pointer(&beta),
                    to.start.0,
                    kind(into),
                    to.leading as i32,
                    to.stride as i64,
                    batch,
                    compute,
                    ANY_ALGORITHM,
                ),
                Some(_) => (self.cublas.cublasGemmBatchedEx)(
                    self.now().1,
                    turned(&left),
                    turned(&right),
                    m,
                    n,
                    k,
                    pointer(&one),
                    left.start.0,
                    kind(of),
                    left.leading as i32,
                    right.start.0,
                    kind(of),
                    right.leading as i32,
                    pointer(&beta),
                    to.start.0,
                    kind(into),
                    to.leading as i32,
                    batch,
                    compute,
                    ANY_ALGORITHM,
                ),
            }
        };
        self.cublas.check("multiply", status)?;
        self.mark(|| (product.name(), product.bytes(), product.operations()))
    }

    fn fork(&self) -> Result<()> {
        // What is measured runs alone.
        if self.trace.is_some() {
            return Ok(());
        }
        let branch = &self.branch;
        // SAFETY: events and streams of ours.
        unsafe {
            self.driver.check("record an event", (self.driver.cuEventRecord)(branch.begins, self.stream))?;
            self.driver.check("wait for an event", (self.driver.cuStreamWaitEvent)(branch.stream, branch.begins, 0))?;
        }
        branch.is_open.set(true);
        self.is_beside.set(true);
        Ok(())
    }

    fn back(&self) -> Result<()> {
        self.is_beside.set(false);
        Ok(())
    }

    fn join(&self) -> Result<()> {
        let branch = &self.branch;
        if !branch.is_open.replace(false) {
            return Ok(());
        }
        // SAFETY: events and streams of ours.
        unsafe {
            self.driver.check("record an event", (self.driver.cuEventRecord)(branch.ends, branch.stream))?;
            self.driver.check("wait for an event", (self.driver.cuStreamWaitEvent)(self.stream, branch.ends, 0))
        }
    }

    fn begin_recording(&self) -> Result<()> {
        // SAFETY: our stream.
        let status = unsafe { (self.driver.cuStreamBeginCapture_v2)(self.stream, CAPTURE_OF_THREAD) };
        self.driver.check("begin a graph", status)
    }

    fn end_recording(&self) -> Result<Recording> {
        let (mut graph, mut whole) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: our stream, and places for the results; what was noted is no longer needed once it is instantiated.
        unsafe {
            self.driver.check("end a graph", (self.driver.cuStreamEndCapture)(self.stream, &mut graph))?;
            let status = (self.driver.cuGraphInstantiateWithFlags)(&mut whole, graph, 0);
            (self.driver.cuGraphDestroy)(graph);
            self.driver.check("make a graph", status)?;
        }
        let mut graphs = self.graphs.borrow_mut();
        graphs.push(whole);
        Ok(Recording(graphs.len() - 1))
    }

    fn replay(&self, recording: Recording) -> Result<()> {
        // SAFETY: a graph and a stream of ours; all memory that the graph uses lives as long as this.
        let status = unsafe { (self.driver.cuGraphLaunch)(self.graphs.borrow()[recording.0], self.stream) };
        self.driver.check("start a graph", status)
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
