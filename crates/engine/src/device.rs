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
    /// Reads `auto`, `cpu`, `cuda` or `cuda:N`. `auto` takes the first usable GPU, else the CPU. An explicit `cuda` that
    /// cannot be had is [`Code::CudaUnavailable`].
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "auto" | "cpu" => Ok(Device::Cpu),
            _ if text == "cuda" || text.strip_prefix("cuda:").is_some_and(|n| n.parse::<usize>().is_ok()) => {
                Err(Error::new(Code::CudaUnavailable, "this build has no CUDA support; use --device cpu or auto"))
            }
            _ => Err(Error::new(
                Code::InvalidOption,
                format!("device must be auto, cpu, cuda or cuda:N, received \"{text}\""),
            )),
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}
