//! Tests of clip scores: full batches across clips and means per clip, for any order of events.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{ClipScorer, Network, Reduction};
use error::{Code, Error, Result};
use net::{Calibration, PlattLine, Task};

const LENGTH: usize = 3;
const BATCH: usize = 4;

/// A network without weights: the logits of a segment are its first two samples and their sum. It records the size of
/// every batch.
struct Plain {
    logits: Vec<f32>,
    batches: Rc<RefCell<Vec<usize>>>,
    broken: Rc<RefCell<bool>>,
}

impl Network for Plain {
    fn batch(&self) -> usize {
        BATCH
    }

    fn input_length(&self) -> usize {
        LENGTH
    }

    fn tags(&self) -> usize {
        3
    }

    fn logits(&mut self, segments: &[f32]) -> Result<&[f32]> {
        if *self.broken.borrow() {
            return Err(Error::new(Code::Internal, "broken"));
        }
        assert!(segments.len() <= BATCH * LENGTH);
        self.batches.borrow_mut().push(segments.len() / LENGTH);
        self.logits = segments.chunks(LENGTH).flat_map(|s| [s[0], s[1], s[0] + s[1]]).collect();
        Ok(&self.logits)
    }
}

struct Bench {
    scorer: ClipScorer<Plain>,
    batches: Rc<RefCell<Vec<usize>>>,
    broken: Rc<RefCell<bool>>,
}

fn bench(task: Task) -> Bench {
    let (batches, broken) = <(Rc<RefCell<Vec<usize>>>, Rc<RefCell<bool>>)>::default();
    let network = Plain { logits: Vec::new(), batches: batches.clone(), broken: broken.clone() };
    Bench { scorer: ClipScorer::new(network, task), batches, broken }
}

/// Segment `number` of `clip`.
fn segment(clip: u64, number: usize) -> [f32; LENGTH] {
    [(clip as f32 * 0.37 + number as f32 * 0.11).sin() * 3.0, (clip as f32 + number as f32 * 1.7).cos(), 0.0]
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn a_score_can_be_the_largest_of_the_segments() {
    let Bench { scorer, .. } = bench(Task::MultiLabel);
    let mut scorer = scorer.pooled(Reduction::Max);
    scorer.begin(7);
    scorer.push(7, &[2.0, -1.0, 0.0]).unwrap();
    scorer.push(7, &[-3.0, 0.5, 0.0]).unwrap();
    scorer.end(7);
    scorer.flush().unwrap();
    assert_eq!(scorer.finished()[0].scores, [2.0, 0.5, 1.0].map(|largest| sigmoid(largest) as f32));
}

#[test]
fn a_score_is_the_mean_of_the_segments_sigmoids() {
    let Bench { mut scorer, .. } = bench(Task::MultiLabel);
    scorer.begin(7);
    scorer.push(7, &[2.0, -1.0, 0.0]).unwrap();
    scorer.push(7, &[-3.0, 0.5, 0.0]).unwrap();
    scorer.end(7);
    assert!(scorer.finished().is_empty(), "its batch has not run");
    scorer.flush().unwrap();
    let finished = scorer.finished();
    assert_eq!((finished.len(), finished[0].clip, finished[0].segments), (1, 7, 2));
    for (score, (a, b)) in finished[0].scores.iter().zip([(2.0, -3.0), (-1.0, 0.5), (1.0, -2.5)]) {
        assert_eq!(*score, ((sigmoid(a) + sigmoid(b)) / 2.0) as f32);
    }
    assert!(scorer.finished().is_empty(), "a clip appears once");
}

#[test]
fn a_single_label_score_is_the_mean_of_the_segments_softmaxes() {
    let Bench { mut scorer, .. } = bench(Task::SingleLabel);
    scorer.begin(0);
    // With large logits, the softmax must not overflow.
    scorer.push(0, &[500.0, 500.0, 0.0]).unwrap();
    scorer.push(0, &[0.0, 0.0, 0.0]).unwrap();
    scorer.end(0);
    scorer.flush().unwrap();
    let scores = &scorer.finished()[0].scores;
    let expected = [(0.0 + 1.0 / 3.0) / 2.0, (0.0 + 1.0 / 3.0) / 2.0, (1.0 + 1.0 / 3.0) / 2.0];
    scores.iter().zip(expected).for_each(|(score, truth)| assert!((f64::from(*score) - truth).abs() < 1e-7));
}

#[test]
fn a_calibration_maps_the_scores_of_clips_and_not_those_of_segments() {
    let line = PlattLine { scale: 2.0, offset: -1.0 };
    let calibration = Calibration::Platt { tags: vec![Some(line), None, Some(line)] };
    let scores = |calibration: Option<Calibration>| {
        let Bench { scorer, .. } = bench(Task::MultiLabel);
        let mut scorer = scorer.calibrated(calibration);
        scorer.begin(0);
        scorer.push(0, &[2.0, -1.0, 0.0]).unwrap();
        scorer.push(0, &[-3.0, 0.5, 0.0]).unwrap();
        scorer.end(0);
        scorer.flush().unwrap();
        scorer.finished().remove(0)
    };
    let (plain, mapped) = (scores(None), scores(Some(calibration.clone())));
    assert_eq!(mapped.timeline, plain.timeline);
    let mut expected = plain.scores.clone();
    calibration.apply(&mut expected);
    assert_eq!(mapped.scores, expected);
    assert!(mapped.scores[0] != plain.scores[0] && mapped.scores[1] == plain.scores[1]);
}

#[test]
fn batches_are_full_across_clips() {
    let Bench { mut scorer, batches, .. } = bench(Task::MultiLabel);
    for clip in 0..5 {
        scorer.begin(clip);
        (0..3).for_each(|number| scorer.push(clip, &segment(clip, number)).unwrap());
        scorer.end(clip);
    }
    assert_eq!(*batches.borrow(), [4, 4, 4]);
    assert_eq!(scorer.finished().iter().map(|c| c.clip).collect::<Vec<_>>(), [0, 1, 2, 3]);
    scorer.flush().unwrap();
    scorer.flush().unwrap();
    assert_eq!(*batches.borrow(), [4, 4, 4, 3]);
    assert_eq!(scorer.finished().iter().map(|c| c.clip).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_clip_scores_the_same_whatever_is_scored_along_with_it() {
    let Bench { mut scorer, .. } = bench(Task::MultiLabel);
    scorer.begin(3);
    (0..9).for_each(|number| scorer.push(3, &segment(3, number)).unwrap());
    scorer.end(3);
    scorer.flush().unwrap();
    let alone = scorer.finished();

    // The clip is interleaved with two others.
    [9, 3, 1].into_iter().for_each(|clip| scorer.begin(clip));
    for number in 0..9 {
        for clip in [1, 3, 9] {
            scorer.push(clip, &segment(clip, number)).unwrap();
        }
    }
    [1, 3, 9].into_iter().for_each(|clip| scorer.end(clip));
    scorer.flush().unwrap();
    let together = scorer.finished();
    assert_eq!(together.iter().map(|c| c.clip).collect::<Vec<_>>(), [9, 3, 1], "the order of opening");
    assert_eq!(together[1], alone[0]);
}

#[test]
fn a_long_clip_holds_back_no_other() {
    let Bench { mut scorer, .. } = bench(Task::MultiLabel);
    scorer.begin(0);
    scorer.begin(1);
    scorer.push(0, &segment(0, 0)).unwrap();
    scorer.push(1, &segment(1, 0)).unwrap();
    scorer.end(1);
    scorer.flush().unwrap();
    assert_eq!(scorer.finished()[0].clip, 1);
    scorer.end(0);
    assert_eq!(scorer.finished()[0].clip, 0, "its segments had all run");
}

#[test]
fn a_cancelled_clip_never_appears_and_its_key_can_be_used_again() {
    let Bench { mut scorer, .. } = bench(Task::MultiLabel);
    scorer.begin(5);
    scorer.push(5, &[9.0, 9.0, 9.0]).unwrap();
    scorer.cancel(5);
    assert_eq!(scorer.push(5, &[0.0; LENGTH]).unwrap_err().code, Code::Internal);
    scorer.begin(5);
    scorer.push(5, &[0.0; LENGTH]).unwrap();
    scorer.end(5);
    scorer.flush().unwrap();
    let finished = scorer.finished();
    assert_eq!((finished.len(), finished[0].segments), (1, 1));
    assert_eq!(finished[0].scores, [0.5, 0.5, 0.5], "the cancelled segment does not count");
    scorer.cancel(5);
    scorer.end(5);
    assert!(scorer.finished().is_empty(), "cancel and end of a clip that is closed do nothing");
}

#[test]
fn a_clip_without_segments_is_finished_at_once() {
    let Bench { mut scorer, batches, .. } = bench(Task::MultiLabel);
    scorer.begin(1);
    scorer.end(1);
    let finished = scorer.finished();
    assert_eq!((finished[0].segments, &finished[0].scores[..]), (0, &[0.0; 3][..]));
    assert!(batches.borrow().is_empty());
}

#[test]
fn a_segment_of_another_length_or_an_unknown_clip_is_refused() {
    let Bench { mut scorer, .. } = bench(Task::MultiLabel);
    scorer.begin(1);
    let error = scorer.push(1, &[0.0; 2]).unwrap_err();
    assert_eq!(error.code, Code::InvalidOption);
    assert!(error.message.contains('3') && error.message.contains('2'));
    assert_eq!(scorer.push(2, &[0.0; LENGTH]).unwrap_err().code, Code::Internal);
    scorer.end(1);
    assert_eq!(scorer.finished()[0].segments, 0, "a refused segment does not count");
}

#[test]
fn after_a_failed_batch_its_segments_still_wait() {
    let Bench { mut scorer, broken, batches } = bench(Task::MultiLabel);
    *broken.borrow_mut() = true;
    scorer.begin(1);
    for number in 0..BATCH - 1 {
        scorer.push(1, &segment(1, number)).unwrap();
    }
    assert!(scorer.push(1, &segment(1, BATCH - 1)).is_err());
    assert!(scorer.push(1, &segment(1, BATCH)).is_err(), "the batch is full and cannot run");
    *broken.borrow_mut() = false;
    scorer.push(1, &segment(1, BATCH)).unwrap();
    scorer.end(1);
    scorer.flush().unwrap();
    assert_eq!(*batches.borrow(), [4, 1]);
    assert_eq!(scorer.finished()[0].segments, 5);
}

/// Memory grows with the number of open clips and one batch, not with the number of segments.
#[test]
fn thousands_of_segments_leave_nothing_behind() {
    let Bench { mut scorer, .. } = bench(Task::MultiLabel);
    let mut finished = 0;
    for clip in 0..1000 {
        scorer.begin(clip);
        (0..7).for_each(|number| scorer.push(clip, &segment(clip, number)).unwrap());
        scorer.end(clip);
        finished += scorer.finished().len();
        assert!(clip + 1 - (finished as u64) <= 1, "at most the last clip waits");
    }
    scorer.flush().unwrap();
    assert_eq!(finished + scorer.finished().len(), 1000);
}
