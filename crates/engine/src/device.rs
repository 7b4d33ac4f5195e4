//! Where a plan runs.

use error::{Code, Error, Result};

/// Where a plan runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// This machine's processor.
    #[default]
    Cpu,
    /// The NVIDIA GPU with this index.
    Cuda(usize),
}

impl Device {
    /// Whether the GPU with this index computes; asked once in a process. Every reason against it is
    /// [`Code::CudaUnavailable`] or [`Code::CudaOutOfMemory`] and says what is missing.
    fn usable(index: usize) -> Result<()> {
        #[cfg(feature = "cuda")]
        return engine_cuda::usable(index);
        #[cfg(not(feature = "cuda"))]
        {
            let _ = index;
            Err(no_cuda())
        }
    }

    /// Why `auto` takes the CPU on this machine with this build; none where it takes a GPU.
    pub fn reason_for_cpu() -> Option<Error> {
        Self::usable(0).err()
    }

    /// The GPUs of this machine, in words; empty where there are none or this build has no CUDA.
    pub fn gpus() -> Vec<String> {
        #[cfg(feature = "cuda")]
        return engine_cuda::devices().unwrap_or_default().iter().map(ToString::to_string).collect();
        #[cfg(not(feature = "cuda"))]
        Vec::new()
    }

    /// Whether this build has CUDA.
    pub const fn has_cuda() -> bool {
        cfg!(feature = "cuda")
    }

    /// Reads `auto`, `cpu`, `cuda` or `cuda:N`. `auto` takes the first usable GPU, else the CPU. An explicit `cuda` that
    /// cannot be had is [`Code::CudaUnavailable`].
    pub fn parse(text: &str) -> Result<Self> {
        let index = match text {
            "cuda" => Some(0),
            _ => text.strip_prefix("cuda:").and_then(|number| number.parse().ok()),
        };
        match (text, index) {
            ("cpu", _) => Ok(Device::Cpu),
            ("auto", _) => Ok(if Self::usable(0).is_ok() { Device::Cuda(0) } else { Device::Cpu }),
            (_, Some(index)) => Self::usable(index).map(|()| Device::Cuda(index)),
            _ => Err(Error::new(
                Code::InvalidOption,
                format!("device must be auto, cpu, cuda or cuda:N, received \"{text}\""),
            )),
        }
    }
}

#[cfg(not(feature = "cuda"))]
/// The answer of a build without CUDA.
pub(crate) fn no_cuda() -> Error {
    Error::new(Code::CudaUnavailable, "this build has no CUDA support; use --device cpu or auto")
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}
