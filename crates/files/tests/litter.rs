//! Temporary files of killed processes are removed; those of living processes stay.

use std::io::Write;

use files::{sweep, write_atomic_with};

#[test]
fn what_is_left_over_goes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let kept = ["a.txt", ".samplecnn-notes.txt", "samplecnn-x.tmp", "x.tmp"];
    for name in kept.iter().chain(&[".samplecnn-aB3x9z.tmp", ".samplecnn-000000.tmp"]) {
        std::fs::write(at(name), "x").unwrap();
    }
    std::fs::create_dir(at(".samplecnn-folder.tmp")).unwrap();
    #[cfg(unix)]
    {
        std::fs::write(at("target"), "x").unwrap();
        std::os::unix::fs::symlink(at("target"), at(".samplecnn-link.tmp")).unwrap();
    }
    sweep(folder.path());
    assert!(!at(".samplecnn-aB3x9z.tmp").exists() && !at(".samplecnn-000000.tmp").exists());
    assert!(kept.iter().all(|name| at(name).exists()) && at(".samplecnn-folder.tmp").exists());
    #[cfg(unix)]
    assert!(at("target").exists());
    sweep(&at("no such folder"));
}

#[test]
fn a_file_that_is_being_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    write_atomic_with(&path, |file| {
        file.write_all(b"half, ")?;
        sweep(folder.path());
        file.write_all(b"whole")
    })
    .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"half, whole");
}

#[test]
fn writers_and_sweepers_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    sweep(folder.path());
                }
            });
        }
        for round in 0..12 {
            write_atomic_with(folder.path().join("a"), |file| file.write_all(&[round])).unwrap();
            assert_eq!(std::fs::read(folder.path().join("a")).unwrap(), [round]);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
