//! The published splits and subsets that options name.

use serde::{Deserialize, Serialize};

/// Which clips of MagnaTagATune belong to the split (protocols.md 1.1). In every case the folders decide the part: 0 to
/// b train, c valid, d to f test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MtatSplit {
    /// Clips of at least [`limits::MTAT_SHORTEST_SECONDS`] with any of the 50 tags: the 15,244 / 1,529 / 4,332 clips of
    /// the papers.
    #[default]
    Kaist,
    /// Clips with any of the 50 tags, of any length.
    Tagged,
    /// The same clips as `tagged`, by the name of the repository that uses them (tae-jun/resemul).
    TaeJun,
    /// All clips, also those without any of the 50 tags. Results of this split must not be compared with those of the
    /// others.
    Pons,
}

impl MtatSplit {
    /// `kaist`, `tagged`, `tae-jun` or `pons`, as in options.
    pub fn as_str(self) -> &'static str {
        match self {
            MtatSplit::Kaist => "kaist",
            MtatSplit::Tagged => "tagged",
            MtatSplit::TaeJun => "tae-jun",
            MtatSplit::Pons => "pons",
        }
    }
}

/// Which clips of GTZAN are used, if no lists are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GtzanSplit {
    /// The 443 / 197 / 290 clips of the fault-filtered lists of Kereliuk et al. 2015, which samplecnn contains.
    #[default]
    Filtered,
    /// All clips; the split is drawn.
    All,
}

/// A group of tags of MTG-Jamendo, with its own split files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JamendoSubset {
    /// The 50 most frequent tags.
    #[default]
    Top50tags,
    /// Genres.
    Genre,
    /// Instruments.
    Instrument,
    /// Moods and themes.
    Moodtheme,
    /// All tags.
    All,
}

/// A subset of FMA. Each subset contains the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FmaSubset {
    /// 8,000 clips of 30 s, 8 balanced genres.
    #[default]
    Small,
    /// 25,000 clips of 30 s, 16 genres.
    Medium,
    /// 106,574 clips of 30 s, 16 genres.
    Large,
    /// The tracks of `large` in full length.
    Full,
}

/// The classes of ESC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EscSubset {
    /// All 50 classes.
    #[default]
    Esc50,
    /// The 10 classes of ESC-10, whose clips have a licence without the condition "non-commercial".
    Esc10,
}
