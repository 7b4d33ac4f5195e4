//! Limits for files that may not be checkpoints: reading any file takes at most about 1 GB of memory and 2 s. The
//! largest published SampleCNN has 10 million values in 300 tensors.

use error::{Code, Error};

/// The longest file that is read, in bytes.
pub(crate) const FILE: u64 = 256 << 20;
/// The most values that are read from one file.
pub(crate) const VALUES: usize = 32 << 20;
/// The most tensors of a file.
pub(crate) const TENSORS: usize = 20_000;
/// The longest name of a tensor, in bytes.
pub(crate) const NAME: usize = 1024;
/// The total length of all tensor names, in bytes.
pub(crate) const NAMES: usize = 8 << 20;
/// The most opcodes of a pickle.
pub(crate) const OPCODES: usize = 2 << 20;
/// The longest text in a pickle that is used as a key, in bytes.
pub(crate) const TEXT: usize = 4096;
/// The most entries of an archive.
pub(crate) const ENTRIES: usize = 100_000;
/// The most bytes of an archive that are read to find its entries.
pub(crate) const DIRECTORY: usize = 32 << 20;
/// The longest header of a safetensors file, in bytes.
pub(crate) const HEADER: u64 = 16 << 20;

/// Counts tensors and their names.
#[derive(Default)]
pub(crate) struct NameBudget {
    tensors: usize,
    bytes: usize,
}

impl NameBudget {
    /// Adds a name.
    ///
    /// # Errors
    /// [`Code::ModelFormat`] if a limit is exceeded.
    pub(crate) fn spend(&mut self, name: &str) -> Result<(), Error> {
        self.tensors += 1;
        self.bytes += name.len();
        if self.tensors > TENSORS || self.bytes > NAMES || name.len() > NAME {
            let message = format!(
                "contains more tensors, or longer names, than any network: at most {TENSORS} tensors with names of \
                 {NAME} bytes are supported"
            );
            return Err(Error::new(Code::ModelFormat, message));
        }
        Ok(())
    }
}
