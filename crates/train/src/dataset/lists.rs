//! Lists as published with papers: texts, Python pickles and NumPy arrays. Nothing in them is ever executed.

mod npy;
mod pickle;

use std::collections::HashSet;
use std::path::Path;

use error::{Code, Error, Result};

use super::broken;
use super::file_names::suffix;
use super::text::read_text;
pub(super) use npy::Array;
pub(super) use pickle::Item;

/// The largest list that is read; the lists of the Million Song Dataset have up to 150 MB.
const LARGEST: u64 = 1 << 30;

/// The bytes of a list.
///
/// # Errors
/// [`Code::FileNotFound`]; [`Code::Dataset`] for a file that is too large to be a list, or not a regular file.
fn read_bytes(file: &Path) -> Result<Vec<u8>> {
    let failed = |reason: std::io::Error| Error::input(file, Code::Dataset, &reason);
    let facts = std::fs::metadata(file).map_err(failed)?;
    if !facts.is_file() || facts.len() > LARGEST {
        let message = format!("not a list: a list is a regular file of at most {} MiB", LARGEST >> 20);
        return Err(broken(file, message));
    }
    std::fs::read(file).map_err(failed)
}

/// The entries of a list of names: the texts of a pickle (`.cP`, `.pkl`) or of a NumPy array (`.npy`), or the lines of
/// a text. Each comes with its number, from 1; blank lines are left out.
///
/// # Errors
/// [`Code::FileNotFound`]; [`Code::Dataset`] for a file that is not such a list, with the position in it.
pub(super) fn read_names(file: &Path) -> Result<Vec<(u64, String)>> {
    let numbered = |names: Vec<String>| (1..).zip(names).collect();
    match suffix(file).as_str() {
        "cp" | "pkl" | "pickle" => pickle::texts(file, &read_bytes(file)?).map(numbered),
        "npy" => npy::texts(file, &read_bytes(file)?).map(numbered),
        _ => {
            let text = read_text(file)?;
            let lines = (1..).zip(text.lines().map(|line| line.trim().to_owned()));
            Ok(lines.filter(|(_, line)| !line.is_empty()).collect())
        }
    }
}

/// The entries of a pickled dict whose keys are texts or numbers.
///
/// # Errors
/// As [`read_names`].
pub(super) fn read_dict(file: &Path) -> Result<Vec<(String, Item)>> {
    pickle::dict(file, &read_bytes(file)?)
}

/// The numbers of a NumPy array with one or two dimensions.
///
/// # Errors
/// As [`read_names`].
pub(super) fn read_array(file: &Path) -> Result<Array> {
    npy::numbers(file, &read_bytes(file)?)
}

/// The tags of a list of tags, in order: as [`read_names`], or a JSON list of texts.
///
/// # Errors
/// As [`read_names`]; [`Code::Dataset`] for a tag that is listed twice, and for an empty list.
pub(super) fn read_tags(file: &Path) -> Result<Vec<String>> {
    let tags: Vec<(u64, String)> = if suffix(file) == "json" {
        let tags: Vec<String> = serde_json::from_str(&read_text(file)?).map_err(|reason| {
            broken(file, format!("{reason}; expected a list of tags, such as [\"rock\", \"pop\"]"))
        })?;
        (1..).zip(tags).collect()
    } else {
        read_names(file)?
    };
    if tags.is_empty() {
        return Err(broken(file, "it lists no tags: write one tag per line"));
    }
    let mut seen = HashSet::new();
    for (line, tag) in &tags {
        if !seen.insert(tag) {
            return Err(broken(file, format!("line {line}: the tag {tag} is listed twice: remove one of them")));
        }
    }
    Ok(tags.into_iter().map(|(_, tag)| tag).collect())
}
