//! The jobs of an environment (the main thread or a worker), so that none outlives it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use napi::Env;

use crate::job::Shared;

/// How long the end of an environment waits for its jobs to stop, all of them together. A training needs one step and a
/// checkpoint.
const PATIENCE: Duration = Duration::from_secs(2);

type Jobs = Arc<Mutex<Vec<Weak<Shared>>>>;

thread_local! {
    /// By environment: an environment lives on one thread, a thread may have several.
    static JOBS: RefCell<HashMap<usize, Jobs>> = RefCell::default();
}

/// Adds `job` to those that end with `env`.
pub fn register(env: &Env, job: &Arc<Shared>) -> napi::Result<()> {
    let key = env.raw() as usize;
    let known = JOBS.with_borrow(|jobs| jobs.get(&key).cloned());
    let jobs = match known {
        Some(jobs) => jobs,
        None => {
            let jobs = Jobs::default();
            env.add_env_cleanup_hook(jobs.clone(), move |jobs| {
                // At the very end of a thread its locals are gone already, and with them the entry.
                let _ = JOBS.try_with(|all| all.borrow_mut().remove(&key));
                stop(&jobs);
            })?;
            JOBS.with_borrow_mut(|all| all.insert(key, jobs.clone()));
            jobs
        }
    };
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    jobs.retain(|job| job.strong_count() > 0);
    jobs.push(Arc::downgrade(job));
    Ok(())
}

/// Cancels the jobs and waits for them, but not for ever.
fn stop(jobs: &Mutex<Vec<Weak<Shared>>>) {
    let jobs: Vec<Arc<Shared>> =
        jobs.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect();
    for job in &jobs {
        job.cancel();
    }
    let deadline = Instant::now() + PATIENCE;
    for job in &jobs {
        job.wait_until(deadline);
    }
}
