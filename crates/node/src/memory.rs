//! Audio that is copied from the memory of JavaScript in pieces, so that the event loop is not blocked.

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
    /// An empty buffer.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a copy of `bytes`.
    #[napi]
    pub fn push(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }

    /// Frees the bytes that have not been taken.
    #[napi]
    pub fn clear(&self) {
        give_back(self.take());
    }

    /// Takes the bytes.
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
    /// An empty buffer.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a copy of `samples`.
    #[napi]
    pub fn push(&self, samples: &[f32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(samples.to_vec());
    }

    /// Frees the samples that have not been taken.
    #[napi]
    pub fn clear(&self) {
        give_back(self.take());
    }

    /// Takes the samples.
    pub(crate) fn take(&self) -> Vec<Vec<f32>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
