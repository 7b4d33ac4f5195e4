//! Launches and matrix products.

use std::ffi::{c_void, CString};

use engine_core::{LaunchTime, Precision};
use error::{Code, Error, Result};

use super::Context;
use crate::driver::cublas::{ANY_ALGORITHM, BFLOAT, COMPUTE_FLOAT, COMPUTE_TF32, FLOAT};
use crate::driver::functions::Handle;
use crate::driver::trace::Trace;
use crate::gpu::{Cores, Element, Kernel, Matrix, Parameter, Product, Shape, Work};

/// Bytes that a block may share without being asked for, and `CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES`.
const COMMON_SHARED: u32 = 48 << 10;
const MOST_DYNAMIC_SHARED: i32 = 8;
/// Parameters of a kernel, at most.
const MOST_PARAMETERS: usize = 32;

impl Context {
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
}

impl Work for Context {
    fn cores(&self) -> Option<Cores> {
        self.cores
    }

    fn take_cores(&mut self, cores: Option<Cores>) {
        self.cores = cores;
    }

    fn compute_in(&mut self, precision: Precision) -> Result<()> {
        let names = Kernel::functions(Element::stored(precision));
        self.functions = names.iter().map(|name| self.function(name)).collect::<Result<_>>()?;
        self.compute = if precision == Precision::Tf32 { COMPUTE_TF32 } else { COMPUTE_FLOAT };
        Ok(())
    }

    fn launch(&self, kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Result<()> {
        let ([x, y, z], [bx, by, bz]) = (shape.grid, shape.block);
        let mut places = [std::ptr::null(); MOST_PARAMETERS];
        for (place, argument) in places.iter_mut().zip(arguments) {
            *place = argument.place;
        }
        let function = self.functions[kernel as usize];
        if shape.shared > COMMON_SHARED {
            // SAFETY: a function of our module.
            let status =
                unsafe { (self.driver.cuFuncSetAttribute)(function, MOST_DYNAMIC_SHARED, shape.shared as i32) };
            self.driver.check(&format!("give {kernel:?} its shared memory"), status)?;
        }
        // SAFETY: the arguments fit the kernel, as the caller says; they are copied before the call returns.
        let status = unsafe {
            let none = std::ptr::null();
            let shared = shape.shared;
            (self.driver.cuLaunchKernel)(function, x, y, z, bx, by, bz, shared, self.now().0, places.as_ptr(), none)
        };
        self.driver.check(&format!("start {kernel:?}"), status)?;
        self.mark(|| (kernel.name().to_owned(), shape.bytes, shape.operations))
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
}
