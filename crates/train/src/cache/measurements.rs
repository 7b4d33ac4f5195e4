//! `measurements.jsonl`: measurements over clips of a cache, one line per measurement, append-only. A stored
//! measurement saves a pass over the data.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

const FILE: &str = "measurements.jsonl";
/// Lines of other formats are skipped: a measurement can always be repeated.
const FORMAT: u32 = 1;

/// The mean and deviation stored under `key`.
#[derive(Serialize, Deserialize)]
struct Line {
    format: u32,
    /// SHA-256 of everything that the measurement depends on.
    key: String,
    mean: f64,
    deviation: f64,
}

/// The mean and deviation stored under `key` in the cache at `folder`. Unreadable lines are skipped.
pub(crate) fn measured(folder: &Path, key: &str) -> Option<[f64; 2]> {
    let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
    let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let line = lines.rfind(|line| line.format == FORMAT && line.key == key)?;
    let usable = line.mean.is_finite() && line.deviation.is_finite() && line.deviation > 0.0;
    usable.then_some([line.mean, line.deviation])
}

/// Stores a mean and a deviation under `key` in the cache at `folder`.
///
/// # Errors
/// [`Code::Output`] if the file cannot be written.
pub(crate) fn keep(folder: &Path, key: &str, [mean, deviation]: [f64; 2]) -> Result<()> {
    let path = folder.join(FILE);
    let line = Line { format: FORMAT, key: key.to_owned(), mean, deviation };
    let text = serde_json::to_string(&line).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    // End an incomplete line first, so that the new line is complete.
    let torn = std::fs::read(&path).is_ok_and(|bytes| bytes.last().is_some_and(|&last| last != b'\n'));
    let text = format!("{}{text}\n", if torn { "\n" } else { "" });
    let written = OpenOptions::new().create(true).append(true).open(&path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_data()
    });
    written.map_err(|reason| Error::output(&path, &reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_of_a_key_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(measured(folder.path(), "a"), None);
        keep(folder.path(), "a", [0.1, 2.0]).unwrap();
        keep(folder.path(), "b", [0.2, 3.0]).unwrap();
        keep(folder.path(), "a", [0.3, 4.0]).unwrap();
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{}", &text[..30])).unwrap();
        assert_eq!(measured(folder.path(), "a"), Some([0.3, 4.0]));
        keep(folder.path(), "c", [0.4, 5.0]).unwrap();
        assert_eq!(measured(folder.path(), "b"), Some([0.2, 3.0]));
        assert_eq!(measured(folder.path(), "c"), Some([0.4, 5.0]));
    }

    #[test]
    fn what_no_network_could_divide_by_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        keep(folder.path(), "a", [0.1, 0.0]).unwrap();
        assert_eq!(measured(folder.path(), "a"), None);
        keep(folder.path(), "b", [0.1, 1.0]).unwrap();
        let path = folder.path().join(FILE);
        let newer = std::fs::read_to_string(&path).unwrap().replace("\"format\":1", "\"format\":2");
        std::fs::write(&path, newer).unwrap();
        assert_eq!(measured(folder.path(), "b"), None);
    }
}
