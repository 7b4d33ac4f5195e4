//! How long the steps of a plan take, for benchmarks.

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
    /// The least seconds for so many bytes and operations.
    pub fn floor(&self, launch: &LaunchTime) -> f64 {
        let (bytes, operations) = (launch.bytes as f64, launch.operations as f64);
        (bytes / self.bytes_per_second).max(operations / self.operations_per_second)
    }
}
