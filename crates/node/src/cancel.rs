//! Cancels a single call.

use napi_derive::napi;
use tagger::Cancel;

/// Cancels the calls to which it was passed.
#[napi]
pub struct NativeCancel(pub(crate) Cancel);

#[napi]
impl NativeCancel {
    /// A canceller that is not set.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self(Cancel::new())
    }

    /// Cancels the calls after their current step; they end with `ERR_ABORTED`.
    #[napi]
    pub fn cancel(&self) {
        self.0.cancel();
    }
}
