//! The long jobs by name.

use error::{Code, Error};
use napi::Env;
use napi_derive::napi;

use crate::failure::to_js;
use crate::job::Job;

/// Starts a job: `kind` names the verb, `options` is its options object as JSON, validated by TypeScript.
#[napi]
pub fn start(env: &Env, kind: String, options: String) -> napi::Result<Job> {
    let _ = (env, options);
    Err(to_js(Error::new(Code::Internal, format!("this build has no job \"{kind}\""))))
}
