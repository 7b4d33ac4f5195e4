//! The jobs and calls of an environment (the main thread or a worker); they end with the environment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use napi::Env;
use tagger::Cancel;

use crate::shared::Shared;

/// How long the end of an environment waits for all its jobs to stop. A training needs one step and a checkpoint.
const PATIENCE: Duration = Duration::from_secs(2);

type Jobs = Arc<Mutex<Running>>;

/// The jobs and calls of an environment.
#[derive(Default)]
struct Running {
    jobs: Vec<Weak<Shared>>,
    calls: Vec<Weak<Call>>,
}

/// A call that is cancelled with its environment, as long as this value is held.
pub struct Call(Cancel);

thread_local! {
    /// By environment: each environment runs on one thread, but a thread may have several.
    static JOBS: RefCell<HashMap<usize, Jobs>> = RefCell::default();
}

/// Adds `job` to the jobs that end with `env`.
pub fn register(env: &Env, job: &Arc<Shared>) -> napi::Result<()> {
    let running = of(env)?;
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    running.jobs.retain(|job| job.strong_count() > 0);
    running.jobs.push(Arc::downgrade(job));
    Ok(())
}

/// Adds a call, which `cancel` cancels, to the calls that end with `env`.
pub fn register_call(env: &Env, cancel: &Cancel) -> napi::Result<Arc<Call>> {
    let call = Arc::new(Call(cancel.clone()));
    let running = of(env)?;
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    running.calls.retain(|call| call.strong_count() > 0);
    running.calls.push(Arc::downgrade(&call));
    Ok(call)
}

/// The jobs and calls of `env`; they are stopped when the environment ends.
fn of(env: &Env) -> napi::Result<Jobs> {
    let key = env.raw() as usize;
    let known = JOBS.with_borrow(|jobs| jobs.get(&key).cloned());
    let jobs = match known {
        Some(jobs) => jobs,
        None => {
            let jobs = Jobs::default();
            env.add_env_cleanup_hook(jobs.clone(), move |jobs| {
                // When the thread itself ends, its thread-local data may be gone already, including this entry.
                let _ = JOBS.try_with(|all| all.borrow_mut().remove(&key));
                stop(&jobs);
            })?;
            JOBS.with_borrow_mut(|all| all.insert(key, jobs.clone()));
            jobs
        }
    };
    Ok(jobs)
}

/// Cancels the calls and jobs, and waits for the jobs for a limited time.
fn stop(running: &Mutex<Running>) {
    let running = std::mem::take(&mut *running.lock().unwrap_or_else(PoisonError::into_inner));
    running.calls.iter().filter_map(Weak::upgrade).for_each(|call| call.0.cancel());
    let jobs: Vec<Arc<Shared>> = running.jobs.iter().filter_map(Weak::upgrade).collect();
    for job in &jobs {
        job.cancel();
    }
    let deadline = Instant::now() + PATIENCE;
    for job in &jobs {
        job.wait_until(deadline);
    }
}
