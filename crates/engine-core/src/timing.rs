//! Measured times of the steps of a plan, for benchmarks.

/// One step of a plan and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTime {
    /// The layer's canonical name, such as `blocks.0.conv`, or the name of the block followed by the operation, such as
    /// `blocks.0.add`. In the backward pass it ends in ` backward`.
    pub name: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Of a training step on the CPU: its parts, and the seconds of all threads together in each.
    pub parts: Vec<(&'static str, f64)>,
}

/// One kernel or matrix product on a GPU, with a lower bound on its work. Its time cannot be below the larger of two
/// values: its bytes divided by the memory bandwidth, and its operations divided by the processor's speed.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchTime {
    /// The name of the kernel, or `multiply` with rows, columns, inner size and number of products.
    pub name: String,
    /// Seconds on the GPU.
    pub seconds: f64,
    /// The bytes read and written in the GPU's memory if every value moves once; 0 if they are few.
    pub bytes: u64,
    /// The number of multiplications and additions in matrix products.
    pub operations: u64,
}

/// The measured peak speed of a GPU: when it copies a large map, and in a product of large square matrices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peaks {
    /// Bytes read and written per second.
    pub bytes_per_second: f64,
    /// Multiplications and additions per second, in the arithmetic precision of the products.
    pub operations_per_second: f64,
}

impl Peaks {
    /// The minimum number of seconds for the bytes and operations of `launch`.
    pub fn floor(&self, launch: &LaunchTime) -> f64 {
        let (bytes, operations) = (launch.bytes as f64, launch.operations as f64);
        (bytes / self.bytes_per_second).max(operations / self.operations_per_second)
    }
}
