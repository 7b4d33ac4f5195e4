//! Which GPUs there are, and whether one can be used. Nothing here can end the process: libraries are opened by name, and every
//! failure is an error that says what is missing.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::{Mutex, PoisonError};

use error::{Code, Error, Result};

use crate::driver::context::Context;
use crate::driver::functions::Driver;
use crate::gpu::{launch, Gpu, Kernel, Memory, Shape, Work};

/// The oldest compute capability that our kernels are compiled for.
const OLDEST: (i32, i32) = (8, 0);

/// A GPU as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CudaDevice {
    /// Its number, as in `cuda:N`.
    pub index: usize,
    /// Such as `NVIDIA H200`.
    pub name: String,
    /// Compute capability, major and minor.
    pub capability: (i32, i32),
    /// Bytes of memory.
    pub memory: usize,
}

impl std::fmt::Display for CudaDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (major, minor) = self.capability;
        write!(f, "cuda:{} {}, compute {major}.{minor}, {} MiB", self.index, self.name, self.memory >> 20)
    }
}

/// The GPUs that the driver sees. No driver, or one that is too old, is [`Code::CudaUnavailable`]; so is none at all.
pub fn devices() -> Result<Vec<CudaDevice>> {
    let driver = Driver::get()?;
    let mut count = 0;
    // SAFETY: a place for the result.
    driver.check("be counted", unsafe { (driver.cuDeviceGetCount)(&mut count) })?;
    if count == 0 {
        return Err(Error::new(Code::CudaUnavailable, "the NVIDIA driver sees no GPU"));
    }
    (0..count).map(|index| device(driver, index)).collect()
}

fn device(driver: &Driver, index: i32) -> Result<CudaDevice> {
    // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
    const CAPABILITY: [i32; 2] = [75, 76];
    let (mut handle, mut memory) = (0, 0);
    let mut name = [0; 128];
    // SAFETY: places for the results; the name ends with a zero.
    let name = unsafe {
        driver.check("be opened", (driver.cuDeviceGet)(&mut handle, index))?;
        driver.check("tell its name", (driver.cuDeviceGetName)(name.as_mut_ptr(), name.len() as i32, handle))?;
        driver.check("tell its memory", (driver.cuDeviceTotalMem_v2)(&mut memory, handle))?;
        CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned()
    };
    let [major, minor] = CAPABILITY;
    let capability = (driver.attribute(handle, major)?, driver.attribute(handle, minor)?);
    Ok(CudaDevice { index: index as usize, name, capability, memory })
}

/// Whether the GPU with this index computes; asked once in a process. Every reason against it is [`Code::CudaUnavailable`] or
/// [`Code::CudaOutOfMemory`] and says what is missing.
pub fn usable(index: usize) -> Result<()> {
    type Answer = std::result::Result<(), (Code, String)>;
    static ANSWERS: Mutex<BTreeMap<usize, Answer>> = Mutex::new(BTreeMap::new());
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = answers.entry(index).or_insert_with(|| match open(index) {
        Ok(_) => Ok(()),
        Err(error) => Err((error.code, error.message)),
    });
    answer.clone().map_err(|(code, message)| Error::new(code, message))
}

/// Opens the GPU with this index, and has it compute something.
pub(crate) fn open(index: usize) -> Result<Box<dyn Gpu>> {
    let devices = devices()?;
    let Some(device) = devices.get(index) else {
        let why = format!("there is no cuda:{index}: the NVIDIA driver sees {} GPU(s), from cuda:0 on", devices.len());
        return Err(Error::new(Code::CudaUnavailable, why));
    };
    if device.capability < OLDEST {
        let why = format!("{device} is too old: compute capability 8.0 (Ampere) or newer is needed");
        return Err(Error::new(Code::CudaUnavailable, why));
    }
    let mut gpu = Context::new(index)?;
    let place = gpu.allocate(8)?;
    gpu.upload(place, bytemuck::bytes_of(&2.5f32))?;
    launch!(gpu, Kernel::Feed, Shape::rows(1, 1), [place, place.floats(1), 1u32, 1u32, 1u32, 1u32, 1u32])?;
    let mut result = [0u8; 4];
    gpu.download(place.floats(1), &mut result)?;
    if f32::from_ne_bytes(result) != 2.5 {
        return Err(Error::new(Code::CudaUnavailable, format!("{device} computed a wrong result in its first test")));
    }
    Ok(Box::new(gpu))
}
