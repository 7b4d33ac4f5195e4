//! A GPU that is not there: the kernels as plain C++ on the CPU, products by the CPU's matrix product. For tests.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use error::{Code, Error, Result};
use libloading::Library;

use super::gpu::{Address, Element, Gpu, Kernel, Matrix, Parameter, Product, Recording, Shape};
use super::transfer::{Event, Pinned, Queue};
use crate::options::Precision;

type Emulate = unsafe extern "C" fn(*const [u32; 3], *const [u32; 3], *const *const c_void) -> i32;

/// 256 bytes at a multiple of 256, as a GPU's memory comes.
#[derive(Clone, Copy)]
#[repr(C, align(256))]
struct Line([u64; 32]);

/// The compiled kernels; none where there is no C++ compiler.
static KERNELS: OnceLock<Option<Library>> = OnceLock::new();

/// A launch or a product of a recording, with copies of its arguments, as a graph has them.
#[derive(Clone)]
enum Noted {
    Launch(Kernel, Shape, Vec<Vec<u64>>),
    Product(Product),
    Fork,
    Back,
    Join,
}

/// The GPU on the CPU.
pub(crate) struct Emulated {
    kernels: &'static Library,
    /// All memory; never freed before the GPU.
    memory: Vec<Vec<Line>>,
    precision: Precision,
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
        let kernels = KERNELS.get_or_init(compile).as_ref();
        assert!(
            kernels.is_some() || std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "CI=true, and no C++ compiler"
        );
        Some(Self {
            kernels: kernels?,
            memory: Vec::new(),
            precision: Precision::F32,
            copies: RefCell::default(),
            is_beside: Cell::default(),
            beside: RefCell::default(),
            recording: RefCell::default(),
            recordings: RefCell::default(),
            free: Arc::new(AtomicUsize::new(1 << 60)),
            taken: 0,
            launches: Arc::new(AtomicUsize::new(usize::MAX)),
        })
    }

    /// Gives it so much memory.
    pub(crate) fn limit(&self, bytes: usize) {
        self.free.store(bytes, Ordering::Relaxed);
    }

    /// Another user of the same GPU.
    pub(crate) fn other(&self) -> Self {
        let (free, launches) = (Arc::clone(&self.free), Arc::clone(&self.launches));
        Self {
            kernels: self.kernels,
            memory: Vec::new(),
            precision: Precision::F32,
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

    fn check(&self, what: &str, matrix: &Matrix, element: Element, rows: usize, columns: usize, count: usize) {
        let (rows, columns) = if matrix.transposed { (columns, rows) } else { (rows, columns) };
        assert!(
            matrix.leading >= rows.max(1),
            "{what}: cuBLAS refuses a leading dimension of {} under {rows}",
            matrix.leading
        );
        let last = (count - 1) * matrix.stride + (columns - 1) * matrix.leading + rows;
        assert!(self.holds(matrix.start, last * element.bytes()), "{what}: outside of all memory");
    }
}

/// Compiles `kernels/all.cu` as C++ into cargo's temporary folder.
#[allow(clippy::print_stderr)]
fn compile() -> Option<Library> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cuda/kernels/all.cu");
    let folder = tempfile::tempdir().unwrap().keep();
    let library: PathBuf = folder.join("kernels.so");
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let mut command = Command::new(compiler);
    command.args([
        "-O2",
        "-std=c++17",
        "-fPIC",
        "-shared",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-ffp-contract=off",
        // Memory has no types, but it has alignments.
        "-fno-strict-aliasing",
        "-fsanitize=alignment",
        "-fsanitize-undefined-trap-on-error",
        "-x",
        "c++",
    ]);
    let Ok(output) = command.arg(source).arg("-o").arg(&library).output() else {
        eprintln!("skipped: no C++ compiler");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // SAFETY: our own kernels, which run nothing when they are loaded.
    let loaded = unsafe { Library::new(&library) }.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    Some(loaded)
}

impl Noted {
    fn launch(kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Self {
        let copy = |argument: &Parameter| {
            let mut copy = vec![0u64; argument.bytes.div_ceil(8)];
            // SAFETY: the argument's bytes, into room for them.
            unsafe {
                std::ptr::copy_nonoverlapping(argument.place.cast::<u8>(), copy.as_mut_ptr().cast(), argument.bytes)
            };
            copy
        };
        Self::Launch(kernel, shape, arguments.iter().map(copy).collect())
    }
}

impl Emulated {
    /// Whether something is not to run now but in a recording, or beside the main work.
    fn is_noted(&self, what: impl FnOnce() -> Noted) -> bool {
        if let Some(recording) = self.recording.borrow_mut().as_mut() {
            recording.push(what());
            return true;
        }
        if self.is_beside.get() {
            self.beside.borrow_mut().push(what());
        }
        self.is_beside.get()
    }

    /// Runs what was noted.
    fn run(&self, noted: &[Noted]) -> Result<()> {
        noted.iter().try_for_each(|one| match one {
            Noted::Launch(kernel, shape, arguments) => {
                let parameter =
                    |argument: &Vec<u64>| Parameter { place: argument.as_ptr().cast(), bytes: argument.len() * 8 };
                self.launch(*kernel, *shape, &arguments.iter().map(parameter).collect::<Vec<_>>())
            }
            Noted::Product(product) => self.multiply(product),
            Noted::Fork => self.fork(),
            Noted::Back => self.back(),
            Noted::Join => self.join(),
        })
    }

    /// Address `index` of a list.
    fn listed(&self, matrix: &Matrix, index: usize) -> Address {
        let place = Address(matrix.start.0 + 8 * index as u64);
        assert!(self.holds(place, 8), "a list outside of all memory");
        // SAFETY: inside our memory, at a multiple of 8 bytes, as lists begin at multiples of 256.
        Address(unsafe { *(place.0 as *const u64) })
    }

    /// Matrix `index` of a batch as f32 rows, rounded as the precision rounds what it multiplies.
    fn operand(&self, matrix: &Matrix, of: Element, rows: usize, columns: usize, index: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            for column in 0..columns {
                let at = if matrix.transposed { row * matrix.leading + column } else { column * matrix.leading + row };
                let place = matrix.start.offset((index * matrix.stride + at) as isize, of);
                values.push(self.value(place, of));
            }
        }
        values
    }

    fn value(&self, place: Address, of: Element) -> f32 {
        // SAFETY: the caller's matrix was checked to lie inside our memory, at multiples of its elements' size.
        let bits = unsafe {
            match of {
                Element::Bf16 => u32::from(*(place.0 as *const u16)) << 16,
                Element::F32 => *(place.0 as *const u32),
            }
        };
        let is_rounded = of == Element::F32 && self.precision == Precision::Tf32;
        f32::from_bits(if is_rounded { (bits + 0x0FFF + (bits >> 13 & 1)) & !0x1FFF } else { bits })
    }

    /// Writes a result, `[rows, columns]`, or adds it.
    fn result(&self, product: &Product, index: usize, values: &[f32]) {
        let (to, into) = (&product.to, product.into);
        for (i, &value) in values.iter().enumerate() {
            let (row, column) = (i / product.columns, i % product.columns);
            let place = to.start.offset((index * to.stride + column * to.leading + row) as isize, into);
            // SAFETY: checked to lie inside our memory.
            unsafe {
                match into {
                    Element::F32 => {
                        let place = place.0 as *mut f32;
                        *place = if product.accumulate { *place + value } else { value };
                    }
                    Element::Bf16 => {
                        let before = if product.accumulate { self.value(place, into) } else { 0.0 };
                        *(place.0 as *mut u16) = bf16(before + value);
                    }
                }
            }
        }
    }
}

/// To the nearest bf16, ties to the even one.
fn bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return 0x7FC0;
    }
    (bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}

/// Copies beside the work. None is made before somebody waits for it: who does not wait computes with what was there before.
#[derive(Default)]
struct Copies {
    queue: Vec<Copy>,
    made: usize,
    /// How many copies are behind each event.
    events: Vec<usize>,
}

struct Copy {
    to: Address,
    from: *const u8,
    bytes: usize,
}

impl Copy {
    fn make(&self) {
        // SAFETY: both ends were checked to lie inside our memory.
        unsafe { std::ptr::copy_nonoverlapping(self.from, self.to.0 as *mut u8, self.bytes) };
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        self.free.fetch_add(self.taken, Ordering::Relaxed);
    }
}

impl Gpu for Emulated {
    fn compute_in(&mut self, precision: Precision) -> Result<()> {
        self.precision = precision;
        Ok(())
    }

    fn bind(&self) -> Result<()> {
        Ok(())
    }

    fn free_memory(&self) -> Result<usize> {
        Ok(self.free.load(Ordering::Relaxed))
    }

    fn allocate(&mut self, bytes: usize) -> Result<Address> {
        if bytes > self.free_memory()? {
            return Err(Error::new(Code::CudaOutOfMemory, "the GPU could not give memory"));
        }
        self.free.fetch_sub(bytes, Ordering::Relaxed);
        self.taken += bytes;
        self.memory.push(vec![Line([0; 32]); bytes.div_ceil(size_of::<Line>())]);
        Ok(Address(self.memory.last().unwrap().as_ptr() as u64))
    }

    fn upload(&self, to: Address, from: &[u8]) -> Result<()> {
        assert!(self.holds(to, from.len()), "upload outside of all memory");
        assert!(self.recording.borrow().is_none(), "a copy in a recording");
        // SAFETY: inside our memory, to which nobody has a reference.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.0 as *mut u8, from.len()) };
        Ok(())
    }

    fn download(&self, from: Address, to: &mut [u8]) -> Result<()> {
        assert!(self.holds(from, to.len()), "download outside of all memory");
        assert!(self.beside.borrow().is_empty(), "a result is read before the work beside was joined");
        assert!(self.recording.borrow().is_none(), "a copy in a recording");
        // SAFETY: inside our memory, which nobody writes meanwhile.
        unsafe { std::ptr::copy_nonoverlapping(from.0 as *const u8, to.as_mut_ptr(), to.len()) };
        Ok(())
    }

    fn pin(&mut self, bytes: usize) -> Result<Pinned> {
        self.memory.push(vec![Line([0; 32]); bytes.div_ceil(size_of::<Line>())]);
        let start = self.memory.last_mut().unwrap().as_mut_ptr();
        // SAFETY: so many bytes, handed out once.
        Ok(unsafe { Pinned::new(start.cast(), bytes) })
    }

    fn event(&mut self) -> Result<Event> {
        let mut copies = self.copies.borrow_mut();
        copies.events.push(0);
        Ok(Event(copies.events.len() - 1))
    }

    fn copy(&self, queue: Queue, to: Address, from: &Pinned, bytes: usize) -> Result<()> {
        assert!(bytes <= from.len() && self.holds(to, bytes), "copy outside of all memory");
        let copy = Copy { to, from: from.start(), bytes };
        match queue {
            Queue::Work => copy.make(),
            Queue::Copy => self.copies.borrow_mut().queue.push(copy),
        }
        Ok(())
    }

    fn record(&self, event: Event, queue: Queue) -> Result<()> {
        let mut copies = self.copies.borrow_mut();
        // Work is done when it is asked for, so that it has been reached.
        copies.events[event.0] = if queue == Queue::Copy { copies.queue.len() } else { 0 };
        Ok(())
    }

    fn wait(&self, _: Queue, event: Event) -> Result<()> {
        self.reached(event)
    }

    fn reached(&self, event: Event) -> Result<()> {
        let copies = &mut *self.copies.borrow_mut();
        for copy in &copies.queue[copies.made.min(copies.events[event.0])..copies.events[event.0]] {
            copy.make();
        }
        copies.made = copies.made.max(copies.events[event.0]);
        Ok(())
    }

    fn launch(&self, kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Result<()> {
        let left = self.launches.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_err() {
            return Err(Error::new(Code::CudaOutOfMemory, format!("the GPU could not start {kernel:?}")));
        }
        let threads: u32 = shape.block.iter().product();
        assert!((1..=1024).contains(&threads), "{kernel:?}: a block has at most 1024 threads, not {threads}");
        assert!(shape.grid.iter().all(|&n| n > 0) && shape.grid[0] < 1 << 31, "{kernel:?}: {shape:?}");
        assert!(shape.grid[1] < 1 << 16 && shape.grid[2] < 1 << 16, "{kernel:?}: {shape:?}");
        if self.is_noted(|| Noted::launch(kernel, shape, arguments)) {
            return Ok(());
        }
        let places: Vec<*const c_void> = arguments.iter().map(|argument| argument.place).collect();
        let names = Kernel::functions(Element::stored(self.precision));
        let name = format!("emulate_{}", names[kernel as usize]);
        // SAFETY: emulation.h gives this function this type.
        let run = unsafe { self.kernels.get::<Emulate>(name.as_bytes()) }.unwrap();
        // SAFETY: the arguments fit the kernel, whose reads and writes lie in our memory.
        let status = unsafe { run(&shape.grid, &shape.block, places.as_ptr()) };
        assert_ne!(status, 1, "{}: the threads of a block disagree on its barriers", kernel.name());
        assert_eq!(status, 0, "{kernel:?}: more threads in a block than it is compiled for");
        Ok(())
    }

    fn multiply(&self, product: &Product) -> Result<()> {
        if self.is_noted(|| Noted::Product(*product)) {
            return Ok(());
        }
        let Product { rows, columns, inner, left, right, count, of, into, .. } = *product;
        assert!(rows > 0 && columns > 0 && inner > 0 && count > 0, "{product:?}");
        assert!(into == of || into == Element::F32, "{product:?}: cuBLAS has no such product");
        if product.listed.is_some() {
            // One after the other, each at the address that its list says.
            for index in 0..count {
                let one = |matrix: &Matrix| Matrix { start: self.listed(matrix, index), stride: 0, ..*matrix };
                let (left, right, to) = (one(&left), one(&right), one(&product.to));
                self.multiply(&Product { left, right, to, count: 1, listed: None, ..*product })?;
            }
            return Ok(());
        }
        self.check("left", &left, of, rows, inner, count);
        self.check("right", &right, of, inner, columns, count);
        self.check("result", &product.to, into, rows, columns, count);
        for index in 0..count {
            let left = self.operand(&left, of, rows, inner, index);
            let right = self.operand(&right, of, inner, columns, index);
            let mut values = vec![0.0f32; rows * columns];
            // SAFETY: three arrays of these sizes, row by row.
            unsafe {
                gemm::gemm(
                    rows,
                    columns,
                    inner,
                    values.as_mut_ptr(),
                    1,
                    columns as isize,
                    false,
                    left.as_ptr(),
                    1,
                    inner as isize,
                    right.as_ptr(),
                    1,
                    columns as isize,
                    0.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
            self.result(product, index, &values);
        }
        Ok(())
    }

    fn fork(&self) -> Result<()> {
        if !self.is_noted(|| Noted::Fork) {
            self.is_beside.set(true);
        }
        Ok(())
    }

    fn back(&self) -> Result<()> {
        match self.recording.borrow_mut().as_mut() {
            Some(recording) => recording.push(Noted::Back),
            None => self.is_beside.set(false),
        }
        Ok(())
    }

    fn join(&self) -> Result<()> {
        if self.is_noted(|| Noted::Join) {
            return Ok(());
        }
        let beside = self.beside.take();
        self.run(&beside)
    }

    fn begin_recording(&self) -> Result<()> {
        let before = self.recording.replace(Some(Vec::new()));
        assert!(before.is_none(), "a recording in a recording");
        assert!(self.beside.borrow().is_empty(), "work beside the main work that was never joined");
        Ok(())
    }

    fn end_recording(&self) -> Result<Recording> {
        let noted = self.recording.take().expect("no recording was begun");
        self.recordings.borrow_mut().push(noted);
        Ok(Recording(self.recordings.borrow().len() - 1))
    }

    fn replay(&self, recording: Recording) -> Result<()> {
        let noted = self.recordings.borrow()[recording.0].clone();
        self.run(&noted)
    }
}
