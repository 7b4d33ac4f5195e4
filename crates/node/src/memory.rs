//! Audio that comes from JavaScript's memory, piece by piece, so that no copy holds up the event loop.

use std::sync::{Arc, Mutex, PoisonError};

use audio::Bytes;
use napi_derive::napi;

use crate::calls::give_back;

/// The content of an audio file.
#[napi]
#[derive(Default)]
pub struct NativeBytes(Mutex<Bytes>);

#[napi]
impl NativeBytes {
    /// Nothing yet.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a copy of `bytes`.
    #[napi]
    pub fn push(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }

    /// Gives back what was pushed and nobody has taken out.
    #[napi]
    pub fn clear(&self) {
        give_back(self.take());
    }

    /// Takes out what was pushed.
    pub(crate) fn take(&self) -> Arc<Bytes> {
        Arc::new(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Mono samples.
#[napi]
#[derive(Default)]
pub struct NativeSamples(Mutex<Vec<Vec<f32>>>);

#[napi]
impl NativeSamples {
    /// Nothing yet.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a copy of `samples`.
    #[napi]
    pub fn push(&self, samples: &[f32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(samples.to_vec());
    }

    /// Gives back what was pushed and nobody has taken out.
    #[napi]
    pub fn clear(&self) {
        give_back(self.take());
    }

    /// Takes out what was pushed.
    pub(crate) fn take(&self) -> Vec<Vec<f32>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
