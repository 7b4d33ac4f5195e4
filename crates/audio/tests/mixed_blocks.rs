//! MP3 with mixed blocks (two long sub-bands below, short blocks above), which few encoders write, is decoded as by
//! libmad (in sox). ffmpeg agrees as long as mixed blocks do not follow pure short blocks. In MPEG-2, libmad gives the
//! first Huffman region of a mixed block a different length from ffmpeg, mpg123 and the encoders: there ffmpeg is the
//! reference.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // The helper functions of the tests are test code too.

#[path = "shared/programs.rs"]
mod programs;

use std::path::Path;

use audio::read_clip;

/// Sampling rate, LAME's channel mode, and more LAME options: plain stereo, mid and side, mono; MPEG-1 and MPEG-2.
const CASES: &[(u32, &str, &[&str])] = &[
    (44_100, "m", &["-b", "128", "--allshort"]),
    (44_100, "m", &["-b", "64"]),
    (44_100, "s", &["-b", "192", "--allshort"]),
    (44_100, "f", &["-b", "192", "--allshort"]),
    (48_000, "j", &["-b", "160", "--allshort"]),
    (32_000, "j", &["-b", "320", "--allshort"]),
    (32_000, "m", &["-b", "320", "--allshort"]),
    (22_050, "j", &["-b", "80", "--allshort"]),
    (24_000, "m", &["-b", "64", "--allshort"]),
];

/// Radians of a full turn, truncated: with this value LAME writes short blocks of which all can be made mixed blocks
/// from the first one on, so that ffmpeg is also a reference.
const ROUND: f32 = 6283.0 / 1000.0;
/// Hz of the lowest string.
const PITCH: f32 = 196.0;

#[test]
fn mixed_blocks_sound_as_other_decoders_say() {
    let Some(folder) = programs::workplace(&["sox", "lame", "ffmpeg"]) else { return };
    let mut wrong = Vec::new();
    for (number, &(rate, mode, options)) in CASES.iter().enumerate() {
        let path = folder.path().join(format!("{number}.mp3"));
        let plain = encode(folder.path(), rate, mode, options);
        let (mixed, blocks) = mix(plain.clone());
        assert!(blocks > 1, "no mixed blocks in case {number}");
        // With the short blocks that LAME wrote, and with the same blocks made mixed.
        for (kind, bytes) in [("short", plain), ("mixed", mixed)] {
            std::fs::write(&path, &bytes).unwrap();
            let channels = if mode == "m" { 1 } else { 2 };
            let (ours, decoded) = read_clip(&path, rate).unwrap();
            let theirs = if rate < 32_000 { programs::reference(&path, channels) } else { libmad(&path, channels) };
            let away = ours.iter().zip(&theirs).fold(0.0_f32, |away, (a, b)| away.max((a - b).abs()));
            eprintln!("{rate} Hz {mode} {options:?} {kind}: {blocks} blocks, {away:e} away");
            // Neither decoder knows the length of a file without a Xing frame: the last frame may be missing.
            let lengths = (ours.len(), theirs.len());
            if lengths.0.abs_diff(lengths.1) > 1152 || away > 5e-6 || decoded.damaged_packets > 0 {
                let damaged = decoded.damaged_packets;
                wrong.push(format!("{kind} {number}: {away} away, {lengths:?} samples, {damaged} damaged"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// All channels of `path` as libmad decodes them, averaged. The file must not be louder than full scale.
fn libmad(path: &Path, channels: usize) -> Vec<f32> {
    let bytes = programs::run("sox", &["-V1", path.to_str().unwrap(), "-e", "float", "-b", "32", "-t", "raw", "-"]);
    let samples: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let peak = samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    assert!((0.05..1.0).contains(&peak), "a peak of {peak}");
    samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

/// Plucked strings, which make LAME switch to short blocks: an MP3 without a Xing frame.
fn encode(folder: &Path, rate: u32, mode: &str, options: &[&str]) -> Vec<u8> {
    let wav = folder.join("in.wav");
    let channels = if mode == "m" { 1 } else { 2 };
    let pluck = |i: usize, c: usize| {
        let t = i as f32 / rate as f32;
        let beat = t % 0.23;
        let decay = (-18.0 * beat).exp();
        let tones: f32 =
            (1..9).map(|k| (t * ROUND * PITCH * k as f32 * (1.0 + 0.26 * c as f32)).sin() / k as f32).sum();
        0.12 * decay * tones
    };
    let frames = rate as usize * 3 / 2;
    let samples: Vec<f32> = (0..frames).flat_map(|i| (0..channels).map(move |c| pluck(i, c))).collect();
    programs::write_wav(&wav, rate, channels as u16, &samples);
    let mp3 = folder.join("out.mp3");
    let rate = format!("{}", f64::from(rate) / 1000.0);
    let mut arguments = vec!["--quiet", "-t", "--nores", "-m", mode, "--resample", &rate];
    arguments.extend(options);
    arguments.extend([wav.to_str().unwrap(), mp3.to_str().unwrap()]);
    programs::run("lame", &arguments);
    std::fs::read(mp3).unwrap()
}

/// Sets the mixed-block flag of short blocks in the side information, wherever the bits stay valid (they then mean
/// different audio). Also returns the number of changed blocks.
fn mix(mut mp3: Vec<u8>) -> (Vec<u8>, usize) {
    const RATES: [usize; 3] = [44_100, 48_000, 32_000];
    const MPEG1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const MPEG2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let (mut at, mut blocks) = (0, 0);
    while at + 40 < mp3.len() && mp3[at] == 0xff && mp3[at + 1] & 0xe0 == 0xe0 {
        let header = [mp3[at + 1], mp3[at + 2], mp3[at + 3]].map(usize::from);
        let mpeg1 = header[0] & 8 != 0;
        assert!(header[0] & 1 == 1, "a frame with a checksum");
        let channels = if header[2] >> 6 == 3 { 1 } else { 2 };
        let (rates, units) = if mpeg1 { (MPEG1, 144) } else { (MPEG2, 72) };
        let rate = RATES[header[1] >> 2 & 3] / if mpeg1 { 1 } else { 2 };
        let length = units * rates[header[1] >> 4] * 1000 / rate + (header[1] >> 1 & 1);
        let first = match (mpeg1, channels) {
            (true, 1) => 9 + 5 + 4,
            (true, _) => 9 + 3 + 8,
            (false, 1) => 8 + 1,
            (false, _) => 8 + 2,
        };
        // part2_3_length, big_values, global_gain; then scalefac_compress, window_switching, block_type, mixed_block.
        let (compression, size) = (12 + 9 + 8, if mpeg1 { 59 } else { 63 });
        let bit = |part: usize, offset: usize| {
            let bit = (at + 4) * 8 + first + part * size + compression + offset;
            (bit / 8, 0x80_u8 >> (bit % 8))
        };
        let scale_bits = if mpeg1 { 4 } else { 9 };
        let fits = |part: usize| {
            let is_set = |offset: usize| mp3[bit(part, offset).0] & bit(part, offset).1 != 0;
            let compress = (0..scale_bits).fold(0, |value, i| 2 * value + usize::from(is_set(i)));
            // The first scale factors take no bits; a mixed block has fewer of them.
            let bitless = if mpeg1 { compress < 4 } else { compress < 80 || (400..420).contains(&compress) };
            bitless && [0, 1, 2].map(|i| is_set(scale_bits + i)) == [true, true, false]
        };
        // With joint stereo, the channels must have blocks of the same kind.
        let together = if header[2] >> 6 == 1 { 2 } else { 1 };
        let parts: Vec<_> = (0..channels * if mpeg1 { 2 } else { 1 }).collect();
        let chosen = parts.chunks(together).filter(|parts| parts.iter().all(|&part| fits(part))).flatten();
        for (byte, mask) in chosen.map(|&part| bit(part, scale_bits + 3)).collect::<Vec<_>>() {
            mp3[byte] |= mask;
            blocks += 1;
        }
        at += length;
    }
    (mp3, blocks)
}
