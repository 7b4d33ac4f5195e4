//! Names of folders as tags.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The names of the folders that are tags of `file`: `levels` counts from the named path in `roots` that contains the
/// file (1: the folder directly in it), or from the file if negative (-1: the folder that contains it). Only folders
/// below the named path count. Names that are not Unicode are left out.
pub(crate) fn names<'a>(file: &'a Path, roots: &[PathBuf], levels: &[i32]) -> Vec<&'a str> {
    let inside = roots.iter().filter_map(|root| file.strip_prefix(root).ok());
    // The deepest named path is the one with the shortest rest.
    let Some(rest) = inside.min_by_key(|rest| rest.components().count()) else { return Vec::new() };
    let folders: Vec<&OsStr> = rest.parent().into_iter().flat_map(Path::iter).collect();
    let at = |level: &i32| {
        let distance = usize::try_from(level.unsigned_abs()).ok()?;
        let position = if *level > 0 { distance.checked_sub(1)? } else { folders.len().checked_sub(distance)? };
        folders.get(position)?.to_str()
    };
    let mut names: Vec<&str> = Vec::new();
    for name in levels.iter().filter_map(at) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_count_from_the_named_folder_or_from_the_file() {
        let roots = [PathBuf::from("/music"), PathBuf::from("/music/new")];
        let names = |file: &'static str, levels: &[i32]| names(Path::new(file), &roots, levels);
        assert_eq!(names("/music/Jazz/Miles/Blue/a.mp3", &[1]), ["Jazz"]);
        assert_eq!(names("/music/Jazz/Miles/Blue/a.mp3", &[-1, 2]), ["Blue", "Miles"]);
        assert_eq!(names("/music/Jazz/a.mp3", &[1, -1, 2, -2]), ["Jazz"]);
        assert_eq!(names("/music/new/Rock/a.mp3", &[1]), ["Rock"], "the deepest named folder counts");
        assert!(names("/music/a.mp3", &[1, -1]).is_empty());
        assert!(names("/elsewhere/Rock/a.mp3", &[1, -1]).is_empty());
    }
}
