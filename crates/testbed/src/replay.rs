//! Replays the fixed corpora of the fuzz targets.

use std::time::{Duration, Instant};

use crate::testdata;

/// Longest time that one file may take: processor time if the system reports it, otherwise elapsed time.
const LONGEST: Duration = Duration::from_secs(5);
/// Highest peak memory of the process, in KiB, that is allowed.
const MEMORY: u64 = 400 << 10;

/// Runs `entry`, the entry function of the fuzz target `target`, on each file of `testdata/fuzz/TARGET`. Panics if
/// `entry` panics, if a file takes too long or (on Linux) too much memory, and if there are no files. The name of each
/// file is printed before the file is read, so the last name printed is that of the file that caused the panic.
#[allow(clippy::expect_used, clippy::print_stdout)] // This is test code: it may panic and print.
pub fn replay(target: &str, entry: impl Fn(&[u8])) {
    let folder = testdata("fuzz").join(target);
    let files = std::fs::read_dir(&folder).expect("the corpus is there");
    let mut paths: Vec<_> = files.map(|file| file.expect("the corpus can be listed").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    for path in paths {
        println!("{}", path.display());
        let content = std::fs::read(&path).expect("a file of the corpus can be read");
        let (clock, processor) = (Instant::now(), processor_time());
        entry(&content);
        let taken = match (processor, processor_time()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => clock.elapsed(),
        };
        assert!(taken < LONGEST, "{} takes {taken:?}", path.display());
        let memory = most_memory();
        assert!(memory < MEMORY, "{memory} KiB of memory up to {}", path.display());
    }
}

/// The processor time that this thread has used so far, or `None` if the system does not report it.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The peak memory of this process in KiB, or 0 if the system does not report it.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
