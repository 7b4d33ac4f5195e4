//! Listing and pruning a cache: what is selected goes, and what a job uses stays.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use error::Code;
use serde_json::{json, Value};
use shared::{copies, copy_of, tone, write_wav};
use train::cache::{fill, list, prune, CacheList, CachePruned, Filled, Key, PruneEvent};
use train::dataset::{Dataset, DatasetOptions};

const RATE: u32 = 8000;
const CLIPS: usize = 5;

/// A dataset of clips of 2 seconds, and one silent file.
fn dataset(folder: &Path) -> DatasetOptions {
    let mut rows = "path,tags,split\nsilent.wav,x,train\n".to_owned();
    write_wav(folder.join("silent.wav"), RATE, &[0.0; 4000]);
    for clip in 0..CLIPS {
        write_wav(folder.join(format!("{clip}.wav")), RATE, &tone(RATE, 100.0 + clip as f32, 2.0));
        rows += &format!("{clip}.wav,x,train\n");
    }
    let path = folder.join("list.csv");
    fs::write(&path, rows).unwrap();
    DatasetOptions::manifest(path)
}

fn filled(folder: &Path, rate: u32, seconds: Option<f64>) -> Filled {
    let options = DatasetOptions::manifest(folder.join("list.csv"));
    let dataset = Dataset::load(&options, None, 0).unwrap();
    let (key, base) = (Key::new(&options, rate, seconds), folder.join("cache"));
    fill(&dataset, &key, &base, 2, false, &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

fn listed(folder: &Path) -> CacheList {
    list(&serde_json::from_value(json!({"cache": folder.join("cache")})).unwrap()).unwrap()
}

fn pruned(folder: &Path, mut options: Value) -> CachePruned {
    options["cache"] = json!(folder.join("cache"));
    prune(&serde_json::from_value(options).unwrap(), &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

/// The copy of the clip with this number.
fn copy(folder: &Path, clip: usize) -> PathBuf {
    copy_of(&folder.join("cache/prepared-2"), &folder.join(format!("{clip}.wav")))
}

/// Says that the copy of `clip` was last used this many days ago.
fn age(folder: &Path, clip: usize, days: u64) {
    let time = SystemTime::now() - Duration::from_secs(days * 86_400);
    File::options().write(true).open(copy(folder, clip)).unwrap().set_modified(time).unwrap();
}

#[test]
fn a_list_says_what_the_cache_holds_at_each_rate() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let none = listed(folder.path());
    assert!(none.rates.is_empty() && none.cache == folder.path().join("cache/prepared-2"), "{none:?}");
    let job = filled(folder.path(), RATE, None);
    age(folder.path(), 1, 9);
    fs::remove_file(folder.path().join("3.wav")).unwrap();
    drop(filled(folder.path(), 4000, None));
    let cache = listed(folder.path());
    assert_eq!((cache.clips, cache.jobs, cache.older.len()), (CLIPS + CLIPS - 1, 1, 0));
    let [low, high] = &cache.rates[..] else { panic!("{cache:?}") };
    assert_eq!((low.sampling_rate, low.clips, low.failed, low.unused), (4000, CLIPS - 1, 1, 0));
    assert_eq!((high.sampling_rate, high.clips, high.failed, high.unused), (8000, CLIPS, 1, 1));
    assert_eq!((low.duration, high.duration), (8.0, 10.0));
    assert!((8.9..9.1).contains(&high.days_unused) && low.days_unused < 0.1, "{cache:?}");
    let bytes: u64 = copies(&job.folder).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert_eq!((cache.bytes, low.bytes + high.bytes), (bytes, bytes));
    drop(job);
    assert_eq!(listed(folder.path()).jobs, 0);
}

#[test]
fn copies_that_were_not_used_for_days_go() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    drop(filled(folder.path(), RATE, None));
    age(folder.path(), 1, 31);
    age(folder.path(), 3, 29);
    let dry = pruned(folder.path(), json!({"olderThan": 30, "dryRun": true}));
    assert!(dry.dry_run && dry.removed == 1 && dry.kept == CLIPS && copy(folder.path(), 1).exists(), "{dry:?}");
    let done = pruned(folder.path(), json!({"olderThan": 30}));
    assert_eq!((done.removed, done.freed, done.kept), (1, dry.freed, CLIPS));
    assert!(done.freed > 32_000 && done.freed < 33_000);
    let again = filled(folder.path(), RATE, None);
    assert_eq!(again.decoded, 1);
    // Using a copy makes it new.
    age(folder.path(), 3, 29);
    drop((again, filled(folder.path(), RATE, None)));
    assert_eq!(pruned(folder.path(), json!({"olderThan": 28})).removed, 0);
    assert_eq!(pruned(folder.path(), json!({"olderThan": 0})).kept, 0);
}

#[test]
fn a_limit_of_the_size_keeps_what_was_used_last() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    drop(filled(folder.path(), RATE, None));
    [2, 5, 1, 4, 3].iter().enumerate().for_each(|(clip, &days)| age(folder.path(), clip, days));
    let silent = copy_of(&folder.path().join("cache/prepared-2"), &folder.path().join("silent.wav"));
    fs::remove_file(silent).unwrap();
    let done = pruned(folder.path(), json!({"maxSize": 70e-6}));
    assert_eq!((done.removed, done.kept), (3, 2));
    assert!(copy(folder.path(), 0).exists() && copy(folder.path(), 2).exists());
    assert_eq!(pruned(folder.path(), json!({"maxSize": 70e-6})).removed, 0);
    let shard = copy(folder.path(), 2).parent().unwrap().to_path_buf();
    assert_eq!(pruned(folder.path(), json!({"maxSize": 0})).kept, 0);
    assert!(shard.exists(), "another job may be about to write into it");
    assert!(listed(folder.path()).rates.is_empty());
}

#[test]
fn copies_whose_files_are_gone_or_changed_are_unused() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    drop(filled(folder.path(), RATE, None));
    fs::copy(folder.path().join("4.wav"), folder.path().join("copy.wav")).unwrap();
    let list = folder.path().join("list.csv");
    fs::write(&list, fs::read_to_string(&list).unwrap() + "copy.wav,x,train\n").unwrap();
    drop(filled(folder.path(), RATE, None));
    assert_eq!(pruned(folder.path(), json!({"unused": true})).removed, 0);
    fs::remove_file(folder.path().join("1.wav")).unwrap();
    write_wav(folder.path().join("2.wav"), RATE, &tone(RATE, 700.0, 1.0));
    // Another file has the same bytes.
    fs::remove_file(folder.path().join("4.wav")).unwrap();
    assert_eq!(listed(folder.path()).rates[0].unused, 2);
    assert_eq!(pruned(folder.path(), json!({})).removed, 0);
    assert_eq!(pruned(folder.path(), json!({"unused": true})).removed, 2);
    let sources = fs::read_to_string(folder.path().join("cache/prepared-2/sources.jsonl")).unwrap();
    assert_eq!(sources.lines().count(), 4, "files 0, 3, the silent one and the copy: {sources}");
}

#[test]
fn damaged_copies_are_found_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    drop(filled(folder.path(), RATE, None));
    let mut bytes = fs::read(copy(folder.path(), 3)).unwrap();
    bytes[777] ^= 1;
    fs::write(copy(folder.path(), 3), bytes).unwrap();
    fs::write(copy(folder.path(), 0), "cut").unwrap();
    assert_eq!(listed(folder.path()).rates[0].damaged, 1, "only the descriptions are read");
    assert_eq!(pruned(folder.path(), json!({})).removed, 0);
    let mut progress = 0;
    let options = serde_json::from_value(json!({"damaged": true, "cache": folder.path().join("cache")})).unwrap();
    let mut hear = |event| progress += usize::from(matches!(event, PruneEvent::Progress(_)));
    let done = prune(&options, &mut hear, &AtomicBool::new(false)).unwrap();
    assert_eq!((done.removed, done.damaged, done.kept), (2, 2, CLIPS + 1 - 2));
    assert!(progress > 0);
    let failure = prune(&options, &mut |_| {}, &AtomicBool::new(true)).unwrap_err();
    assert_eq!(failure.code, Code::Aborted);
}

#[test]
fn what_a_running_job_uses_stays() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let job = filled(folder.path(), RATE, None);
    drop(filled(folder.path(), 4000, None));
    for options in [json!({"maxSize": 0}), json!({"olderThan": 0})] {
        let done = pruned(folder.path(), options);
        assert_eq!((done.in_use, done.kept), (CLIPS + 1, CLIPS + 1), "{done:?}");
    }
    assert!((0..CLIPS).all(|clip| job.cache.pcm(job.cache.clip(&format!("{clip}.wav")).unwrap()).is_ok()));
    // A longer copy does not replace what another job uses.
    drop(job);
    pruned(folder.path(), json!({"maxSize": 0}));
    let short = filled(folder.path(), RATE, Some(1.0));
    let long = filled(folder.path(), RATE, None);
    assert_eq!(copies(&long.folder).len(), 2 * CLIPS + 2);
    assert!((0..CLIPS).all(|clip| short.cache.pcm(short.cache.clip(&format!("{clip}.wav")).unwrap()).is_ok()));
    drop((short, long));
    let done = pruned(folder.path(), json!({}));
    assert_eq!((done.removed, done.in_use, done.kept), (CLIPS, 0, CLIPS + 2));
}

#[test]
fn what_killed_jobs_and_earlier_versions_left_goes_always() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    drop(filled(folder.path(), RATE, None));
    let cache = folder.path().join("cache/prepared-2");
    let shard = copy(folder.path(), 2).parent().unwrap().to_path_buf();
    let left = [shard.join(".samplecnn-x.tmp"), cache.join("leases/1-2-3.lock"), cache.join("claims/x-8000.lock")];
    left.iter().for_each(|path| fs::write(path, "").unwrap());
    let older = folder.path().join("cache/prepared-1/mtat-0123456789ab-16000hz-464854");
    fs::create_dir_all(&older).unwrap();
    fs::write(older.join("pcm.i16"), [0; 5000]).unwrap();
    assert_eq!(listed(folder.path()).older.len(), 1);
    let dry = pruned(folder.path(), json!({"dryRun": true}));
    assert!((dry.freed, dry.older.len()) == (5000, 1) && older.exists() && left[0].exists(), "{dry:?}");
    let done = pruned(folder.path(), json!({}));
    assert_eq!((done.removed, done.freed, done.kept), (0, 5000, CLIPS + 1));
    assert!(!older.exists() && left.iter().all(|path| !path.exists()));
    assert_eq!(filled(folder.path(), RATE, None).decoded, 0);
}

#[test]
fn a_newer_cache_and_values_out_of_bounds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    drop(filled(folder.path(), RATE, None));
    let base = folder.path().join("cache");
    let refused = |options: Value| {
        prune(&serde_json::from_value(options).unwrap(), &mut |_| {}, &AtomicBool::new(false)).unwrap_err()
    };
    let failure = refused(json!({"cache": base, "olderThan": -1}));
    assert_eq!(failure.message, "olderThan must be a number from 0, received -1");
    fs::write(base.join("prepared-2/format.json"), "{\"format\":9}").unwrap();
    assert_eq!(refused(json!({"cache": base, "olderThan": 0})).code, Code::ModelVersion);
    assert_eq!(copies(&base.join("prepared-2")).len(), CLIPS + 1);
    let listing = list(&serde_json::from_value(json!({"cache": base})).unwrap());
    assert_eq!(listing.unwrap_err().code, Code::ModelVersion);
}
