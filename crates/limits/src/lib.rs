//! Numbers that several crates, the options and the documentation share: each is stated here alone. `npm run generate`
//! copies them to `src/options/limits.ts`, where the tables of the options take them from, and a test compares the
//! documentation with them.

/// Seconds of the shortest clip that can be used; a shorter one is `ERR_TOO_SHORT`.
pub const SHORTEST_SECONDS: f64 = 0.1;

/// The largest absolute value of a sample of audio in memory. Samples are -1..1, and loud ones may be larger; samples on
/// another scale, such as that of 16-bit numbers, are far larger.
pub const LOUDEST_SAMPLE: f32 = 16.0;

/// The most samples of one clip that are kept in memory (2 GiB): 3 hours at 48 kHz, 6.7 hours at 22,050 Hz.
pub const MOST_SAMPLES: u64 = 536_870_912;

/// The lowest sampling rate of a network or of audio in memory, in Hz.
pub const LOWEST_SAMPLING_RATE: u32 = 100;

/// The highest sampling rate of a network or of audio, in Hz.
pub const HIGHEST_SAMPLING_RATE: u32 = 768_000;

/// The largest number of threads of a network, and of files that are decoded at the same time.
pub const MOST_THREADS: usize = 1024;

/// Tags that a result of tagging keeps if neither a number nor a threshold is given.
pub const TOP_TAGS: usize = 5;

/// Seconds of the shortest clip in MagnaTagATune's split `kaist`.
pub const MTAT_SHORTEST_SECONDS: f64 = 29.1;

/// Samples that are used of a clip of MagnaTagATune, from its start, at [`MTAT_SAMPLING_RATE`].
pub const MTAT_SAMPLES: u32 = 640_512;

/// The sampling rate of [`MTAT_SAMPLES`] in Hz.
pub const MTAT_SAMPLING_RATE: u32 = 22_050;

/// Updates that an epoch needs for its running statistics to settle with [`PRESET_NORM_MOMENTUM`].
pub const SETTLING_UPDATES: usize = 500;

/// Weight of the new batch in the running statistics of a preset's norms.
pub const PRESET_NORM_MOMENTUM: f64 = 0.01;

/// The weight that replaces [`PRESET_NORM_MOMENTUM`] if an epoch has fewer than [`SETTLING_UPDATES`] updates.
pub const FAST_NORM_MOMENTUM: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meaning_of_the_code_names_the_shortest_clip() {
        assert!(error::Code::TooShort.meaning().contains(&format!("{SHORTEST_SECONDS} seconds")));
    }
}
