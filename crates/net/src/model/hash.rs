//! The hash by which damaged weights are found.

use error::Result;
use safetensors::tensor::View;
use sha2::{Digest, Sha256};

use super::damaged;
use super::tensors::Values;
use crate::layout::{Layout, Parameters};

/// SHA-256 of the tensors as they lie in the file, which is in the order of their names: all are of one type.
pub(super) fn hash_of(layout: &Layout, parameters: &Parameters) -> String {
    let mut specs: Vec<_> = layout.tensors.iter().collect();
    specs.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let mut hash = Sha256::new();
    for spec in specs {
        hash.update(Values { shape: &spec.shape, values: parameters.tensor(spec) }.data());
    }
    format!("{:x}", hash.finalize())
}

/// Refuses the tensors' bytes where their hash is another than the one that the metadata has.
pub(super) fn check_hash(expected: &str, bytes: &[u8]) -> Result<()> {
    let found = format!("{:x}", Sha256::digest(bytes));
    if found == expected {
        return Ok(());
    }
    Err(damaged(format!(
        "is damaged: its tensors are not those that were written (SHA-256 {found}, expected {expected}); copy or download it \
         again"
    )))
}
