//! Planted excitations: one channel that follows a tag, one that follows the loudness.

use std::sync::atomic::AtomicBool;

use error::Code;
use lab::analyses::excitations::{excitations, BlockValues, ExcitationMap, SegmentValues};
use lab::analyses::features::ClipSet;

use crate::planted::{clips, Noise};

const CLIPS: usize = 80;
const SEGMENTS: usize = 4;

fn set() -> ClipSet {
    clips(CLIPS, &["loud", "quiet", "other", "unused"], |clip| if clip % 2 == 0 { vec![0, 2] } else { vec![1] })
}

/// Two blocks of four channels. Block 1: channel 0 rises with the loudness (slope 0.9), channel 1 falls (-1.1), channel
/// 2 is constant but for noise, channel 3 is the tag. Block 2: noise only.
fn segments() -> SegmentValues {
    let mut random = Noise(5);
    let (mut first, mut second, mut loudness, mut clip_of) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for clip in 0..CLIPS {
        for _ in 0..SEGMENTS {
            let x = 0.2 + 0.1 * random.next();
            let noise = 0.01 * random.next();
            let tag = if clip % 2 == 0 { 0.7 } else { 0.3 };
            first.extend([0.3 + 0.9 * x + noise, 0.8 - 1.1 * x + noise, 0.45 + 0.2 * noise, tag].map(|v| v as f32));
            second.extend((0..4).map(|_| (0.5 + 0.1 * random.next()) as f32));
            loudness.push(x);
            clip_of.push(clip);
        }
    }
    let block = |block: usize, values: Vec<f32>| BlockValues { block, channels: 4, values };
    // The mean absolute value is half of the root mean square: the slopes are twice as steep.
    let mean_abs = loudness.iter().map(|x| 0.5 * x).collect();
    SegmentValues { blocks: vec![block(1, first), block(2, second)], clip_of, loudness, mean_abs }
}

fn run(segments: &SegmentValues) -> ExcitationMap {
    excitations(&set(), segments, 0, &mut |_, _| {}, &AtomicBool::new(false)).unwrap()
}

#[test]
fn a_planted_loudness_channel_gives_its_slope() {
    let map = run(&segments());
    let line = map.loudness.lines[0];
    assert!((line.slope - 0.9).abs() < 0.02 && (line.intercept - 0.3).abs() < 0.005, "{line:?}");
    assert!(line.r2 > 0.98 && (line.mse - 1e-4 / 3.0).abs() < 1e-5, "{line:?}");
    assert!((map.loudness.lines[1].slope + 1.1).abs() < 0.02, "{:?}", map.loudness.lines[1]);
    let numbers = &map.loudness.numbers;
    assert_eq!((numbers.most_positive, numbers.most_negative, numbers.least_error), (0, 1, 2));
    assert_eq!(numbers.segments, CLIPS * SEGMENTS);
    assert_eq!(numbers.rising.value + numbers.falling.value, 4.0);
    // The mean of the four channels, of which two have a slope.
    assert!(
        (numbers.mean.slope - map.loudness.lines[..4].iter().map(|line| line.slope).sum::<f64>() / 4.0).abs() < 1e-9
    );
    assert!(numbers.mean_slope.low < numbers.mean.slope && numbers.mean.slope < numbers.mean_slope.high);
    let other = &map.mean_abs;
    assert!((other.lines[0].slope - 2.0 * line.slope).abs() < 1e-6 && (other.lines[0].r2 - line.r2).abs() < 1e-9);
    assert_eq!(other.numbers.rising.value, numbers.rising.value);
    assert!(numbers.r2_of_blocks[0] > 0.4 && numbers.r2_of_blocks[1] < 0.02, "{numbers:?}");
}

#[test]
fn a_planted_tag_channel_raises_the_spread_of_its_block_above_chance() {
    let map = run(&segments());
    assert_eq!(map.tags, [0, 1, 2], "a tag without clips is left out");
    let [first, second] = &map.blocks[..] else { panic!("two blocks") };
    assert!((first.means[0][3] - 0.7).abs() < 1e-6 && (first.means[1][3] - 0.3).abs() < 1e-6);
    assert!(first.spread.low > first.shuffled.high, "{:?} {:?}", first.spread, first.shuffled);
    assert!(second.spread.value < second.shuffled.high, "{:?} {:?}", second.spread, second.shuffled);
    // Recomputed from the stored means: the deviation across the three tags, averaged over the channels.
    let deviation = |c: usize| {
        let mean = first.means.iter().map(|means| means[c]).sum::<f64>() / 3.0;
        (first.means.iter().map(|means| (means[c] - mean).powi(2)).sum::<f64>() / 3.0).sqrt()
    };
    let spread = (0..4).map(deviation).sum::<f64>() / 4.0;
    assert!((first.spread.value - spread).abs() < 1e-12);
    // The standard error of a tag whose clips are all alike is 0.
    assert!(first.errors[0][3] < 1e-6 && first.errors[0][0] > 1e-4);
    // Two channels are below one half for all tags, channel 1 (0.58) is above, and channel 3 crosses it: 0.7 and 0.3.
    assert_eq!(map.crossing, 2);
}

#[test]
fn arrays_that_do_not_fit_and_models_without_excitations_are_refused() {
    let refused = |segments: &SegmentValues| {
        let failure = excitations(&set(), segments, 0, &mut |_, _| {}, &AtomicBool::new(false)).unwrap_err();
        assert_eq!(failure.code, Code::InvalidOption);
        failure.message
    };
    assert!(refused(&SegmentValues { blocks: Vec::new(), ..segments() }).contains("no excitations"));
    assert!(refused(&SegmentValues { loudness: vec![0.0], ..segments() }).contains("same number of segments"));
    assert!(refused(&SegmentValues { mean_abs: Vec::new(), ..segments() }).contains("same number of segments"));
    let mut broken = segments();
    broken.loudness[3] = f64::INFINITY;
    assert!(refused(&broken).contains("not a finite number"));
    assert!(refused(&SegmentValues { blocks: segments().blocks, ..SegmentValues::default() }).contains("no segments"));
}
