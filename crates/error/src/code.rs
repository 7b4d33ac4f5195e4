//! The list of error codes.

use serde::Serialize;
use ts_rs::TS;

use crate::list::list;

list! {
    /// What kind of failure an error is. The texts are a public interface and never change their meaning.
    Code, "ErrorCode":

    /// An option, preset or architecture that is unknown, misspelt or cannot work.
    InvalidOption = "ERR_INVALID_OPTION",
    /// A file or folder that does not exist.
    FileNotFound = "ERR_FILE_NOT_FOUND",
    /// A file whose format is not one that can be decoded.
    UnsupportedFormat = "ERR_UNSUPPORTED_FORMAT",
    /// A file whose audio could not be decoded at all.
    Decode = "ERR_DECODE",
    /// A file of a known format without audio in it.
    NoAudio = "ERR_NO_AUDIO",
    /// Audio shorter than 0.1 seconds.
    TooShort = "ERR_TOO_SHORT",
    /// Audio in which every sample is zero.
    Silence = "ERR_SILENCE",
    /// Audio, or a stream of it, that is larger than what is held in memory.
    TooLarge = "ERR_TOO_LARGE",
    /// A model file that is not one, or is damaged.
    ModelFormat = "ERR_MODEL_FORMAT",
    /// A model, cache or checkpoint written by a newer version.
    ModelVersion = "ERR_MODEL_VERSION",
    /// A checkpoint or model that does not fit what it is used for.
    CheckpointMismatch = "ERR_CHECKPOINT_MISMATCH",
    /// A dataset that is incomplete or contradicts itself; manifests with the line.
    Dataset = "ERR_DATASET",
    /// An output that cannot be written, or belongs to another model.
    Output = "ERR_OUTPUT",
    /// A passing error of the system, such as a disk that did not answer: nothing is recorded; run the same line again.
    Io = "ERR_IO",
    /// A folder that already holds a run.
    RunExists = "ERR_RUN_EXISTS",
    /// A training that has diverged: its loss, weights or statistics are no longer finite. Its last checkpoint is kept.
    Diverged = "ERR_DIVERGED",
    /// CUDA was asked for and cannot be had.
    CudaUnavailable = "ERR_CUDA_UNAVAILABLE",
    /// The GPU has too little memory for the batch.
    CudaOutOfMemory = "ERR_CUDA_OUT_OF_MEMORY",
    /// A model used after dispose().
    Disposed = "ERR_DISPOSED",
    /// The native addon could not be loaded.
    NativeLoad = "ERR_NATIVE_LOAD",
    /// The job was cancelled by its signal.
    Aborted = "ERR_ABORTED",
    /// A fault of samplecnn itself: please report it.
    Internal = "ERR_INTERNAL",
}
