//! The list of error codes.

use serde::Serialize;
use ts_rs::TS;

use crate::list::list;

list! {
    /// The kind of an error. The texts are a public interface and never change their meaning.
    Code, "ErrorCode":

    /// An unknown, misspelt or invalid option, preset or architecture.
    InvalidOption = "ERR_INVALID_OPTION",
    /// A file or folder that does not exist.
    FileNotFound = "ERR_FILE_NOT_FOUND",
    /// A file whose format cannot be decoded.
    UnsupportedFormat = "ERR_UNSUPPORTED_FORMAT",
    /// A file of a known format from which no audio could be decoded.
    Decode = "ERR_DECODE",
    /// A file of a known format that contains no audio.
    NoAudio = "ERR_NO_AUDIO",
    /// Audio shorter than 0.1 seconds.
    TooShort = "ERR_TOO_SHORT",
    /// Audio in which every sample is zero.
    Silence = "ERR_SILENCE",
    /// Audio, or a stream of audio, that is larger than the limit for audio in memory.
    TooLarge = "ERR_TOO_LARGE",
    /// A file that is not a model file, or a damaged model file.
    ModelFormat = "ERR_MODEL_FORMAT",
    /// A model, cache or checkpoint written by a newer version.
    ModelVersion = "ERR_MODEL_VERSION",
    /// A checkpoint or model that does not match the network, data or options that it is used with.
    CheckpointMismatch = "ERR_CHECKPOINT_MISMATCH",
    /// A model that is not installed, not on the hub, or not in the cache while the hub is not asked.
    ModelNotFound = "ERR_MODEL_NOT_FOUND",
    /// A model of the hub that needs a token, or that the token does not give access to.
    ModelAccess = "ERR_MODEL_ACCESS",
    /// A model file whose hash is not the expected one.
    ModelHash = "ERR_MODEL_HASH",
    /// A server that cannot be reached or did not send the whole file. Run the same command again: a download continues.
    Network = "ERR_NETWORK",
    /// A dataset that is incomplete or contradictory; for manifests the message names the line.
    Dataset = "ERR_DATASET",
    /// An output that cannot be written, or belongs to another model.
    Output = "ERR_OUTPUT",
    /// A temporary error of the operating system, such as a disk that did not answer. Nothing is recorded; run the same
    /// command again.
    Io = "ERR_IO",
    /// A folder that already contains a run.
    RunExists = "ERR_RUN_EXISTS",
    /// A training that has diverged: its loss, weights or statistics are no longer finite. Its last checkpoint is kept.
    Diverged = "ERR_DIVERGED",
    /// CUDA was requested but is not available.
    CudaUnavailable = "ERR_CUDA_UNAVAILABLE",
    /// The GPU has too little memory for the batch.
    CudaOutOfMemory = "ERR_CUDA_OUT_OF_MEMORY",
    /// A model used after dispose().
    Disposed = "ERR_DISPOSED",
    /// The native addon could not be loaded.
    NativeLoad = "ERR_NATIVE_LOAD",
    /// The job was cancelled by its signal.
    Aborted = "ERR_ABORTED",
    /// An internal error in samplecnn: please report it with this message and the file.
    Internal = "ERR_INTERNAL",
}
