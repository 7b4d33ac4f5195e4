//! Locks and panics: after a panic in one thread, the others find a consistent state, and the panic becomes an error.

use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

use error::{panic_text, Code, Error};

/// Locks a mutex, also after a panic in another thread: no code of this crate can panic while the guarded state is
/// inconsistent.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The error for a panic.
pub fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic_text(panic).unwrap_or_default();
    Error::new(Code::Internal, format!("internal error in samplecnn, please report it: {text}"))
}
