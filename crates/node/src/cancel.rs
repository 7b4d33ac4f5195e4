//! What stops a single call.

use napi_derive::napi;
use tagger::Cancel;

/// Stops the calls that it was given to.
#[napi]
pub struct NativeCancel(pub(crate) Cancel);

#[napi]
impl NativeCancel {
    /// One that is not set.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self(Cancel::new())
    }

    /// Stops the calls after what they are at; they end with `ERR_ABORTED`.
    #[napi]
    pub fn cancel(&self) {
        self.0.cancel();
    }
}
