//! Promises that are settled by another thread.

use error::Result;
use napi::bindgen_prelude::{Object, ToNapiValue};
use napi::{Env, JsDeferred};

use crate::calls::calls;
use crate::failure::{guarded, to_js};

type Resolver<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// An open promise. It keeps the event loop of Node alive; settling it after its environment has ended has no effect.
pub struct Open<T: ToNapiValue + Send + 'static>(JsDeferred<T, Resolver<T>>);

impl<T: ToNapiValue + Send + 'static> Open<T> {
    /// An open promise, and its JavaScript object.
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

/// A promise for the result of `work`, which runs on a thread for calls.
pub fn promise<T: ToNapiValue + Send + 'static>(
    env: &Env,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> napi::Result<Object<'_>> {
    let (open, promise) = Open::new(env)?;
    calls().run(move || open.settle(guarded(work))).map_err(to_js)?;
    Ok(promise)
}
