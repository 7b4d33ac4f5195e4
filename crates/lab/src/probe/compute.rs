//! Where a classifier is computed: candle's device, and the threads of the CPU.

use candle_core::Device;
use error::{Code, Error, Result};

/// The candle device for `cpu`, `auto`, `cuda` or `cuda:N`. `auto` is the first GPU in a build with the feature
/// `candle-cuda` if one can be used, else the CPU.
///
/// # Errors
/// [`Code::CudaUnavailable`] for a GPU that this build or this machine lacks; [`Code::InvalidOption`] for another name.
pub fn device(name: &str) -> Result<Device> {
    match name {
        "cpu" => Ok(Device::Cpu),
        "auto" if cfg!(feature = "candle-cuda") => Ok(cuda(0).unwrap_or(Device::Cpu)),
        "auto" => Ok(Device::Cpu),
        "cuda" => cuda(0),
        _ => match name.strip_prefix("cuda:").and_then(|number| number.parse().ok()) {
            Some(number) => cuda(number),
            None => {
                let message = format!("device must be \"auto\", \"cpu\", \"cuda\" or \"cuda:N\", received \"{name}\"");
                Err(Error::new(Code::InvalidOption, message))
            }
        },
    }
}

#[cfg(feature = "candle-cuda")]
fn cuda(number: usize) -> Result<Device> {
    Device::new_cuda(number).map_err(|reason| {
        let message = format!("the GPU {number} cannot train a classifier: {reason}; use device cpu");
        Error::new(Code::CudaUnavailable, message)
    })
}

#[cfg(not(feature = "candle-cuda"))]
fn cuda(_: usize) -> Result<Device> {
    let message = "this build trains classifiers on the CPU only (it lacks the feature candle-cuda): use device cpu";
    Err(Error::new(Code::CudaUnavailable, message))
}

/// The name of the device in records: `cpu` or `cuda:N`.
pub(super) fn name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".to_owned(),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
    }
}

/// Runs `work` on a pool of `threads` threads, which candle's matrix products use; 0: one per physical core.
///
/// # Errors
/// [`Code::Internal`] if the threads cannot be started; those of `work`.
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(counted(threads)).build();
    let pool =
        pool.map_err(|reason| Error::new(Code::Internal, format!("the threads could not be started: {reason}")))?;
    pool.install(work)
}

/// The number of threads that `threads` stands for.
pub(super) fn counted(threads: usize) -> usize {
    if threads == 0 {
        engine::physical_cores()
    } else {
        threads
    }
}

/// The coded error for an error of candle.
pub(super) fn coded(reason: candle_core::Error) -> Error {
    let text = reason.to_string();
    if text.to_ascii_lowercase().contains("out of memory") {
        let message = format!("the GPU has too little memory for the classifier: {text}; use a smaller batchSize");
        return Error::new(Code::CudaOutOfMemory, message);
    }
    Error::new(Code::Internal, format!("the classifier could not be computed: {text}"))
}
