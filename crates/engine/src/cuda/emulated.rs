//! A GPU that is not there: the kernels as plain C++ on the CPU, products by the CPU's matrix product. For tests.

use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use error::Result;
use libloading::Library;

use super::gpu::{Address, Gpu, Kernel, Matrix, Product, Shape};

type Emulate = unsafe extern "C" fn(*const [u32; 3], *const [u32; 3], *const *const c_void) -> i32;

/// The compiled kernels; none where there is no C++ compiler.
static KERNELS: OnceLock<Option<Library>> = OnceLock::new();

/// The GPU on the CPU.
pub(crate) struct Emulated {
    kernels: &'static Library,
    /// All memory, in 8-byte words; never freed before the GPU.
    memory: Vec<Vec<u64>>,
    /// What [`Gpu::free_memory`] says.
    pub(crate) free: usize,
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
        Some(Self { kernels: kernels?, memory: Vec::new(), free: usize::MAX })
    }

    /// Whether `[start, start + bytes)` is inside one allocation.
    fn holds(&self, start: Address, bytes: usize) -> bool {
        self.memory.iter().any(|part| {
            let first = part.as_ptr() as u64;
            start.0 >= first && start.0 + bytes as u64 <= first + part.len() as u64 * 8
        })
    }

    fn check(&self, what: &str, matrix: &Matrix, rows: usize, columns: usize, count: usize) {
        let (rows, columns) = if matrix.transposed { (columns, rows) } else { (rows, columns) };
        assert!(
            matrix.leading >= rows.max(1),
            "{what}: cuBLAS refuses a leading dimension of {} under {rows}",
            matrix.leading
        );
        let last = (count - 1) * matrix.stride + (columns - 1) * matrix.leading + rows;
        assert!(self.holds(matrix.start, last * 4), "{what}: outside of all memory");
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

impl Gpu for Emulated {
    fn bind(&self) -> Result<()> {
        Ok(())
    }

    fn free_memory(&self) -> Result<usize> {
        Ok(self.free)
    }

    fn allocate(&mut self, bytes: usize) -> Result<Address> {
        self.memory.push(vec![0; bytes.div_ceil(8)]);
        Ok(Address(self.memory.last().unwrap().as_ptr() as u64))
    }

    fn upload(&self, to: Address, from: &[u8]) -> Result<()> {
        assert!(self.holds(to, from.len()), "upload outside of all memory");
        // SAFETY: inside our memory, to which nobody has a reference.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.0 as *mut u8, from.len()) };
        Ok(())
    }

    fn download(&self, from: Address, to: &mut [u8]) -> Result<()> {
        assert!(self.holds(from, to.len()), "download outside of all memory");
        // SAFETY: inside our memory, which nobody writes meanwhile.
        unsafe { std::ptr::copy_nonoverlapping(from.0 as *const u8, to.as_mut_ptr(), to.len()) };
        Ok(())
    }

    fn launch(&self, kernel: Kernel, shape: Shape, arguments: &[*const c_void]) -> Result<()> {
        let threads: u32 = shape.block.iter().product();
        assert!((1..=1024).contains(&threads), "{kernel:?}: a block has at most 1024 threads, not {threads}");
        assert!(shape.grid.iter().all(|&n| n > 0) && shape.grid[0] < 1 << 31, "{kernel:?}: {shape:?}");
        assert!(shape.grid[1] < 1 << 16 && shape.grid[2] < 1 << 16, "{kernel:?}: {shape:?}");
        let name = format!("emulate_{}", Kernel::NAMES[kernel as usize]);
        // SAFETY: emulation.h gives this function this type.
        let run = unsafe { self.kernels.get::<Emulate>(name.as_bytes()) }.unwrap();
        // SAFETY: the arguments fit the kernel, whose reads and writes lie in our memory.
        let status = unsafe { run(&shape.grid, &shape.block, arguments.as_ptr()) };
        assert_ne!(status, 1, "{kernel:?}: the threads of a block disagree on its barriers");
        assert_eq!(status, 0, "{kernel:?}: more threads in a block than it is compiled for");
        Ok(())
    }

    fn multiply(&self, product: &Product) -> Result<()> {
        let Product { rows, columns, inner, left, right, to, count, accumulate } = *product;
        assert!(rows > 0 && columns > 0 && inner > 0 && count > 0, "{product:?}");
        self.check("left", &left, rows, inner, count);
        self.check("right", &right, inner, columns, count);
        self.check("result", &to, rows, columns, count);
        let strides = |m: &Matrix| if m.transposed { (m.leading as isize, 1) } else { (1, m.leading as isize) };
        let place = |m: &Matrix, index: usize| m.start.floats((index * m.stride) as isize).0;
        for index in 0..count {
            let ((left_row, left_column), (right_row, right_column)) = (strides(&left), strides(&right));
            // SAFETY: checked to lie inside our memory.
            unsafe {
                gemm::gemm(
                    rows,
                    columns,
                    inner,
                    place(&to, index) as *mut f32,
                    to.leading as isize,
                    1,
                    accumulate,
                    place(&left, index) as *const f32,
                    left_column,
                    left_row,
                    place(&right, index) as *const f32,
                    right_column,
                    right_row,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
        }
        Ok(())
    }
}
