//! Small sounds, the locations of external audio, and the files of a cache.

#![allow(dead_code)] // Not every test needs all of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
#[allow(unused_imports)]
pub use testbed::{shared, tone, write_wav};

/// The copies in the cache folder `cache`, in the order of their names.
pub fn copies(cache: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    let rates = entries(cache).into_iter().filter(|path| path.to_str().unwrap().ends_with("hz"));
    let shards = rates.flat_map(|rate| entries(&rate));
    let mut copies: Vec<PathBuf> = shards.flat_map(|shard| entries(&shard)).collect();
    copies.retain(|path| path.extension().is_some_and(|suffix| suffix == "pcm"));
    copies.sort();
    copies
}

/// The SHA-256 of the file at `path`, by which its copies are named.
pub fn content(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The copy of the file at `path` in the cache folder `cache`, of which there must be one.
pub fn copy_of(cache: &Path, path: &Path) -> PathBuf {
    let content = content(path);
    let copies = copies(cache).into_iter().filter(|copy| copy.to_str().unwrap().contains(&content));
    let copies: Vec<PathBuf> = copies.collect();
    assert_eq!(copies.len(), 1, "{copies:?}");
    copies[0].clone()
}

/// Changes what the file `copy` says about its samples, with a valid checksum. Without `keep_samples` the samples are
/// removed.
pub fn change_facts(copy: &Path, keep_samples: bool, change: impl FnOnce(&mut Value)) {
    let bytes = fs::read(copy).unwrap();
    let end = bytes.len() - 44;
    let size = u32::from_le_bytes(bytes[end + 32..end + 36].try_into().unwrap()) as usize;
    let mut facts: Value = serde_json::from_slice(&bytes[end - size..end]).unwrap();
    change(&mut facts);
    let text = facts.to_string();
    let mut changed = if keep_samples { bytes[..end - size].to_vec() } else { Vec::new() };
    changed.extend(text.as_bytes());
    changed.extend(Sha256::digest(&text));
    changed.extend((text.len() as u32).to_le_bytes());
    changed.extend(b"SCNNPCM1");
    fs::write(copy, changed).unwrap();
}
