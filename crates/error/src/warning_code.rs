//! The list of warning codes.

use serde::Serialize;
use ts_rs::TS;

use crate::list::list;

list! {
    /// What a warning is about. The texts are a public interface and never change their meaning.
    WarningCode, "WarningCode":

    /// Another process is filling the cache of the dataset; this one waits for it.
    WaitingForCache = "waiting-for-cache",
    /// Prepared clips that were damaged on the disk, and are prepared again.
    DamagedCache = "damaged-cache",
    /// The list of unusable files could not be written beside the cache.
    ReportNotWritten = "report-not-written",
    /// The mel statistics could not be kept in the cache; the next training measures them again.
    StatisticsNotKept = "statistics-not-kept",
    /// Files that could not be read just now; the same call tries them again.
    FilesUnread = "files-unread",
    /// Clips whose files are missing or cannot be decoded.
    ClipsLeftOut = "clips-left-out",
    /// Clips that are too short for the split.
    ShortClipsLeftOut = "short-clips-left-out",
    /// Clips of MagnaTagATune without one of the 50 tags.
    UntaggedLeftOut = "untagged-left-out",
    /// Rows without tags count as examples without any tag.
    UntaggedClips = "untagged-clips",
    /// Tags such as `nan` or `None` that stand for nothing.
    PlaceholderTags = "placeholder-tags",
    /// Tags such as `rock,pop` that look like several.
    CompoundTags = "compound-tags",
    /// Tags that differ only by case, Unicode form, spaces, hyphens or underscores.
    SimilarTags = "similar-tags",
    /// Every row has exactly one tag: perhaps a single-label set.
    OneTagEach = "one-tag-each",
    /// A single-label set with one class.
    OneClass = "one-class",
    /// Chance left a part empty.
    DrawnPartEmpty = "drawn-part-empty",
    /// Tags that no clip of a part has.
    TagsWithoutPositives = "tags-without-positives",
    /// Tags that every clip of a part has.
    TagsWithoutNegatives = "tags-without-negatives",
    /// The same audio in two parts of a dataset.
    SameAudioInTwoParts = "same-audio-in-two-parts",
    /// A part with so few clips that its numbers say little.
    FewClips = "few-clips",
    /// A folder without audio files in it.
    FolderWithoutAudio = "folder-without-audio",
    /// Audio files that lie beside the folders of the classes.
    FilesOutsideClasses = "files-outside-classes",
    /// A file that is left out for its name.
    NameNotUnicode = "name-not-unicode",
    /// Listed files that exist under another suffix.
    OtherSuffix = "other-suffix",
    /// Columns or keys without a meaning.
    UnusedColumns = "unused-columns",
    /// GTZAN without its fault-filtered lists.
    GtzanUnfiltered = "gtzan-unfiltered",
    /// Tags of the data that a model does not have.
    TagsUnknownToModel = "tags-unknown-to-model",
    /// Tags of a model that the data does not have.
    TagsNotInData = "tags-not-in-data",
    /// An evaluation on clips that the model was trained on.
    EvaluatedOnTrainingClips = "evaluated-on-training-clips",
    /// An evaluation on clips by which the training of the model chose weights and thresholds.
    EvaluatedOnValidationClips = "evaluated-on-validation-clips",
    /// `resume` for a folder without a run: a new run begins.
    NothingToResume = "nothing-to-resume",
    /// The last checkpoint cannot be used: the run resumes from an older one, or from the beginning.
    OlderCheckpoint = "older-checkpoint",
    /// A run that does not know the audio of its clips: it cannot be compared with the audio of today.
    AudioNotCompared = "audio-not-compared",
    /// A batch of one segment, over which batch normalisation says little.
    BatchOfOne = "batch-of-one",
    /// Mel bands between two bins of the FFT, which are always 0.
    EmptyMelBands = "empty-mel-bands",
    /// `auto` computes on the CPU, although this build can use a GPU; the message says why.
    CudaUnavailable = "cuda-unavailable",
}
