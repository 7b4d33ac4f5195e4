//! If other programs change the files of a cache, the result is correct samples or a coded error, but never wrong
//! samples.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test helpers: clippy exempts only test functions.

mod shared;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use error::{Code, Result, WarningCode};
use shared::{copies, copy_of, tone, write_wav};
use train::cache::{fill, prune, Filled, Key};
use train::dataset::{Dataset, DatasetOptions};
use train::{Event, Warning};

const RATE: u32 = 8000;
const CLIPS: usize = 8;

fn truth(clip: usize) -> Vec<f32> {
    tone(RATE, 100.0 * (clip + 1) as f32, 1.0 + clip as f32 / 10.0)
}

fn options(folder: &Path) -> DatasetOptions {
    DatasetOptions::manifest(folder.join("list.csv"))
}

/// Clips of 1 to 2 seconds.
fn dataset(folder: &Path) {
    let mut text = "path,tags,split\n".to_owned();
    for clip in 0..CLIPS {
        write_wav(folder.join(format!("{clip}.wav")), RATE, &truth(clip));
        text += &format!("{clip}.wav,x,{}\n", ["train", "valid"][clip % 2]);
    }
    fs::write(folder.join("list.csv"), text).unwrap();
}

fn fill_and_hear(folder: &Path) -> (Result<Filled>, Vec<Warning>) {
    fill_first_and_hear(folder, None)
}

/// Fills the cache with the first `seconds` of the clips.
fn fill_first_and_hear(folder: &Path, seconds: Option<f64>) -> (Result<Filled>, Vec<Warning>) {
    let options = options(folder);
    let dataset = Dataset::load(&options, None, 0).unwrap();
    let mut warnings = Vec::new();
    let mut hear = |event| {
        if let Event::Warning(warning) = event {
            warnings.push(warning);
        }
    };
    let key = Key::new(&options, RATE, seconds);
    let filled = fill(&dataset, &key, &folder.join("cache"), 2, false, &mut hear, &AtomicBool::new(false));
    (filled, warnings)
}

fn filled(folder: &Path) -> Filled {
    fill_and_hear(folder).0.unwrap()
}

/// Checks that every clip has its own samples.
fn assert_right(filled: &Filled) {
    for clip in 0..CLIPS {
        let (truth, prepared) = (truth(clip), filled.cache.clip(&format!("{clip}.wav")).unwrap());
        let mut read = vec![9.0; truth.len()];
        filled.cache.read(prepared, 0, &mut read).unwrap();
        assert!(read.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-4), "clip {clip}");
    }
}

#[test]
fn a_lost_list_of_files_costs_no_decoding() {
    for damage in [None, Some("rubbish\n"), Some(""), Some("{\"path\":\"/x\",\"size\":1}\n")] {
        let folder = tempfile::tempdir().unwrap();
        dataset(folder.path());
        let reader = filled(folder.path());
        let list = reader.folder.join("sources.jsonl");
        match damage {
            None => fs::remove_file(&list).unwrap(),
            Some(text) => fs::write(&list, text).unwrap(),
        }
        let second = filled(folder.path());
        assert_eq!(second.decoded, 0, "{damage:?}");
        assert_right(&reader);
        assert_right(&second);
    }
}

#[test]
fn a_wrong_line_about_a_file_gives_it_no_other_audio() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let first = filled(folder.path());
    let list = first.folder.join("sources.jsonl");
    let text = fs::read_to_string(&list).unwrap();
    // A wrong digit in a hash: no copy has that name.
    let digit = text.find("\"content\":\"").unwrap() + 11;
    let other = if text.as_bytes()[digit] == b'0' { "1" } else { "0" };
    let mut flipped = text.clone();
    flipped.replace_range(digit..=digit, other);
    fs::write(&list, &flipped).unwrap();
    let copies_before = copies(&first.folder);
    let second = filled(folder.path());
    assert_eq!((second.decoded, copies(&first.folder)), (0, copies_before));
    assert_right(&second);
    // The copy of another clip under the name of this one.
    let (own, foreign) = (folder.path().join("3.wav"), folder.path().join("4.wav"));
    fs::copy(copy_of(&first.folder, &foreign), copy_of(&first.folder, &own)).unwrap();
    let (third, warnings) = fill_and_hear(folder.path());
    let third = third.unwrap();
    assert_eq!((third.decoded, &warnings[0].clips[..]), (1, &["3.wav".to_owned()][..]));
    assert_right(&third);
}

#[test]
fn a_damaged_longer_copy_does_not_replace_a_new_shorter_one() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let cache = filled(folder.path()).folder;
    let damaged = copy_of(&cache, &folder.path().join("7.wav"));
    let mut bytes = fs::read(&damaged).unwrap();
    // In the samples, not in the description of the copy.
    bytes[26_000] ^= 1;
    fs::write(&damaged, bytes).unwrap();
    for decoded in [1, 0] {
        let (filled, warnings) = fill_first_and_hear(folder.path(), Some(1.0));
        let filled = filled.unwrap();
        assert_eq!((filled.decoded, warnings.is_empty()), (decoded, decoded == 0));
        let mut read = vec![9.0; RATE as usize];
        filled.cache.read(filled.cache.clip("7.wav").unwrap(), 0, &mut read).unwrap();
        assert!(read.iter().zip(&truth(7)).all(|(a, b)| (a - b).abs() < 1e-4));
        drop(filled);
        // A prune that knows of the damage keeps the short copy too.
        let options = serde_json::json!({"cache": folder.path().join("cache"), "damaged": true});
        let done = prune(&serde_json::from_value(options).unwrap(), &mut |_| {}, &AtomicBool::new(false)).unwrap();
        assert_eq!((done.removed, done.kept), (decoded, CLIPS));
    }
}

#[test]
fn an_old_copy_that_cannot_be_removed_does_not_end_a_job() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let cache = fill_first_and_hear(folder.path(), Some(0.5)).0.unwrap().folder;
    // A folder of this name can neither be read as a copy nor be removed as a file.
    let short = copy_of(&cache, &folder.path().join("3.wav"));
    fs::remove_file(&short).unwrap();
    fs::create_dir(&short).unwrap();
    let (again, _) = fill_and_hear(folder.path());
    assert_eq!(again.unwrap().decoded, CLIPS);
    assert!(short.exists());
}

#[test]
fn noise_in_the_data_is_found_and_prepared_again() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let cache = filled(folder.path()).folder;
    let copy = |clip: usize| copy_of(&cache, &folder.path().join(format!("{clip}.wav")));
    let noise: Vec<u8> = (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for clip in [2, 5] {
        let mut file = File::options().write(true).open(copy(clip)).unwrap();
        file.seek(SeekFrom::Start(3000)).unwrap();
        file.write_all(&noise).unwrap();
    }
    let (again, warnings) = fill_and_hear(folder.path());
    let again = again.unwrap();
    assert_eq!(again.decoded, 2);
    assert_right(&again);
    let mut damaged = warnings.iter().filter(|warning| warning.code == WarningCode::DamagedCache);
    let warning = damaged.next().unwrap();
    assert!(damaged.next().is_none(), "the search and the jobs find the same damage, which is told once");
    assert_eq!(warning.clips, ["2.wav", "5.wav"]);
    assert!(warning.message.contains("damaged"), "{}", warning.message);
    let (third, warnings) = fill_and_hear(folder.path());
    assert!(third.unwrap().decoded == 0 && warnings.is_empty());
    // A single bit.
    let mut bytes = fs::read(copy(7)).unwrap();
    bytes[1000] ^= 4;
    fs::write(copy(7), bytes).unwrap();
    let again = filled(folder.path());
    assert_eq!(again.decoded, 1);
    assert_right(&again);
    // Damage of a copy whose file is not in the list of files.
    fs::write(copy(1), "x").unwrap();
    fs::remove_file(cache.join("sources.jsonl")).unwrap();
    let (again, warnings) = fill_and_hear(folder.path());
    assert_eq!(again.unwrap().decoded, 1);
    assert_eq!((warnings[0].code, &warnings[0].clips[..]), (WarningCode::DamagedCache, &["1.wav".to_owned()][..]));
}

#[test]
fn a_reader_of_data_that_are_cut_gets_an_error_and_the_next_one_samples() {
    for length in [0, 1, 20_001] {
        let folder = tempfile::tempdir().unwrap();
        dataset(folder.path());
        let reader = filled(folder.path());
        for copy in copies(&reader.folder) {
            File::options().write(true).open(copy).unwrap().set_len(length).unwrap();
        }
        let clip = |clip: usize| reader.cache.clip(&format!("{clip}.wav")).unwrap();
        let read = |filled: &Filled| (0..CLIPS).filter(|&number| filled.cache.pcm(clip(number)).is_ok()).count();
        assert_eq!(read(&reader), (0..CLIPS).filter(|&number| 2 * clip(number).samples <= length).count());
        let failure = reader.cache.pcm(clip(7)).unwrap_err();
        assert!(failure.code == Code::Io && failure.message.contains("shortened"), "{failure}");
        let (again, warnings) = fill_and_hear(folder.path());
        let again = again.unwrap();
        assert_eq!((again.decoded, warnings[0].code), (CLIPS, WarningCode::DamagedCache));
        assert_right(&again);
        // Who opened the cut files gets an error or the samples, never others.
        for number in 0..CLIPS {
            let own = again.cache.pcm(again.cache.clip(&format!("{number}.wav")).unwrap()).unwrap();
            match reader.cache.pcm(clip(number)) {
                Ok(read) => assert_eq!(read, own),
                Err(failure) => assert_eq!(failure.code, Code::Io),
            }
        }
        assert_eq!(filled(folder.path()).decoded, 0);
    }
}

#[test]
fn data_that_are_gone_are_prepared_again() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let first = filled(folder.path());
    copies(&first.folder).iter().for_each(|copy| fs::remove_file(copy).unwrap());
    let second = filled(folder.path());
    assert_eq!(second.decoded, CLIPS);
    assert_right(&first);
    assert_right(&second);
}

#[test]
fn a_file_that_was_only_touched_is_not_decoded_again() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let first = filled(folder.path());
    let file = File::options().write(true).open(folder.path().join("3.wav")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(7)).unwrap();
    let second = filled(folder.path());
    assert_eq!((second.decoded, copies(&first.folder).len()), (0, CLIPS));
    assert_right(&second);
}

#[test]
#[cfg(unix)]
fn other_audio_of_the_same_size_and_time_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let first = filled(folder.path());
    let path = folder.path().join("3.wav");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let samples: Vec<f32> = truth(3).iter().map(|sample| -sample / 2.0).collect();
    write_wav(&path, RATE, &samples);
    File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let second = filled(folder.path());
    assert_eq!(second.decoded, 1);
    let audio = |filled: &Filled| filled.cache.clip("3.wav").unwrap().audio;
    assert_ne!(audio(&first), audio(&second));
    // The process that opened the old audio still reads it.
    assert_right(&first);
}

#[test]
fn two_who_prepare_at_once_decode_every_clip_once() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let decoded = std::thread::scope(|scope| {
        let fillers: Vec<_> = (0..4).map(|_| scope.spawn(|| filled(folder.path()))).collect();
        let filled: Vec<Filled> = fillers.into_iter().map(|filler| filler.join().unwrap()).collect();
        filled.iter().for_each(assert_right);
        filled.iter().map(|filled| filled.decoded).sum::<usize>()
    });
    assert_eq!(decoded, CLIPS);
}

#[test]
#[cfg(unix)]
fn the_lock_is_neither_emptied_nor_followed() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let cache = folder.path().join("cache/prepared-2");
    fs::create_dir_all(&cache).unwrap();
    let other = folder.path().join("other");
    fs::write(&other, "mine").unwrap();
    std::os::unix::fs::symlink(&other, cache.join("lock")).unwrap();
    let failure = fill_and_hear(folder.path()).0.err().unwrap();
    assert_eq!(failure.code, Code::Output, "{failure}");
    fs::remove_file(cache.join("lock")).unwrap();
    fs::write(cache.join("lock"), "mine too").unwrap();
    assert_eq!(fill_and_hear(folder.path()).0.err().unwrap().code, Code::Output);
    assert_eq!(fs::read_to_string(cache.join("lock")).unwrap(), "mine too");
    assert_eq!(fs::read_to_string(other).unwrap(), "mine");
}

/// The process of the next test for which the cache is read-only.
#[test]
fn on_a_read_only_cache() {
    let Some(folder) = std::env::var_os("SAMPLECNN_READ_ONLY").map(PathBuf::from) else { return };
    let filled = filled(&folder);
    assert_eq!(filled.decoded, 0);
    assert_right(&filled);
    println!("read without writing");
}

#[test]
fn a_cache_that_is_whole_may_be_read_only() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    filled(folder.path());
    let script = "mount --bind \"$SAMPLECNN_READ_ONLY/cache\" \"$SAMPLECNN_READ_ONLY/cache\" && \
                  mount -o remount,ro,bind \"$SAMPLECNN_READ_ONLY/cache\" || exit 77; \
                  exec \"$0\" --exact on_a_read_only_cache --nocapture";
    let child = Command::new("unshare")
        .args(["-rm", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("SAMPLECNN_READ_ONLY", folder.path())
        .output();
    let Ok(output) = child else { return testbed::skip("unshare is not installed") };
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(77) || errors.contains("unshare") {
        return testbed::skip("this user may not mount a file system");
    }
    assert!(output.status.success() && text.contains("read without writing"), "{text}\n{errors}");
}

/// The process of the next test that runs out of open files, at every step at which that can happen.
#[test]
fn with_few_open_files() {
    let Some(folder) = std::env::var_os("SAMPLECNN_FEW_FILES").map(PathBuf::from) else { return };
    dataset(&folder);
    let options = options(&folder);
    let dataset = Dataset::load(&options, None, 0).unwrap();
    let key = Key::new(&options, RATE, None);
    let cache = folder.join("cache");
    let (mut partly, mut completely) = (0, 0);
    for left in 0..24 {
        let _ = fs::remove_dir_all(&cache);
        // Half of the rounds run out of files at the beginning, the others after the first clip.
        let (late, left) = (left % 2 == 1, left / 2);
        let mut taken = if late { Vec::new() } else { all_but(left) };
        let mut take = |event| {
            if late && taken.is_empty() && matches!(event, Event::Progress(_)) {
                taken = all_but(left);
            }
        };
        let first = fill(&dataset, &key, &cache, 1, false, &mut take, &AtomicBool::new(false));
        drop(taken);
        let decoded = match first {
            Ok(first) => {
                let passing = first.bad.iter().filter(|bad| bad.passes()).count();
                assert_eq!((first.bad.len(), first.decoded), (passing, CLIPS - passing), "{left}: {:?}", first.bad);
                assert!(!fs::read_to_string(&first.report).unwrap().contains("ERR_"));
                partly += usize::from(passing > 0);
                completely += usize::from(passing == 0);
                first.decoded
            }
            // The lists of the cache could not be written; the copies stay.
            Err(failure) => {
                assert!(failure.message.contains("os error 24"), "{left}: {failure:?}");
                copies(&cache.join("prepared-2")).len()
            }
        };
        let second = filled(&folder);
        assert_eq!((second.decoded, second.bad.len()), (CLIPS - decoded, 0), "{left}");
        assert_right(&second);
    }
    assert!(partly > 0 && completely > 0, "{partly} {completely}");
    println!("{partly} of the rounds were tried again");
}

/// Opens files until only `left` more can be opened.
fn all_but(left: usize) -> Vec<File> {
    let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    files.truncate(files.len().saturating_sub(left));
    files
}

#[test]
fn what_could_not_be_opened_just_now_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" --exact with_few_open_files --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env("SAMPLECNN_FEW_FILES", folder.path())
        .output()
        .unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("were tried again"), "{text}\n{errors}");
}
