//! Launches and matrix products.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use engine_core::Precision;
use error::{Code, Error, Result};

use super::noted::Noted;
use super::Emulated;
use crate::gpu::{Cores, Element, Kernel, Matrix, Parameter, Product, Shape, Work};

type Emulate = unsafe extern "C" fn(*const [u32; 3], *const [u32; 3], *const *const c_void) -> i32;

type Parameters = unsafe extern "C" fn() -> *const usize;

impl Emulated {
    /// The name of a kernel for maps of the precision in use.
    fn function(&self, kernel: Kernel) -> String {
        Kernel::functions(Element::stored(self.precision)).swap_remove(kernel as usize)
    }

    /// Arguments have the sizes of the kernel's parameters.
    fn check_arguments(&self, function: &str, arguments: &[Parameter]) {
        let name = format!("parameters_{function}");
        // SAFETY: emulation.h gives this function this type; its list ends with a 0.
        let sizes: Vec<usize> = unsafe {
            let list = self.kernels.get::<Parameters>(name.as_bytes()).unwrap()();
            (0..).map(|index| *list.add(index)).take_while(|&bytes| bytes != 0).collect()
        };
        let given: Vec<usize> = arguments.iter().map(|argument| argument.bytes).collect();
        assert_eq!(given, sizes, "{function}: bytes of its arguments and of its parameters");
    }
}

impl Work for Emulated {
    fn cores(&self) -> Option<Cores> {
        self.cores
    }

    fn take_cores(&mut self, cores: Option<Cores>) {
        self.cores = cores;
    }

    fn compute_in(&mut self, precision: Precision) -> Result<()> {
        self.precision = precision;
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
        let most = self.cores.map_or(0, |cores| cores.shared);
        assert!(shape.shared as usize <= most, "{kernel:?}: a block shares at most {most} bytes, not {}", shape.shared);
        if self.is_noted(|| Noted::launch(kernel, shape, arguments)) {
            return Ok(());
        }
        if self.broken == Some(kernel) {
            return Ok(());
        }
        let function = self.function(kernel);
        self.check_arguments(&function, arguments);
        let places: Vec<*const c_void> = arguments.iter().map(|argument| argument.place).collect();
        let name = format!("emulate_{function}");
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
}
