//! The prepared cache: clips are decoded once, preparation can be resumed, and finished clips are never lost.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use error::{Code, Result, WarningCode};
use shared::{change_facts, copies, copy_of, shared, tone, write_wav};
use train::cache::{fill, Filled, Key};
use train::dataset::{Dataset, DatasetOptions};
use train::{prepare, Event, PrepareOptions};

const RATE: u32 = 8000;

/// `clips` valid clips and three unusable ones; returns the manifest.
fn dataset(folder: &Path, clips: usize) -> DatasetOptions {
    let mut text = "path,tags,split\n".to_owned();
    for i in 0..clips {
        write_wav(
            folder.join(format!("{i}.wav")),
            RATE,
            &tone(RATE, 100.0 * (i % 30 + 1) as f32, 1.0 + i as f32 / 10.0),
        );
        text += &format!("{i}.wav,x,{}\n", ["train", "valid"][i % 2]);
    }
    write_wav(folder.join("silent.wav"), RATE, &[0.0; 8000]);
    fs::write(folder.join("text.mp3"), "this is no music").unwrap();
    text += "silent.wav,x,train\ntext.mp3,x,train\nabsent.wav,x,train\n";
    let path = folder.join("list.csv");
    fs::write(&path, text).unwrap();
    DatasetOptions::manifest(path)
}

fn fill_at(options: &DatasetOptions, base: &Path, max: Option<f64>) -> Result<Filled> {
    let dataset = Dataset::load(options, None, 0).unwrap();
    fill(&dataset, &Key::new(options, RATE, max), base, 2, false, &mut |_| {}, &AtomicBool::new(false))
}

fn codes(filled: &Filled) -> Vec<String> {
    filled.bad.iter().filter_map(|file| file.error.as_ref()).map(|error| error.code.clone()).collect()
}

#[test]
fn samples_come_back_as_they_were_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let options = dataset(folder.path(), 3);
    let filled = fill_at(&options, &folder.path().join("cache"), None).unwrap();
    let clip = filled.cache.clip("2.wav").unwrap();
    let expected = tone(RATE, 300.0, 1.2);
    assert_eq!(clip.samples as usize, expected.len());
    let mut read = vec![9.0; 200];
    filled.cache.read(clip, clip.samples - 100, &mut read).unwrap();
    for (value, truth) in read.iter().zip(&expected[expected.len() - 100..]) {
        assert!((value - truth).abs() < 1e-4, "{value} {truth}");
    }
    assert!(read[100..].iter().all(|&value| value == 0.0), "zeros after the end");
    assert_eq!(codes(&filled), ["ERR_SILENCE", "ERR_UNSUPPORTED_FORMAT", "ERR_FILE_NOT_FOUND"]);
    assert!(filled.cache.clip("silent.wav").is_none());
    let cut = fill_at(&options, &folder.path().join("cache"), Some(0.5)).unwrap();
    assert_eq!(cut.cache.clip("2.wav").unwrap().samples, 4000);
    // Whether a file can be used is decided for each length.
    assert_eq!((cut.folder, cut.decoded), (filled.folder, 2));
}

#[test]
fn a_second_run_does_nothing_and_a_changed_file_is_decoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = dataset(folder.path(), 4);
    let base = folder.path().join("cache");
    let first = fill_at(&options, &base, None).unwrap();
    assert_eq!(first.decoded, 6);
    let stamps = || -> Vec<_> {
        let files = [first.folder.join("sources.jsonl"), first.folder.join("format.json"), first.report.clone()];
        let files = copies(&first.folder).into_iter().chain(files);
        files.map(|path| (fs::metadata(&path).unwrap().modified().unwrap(), path)).collect()
    };
    let before = stamps();
    assert_eq!(before.len(), 6 + 3);
    let second = fill_at(&options, &base, None).unwrap();
    assert_eq!((second.decoded, codes(&second)), (0, codes(&first)));
    assert_eq!(before, stamps());

    write_wav(folder.path().join("1.wav"), RATE, &tone(RATE, 50.0, 2.0));
    write_wav(folder.path().join("absent.wav"), RATE, &tone(RATE, 50.0, 1.0));
    let third = fill_at(&options, &base, None).unwrap();
    assert_eq!(third.decoded, 2);
    assert_eq!(third.cache.clip("1.wav").unwrap().samples, 16000);
    assert!(third.cache.clip("absent.wav").is_some());
    // The first cache still reads its original samples.
    assert_eq!(first.cache.clip("1.wav").unwrap().samples, 8800);
}

#[test]
fn what_an_interruption_tore_is_decoded_again_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = dataset(folder.path(), 6);
    let base = folder.path().join("cache");
    let whole = fill_at(&options, &base, None).unwrap();
    let list = whole.folder.join("sources.jsonl");
    let text = fs::read_to_string(&list).unwrap();
    // An incomplete last line, as when the process is killed: the file is hashed again.
    fs::write(&list, &text[..text.len() - 20]).unwrap();
    let mended = fill_at(&options, &base, None).unwrap();
    assert_eq!((mended.decoded, fs::read_to_string(&list).unwrap().lines().count()), (0, 8 + 1));
    // Samples that were not written to the disk, and a temporary file.
    let copy = copy_of(&whole.folder, &folder.path().join("5.wav"));
    let pcm = fs::OpenOptions::new().write(true).open(&copy).unwrap();
    pcm.set_len(pcm.metadata().unwrap().len() - 2).unwrap();
    let left = copy.with_file_name(".samplecnn-x.tmp");
    fs::write(&left, "half a clip").unwrap();
    drop((whole, mended));
    let mended = fill_at(&options, &base, None).unwrap();
    assert_eq!((mended.decoded, left.exists()), (1, false));
    for i in 0..6 {
        let clip = mended.cache.clip(&format!("{i}.wav")).unwrap();
        let truth = tone(RATE, 100.0 * (i + 1) as f32, 1.0 + i as f32 / 10.0);
        let mut read = vec![0.0; clip.samples as usize];
        mended.cache.read(clip, 0, &mut read).unwrap();
        assert!(read.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-4), "clip {i}");
    }
}

#[test]
fn a_newer_cache_is_refused_and_a_damaged_one_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let options = dataset(folder.path(), 2);
    let base = folder.path().join("cache");
    let cache = fill_at(&options, &base, None).unwrap().folder;
    let (format, list) = (cache.join("format.json"), cache.join("sources.jsonl"));
    fs::write(&format, "{\"format\":3}").unwrap();
    assert_eq!(fill_at(&options, &base, None).err().unwrap().code, Code::ModelVersion);
    for path in [&format, &list] {
        fs::write(path, "rubbish\n").unwrap();
        assert_eq!(fill_at(&options, &base, None).unwrap().decoded, 0);
    }
    copies(&cache).iter().for_each(|copy| fs::write(copy, "rubbish").unwrap());
    assert_eq!(fill_at(&options, &base, None).unwrap().decoded, 4);
}

#[test]
fn cancelling_keeps_what_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let options = dataset(folder.path(), 10);
    let data = Dataset::load(&options, None, 0).unwrap();
    let (base, cancel) = (folder.path().join("cache"), AtomicBool::new(false));
    let key = Key::new(&options, RATE, None);
    let mut stop_at_once = |_| cancel.store(true, Ordering::Relaxed);
    let failure = fill(&data, &key, &base, 1, false, &mut stop_at_once, &cancel).err().unwrap();
    assert_eq!(failure.code, Code::Aborted);
    let rest = fill_at(&options, &base, None).unwrap().decoded;
    assert!(rest > 0 && rest < 12, "{rest} left");
}

#[test]
fn prepare_reports_progress_and_bad_files() {
    let folder = tempfile::tempdir().unwrap();
    let options: PrepareOptions = serde_json::from_value(serde_json::json!({
        "dataset": dataset(folder.path(), 4), "samplingRate": RATE, "cache": folder.path().join("cache")
    }))
    .unwrap();
    let mut events = Vec::new();
    let prepared = prepare(&options, &mut |event| events.push(event), &AtomicBool::new(false)).unwrap();
    assert_eq!((prepared.clips, prepared.usable, prepared.failed, prepared.decoded), (7, 4, 3, 6));
    assert!((prepared.duration - 4.6).abs() < 0.01);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&prepared.report).unwrap()).unwrap();
    assert_eq!(report["files"].as_array().unwrap().len(), 3);
    assert_eq!(report["files"][0]["error"]["code"], "ERR_SILENCE");
    assert!(events
        .iter()
        .any(|e| matches!(e, Event::Progress(p) if p.done == 6 && p.total == 6 && p.failed == Some(2))));
    assert!(events.iter().any(
        |e| matches!(e, Event::Warning(w) if w.code == WarningCode::ClipsLeftOut && w.message.contains("3 of 7 clips"))
    ));
}

/// The process of the next test that is killed.
#[test]
fn fill_until_killed() {
    let Some(folder) = std::env::var_os("SAMPLECNN_KILL").map(PathBuf::from) else { return };
    let options = DatasetOptions::manifest(folder.join("list.csv"));
    let data = Dataset::load(&options, None, 0).unwrap();
    // Another sampling rate, so that each clip takes some time.
    let key = Key::new(&options, 44_100, None);
    fill(&data, &key, &folder.join("cache"), 1, false, &mut |_| {}, &AtomicBool::new(false)).unwrap();
}

#[test]
fn a_kill_loses_nothing_finished() {
    let folder = tempfile::tempdir().unwrap();
    let options = dataset(folder.path(), 0);
    let mut text = fs::read_to_string(options.location()).unwrap();
    for i in 0..40 {
        write_wav(folder.path().join(format!("{i}.wav")), RATE, &tone(RATE, 100.0 + i as f32, 30.0));
        text += &format!("{i}.wav,x,train\n");
    }
    fs::write(options.location(), text).unwrap();
    let (base, key) = (folder.path().join("cache"), Key::new(&options, 44_100, None));
    let finished = || copies(&base.join("prepared-2")).len();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "fill_until_killed"])
        .env("SAMPLECNN_KILL", folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while finished() < 7 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let finished = finished();
    assert!((7..42).contains(&finished), "{finished} finished before the kill");
    let data = Dataset::load(&options, None, 0).unwrap();
    let filled = fill(&data, &key, &base, 2, false, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(filled.decoded, 42 - finished);
    assert_eq!((0..40).filter(|i| filled.cache.clip(&format!("{i}.wav")).is_some()).count(), 40);
}

/// The process of the next test that runs on the small disk.
#[test]
fn on_a_small_disk() {
    let Some(folder) = std::env::var_os("SAMPLECNN_SMALL_DISK").map(PathBuf::from) else { return };
    let options = DatasetOptions::manifest(folder.join("list.csv"));
    let disk = folder.join("disk");
    let failure = fill_at(&options, &disk, None).err().unwrap();
    assert_eq!(failure.code, Code::Output, "{failure}");
    assert!(failure.message.contains("disk is full"), "{failure}");
    // With enough room again, only the remaining clips are decoded.
    fs::remove_file(disk.join("ballast")).unwrap();
    let filled = fill_at(&options, &disk, None).unwrap();
    assert!(filled.decoded > 0 && filled.decoded < 42, "{}", filled.decoded);
    let usable = (0..40).filter(|i| filled.cache.clip(&format!("{i}.wav")).is_some()).count();
    assert_eq!(usable, 40, "{:?}", filled.bad);
    println!("finished on the small disk");
}

#[test]
fn a_full_disk_is_a_coded_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path(), 40);
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    // 40 clips of 1 to 5 seconds need 1.9 MB; 1.4 MB are free.
    let script = "mount -t tmpfs -o size=3m none \"$SAMPLECNN_SMALL_DISK/disk\" || exit 77; \
                  head -c 1700000 /dev/zero > \"$SAMPLECNN_SMALL_DISK/disk/ballast\"; \
                  exec \"$0\" --exact on_a_small_disk --nocapture";
    let child = Command::new("unshare")
        .args(["-rm", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("SAMPLECNN_SMALL_DISK", folder.path())
        .output();
    let Ok(output) = child else { return testbed::skip("unshare is not installed") };
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.code() == Some(77) || String::from_utf8_lossy(&output.stderr).contains("unshare") {
        return testbed::skip("this user may not mount a file system");
    }
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("finished on the small disk"), "{text}");
}

#[test]
fn what_failed_is_tried_again_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let options = dataset(folder.path(), 2);
    let prepared = |retry_failed: bool| {
        let options: PrepareOptions = serde_json::from_value(serde_json::json!({
            "dataset": options, "architecture": "3^7@8000",
            "cache": folder.path().join("cache"), "retryFailed": retry_failed
        }))
        .unwrap();
        prepare(&options, &mut |_| {}, &AtomicBool::new(false)).unwrap()
    };
    // A silent file, a text file and a missing file always fail; the missing file is never decoded.
    let first = prepared(false);
    assert_eq!((first.decoded, first.failed), (4, 3));
    // The note that a version with fewer decoders wrote about an intact file.
    change_facts(&copy_of(&first.cache, &folder.path().join("1.wav")), false, |facts| {
        for key in ["samples", "audio", "settled"] {
            facts.as_object_mut().unwrap().remove(key).unwrap();
        }
        facts["error"] = serde_json::json!({"code": "ERR_DECODE", "message": "1.wav is broken"});
    });
    let kept = prepared(false);
    assert_eq!((kept.decoded, kept.failed), (0, 4));
    let again = prepared(true);
    assert_eq!((again.decoded, again.failed), (3, 3));
}

#[test]
fn a_real_mp3_keeps_its_length() {
    let Some(file) = shared("data/mtat-clip/joram-moments_of_clarity-08-solipsism-59-88.mp3") else { return };
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.jsonl");
    let row = serde_json::json!({"path": file, "tags": ["ambient"], "split": "train"});
    write_wav(folder.path().join("b.wav"), RATE, &tone(RATE, 100.0, 1.0));
    fs::write(&list, format!("{row}\n{{\"path\":\"b.wav\",\"tags\":[],\"split\":\"valid\"}}\n")).unwrap();
    let filled = fill_at(&DatasetOptions::manifest(list), &folder.path().join("cache"), None).unwrap();
    let seconds = filled.cache.clip(file.to_str().unwrap()).unwrap().samples as f64 / f64::from(RATE);
    assert!((29.0..29.2).contains(&seconds), "{seconds}");
}
