//! One folder per class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use audio::has_audio_suffix;
use error::{Code, Error, Result};
use net::Task;
use walkdir::WalkDir;

use super::{broken, Part, Row, Source};

pub(super) fn read(root: &Path) -> Result<Source> {
    let mut source = Source {
        rows: Vec::new(),
        task: Task::SingleLabel,
        tags: None,
        split: format!("folders {}", root.file_name().unwrap_or_default().to_string_lossy()),
        clip_seconds: None,
        warnings: Vec::new(),
    };
    let top = subfolders(root)?;
    let part_of = |name: &str| Part::ALL.into_iter().find(|part| part.as_str() == name);
    if !top.is_empty() && top.keys().all(|name| part_of(name).is_some()) {
        for (name, folder) in &top {
            for (class, folder) in subfolders(folder)? {
                add_class(root, &class, &folder, part_of(name), &mut source)?;
            }
        }
    } else {
        for (class, folder) in top {
            add_class(root, &class, &folder, None, &mut source)?;
        }
    }
    if source.rows.is_empty() {
        let message = "no audio files in folders below it: the layout is ROOT/CLASS/FILE, one folder for each class";
        return Err(broken(root, message));
    }
    Ok(source)
}

/// The folders in `root` by name; hidden ones are passed over.
pub(super) fn subfolders(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let failed = |reason: &std::io::Error| Error::input(root, Code::Dataset, reason);
    let mut folders = BTreeMap::new();
    for entry in std::fs::read_dir(root).map_err(|reason| failed(&reason))? {
        let path = entry.map_err(|reason| failed(&reason))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() && !name.starts_with('.') {
            folders.insert(name.to_owned(), path);
        }
    }
    Ok(folders)
}

/// Adds the audio files below `folder` as clips of `class`.
pub(super) fn add_class(
    root: &Path,
    class: &str,
    folder: &Path,
    part: Option<Part>,
    source: &mut Source,
) -> Result<()> {
    let before = source.rows.len();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|reason| broken(folder, reason))?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden || !entry.file_type().is_file() || !has_audio_suffix(path) {
            continue;
        }
        let Some(name) = path.strip_prefix(root).unwrap_or(path).to_str() else {
            source.warnings.push(format!("left out, its name is not Unicode: {}", path.display()));
            continue;
        };
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let tags = vec![class.to_owned()];
        source.rows.push(Row { name: name.replace(std::path::MAIN_SEPARATOR, "/"), path, tags, part, line: None });
    }
    if source.rows.len() == before {
        source.warnings.push(format!("no audio files in the folder {}", folder.display()));
    }
    Ok(())
}
