//! Passes errors to JavaScript: as an error whose message is JSON, which `src/error.ts` converts to a `SampleCnnError`.

use std::any::Any;

use error::{panic_text, Code, Error};
use serde_json::json;

/// The error for JavaScript. A napi error has a field for a code but none for a file, and a rejected promise has
/// neither; so the message contains all three.
pub fn to_js(failure: Error) -> napi::Error {
    napi::Error::from_reason(
        json!({
            "code": failure.code.as_str(),
            "message": failure.message,
            "file": failure.file.map(|file| file.to_string_lossy().into_owned()),
        })
        .to_string(),
    )
}

/// The error for a panic.
pub fn from_panic(payload: &(dyn Any + Send)) -> Error {
    let reason = panic_text(payload).unwrap_or("unknown reason");
    Error::new(
        Code::Internal,
        format!("internal error in samplecnn ({reason}): please report it with the output of `samplecnn doctor`"),
    )
}

/// Runs `work`; a panic becomes an error.
pub fn guarded<T>(work: impl FnOnce() -> error::Result<T>) -> error::Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(from_panic(&*payload)))
}
