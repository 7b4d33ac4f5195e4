//! Cutting streams into segments.

#![allow(clippy::unwrap_used)] // The helper functions of the tests are test code too.

use audio::{SegmentCount, SegmentPolicy, Segmenter};
use error::{Code, Error};

/// Cuts the numbers below `samples`, given in pieces of `piece`: returns the segments as ranges, and the count.
fn cut(
    samples: u64,
    length: usize,
    piece: usize,
    policy: SegmentPolicy,
    total: Option<u64>,
) -> (Vec<Vec<f32>>, SegmentCount) {
    let stream: Vec<f32> = (1..=samples).map(|i| i as f32).collect();
    let mut segments = Segmenter::new(length, policy, total);
    let mut out = Vec::new();
    let mut sink = |segment: &[f32]| {
        assert_eq!(segment.len(), length);
        out.push(segment.to_vec());
        Ok(())
    };
    for piece in stream.chunks(piece) {
        segments.push(piece, &mut sink).unwrap();
    }
    let count = segments.finish(&mut sink).unwrap();
    assert_eq!(count.segments, out.len());
    assert_eq!(count.samples, samples);
    (out, count)
}

fn numbers(segments: &[Vec<f32>], length: usize) -> Vec<usize> {
    segments.iter().map(|segment| (segment[0] as usize - 1) / length).collect()
}

#[test]
fn all_segments_are_consecutive_and_an_incomplete_last_one_is_dropped() {
    for piece in [1, 7, 10, 64, 1000] {
        let (segments, count) = cut(47, 10, piece, SegmentPolicy::All, None);
        assert_eq!(segments.concat(), (1..=40).map(|i| i as f32).collect::<Vec<_>>(), "pieces of {piece}");
        assert!(!count.short && count.exact);
    }
}

#[test]
fn a_magnatagatune_clip_gives_the_papers_ten_segments() {
    let (segments, _) = cut(641_655, 59_049, 16_384, SegmentPolicy::All, None);
    assert_eq!(segments.len(), 10);
}

#[test]
fn a_clip_shorter_than_one_segment_is_padded_with_zeros() {
    for (policy, total) in [(SegmentPolicy::All, None), (SegmentPolicy::Spread(3), Some(7))] {
        let (segments, count) = cut(7, 10, 3, policy, total);
        assert_eq!(segments, [[1., 2., 3., 4., 5., 6., 7., 0., 0., 0.]]);
        assert!(count.short && count.exact);
    }
    let (segments, count) = cut(0, 10, 3, SegmentPolicy::All, None);
    assert!(segments.is_empty() && !count.short);
}

#[test]
fn spread_takes_the_middles_of_equal_parts() {
    let spread = |total: u64, count: usize| {
        let (segments, result) = cut(total * 4 + 2, 4, 5, SegmentPolicy::Spread(count), Some(total * 4 + 2));
        assert!(result.exact);
        numbers(&segments, 4)
    };
    assert_eq!(spread(10, 1), [5]);
    assert_eq!(spread(10, 2), [2, 7]);
    assert_eq!(spread(90, 10), [4, 13, 22, 31, 40, 49, 58, 67, 76, 85]);
    assert_eq!(spread(10, 10), (0..10).collect::<Vec<_>>());
    assert_eq!(spread(7, 100), (0..7).collect::<Vec<_>>());
    for total in 1..60 {
        for count in 1..=total {
            let expected: Vec<_> = (0..count).map(|k| (2 * k + 1) * total / (2 * count)).collect();
            assert_eq!(spread(total as u64, count), expected, "{count} of {total}");
        }
    }
}

#[test]
fn spread_tells_when_the_promised_length_was_wrong() {
    // A difference of a few samples changes nothing, nor does a difference that selects the same segments.
    assert!(cut(412, 10, 9, SegmentPolicy::Spread(4), Some(407)).1.exact);
    assert!(cut(401, 10, 9, SegmentPolicy::Spread(4), Some(407)).1.exact);
    let (_, count) = cut(452, 10, 9, SegmentPolicy::Spread(4), Some(407));
    assert!(!count.exact);
    let (segments, count) = cut(452, 10, 9, SegmentPolicy::Spread(4), None);
    assert!(segments.is_empty() && !count.exact);
    let (segments, count) = cut(452, 10, 9, SegmentPolicy::Spread(4), Some(count.samples));
    assert!(count.exact);
    assert_eq!(numbers(&segments, 10), [5, 16, 28, 39]);
}

#[test]
fn overlapping_segments_begin_at_equal_distances() {
    // The chunks of the benchmark: hop = floor((465984 - 59049) / 16) = 25433.
    let starts: Vec<u64> = SegmentPolicy::Overlapping(16).starts(465_984, 59_049).collect();
    assert_eq!((starts.len(), starts[1], starts[15] + 59_049), (16, 25_433, 440_544));
    for (samples, length) in [(100, 10), (25, 10), (12, 10), (11, 10)] {
        for count in [1, 2, 5, 30] {
            for piece in [1, 7, 10, 64] {
                let policy = SegmentPolicy::Overlapping(count);
                let (segments, result) = cut(samples, length, piece, policy, Some(samples));
                let hop = (samples as usize - length) / count;
                let expected: Vec<Vec<f32>> =
                    (0..count).map(|k| (1..=length).map(|i| (k * hop + i) as f32).collect()).collect();
                assert_eq!(segments, expected, "{count} of {samples} in pieces of {piece}");
                assert!(result.exact && !result.short);
            }
        }
    }
    let policy = SegmentPolicy::Overlapping(4);
    assert_eq!(cut(10, 10, 3, policy, Some(10)).0.len(), 1, "a clip as long as a segment");
    assert!(cut(7, 10, 3, policy, Some(7)).1.short);
    // A difference of a few samples moves the segments: the clip is cut again.
    assert!(!cut(401, 10, 9, policy, Some(407)).1.exact);
    let (segments, count) = cut(401, 10, 9, policy, None);
    assert!(segments.is_empty() && !count.exact);
}

#[test]
fn the_starts_of_a_policy_are_those_of_its_segments() {
    for (samples, length) in [(1000, 100), (999, 100), (99, 100), (100, 100), (2310, 7)] {
        for policy in [
            SegmentPolicy::All,
            SegmentPolicy::Spread(1),
            SegmentPolicy::Spread(3),
            SegmentPolicy::Spread(500),
            SegmentPolicy::Overlapping(3),
            SegmentPolicy::Overlapping(40),
        ] {
            let (segments, _) = cut(samples, length, 64, policy, Some(samples));
            let cut: Vec<u64> = segments.iter().map(|segment| segment[0] as u64 - 1).collect();
            let starts: Vec<u64> = policy.starts(samples, length as u64).collect();
            assert_eq!(starts, cut, "{samples} {length} {policy:?}");
        }
    }
}

#[test]
fn an_error_of_the_sink_ends_the_cutting() {
    let mut segments = Segmenter::new(2, SegmentPolicy::All, None);
    let mut calls = 0;
    let result = segments.push(&[0.0; 10], &mut |_| {
        calls += 1;
        Err(Error::aborted())
    });
    assert_eq!(result.unwrap_err().code, Code::Aborted);
    assert_eq!(calls, 1);
}

#[test]
fn a_policy_is_written_as_all_or_a_number_or_overlapping() {
    for (policy, text) in [
        (SegmentPolicy::All, "\"all\""),
        (SegmentPolicy::Spread(8), "8"),
        (SegmentPolicy::Overlapping(16), "\"overlapping:16\""),
    ] {
        assert_eq!(serde_json::to_string(&policy).unwrap(), text);
        assert_eq!(serde_json::from_str::<SegmentPolicy>(text).unwrap(), policy);
    }
    for (text, received) in [
        ("-1", "`-1`"),
        ("1.5", "`1.5`"),
        ("\"some\"", "\"some\""),
        ("\"overlapping:x\"", "overlapping:x"),
        ("null", "null"),
    ] {
        let refused = serde_json::from_str::<SegmentPolicy>(text).unwrap_err().to_string();
        assert!(refused.contains("segments: \"all\", a number") && refused.contains(received), "{refused}");
    }
}
