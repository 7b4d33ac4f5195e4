//! Promises that another thread settles.

use error::Result;
use napi::bindgen_prelude::{Object, ToNapiValue};
use napi::{Env, JsDeferred};

use crate::calls::calls;
use crate::failure::{guarded, to_js};

type Resolver<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// A promise that is still open. It keeps Node's event loop alive; settling it after its environment has ended does nothing.
pub struct Open<T: ToNapiValue + Send + 'static>(JsDeferred<T, Resolver<T>>);

impl<T: ToNapiValue + Send + 'static> Open<T> {
    /// An open promise, and the object that JavaScript gets.
    pub fn new(env: &Env) -> napi::Result<(Self, Object<'_>)> {
        let (deferred, promise) = env.create_deferred()?;
        Ok((Self(deferred), promise))
    }

    /// Fulfils or rejects the promise, from any thread.
    pub fn settle(self, outcome: Result<T>) {
        match outcome {
            Ok(value) => self.0.resolve(Box::new(move |_| Ok(value))),
            Err(failure) => self.0.reject(to_js(failure)),
        }
    }
}

/// A promise for what `work` returns on one of the threads for calls.
pub fn promise<T: ToNapiValue + Send + 'static>(
    env: &Env,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> napi::Result<Object<'_>> {
    let (open, promise) = Open::new(env)?;
    calls().run(move || open.settle(guarded(work))).map_err(to_js)?;
    Ok(promise)
}
