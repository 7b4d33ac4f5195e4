//! Whether plans fit into a GPU's memory, and which batch would.

#[cfg(test)]
mod tests;

use error::{Code, Error, Result};

use crate::gpu::Gpu;

/// What plans of a batch need, and what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryBudget {
    /// The largest batch whose plans leave an eighth of the memory, and half a GiB, to whatever else took more than was expected; of
    /// little memory, three quarters.
    smaller: usize,
}

impl MemoryBudget {
    /// Checks that plans of `batch` segments fit, which need `bytes` of a batch. Too little memory is [`Code::CudaOutOfMemory`], with
    /// the batch that fits. `what` says what they are for.
    pub(crate) fn check(gpu: &dyn Gpu, batch: usize, what: &str, bytes: impl Fn(usize) -> usize) -> Result<Self> {
        let free = gpu.free_memory()?;
        // The matrix products' workspace and the module need some, too.
        let usable = free - free / 16;
        if bytes(batch) > usable {
            let (needs, has) = (bytes(batch) >> 20, free >> 20);
            let why = format!(
                "{what} of {batch} segments a batch needs {needs} MiB of GPU memory, {has} MiB are free; {}",
                advice(largest(batch, usable, &bytes))
            );
            return Err(Error::new(Code::CudaOutOfMemory, why));
        }
        let careful = (free - free / 8).saturating_sub(512 << 20).max(free / 4);
        let smaller = if bytes(batch) <= careful { batch - 1 } else { largest(batch, careful, &bytes) };
        Ok(Self { smaller })
    }

    /// The failure with the batch that fits, where memory ran out later, at a launch or in a product.
    pub(crate) fn explain(self, error: Error) -> Error {
        match error.code {
            Code::CudaOutOfMemory => Error { message: format!("{}; {}", error.message, advice(self.smaller)), ..error },
            _ => error,
        }
    }
}

/// The largest batch under `batch` that needs at most `usable` bytes.
fn largest(batch: usize, usable: usize, bytes: &impl Fn(usize) -> usize) -> usize {
    let (mut fits, mut fails) = (0, batch);
    while fails - fits > 1 {
        let middle = fits + (fails - fits) / 2;
        *(if bytes(middle) > usable { &mut fails } else { &mut fits }) = middle;
    }
    fits
}

fn advice(fits: usize) -> String {
    match fits {
        0 => "not even one segment fits; free memory of the GPU, or use --device cpu".to_owned(),
        _ => format!("a batch size of {fits} fits"),
    }
}
