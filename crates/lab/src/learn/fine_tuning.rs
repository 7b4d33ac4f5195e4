//! Fine-tunes the network behind a learnt head, and says whether that is better on songs that neither has seen.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use audio::SegmentPolicy;
use engine::{ClipScorer, Freeze, Inference, Optimiser, Options};
use error::{Code, Error, Result};
use net::{Model, Task};
use serde_json::json;
use train::dataset::DatasetOptions;
use train::metrics::{interval_of, Draws, Scored, LEVEL};
use train::{Event, ScheduleKind, TrainOptions};

use super::event::LearnFineTuning;
use super::folder::{TUNING_RUN, TUNING_SONGS, TUNING_START};
use super::options::{Depth, LearnOptions};

/// The first learning rate of Adam. It falls along half a cosine wave.
const LEARNING_RATE: f64 = 1e-3;
/// Half of the segments are mixed with others, because people have few songs.
const MIXUP: &str = "mixup:0.5:0.4";
/// Segments that the network computes at once.
const BATCH: usize = 16;
/// The part on which both models are compared, and the part that decides when the training ends.
pub(super) const TEST: usize = 0;
pub(super) const VALID: usize = 1;

/// The songs of a fine-tuning.
pub(super) struct TuningSongs<'a> {
    /// The files.
    pub(super) paths: Vec<&'a Path>,
    /// The part of each song: [`TEST`], [`VALID`], or another number for training.
    pub(super) parts: &'a [usize],
    /// The group of each song.
    pub(super) groups: &'a [usize],
    /// The tags of the model.
    pub(super) tags: &'a [String],
    /// `[songs, tags]`.
    pub(super) targets: &'a [bool],
    /// Whether the tags exclude each other.
    pub(super) task: Task,
}

/// Fine-tunes `base` with a new head, like its own but for the tags of the songs, in the folder `folder`. The norms use
/// the statistics of the batch, so that they get used to other music than that of the base model; a head that learnt
/// from its features would not fit them. `head_scores` `[test songs, tags]` are the scores of a head that learnt from
/// the training and validation songs. Returns the fine-tuned model and the comparison.
///
/// # Errors
/// Those of [`train::train`] and [`unicode`]; [`Code::Dataset`] if no tag tells the held-out songs apart.
pub(super) fn fine_tune(
    base: &Model,
    songs: &TuningSongs<'_>,
    head_scores: &[f32],
    options: &LearnOptions,
    folder: &Path,
    on_event: &mut dyn FnMut(Event),
    cancel: &AtomicBool,
) -> Result<(Model, LearnFineTuning)> {
    files::make_folder(folder)?;
    let (manifest, from) = (folder.join(TUNING_SONGS), folder.join(TUNING_START));
    files::write_atomic(&manifest, lines(songs)?.as_bytes())?;
    // With its own tags a training would keep the head, which may have learnt from the songs of the test part before.
    let tags = (1..=base.tags.len()).map(|number| format!("tag {number} of the base model")).collect();
    Model { tags, card: None, ..base.clone() }.save(&from)?;
    let blocks = base.architecture.blocks.len();
    let freeze = match options.depth {
        Depth::Head => Freeze::AllButHead,
        Depth::Blocks(count) if count < blocks => Freeze::Blocks(blocks - count),
        Depth::Blocks(_) | Depth::All => Freeze::Nothing,
    };
    let training = TrainOptions {
        from: Some(from),
        task: Some(songs.task),
        freeze,
        optimiser: Optimiser::Adam,
        learning_rates: vec![LEARNING_RATE],
        schedule: ScheduleKind::Cosine,
        augment: vec![MIXUP.parse()?],
        epochs: Some(options.epochs),
        segments: SegmentPolicy::Spread(options.segments),
        bootstrap: 0,
        seed: options.seed,
        device: options.device.clone(),
        threads: options.threads,
        cache: options.cache.clone(),
        // A fine-tuning of other songs or of another head is replaced.
        force: true,
        ..TrainOptions::new(DatasetOptions::Manifest { path: manifest, positive_from: None }, folder.join(TUNING_RUN))
    };
    let done = train::train(&training, on_event, cancel)?;
    let tuned = Model::load(&done.best)?;
    let test: Vec<usize> = (0..songs.paths.len()).filter(|&song| songs.parts[song] == TEST).collect();
    let order = songs.tags.iter().map(|tag| tuned.tags.iter().position(|of| of == tag)).collect::<Option<Vec<_>>>();
    let order = order.ok_or_else(|| Error::new(Code::Internal, "the fine-tuned model has other tags"))?;
    let tuned_scores = scores(&tuned, &order, test.iter().map(|&song| songs.paths[song]), options, cancel)?;
    let comparison = compare(songs, &test, head_scores, &tuned_scores, options)?;
    Ok((tuned, comparison))
}

/// The absolute path of a song, for the manifest of the training.
///
/// # Errors
/// [`Code::InvalidOption`] if it is not valid Unicode.
pub(super) fn unicode(path: &Path) -> Result<String> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!(
            "{}: a fine-tuning needs names in Unicode; rename the file, or use depth head",
            error::shown_path(&path)
        );
        Error::new(Code::InvalidOption, message).with_file(&path)
    })
}

/// The manifest of the training.
fn lines(songs: &TuningSongs<'_>) -> Result<String> {
    let mut text = String::new();
    for (song, path) in songs.paths.iter().enumerate() {
        let path = unicode(path)?;
        let width = songs.tags.len();
        let row = songs.tags.iter().zip(&songs.targets[song * width..(song + 1) * width]);
        let tags: Vec<&String> = row.filter(|(_, &is)| is).map(|(tag, _)| tag).collect();
        let split = match songs.parts[song] {
            TEST => "test",
            VALID => "valid",
            _ => "train",
        };
        let line = json!({ "path": path, "tags": tags, "split": split, "group": songs.groups[song].to_string() });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    Ok(text)
}

/// The scores `[paths, order]` of songs for the outputs `order`, from the same segments as their features.
fn scores<'a>(
    model: &Model,
    order: &[usize],
    paths: impl Iterator<Item = &'a Path>,
    options: &LearnOptions,
    cancel: &AtomicBool,
) -> Result<Vec<f32>> {
    let engine = Options::new(&options.device, options.threads, options.precision)?;
    let (architecture, tags) = (&model.architecture, model.tags.len());
    let (rate, length) = (architecture.sampling_rate, architecture.input_length);
    let inference = Inference::new(architecture, tags, &model.parameters, BATCH, &engine)?;
    let mut scorer = ClipScorer::new(inference, model.task);
    let mut proceed = || match cancel.load(Ordering::Relaxed) {
        true => Err(Error::aborted()),
        false => Ok(()),
    };
    let mut scores = Vec::new();
    for path in paths {
        scorer.begin(0);
        let mut sink = Segments { scorer: &mut scorer };
        let policy = SegmentPolicy::Spread(options.segments);
        audio::read_segments_while(path, rate, length, policy, &mut proceed, &mut sink)?;
        scorer.end(0);
        scorer.flush()?;
        let of_song = scorer.finished().pop().ok_or_else(|| Error::new(Code::Internal, "a song without scores"))?;
        scores.extend(order.iter().map(|&tag| of_song.scores[tag]));
    }
    Ok(scores)
}

/// Passes segments to a scorer.
struct Segments<'a> {
    scorer: &'a mut ClipScorer,
}

impl audio::SegmentSink for Segments<'_> {
    fn segment(&mut self, segment: &[f32]) -> Result<()> {
        self.scorer.push(0, segment)
    }

    fn restart(&mut self) -> Result<()> {
        self.scorer.begin(0);
        Ok(())
    }
}

/// Compares both models on the test songs by a paired bootstrap over the groups: by their ROC-AUC, or by their accuracy
/// in a single-label task.
fn compare(
    songs: &TuningSongs<'_>,
    test: &[usize],
    head: &[f32],
    tuned: &[f32],
    options: &LearnOptions,
) -> Result<LearnFineTuning> {
    let width = songs.tags.len();
    let targets: Vec<bool> =
        test.iter().flat_map(|&song| &songs.targets[song * width..(song + 1) * width]).copied().collect();
    let names: Vec<String> = test.iter().map(|&song| songs.groups[song].to_string()).collect();
    let present = vec![true; width];
    let of = |scores: &[f32], draws: usize| {
        let clips = names.iter().map(String::as_str).collect();
        let single_label = songs.task == Task::SingleLabel;
        let scored = Scored { clips, present: &present, scores, targets: &targets, single_label };
        let metrics = train::metrics::Metrics::new(songs.tags, scores, &targets, single_label, None);
        let of_draws = Draws::of(&scored, draws, 0);
        match songs.task {
            Task::MultiLabel => (metrics.macro_average.roc_auc, of_draws.roc_auc),
            Task::SingleLabel => (metrics.accuracy, of_draws.accuracy),
        }
    };
    let ((head, head_draws), (tuned, tuned_draws)) = (of(head, options.bootstrap), of(tuned, options.bootstrap));
    let (Some(head), Some(tuned)) = (head, tuned) else {
        let message = "the held-out songs have no tag that some have and others lack: learn from more songs, or use \
                       depth head";
        return Err(Error::new(Code::Dataset, message));
    };
    let differences: Vec<f64> = tuned_draws.iter().zip(&head_draws).map(|(tuned, head)| tuned - head).collect();
    let interval = interval_of(&differences, LEVEL);
    Ok(LearnFineTuning {
        depth: options.depth.to_string(),
        songs: test.len(),
        head,
        tuned,
        difference: tuned - head,
        interval,
        kept: interval.is_some_and(|[low, _]| low > 0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_name_that_is_not_unicode_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"song \xff.mp3"));
        assert_eq!(unicode(path).unwrap_err().code, Code::InvalidOption);
        assert!(Path::new(&unicode(Path::new("song.mp3")).unwrap()).is_absolute());
    }

    #[test]
    fn a_difference_is_kept_only_if_its_whole_interval_is_above_zero() {
        let tags = ["a".to_owned()];
        let count = 120;
        let targets: Vec<bool> = (0..count).map(|song| song % 3 == 0).collect();
        let (parts, groups): (Vec<usize>, Vec<usize>) = (vec![TEST; count], (0..count).collect());
        let songs = TuningSongs {
            paths: vec![Path::new("song.mp3"); count],
            parts: &parts,
            groups: &groups,
            tags: &tags,
            targets: &targets,
            task: Task::MultiLabel,
        };
        let test: Vec<usize> = (0..count).collect();
        let good: Vec<f32> = targets.iter().map(|&is| if is { 0.9 } else { 0.1 }).collect();
        let weak: Vec<f32> = (0..count).map(|song| ((song * 37) % 121) as f32 / 121.0).collect();
        let options = LearnOptions { depth: Depth::All, ..LearnOptions::default() };
        let better = compare(&songs, &test, &weak, &good, &options).unwrap();
        assert!(better.kept && better.difference > 0.3 && better.depth == "all", "{better:?}");
        let same = compare(&songs, &test, &good, &good, &options).unwrap();
        assert!(!same.kept && same.difference == 0.0, "{same:?}");
        let none = LearnOptions { bootstrap: 0, ..options };
        assert!(!compare(&songs, &test, &weak, &good, &none).unwrap().kept, "without an interval");
    }
}
