//! The list of warning codes.

use serde::Serialize;
use ts_rs::TS;

use crate::list::list;

list! {
    /// The kind of a warning. The texts are a public interface and never change their meaning.
    WarningCode, "WarningCode":

    /// Another process decodes the same clips into the cache; this process waits until it has finished.
    WaitingForCache = "waiting-for-cache",
    /// Prepared clips that were damaged on the disk; they are prepared again.
    DamagedCache = "damaged-cache",
    /// The cache folder holds caches of an earlier version, which are no longer used.
    OldCache = "old-cache",
    /// The list of unusable files could not be written next to the cache.
    ReportNotWritten = "report-not-written",
    /// The statistics of the mel spectrogram could not be stored in the cache; the next training measures them again.
    StatisticsNotKept = "statistics-not-kept",
    /// Audio files whose metadata is damaged or of a kind that is not read; their other sources of tags are used.
    MetadataUnread = "metadata-unread",
    /// Files that could not be read because of a temporary error; the same call tries them again.
    FilesUnread = "files-unread",
    /// Clips whose files are missing or cannot be decoded.
    ClipsLeftOut = "clips-left-out",
    /// Clips that are too short for the split.
    ShortClipsLeftOut = "short-clips-left-out",
    /// Clips without any of the tags of the split or of the selection.
    UntaggedLeftOut = "untagged-left-out",
    /// Rows without tags, which count as examples without any tag.
    UntaggedClips = "untagged-clips",
    /// Tags such as `nan` or `None`, which usually mean that there is no tag.
    PlaceholderTags = "placeholder-tags",
    /// Tags such as `rock,pop` that look like several tags.
    CompoundTags = "compound-tags",
    /// Tags that differ only by case, Unicode form, spaces, hyphens or underscores.
    SimilarTags = "similar-tags",
    /// Every row has exactly one tag: the dataset may be single-label.
    OneTagEach = "one-tag-each",
    /// A single-label dataset with only one class, or a music library with only one tag.
    OneClass = "one-class",
    /// The random split left a part empty.
    DrawnPartEmpty = "drawn-part-empty",
    /// Tags that no clip of a part has.
    TagsWithoutPositives = "tags-without-positives",
    /// Tags that every clip of a part has.
    TagsWithoutNegatives = "tags-without-negatives",
    /// The same audio in two parts of a dataset.
    SameAudioInTwoParts = "same-audio-in-two-parts",
    /// The split of the dataset is not used, because the parts are drawn by groups.
    SplitReplaced = "split-replaced",
    /// Clips without a value of the property by which the parts are drawn.
    ClipsWithoutGroup = "clips-without-group",
    /// Songs that no head learns from, because there are more than it can use.
    SongsNotUsed = "songs-not-used",
    /// Tags of a list or of a merge rule that no clip has.
    UnknownTags = "unknown-tags",
    /// A part with so few clips that its results are not reliable.
    FewClips = "few-clips",
    /// A folder without audio files.
    FolderWithoutAudio = "folder-without-audio",
    /// Audio files next to the class folders.
    FilesOutsideClasses = "files-outside-classes",
    /// A file that is left out because its name is not Unicode.
    NameNotUnicode = "name-not-unicode",
    /// Listed files that exist under another suffix.
    OtherSuffix = "other-suffix",
    /// Columns or keys that are not used.
    UnusedColumns = "unused-columns",
    /// GTZAN without its fault-filtered lists.
    GtzanUnfiltered = "gtzan-unfiltered",
    /// Tags of the data that a model does not have.
    TagsUnknownToModel = "tags-unknown-to-model",
    /// Tags of a model that the data does not have.
    TagsNotInData = "tags-not-in-data",
    /// A training starts from a model with other tags: its head is replaced by a new one.
    NewHead = "new-head",
    /// An evaluation on clips that the model was trained on.
    EvaluatedOnTrainingClips = "evaluated-on-training-clips",
    /// An evaluation on the clips that the training used to choose weights and thresholds.
    EvaluatedOnValidationClips = "evaluated-on-validation-clips",
    /// `resume` is set, but the folder contains no run: a new run begins.
    NothingToResume = "nothing-to-resume",
    /// The last checkpoint cannot be read: the run resumes from an older checkpoint, or from the beginning.
    OlderCheckpoint = "older-checkpoint",
    /// A run without the hashes of its audio: whether the audio has changed is unknown.
    AudioNotCompared = "audio-not-compared",
    /// A batch of one segment, which makes batch normalisation unreliable.
    BatchOfOne = "batch-of-one",
    /// Mel bands that lie between two bins of the FFT and are always 0.
    EmptyMelBands = "empty-mel-bands",
    /// `auto` computes on the CPU although this build can use a GPU; the message gives the reason.
    CudaUnavailable = "cuda-unavailable",
    /// The hub cannot be reached: the model of the last download is used.
    HubNotReached = "hub-not-reached",
}
