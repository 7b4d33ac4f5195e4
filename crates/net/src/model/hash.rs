//! The hash that detects damaged weights.

use error::Result;
use safetensors::tensor::View;
use sha2::{Digest, Sha256};

use super::damaged;
use super::tensors::Values;

/// The SHA-256 of the tensors as stored in the file: those of F32 before those of F16, each in the order of the names.
pub(super) fn hash_of(tensors: &[(&str, Values<'_>)]) -> String {
    let mut tensors: Vec<_> = tensors.iter().collect();
    tensors.sort_unstable_by_key(|(name, values)| (values.half, *name));
    let mut hash = Sha256::new();
    for (_, values) in tensors {
        hash.update(values.data());
    }
    format!("{:x}", hash.finalize())
}

/// Checks the hash of the tensors' bytes against the hash in the metadata.
pub(super) fn check_hash(expected: &str, bytes: &[u8]) -> Result<()> {
    let found = format!("{:x}", Sha256::digest(bytes));
    if found == expected {
        return Ok(());
    }
    Err(damaged(format!(
        "is damaged: its tensors are not those that were written (SHA-256 {found}, expected {expected}); copy or \
         download it again"
    )))
}
