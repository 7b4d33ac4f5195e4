//! A GPU that is opened for plans: where our own kernels for tensor cores are wrong on it, it forgoes them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use engine_core::Precision;
use error::{Code, Result};

use crate::check::is_right;
use crate::driver::devices::open;
use crate::gpu::Gpu;
use crate::memory::terms::Mode;

/// Opens the GPU with this index for plans of this precision and mode. Where our own kernels for tensor cores are wrong there,
/// it forgoes them; that is asked once in a process.
pub(crate) fn open_for(index: usize, precision: Precision, mode: Mode) -> Result<Box<dyn Gpu>> {
    static ANSWERS: Mutex<BTreeMap<(usize, u8, u8), bool>> = Mutex::new(BTreeMap::new());
    let mut gpu = open(index)?;
    if precision == Precision::F32 || gpu.cores().is_none() {
        return Ok(gpu);
    }
    let asked = (index, precision as u8, mode as u8);
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_right = match answers.get(&asked) {
        Some(&answer) => answer,
        None => {
            let answer = match is_right(|| open(index), precision, mode) {
                Err(error) if error.code == Code::CudaOutOfMemory => return Err(error),
                // A kernel that cannot be started is as good as a wrong one.
                answer => answer.unwrap_or(false),
            };
            answers.insert(asked, answer);
            // The check has made its own GPUs this thread's.
            gpu.bind()?;
            answer
        }
    };
    if !is_right {
        gpu.take_cores(None);
    }
    Ok(gpu)
}
