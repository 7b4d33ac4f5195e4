//! Datasets with one folder per class, optionally inside a folder for each part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use audio::{has_audio_suffix, is_system_file, is_system_folder};
use error::{is_passing, Code, Error, Result, WarningCode};
use net::Task;
use walkdir::{DirEntry, WalkDir};

use super::part::PartWord;
use super::{broken, Part, RawClip, RawDataset};
use crate::event::Warning;
use crate::some::some;

/// The meaning of the folders directly below the root.
enum FolderLayout {
    Classes,
    /// The part of each folder that stands for a part.
    Parts(BTreeMap<String, Part>),
}

pub(super) fn read(root: &Path) -> Result<RawDataset> {
    let name = format!("folders {}", root.file_name().unwrap_or_default().to_string_lossy());
    let mut source = RawDataset::new(Task::SingleLabel, name);
    let top = subfolders(root)?;
    match layout(root, &top)? {
        FolderLayout::Classes => {
            for (class, folder) in &top {
                add_class(root, class, folder, None, &mut source)?;
            }
        }
        FolderLayout::Parts(parts) => {
            for (name, folder) in &top {
                let Some(&part) = parts.get(name) else {
                    source.warnings.push(without_audio(folder));
                    continue;
                };
                for (class, folder) in subfolders(folder)? {
                    add_class(root, &class, &folder, Some(part), &mut source)?;
                }
                outside_classes(folder, &mut source)?;
            }
        }
    }
    outside_classes(root, &mut source)?;
    if source.rows.is_empty() {
        let message =
            "no audio files in folders below it: the layout is ROOT/CLASS/FILE, one folder for each class, or \
                       ROOT/train/CLASS/FILE, ROOT/valid/CLASS/FILE and ROOT/test/CLASS/FILE";
        return Err(broken(root, message));
    }
    Ok(source)
}

/// Decides whether the folders are classes or parts. A tree that could be either is refused.
fn layout(root: &Path, top: &BTreeMap<String, PathBuf>) -> Result<FolderLayout> {
    let (mut words, mut others) = (Vec::new(), Vec::new());
    for (name, folder) in top {
        match PartWord::read(name) {
            Some(word) => words.push((name, word, holds_classes(folder)?)),
            None if holds_audio(folder)? => others.push(name.as_str()),
            None => {}
        }
    }
    let of_classes = words.iter().filter(|(_, _, classes)| *classes).count();
    if words.is_empty() || (of_classes == 0 && words.len() == 1 && !others.is_empty()) {
        // A single folder named "train" with files in it, beside other folders, is a class of train sounds.
        return Ok(FolderLayout::Classes);
    }
    let names = words.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>().join(", ");
    if !others.is_empty() {
        let message = format!(
            "it holds folders for parts ({names}) beside others ({}): either all folders must be classes or all \
             must be parts; move the others away, rename the class folder, or list the files in a manifest",
            some(&others)
        );
        return Err(broken(root, message));
    }
    let all: Vec<PartWord> = words.iter().map(|(_, word, _)| *word).collect();
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for (name, word, _) in words {
        let Some(part) = word.part(&all) else {
            let message =
                format!("the folder {name} beside {names} could be one of two parts: rename it train, valid or test");
            return Err(broken(root, message));
        };
        if let Some((other, _)) = parts.iter().find(|(_, taken)| **taken == part) {
            let message = format!("{other} and {name} are both the {part} part: remove one of them, or merge them");
            return Err(broken(root, message));
        }
        parts.insert(name.clone(), part);
    }
    Ok(FolderLayout::Parts(parts))
}

/// The folders in `root` by name, without system folders.
pub(super) fn subfolders(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let failed = |reason: &std::io::Error| Error::input(root, Code::Dataset, reason);
    let mut folders = BTreeMap::new();
    for entry in std::fs::read_dir(root).map_err(|reason| failed(&reason))? {
        let path = entry.map_err(|reason| failed(&reason))?.path();
        let Some(name) = path.file_name() else { continue };
        if !path.is_dir() || is_system_folder(name) {
            continue;
        }
        let Some(name) = name.to_str() else {
            return Err(broken(root, format!("the name of the folder {} is not Unicode: rename it", path.display())));
        };
        folders.insert(name.to_owned(), path);
    }
    Ok(folders)
}

/// Adds the audio files below `folder` as clips of `class`.
pub(super) fn add_class(
    root: &Path,
    class: &str,
    folder: &Path,
    part: Option<Part>,
    source: &mut RawDataset,
) -> Result<()> {
    let before = source.rows.len();
    for path in audio_below(folder) {
        let path = path?;
        let Some(name) = path.strip_prefix(root).unwrap_or(&path).to_str() else {
            let message = format!("left out, its name is not Unicode: {}", path.display());
            source.warnings.push(Warning::new(WarningCode::NameNotUnicode, message).of_count(1));
            continue;
        };
        let name = name.replace(std::path::MAIN_SEPARATOR, "/");
        let path = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        source.rows.push(RawClip { name, path, tags: vec![class.to_owned()], part, ..RawClip::default() });
    }
    if source.rows.len() == before {
        source.warnings.push(without_audio(folder));
    }
    Ok(())
}

/// Whether there is an audio file in `folder` or any folder below it.
pub(super) fn holds_audio(folder: &Path) -> Result<bool> {
    audio_below(folder).next().transpose().map(|found| found.is_some())
}

/// Whether any folder in `folder` contains audio files.
fn holds_classes(folder: &Path) -> Result<bool> {
    for class in subfolders(folder)?.values() {
        if holds_audio(class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The audio files in `folder` and all folders below it, ordered by name. A broken link is a file that is missing; a
/// link to a folder around it is left out.
fn audio_below(folder: &Path) -> impl Iterator<Item = Result<PathBuf>> + '_ {
    let real = folder.canonicalize().ok();
    let leads_out = move |entry: &DirEntry| {
        let is_link = entry.path_is_symlink() && entry.file_type().is_dir();
        is_link && entry.path().canonicalize().ok().zip(real.as_ref()).is_some_and(|(to, real)| real.starts_with(to))
    };
    let wanted = move |entry: &DirEntry| {
        let name = entry.file_name();
        entry.depth() == 0
            || !leads_out(entry)
                && !if entry.file_type().is_dir() { is_system_folder(name) } else { is_system_file(name) }
    };
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter().filter_entry(wanted);
    entries.filter_map(move |entry| match entry {
        Ok(entry) => (entry.file_type().is_file() && has_audio_suffix(entry.path())).then(|| Ok(entry.into_path())),
        Err(reason) if reason.loop_ancestor().is_some() => None,
        Err(reason) => {
            let path = reason.path().unwrap_or(folder);
            match reason.io_error() {
                Some(why) if reason.depth() > 0 && !is_passing(why) => {
                    has_audio_suffix(path).then(|| Ok(path.to_path_buf()))
                }
                Some(why) => Some(Err(Error::input(path, Code::Dataset, why))),
                None => Some(Err(broken(folder, reason))),
            }
        }
    })
}

/// Warns of audio files directly in `folder`: they have no class.
fn outside_classes(folder: &Path, source: &mut RawDataset) -> Result<()> {
    let failed = |reason: std::io::Error| Error::input(folder, Code::Dataset, &reason);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let system = path.file_name().is_none_or(is_system_file);
        count += usize::from(!system && has_audio_suffix(&path) && path.is_file());
    }
    if count > 0 {
        let message = format!(
            "{count} audio files in {} are left out: they are not in a class folder; move them into one",
            folder.display()
        );
        source.warnings.push(Warning::new(WarningCode::FilesOutsideClasses, message).of_count(count));
    }
    Ok(())
}

fn without_audio(folder: &Path) -> Warning {
    let message = format!("the folder {} is not used as a class: it contains no audio files", folder.display());
    Warning::new(WarningCode::FolderWithoutAudio, message)
}
