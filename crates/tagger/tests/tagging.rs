//! The pipeline from files to records, with a network that does not need the engine.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod network;
mod wav;

use std::sync::Arc;
use std::time::{Duration, Instant};

use audio::SegmentPolicy;
use error::{Code, Error, Result, WarningCode};
use network::{options, run, start, LENGTH, RATE};
use tagger::{Analysis, Event, Record, Status, TagOptions, Tagged, Tagger};

fn results(records: &[Record]) -> Vec<&Tagged> {
    records.iter().filter_map(|r| if let Record::Result(result) = r { Some(result) } else { None }).collect()
}

#[test]
fn every_file_gets_one_record_in_input_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("album")).unwrap();
    // The longest first, so that shorter files finish earlier.
    for (number, seconds) in [30.0, 0.3, 5.0, 0.2, 1.0].into_iter().enumerate() {
        wav::sine(&path(&format!("album/{number}.wav")), RATE, seconds, 440.0, 0.5);
    }
    std::fs::write(path("album/3b.mp3"), b"not audio").unwrap();
    wav::sine(&path("album/4b.wav"), RATE, 0.05, 440.0, 0.5);
    wav::write(&path("album/4c.wav"), RATE, (0..8000).map(|_| 0));
    wav::sine(&path("z.wav"), 44_100, 2.0, 440.0, 0.5);
    let said = run(options(&[&path("z.wav"), &path("missing.wav"), &path("album")]));
    assert_eq!(
        said.lines(),
        [
            "z.wav: ok",
            "missing.wav: ERR_FILE_NOT_FOUND",
            "0.wav: ok",
            "1.wav: ok",
            "2.wav: ok",
            "3.wav: ok",
            "3b.mp3: ERR_UNSUPPORTED_FORMAT",
            "4.wav: ok",
            "4b.wav: ERR_TOO_SHORT",
            "4c.wav: ERR_SILENCE",
        ]
    );
    assert!(matches!(&said.events[0], Event::Start(start) if start.schema == 1));
    let Some(Event::Done(done)) = said.events.last() else { panic!("{:?}", said.events) };
    assert_eq!((done.files, done.ok, done.failed, done.skipped), (10, 6, 4, 0));
    assert!((done.audio_seconds - 38.5).abs() < 1e-6, "{}", done.audio_seconds);
}

#[test]
fn a_clip_is_the_mean_of_its_complete_segments() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    // Two loud segments, a quiet one, and an incomplete fourth one that is dropped.
    wav::write(&path, RATE, (0..3 * LENGTH + 1000).map(|n| if n < 2 * LENGTH { 16_384 } else { 8192 }));
    let said = run(TagOptions { all: true, ..options(&[&path]) });
    let result = results(&said.records)[0];
    assert_eq!((result.clip.segments, result.clip.short, result.clip.damaged_packets), (3, false, 0));
    assert!((result.clip.duration - 13_000.0 / 8000.0).abs() < 1e-9);
    assert!(result.clip.decoder.contains("pcm"), "{}", result.clip.decoder);
    let scores: Vec<(&str, f32)> = result.tags.iter().map(|tag| (tag.tag.as_str(), tag.score)).collect();
    let power = (2.0 * 0.25 + 0.0625) / 3.0;
    assert_eq!(scores[1..], [("middle", 0.01), ("left", 0.5), ("right", 0.5)]);
    assert!((scores[0].1 - power).abs() < 1e-6, "{scores:?}");
}

#[test]
fn a_cut_file_is_tagged_in_part_with_what_was_promised_and_what_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    wav::sine(&path, RATE, 4.0, 440.0, 0.5);
    let whole = run(options(&[&path]));
    let result = results(&whole.records)[0];
    assert_eq!((result.clip.status, result.clip.promised, result.clip.heard), (Status::Ok, None, None));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let cut = run(options(&[&path]));
    let result = results(&cut.records)[0];
    assert_eq!(
        (result.clip.status, result.clip.damaged_packets, result.clip.promised),
        (Status::Partial, 0, Some(4.0))
    );
    assert_eq!(result.clip.heard, Some(result.clip.duration));
    assert!((1.9..2.0).contains(&result.clip.duration), "{} s", result.clip.duration);
}

#[test]
fn channels_that_cancel_have_the_tags_of_one_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let (mono, stereo) = (folder.path().join("mono.wav"), folder.path().join("stereo.wav"));
    let sample = |n: usize| if n < 2 * LENGTH { 16_384 } else { 8192 };
    wav::write(&mono, RATE, (0..3 * LENGTH + 1000).map(sample));
    testbed::write_wav_pcm(&stereo, RATE, 2, (0..3 * LENGTH + 1000).flat_map(|n| [sample(n), -sample(n)]));
    for segments in [SegmentPolicy::All, SegmentPolicy::Spread(2)] {
        let said = run(TagOptions { all: true, segments, ..options(&[&mono, &stereo]) });
        let [mono, stereo] = results(&said.records)[..] else { panic!("{:?}", said.records) };
        assert_eq!((mono.clip.downmix, stereo.clip.downmix), ("mean", "loudest channel"));
        assert_eq!((&mono.tags, mono.clip.segments), (&stereo.tags, stereo.clip.segments));
        assert_eq!((stereo.clip.status.as_str(), &stereo.clip.doubt), ("ok", &None));
    }
}

#[test]
fn samples_beyond_any_plausible_level_are_said_in_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    // 32-bit floats with the scale of 16-bit numbers, and one that is not a number.
    let samples = (0..3 * LENGTH).map(|n| if n == 99 { f32::NAN } else { 9_000.0 * (n as f32 * 0.3).sin() });
    let data: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x01\0".to_vec();
    bytes.extend(RATE.to_le_bytes());
    bytes.extend((4 * RATE).to_le_bytes());
    bytes.extend(b"\x04\0\x20\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    std::fs::write(&path, bytes).unwrap();
    let said = run(options(&[&path]));
    let result = results(&said.records)[0];
    assert_eq!(result.clip.status.as_str(), "suspect");
    assert!(result.clip.doubt.as_ref().is_some_and(|doubt| doubt.contains("not finite")), "{:?}", result.clip.doubt);
    assert!(result.tags.iter().all(|tag| tag.score.is_finite()), "{:?}", result.tags);
}

#[test]
fn tags_come_by_score_and_ties_in_the_order_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    wav::sine(&path, RATE, 1.0, 440.0, 0.5);
    let tags =
        |options| -> Vec<String> { results(&run(options).records)[0].tags.iter().map(|tag| tag.tag.clone()).collect() };
    assert_eq!(tags(options(&[&path])), ["left", "right", "power", "middle"]);
    assert_eq!(tags(TagOptions { top: Some(1), ..options(&[&path]) }), ["left"]);
    assert_eq!(tags(TagOptions { threshold: Some(0.1), ..options(&[&path]) }), ["left", "right", "power"]);
}

#[test]
fn a_clip_shorter_than_a_segment_is_padded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    wav::sine(&path, RATE, 0.25, 440.0, 0.8);
    for segments in [SegmentPolicy::All, SegmentPolicy::Spread(3)] {
        let said = run(TagOptions { segments, ..options(&[&path]) });
        let result = results(&said.records)[0];
        assert_eq!((result.clip.segments, result.clip.short), (1, true));
        assert!((result.tags.iter().find(|tag| tag.tag == "power").unwrap().score - 0.16).abs() < 1e-3);
    }
}

#[test]
fn spread_segments_are_fewer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    wav::sine(&path, RATE, 20.0, 440.0, 0.5);
    let said = run(TagOptions { segments: SegmentPolicy::Spread(4), ..options(&[&path]) });
    assert_eq!(results(&said.records)[0].clip.segments, 4);
}

#[test]
fn nothing_to_do_is_done_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(options(&[folder.path()]));
    assert!(said.records.is_empty());
    assert!(said
        .events
        .iter()
        .any(|e| matches!(e, Event::Warning(warning) if warning.code == WarningCode::FolderWithoutAudio)));
    assert!(matches!(said.events.last(), Some(Event::Done(done)) if done.files == 0));
}

#[test]
fn many_more_files_than_the_window_pass() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..600 {
        wav::sine(&folder.path().join(format!("{number:03}.wav")), RATE, 0.11, 440.0, 0.5);
    }
    let said = run(TagOptions { jobs: 3, ..options(&[folder.path()]) });
    assert_eq!(results(&said.records).len(), 600);
    let names: Vec<&str> = results(&said.records).iter().map(|result| result.file.file.as_str()).collect();
    assert!(names.is_sorted());
}

#[test]
fn a_dropped_job_stops_while_files_are_left() {
    let folder = tempfile::tempdir().unwrap();
    wav::sine(&folder.path().join("0.wav"), RATE, 1.0, 440.0, 0.5);
    for number in 1..40 {
        std::fs::copy(folder.path().join("0.wav"), folder.path().join(format!("{number}.wav"))).unwrap();
    }
    let (tagger, _) = start(options(&[folder.path()]), "hash").unwrap();
    tagger.next().unwrap().unwrap();
    let before = Instant::now();
    drop(tagger);
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
}

#[test]
fn a_cancelled_job_says_so_to_who_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.wav");
    // Three hours, mostly a hole in the file.
    wav::sine(&path, RATE, 60.0, 440.0, 0.5);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4..8].copy_from_slice(&(36 + 3 * 3600 * 2 * RATE).to_le_bytes());
    bytes[40..44].copy_from_slice(&(3 * 3600 * 2 * RATE).to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(44 + u64::from(3 * 3600 * 2 * RATE)).unwrap();
    for segments in [SegmentPolicy::All, SegmentPolicy::Spread(5)] {
        let (tagger, events) = start(TagOptions { segments, ..options(&[&path]) }, "hash").unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| tagger.next().map(|_| ()).map_err(|error| error.code));
            std::thread::sleep(Duration::from_millis(5));
            tagger.cancel();
            assert_eq!(waiting.join().unwrap(), Err(Code::Aborted));
        });
        let before = Instant::now();
        drop(tagger);
        assert!(before.elapsed() < Duration::from_millis(300), "{segments:?}: {:?}", before.elapsed());
        assert!(!events.lock().unwrap().iter().any(|event| matches!(event, Event::Done(_))));
    }
}

#[test]
fn one_long_file_shows_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.wav");
    // An hour, mostly a hole in the file.
    wav::sine(&path, RATE, 60.0, 440.0, 0.5);
    let mut bytes = std::fs::read(&path).unwrap();
    let data = 3600 * 2 * RATE;
    bytes[4..8].copy_from_slice(&(36 + data).to_le_bytes());
    bytes[40..44].copy_from_slice(&data.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(44 + u64::from(data)).unwrap();
    let network = network::network("hash", Box::new(Slow(network::Meter::default())));
    let events = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = events.clone();
    let on_event = Arc::new(move |event| sink.lock().unwrap().push(event));
    let tagger = Tagger::start_with(options(&[&path]), network, on_event).unwrap();
    while tagger.next().unwrap().is_some() {}
    let events = events.lock().unwrap();
    let before: Vec<f64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Progress(progress) if progress.files == 0 => Some(progress.decoded_seconds),
            _ => None,
        })
        .collect();
    assert!(before.len() >= 3, "{before:?}");
    assert!(before.is_sorted() && before[0] < before[before.len() - 1], "{before:?}");
    let last = events.iter().rev().find_map(|event| match event {
        Event::Progress(progress) => Some(*progress),
        _ => None,
    });
    assert_eq!(last.unwrap().decoded_seconds, 3600.0);
}

/// Takes 100 microseconds per segment.
struct Slow(network::Meter);

impl Analysis for Slow {
    fn begin(&mut self, clip: u64) {
        self.0.begin(clip);
    }
    fn push(&mut self, clip: u64, segment: &[f32]) -> Result<()> {
        std::thread::sleep(Duration::from_micros(100));
        self.0.push(clip, segment)
    }
    fn end(&mut self, clip: u64) {
        self.0.end(clip);
    }
    fn cancel(&mut self, clip: u64) {
        self.0.cancel(clip);
    }
    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
    fn finished(&mut self) -> Vec<engine::ClipScore> {
        self.0.finished()
    }
}

struct Broken(bool);

impl Analysis for Broken {
    fn begin(&mut self, _clip: u64) {}
    fn push(&mut self, _clip: u64, _segment: &[f32]) -> Result<()> {
        if self.0 {
            panic!("index out of range");
        }
        Err(Error::new(Code::CudaOutOfMemory, "no memory"))
    }
    fn end(&mut self, _clip: u64) {}
    fn cancel(&mut self, _clip: u64) {}
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
    fn finished(&mut self) -> Vec<engine::ClipScore> {
        Vec::new()
    }
}

#[test]
fn a_failing_or_panicking_analysis_ends_the_job_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.wav");
    wav::sine(&path, RATE, 60.0, 440.0, 0.5);
    for (panics, code) in [(false, Code::CudaOutOfMemory), (true, Code::Internal)] {
        let network = network::network("hash", Box::new(Broken(panics)));
        let tagger = Tagger::start_with(options(&[&path]), network, Arc::new(|_| {})).unwrap();
        assert_eq!(tagger.next().unwrap_err().code, code);
        assert_eq!(tagger.next().unwrap_err().code, Code::Aborted);
    }
}
