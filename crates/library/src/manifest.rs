//! Manifests: CSV and JSONL with paths and tags, as `train` reads them.

use std::path::Path;

use error::Result;
use train::dataset::{listed_clips, Group, ListedClip};

use crate::list::{existing, Entry, Facts, List, Missing};
use crate::source::Source;

/// Reads a manifest. Its tags stay as they are written; `artist` and `album` are used.
///
/// # Errors
/// Those of a manifest that is read for training; the message names the line.
pub(crate) fn read(file: &Path) -> Result<List> {
    let (clips, mut warnings) = listed_clips(file)?;
    let (mut missing, total) = (Missing::default(), clips.len());
    let mut entries = Vec::with_capacity(total);
    for ListedClip { name, path, tags, groups, line } in clips {
        let Some(path) = existing(&path) else {
            missing.add(line, &name);
            continue;
        };
        let of = |name: &str| groups.iter().find(|group| group.name == name).map(|Group { value, .. }| value.clone());
        let facts = Facts { artist: of("artist"), album: of("album"), ..Facts::default() };
        let texts = tags.into_iter().map(|tag| (Source::Manifest, tag)).collect();
        entries.push(Entry { path, line, texts, facts });
    }
    warnings.extend(missing.warning(file, total));
    Ok(List { file: file.to_path_buf(), entries, warnings })
}
