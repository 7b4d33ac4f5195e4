//! Removes temporary files of killed processes.

use std::fs::OpenOptions;
use std::path::Path;

use crate::atomic::TEMPORARY;
use crate::identity;
use crate::target::open_plainly;

/// Removes the temporary files of samplecnn from `folder` that no living process uses: a process that writes one holds
/// a lock on it. Files that cannot be removed stay. A missing folder has none.
pub fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    let Ok(file) = open_plainly(OpenOptions::new().read(true).write(true), path) else { return };
    let ours = file.metadata().is_ok_and(|facts| facts.is_file());
    if ours && file.try_lock().is_ok() && identity::leads_to(path, &file) {
        let _ = std::fs::remove_file(path);
    }
}
