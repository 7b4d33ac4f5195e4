//! Locks and panics: a thread that panics leaves the others a whole state, and its panic becomes an error.

use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

use error::{Code, Error};

/// Locks, also after a panic elsewhere: what the mutexes of this crate guard is never left half changed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The failure that a panic becomes.
pub fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Error::new(Code::Internal, format!("a fault of samplecnn, please report it: {text}"))
}
