//! The hash that detects damaged weights.

use error::Result;
use safetensors::tensor::View;
use sha2::{Digest, Sha256};

use super::damaged;
use super::tensors::Values;
use crate::layout::{Layout, Parameters};

/// The SHA-256 of the tensors as stored in the file, in the order of their names; all have the same type.
pub(super) fn hash_of(layout: &Layout, parameters: &Parameters) -> String {
    let mut specs: Vec<_> = layout.tensors.iter().collect();
    specs.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let mut hash = Sha256::new();
    for spec in specs {
        hash.update(Values { shape: &spec.shape, values: parameters.tensor(spec) }.data());
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
