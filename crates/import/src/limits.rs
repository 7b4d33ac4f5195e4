//! How much a file may cost before it is known to be a checkpoint: about 1 GB of memory and 2 s, whatever it claims. The largest
//! published SampleCNN has 10 million values in 300 tensors.

use error::{Code, Error};

/// Longest file that is read, in bytes.
pub(crate) const FILE: u64 = 256 << 20;
/// Most values that are read of one file.
pub(crate) const VALUES: usize = 32 << 20;
/// Most tensors of a file.
pub(crate) const TENSORS: usize = 20_000;
/// Longest name of a tensor, in bytes.
pub(crate) const NAME: usize = 1024;
/// All names of tensors together, in bytes.
pub(crate) const NAMES: usize = 8 << 20;
/// Most opcodes of a pickle.
pub(crate) const OPCODES: usize = 2 << 20;
/// Longest text in a pickle that anything is looked up by, in bytes.
pub(crate) const TEXT: usize = 4096;
/// Most entries of an archive.
pub(crate) const ENTRIES: usize = 100_000;
/// Bytes of an archive that are read to find its entries.
pub(crate) const DIRECTORY: usize = 32 << 20;
/// Longest header of a safetensors file, in bytes.
pub(crate) const HEADER: u64 = 16 << 20;

/// Counts tensors and their names.
#[derive(Default)]
pub(crate) struct NameBudget {
    tensors: usize,
    bytes: usize,
}

impl NameBudget {
    /// Takes one more name in.
    ///
    /// # Errors
    /// [`Code::ModelFormat`] where that is one too many.
    pub(crate) fn spend(&mut self, name: &str) -> Result<(), Error> {
        self.tensors += 1;
        self.bytes += name.len();
        if self.tensors > TENSORS || self.bytes > NAMES || name.len() > NAME {
            let message = format!(
                "holds more tensors, or longer names, than any network: {TENSORS} tensors with names of {NAME} bytes are read"
            );
            return Err(Error::new(Code::ModelFormat, message));
        }
        Ok(())
    }
}
