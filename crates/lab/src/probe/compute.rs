//! Where a classifier is computed: candle's device, and the threads of the CPU.

use std::sync::mpsc::{channel, Sender};

use candle_core::{Device, DeviceLocation};
use error::{Code, Error, Result, WarningCode};
use train::Warning;

/// Where classifiers are computed.
#[derive(Clone, Debug)]
pub struct Compute {
    pub(super) device: Device,
    /// Number of threads of the matrix products on the CPU, from 1.
    pub(super) threads: usize,
}

impl Compute {
    /// The device `cpu`, `auto`, `cuda` or `cuda:N`, and `threads` threads; 0: one per physical core. `auto` is the
    /// first GPU in a build with the feature `candle-cuda` if one can be used, else the CPU. That a GPU gives the
    /// results of the CPU is not verified.
    ///
    /// # Errors
    /// [`Code::CudaUnavailable`] for a GPU that this build or this machine lacks; [`Code::InvalidOption`] for another
    /// name.
    pub fn new(device: &str, threads: usize) -> Result<Self> {
        let device = match device {
            "cpu" => Device::Cpu,
            "auto" if cfg!(feature = "candle-cuda") => cuda(0).unwrap_or(Device::Cpu),
            "auto" => Device::Cpu,
            "cuda" => cuda(0)?,
            name => match name.strip_prefix("cuda:").and_then(|number| number.parse().ok()) {
                Some(number) => cuda(number)?,
                None => {
                    let message =
                        format!("device must be \"auto\", \"cpu\", \"cuda\" or \"cuda:N\", received \"{name}\"");
                    return Err(Error::new(Code::InvalidOption, message));
                }
            },
        };
        Ok(Self { device, threads: if threads == 0 { engine::physical_cores() } else { threads } })
    }

    /// Like [`Compute::new`], for a classifier on features that a model computes on `device`: on a GPU that cannot
    /// train a classifier it is trained on the CPU, with a warning. The classifier is small.
    ///
    /// # Errors
    /// Those of [`Compute::new`] except [`Code::CudaUnavailable`].
    pub fn beside_model(device: &str, threads: usize) -> Result<(Self, Option<Warning>)> {
        match Self::new(device, threads) {
            Err(reason) if reason.code == Code::CudaUnavailable => {
                let message = format!("the classifier is trained on the CPU: {}", reason.message);
                let warning = Warning::new(WarningCode::CudaUnavailable, message);
                Ok((Self::new("cpu", threads)?, Some(warning)))
            }
            compute => Ok((compute?, None)),
        }
    }

    /// The name of the device in records: `cpu` or `cuda:N`.
    pub fn device_name(&self) -> String {
        match self.device.location() {
            DeviceLocation::Cpu => "cpu".to_owned(),
            DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
            DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
        }
    }

    /// Runs `work` with the threads of the matrix products on the CPU.
    ///
    /// # Errors
    /// [`Code::Internal`] if the threads cannot be started; those of `work`.
    pub(crate) fn with_threads<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        self.run(|_: &Sender<()>| work(), &mut |()| {})
    }

    /// Runs `work` on a pool of its own, which candle's matrix products use; what it sends arrives at `receive` on the
    /// thread of the caller.
    ///
    /// # Errors
    /// [`Code::Internal`] if the threads cannot be started; those of `work`.
    pub(super) fn run<T: Send, M: Send>(
        &self,
        work: impl FnOnce(&Sender<M>) -> Result<T> + Send,
        receive: &mut dyn FnMut(M),
    ) -> Result<T> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let failed = |reason: &dyn std::fmt::Display| {
            Error::new(Code::Internal, format!("the threads of the classifier failed: {reason}"))
        };
        let pool = pool.map_err(|reason| failed(&reason))?;
        let (sender, receiver) = channel();
        std::thread::scope(|scope| {
            let worker = scope.spawn(move || pool.install(|| work(&sender)));
            // The loop ends when `work` has returned and dropped the sender.
            receiver.iter().for_each(receive);
            worker.join().unwrap_or_else(|_| Err(failed(&"a thread ended early")))
        })
    }
}

/// The GPU `number`, with a stream of its own: the default stream of candle belongs to the thread that opens it, and
/// classifiers are trained on other threads.
#[cfg(feature = "candle-cuda")]
fn cuda(number: usize) -> Result<Device> {
    Device::new_cuda_with_stream(number).map_err(|reason| {
        let message = format!("the GPU {number} cannot train a classifier: {reason}; use device cpu");
        Error::new(Code::CudaUnavailable, message)
    })
}

#[cfg(not(feature = "candle-cuda"))]
fn cuda(_: usize) -> Result<Device> {
    let message = "this build trains classifiers on the CPU only (it lacks the feature candle-cuda): use device cpu";
    Err(Error::new(Code::CudaUnavailable, message))
}

/// The coded error for an error of candle.
pub(crate) fn coded(reason: candle_core::Error) -> Error {
    let text = reason.to_string();
    if text.to_ascii_lowercase().contains("out of memory") {
        let message = format!("the GPU has too little memory for the classifier: {text}; use a smaller batchSize");
        return Error::new(Code::CudaOutOfMemory, message);
    }
    Error::new(Code::Internal, format!("the classifier could not be computed: {text}"))
}
