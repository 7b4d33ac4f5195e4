//! A long job on its own thread, and its records.

use std::sync::Arc;

use error::{Code, Error, Result};
use napi::bindgen_prelude::Object;
use napi::Env;
use napi_derive::napi;

use crate::failure::{guarded, to_js};
use crate::live;
use crate::settle::Open;
use crate::shared::Shared;

/// A job that runs on its own thread. Its records are pulled, so a slow reader slows the job down instead of filling
/// the memory.
#[napi]
pub struct Job {
    shared: Arc<Shared>,
}

impl Job {
    /// Starts `work` on a thread named `name`.
    pub fn spawn(
        env: &Env,
        name: &str,
        work: impl FnOnce(&Arc<Shared>) -> Result<()> + Send + 'static,
    ) -> napi::Result<Self> {
        let shared = Arc::new(Shared::default());
        live::register(env, &shared)?;
        let theirs = shared.clone();
        std::thread::Builder::new()
            .name(format!("samplecnn-{name}"))
            .spawn(move || theirs.end(guarded(|| work(&theirs))))
            .map_err(|reason| to_js(Error::new(Code::Internal, format!("no thread could be started: {reason}"))))?;
        Ok(Self { shared })
    }

    /// The JavaScript object for a job that other threads run.
    pub fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[napi]
impl Job {
    /// Returns the records that are ready, as JSON; waits for at least one. Null after the last record. Rejects once if
    /// the job has failed. Only one call at a time is allowed.
    #[napi(ts_return_type = "Promise<Array<string> | null>")]
    pub fn next<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let (open, promise) = Open::new(env)?;
        self.shared.next(open);
        Ok(promise)
    }

    /// Asks the job to stop: it ends after its current step, with `ERR_ABORTED` or with its result.
    #[napi]
    pub fn cancel(&self) {
        self.shared.cancel();
    }
}

impl Drop for Job {
    /// A job whose records can no longer be read is stopped.
    fn drop(&mut self) {
        self.shared.cancel();
    }
}
