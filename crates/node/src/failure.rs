//! How a failure crosses: as an error whose message is JSON, which `src/error.ts` turns into a `SampleCnnError`.

use std::any::Any;

use error::{Code, Error};
use serde_json::json;

/// The error that JavaScript sees. napi has a place for a code but not for a file, and none for either in a rejected promise;
/// so all three travel in the message.
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

/// What a panic becomes.
pub fn from_panic(payload: &(dyn Any + Send)) -> Error {
    let reason = payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason was given".into());
    Error::new(
        Code::Internal,
        format!("samplecnn failed inside ({reason}); this is a fault of samplecnn: please report it with the output of `samplecnn doctor`"),
    )
}

/// Runs `work`; a panic becomes an error.
pub fn guarded<T>(work: impl FnOnce() -> error::Result<T>) -> error::Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(from_panic(&*payload)))
}
