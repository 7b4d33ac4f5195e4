//! The device of a plan.

use error::{Code, Error, Result};

/// The device on which a plan runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The CPU of this machine.
    #[default]
    Cpu,
    /// The NVIDIA GPU with this index.
    Cuda(usize),
}

impl Device {
    /// Checks once per process whether the GPU with this index can be used. If it cannot, the error is
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

    /// Why `auto` selects the CPU on this machine with this build; `None` if it selects a GPU.
    pub fn reason_for_cpu() -> Option<Error> {
        Self::usable(0).err()
    }

    /// The descriptions of this machine's GPUs; empty if there are none or this build has no CUDA support.
    pub fn gpus() -> Vec<String> {
        #[cfg(feature = "cuda")]
        return engine_cuda::devices().unwrap_or_default().iter().map(ToString::to_string).collect();
        #[cfg(not(feature = "cuda"))]
        Vec::new()
    }

    /// Whether this build has CUDA support.
    pub const fn has_cuda() -> bool {
        cfg!(feature = "cuda")
    }

    /// Parses `auto`, `cpu`, `cuda` or `cuda:N`. `auto` selects the first usable GPU, otherwise the CPU. An explicit
    /// `cuda` that is not usable is [`Code::CudaUnavailable`].
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

/// The error of a build without CUDA support.
#[cfg(not(feature = "cuda"))]
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
