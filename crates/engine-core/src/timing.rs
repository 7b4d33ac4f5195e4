//! How long the steps of a plan take, for benchmarks.

use error::{Code, Error, Result};

use crate::device::Device;
use crate::options::Options;
use crate::tape::{Operation, Tape};

/// One step of a plan and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTime {
    /// The layer's canonical name, such as `blocks.0.conv`, or the block's and what is done there: `blocks.0.join`. Going
    /// backward it ends in ` backward`.
    pub name: String,
    /// Seconds on the clock.
    pub seconds: f64,
}

/// One kernel or matrix product on a GPU, and what it has to do at least: the larger of its bytes over the memory's speed and its
/// operations over the processor's is the time that it cannot go below.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchTime {
    /// The kernel's name, or `multiply` with rows, columns, inner size and number of products.
    pub name: String,
    /// Seconds on the GPU.
    pub seconds: f64,
    /// Bytes that it reads and writes in the GPU's memory when every value moves once; 0 where they are few.
    pub bytes: u64,
    /// Multiplications and additions of matrix products.
    pub operations: u64,
}

/// What a GPU reaches at most, measured: in copying a large map, and in a product of large square matrices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peaks {
    /// Bytes read and written in a second.
    pub bytes_per_second: f64,
    /// Multiplications and additions in a second, in the precision of the products.
    pub operations_per_second: f64,
}

impl Peaks {
    /// Measures the device of `options` in its precision; takes some seconds. The CPU is [`Code::InvalidOption`]; other errors: those of
    /// [`Device::parse`].
    pub fn measure(options: &Options) -> Result<Self> {
        match options.device {
            Device::Cpu => Err(Error::new(Code::InvalidOption, "peaks are measured on a GPU: use device cuda")),
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => crate::cuda::peaks(index, options.precision),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(crate::device::no_cuda()),
        }
    }

    /// The least seconds for so many bytes and operations.
    pub fn floor(&self, launch: &LaunchTime) -> f64 {
        let (bytes, operations) = (launch.bytes as f64, launch.operations as f64);
        (bytes / self.bytes_per_second).max(operations / self.operations_per_second)
    }
}

impl Tape {
    /// What an operation computes.
    pub(crate) fn name(&self, operation: Operation) -> String {
        let layer = |weight: usize| {
            let tensor = self.layout.tensors.iter().find(|t| t.offset == weight && t.name.ends_with(".weight"));
            tensor.map_or_else(|| "layer".to_string(), |t| t.name.trim_end_matches(".weight").to_string())
        };
        let block = |name: String| name.rsplit_once('.').map_or(String::new(), |(block, _)| block.to_string());
        match operation {
            Operation::Conv(id) => layer(self.convs[id].weight),
            Operation::Excite(id) => block(layer(self.excites[id].squeeze.weight)),
            Operation::Join(id) => format!("{}.join", block(layer(self.convs[self.joins[id].branch].weight))),
            Operation::Dropout(_) => "dropout".into(),
            Operation::Gather => "global".into(),
            Operation::Output => "head.out".into(),
        }
    }
}
