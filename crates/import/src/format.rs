//! The sources whose checkpoints can be imported.

use error::{Code, Error, Result};

/// A source: the code that wrote the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The names of samplecnn, in any container; the architecture is in the file or in the options.
    Samplecnn,
    /// kyungyunlee/sampleCNN-pytorch and fmqa/samplecnn-speech-detection.
    Kyungyunlee,
    /// Spijkervet/CLMR, versions 1 and 2.
    Clmr,
    /// shantistewart/sampleCNN-configurable.
    Configurable,
    /// `SampleCNN` of minzwon/sota-music-tagging-models.
    Minzwon,
    /// `SampleCNNSE` of the same repository.
    MinzwonSe,
    /// LeeNet11 and LeeNet24 of PANNs.
    Panns,
    /// jongpillee: the 2017 paper, DCASE 2017, musicTagging_MSD (Keras 1 on Theano).
    Keras1,
    /// tae-jun/sample-cnn (Keras 2).
    SampleCnnTf,
    /// tae-jun/resemul: the SE paper (Keras 2).
    Resemul,
    /// tae-jun/sampleaudio (tf.keras).
    Sampleaudio,
}

impl Format {
    /// Every format with its name.
    pub const ALL: [(Format, &'static str); 11] = [
        (Format::Samplecnn, "samplecnn"),
        (Format::Kyungyunlee, "kyungyunlee"),
        (Format::Clmr, "clmr"),
        (Format::Configurable, "configurable"),
        (Format::Minzwon, "minzwon"),
        (Format::MinzwonSe, "minzwon-se"),
        (Format::Panns, "panns"),
        (Format::Keras1, "jongpillee"),
        (Format::SampleCnnTf, "sample-cnn"),
        (Format::Resemul, "resemul"),
        (Format::Sampleaudio, "sampleaudio"),
    ];

    /// Returns the format with this name.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] with the most similar name.
    pub fn named(name: &str) -> Result<Self> {
        if let Some((format, _)) = Self::ALL.iter().find(|(_, known)| *known == name) {
            return Ok(*format);
        }
        let names: Vec<&str> = Self::ALL.iter().map(|(_, known)| *known).collect();
        let nearest = names.iter().min_by_key(|known| strsim::damerau_levenshtein(name, known));
        let advice = match nearest.filter(|known| strsim::damerau_levenshtein(name, known) <= 2) {
            Some(known) => format!("did you mean \"{known}\"?"),
            None => format!("expected one of {}", names.join(", ")),
        };
        Err(Error::new(Code::InvalidOption, format!("unknown checkpoint format \"{name}\": {advice}")))
    }

    /// Returns the name of the format.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }
}
