//! Whether plans fit into a GPU's memory, and which batch size fits.

#[cfg(test)]
mod tests;

use error::{Code, Error, Result};

use crate::gpu::Gpu;

/// The memory that plans of a batch size need, compared with the free memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryBudget {
    /// The largest batch size whose plans leave an eighth of the memory and 512 MiB free, for allocations larger than
    /// expected; if the memory is small, the largest that needs at most a quarter of it.
    smaller: usize,
}

impl MemoryBudget {
    /// Checks that plans for `batch` segments fit; `bytes` gives the bytes that they need for a batch size. Too little
    /// memory is [`Code::CudaOutOfMemory`], with the batch size that fits. `what` names the plans in messages.
    pub(crate) fn check(gpu: &dyn Gpu, batch: usize, what: &str, bytes: impl Fn(usize) -> usize) -> Result<Self> {
        let free = gpu.free_memory()?;
        // The workspace of the matrix products and the module need some memory as well.
        let usable = free - free / 16;
        if bytes(batch) > usable {
            let (needs, has) = (bytes(batch) >> 20, free >> 20);
            let why = format!(
                "{what} with {batch} segments per batch needs {needs} MiB of GPU memory, but {has} MiB are free; {}",
                advice(largest(batch, usable, &bytes))
            );
            return Err(Error::new(Code::CudaOutOfMemory, why));
        }
        let careful = (free - free / 8).saturating_sub(512 << 20).max(free / 4);
        let smaller = if bytes(batch) <= careful { batch - 1 } else { largest(batch, careful, &bytes) };
        Ok(Self { smaller })
    }

    /// Adds the batch size that fits to an error, if memory ran out later, at a launch or in a product.
    pub(crate) fn explain(self, error: Error) -> Error {
        match error.code {
            Code::CudaOutOfMemory => Error { message: format!("{}; {}", error.message, advice(self.smaller)), ..error },
            _ => error,
        }
    }
}

/// The largest batch size below `batch` that needs at most `usable` bytes.
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
