//! Limits that several crates, the options and the documentation share. Each is defined only here. `npm run generate`
//! copies them to `src/options/limits.ts`, from where the tables of the options read them, and a test compares the
//! documentation with them.

/// The duration in seconds of the shortest clip that can be used; a shorter clip is `ERR_TOO_SHORT`.
pub const SHORTEST_SECONDS: f64 = 0.1;

/// The largest absolute value of a sample of audio in memory. Samples are in -1..1, and those of loud audio may be
/// somewhat larger. Samples on another scale, such as 16-bit integers, are far larger.
pub const LOUDEST_SAMPLE: f32 = 16.0;

/// The largest number of samples of one clip kept in memory (2 GiB): 3 hours at 48 kHz, 6.7 hours at 22,050 Hz.
pub const MOST_SAMPLES: u64 = 536_870_912;

/// The lowest sampling rate of a network or of audio in memory, in Hz.
pub const LOWEST_SAMPLING_RATE: u32 = 100;

/// The highest sampling rate of a network or of audio, in Hz.
pub const HIGHEST_SAMPLING_RATE: u32 = 768_000;

/// The largest number of threads of a network, and of files that are decoded at the same time.
pub const MOST_THREADS: usize = 1024;

/// The number of tags that a tagging result keeps if neither a number nor a threshold is given.
pub const TOP_TAGS: usize = 5;

/// The duration in seconds of the shortest clip in MagnaTagATune's split `kaist`.
pub const MTAT_SHORTEST_SECONDS: f64 = 29.1;

/// The number of samples used of a clip of MagnaTagATune, from its start, at [`MTAT_SAMPLING_RATE`].
pub const MTAT_SAMPLES: u32 = 640_512;

/// The sampling rate of [`MTAT_SAMPLES`] in Hz.
pub const MTAT_SAMPLING_RATE: u32 = 22_050;

/// The number of updates that an epoch needs for its running statistics to settle with [`PRESET_NORM_MOMENTUM`].
pub const SETTLING_UPDATES: usize = 500;

/// The weight of the new batch in the running statistics of a preset's norms.
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
