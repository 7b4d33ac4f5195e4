//! Learning, from the options to the files.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use error::{Code, Error, Result, WarningCode};
use tagger::Loaded;
use train::Warning;

use super::event::{LearnDone, LearnEvent};
use super::folder::LearnFolder;
use super::job::Job;
use super::options::LearnOptions;
use super::teller::Teller;

/// Learns the tags of a library and writes the result into the folder `out`: `model.safetensors`, `report.html`,
/// `songs.csv`, `wrong-labels.csv` and `learn.json`. The features of the songs stay in the cache: learning again after
/// a change of the tags, or after an interruption, computes only what is new. A fine-tuning begins when the files are
/// written with the head alone, and replaces them. The last event is [`LearnEvent::Done`].
///
/// # Errors
/// [`Code::InvalidOption`]; [`Code::FileNotFound`]; those of [`library::read`]; those of [`Loaded::read`] for the base
/// model; [`Code::Dataset`] if no tag can be learnt, with the reasons; [`Code::RunExists`] if another process works in
/// `out`; [`Code::Io`] if a file could not be read for a passing reason, before anything is replaced; [`Code::Output`];
/// [`Code::CudaUnavailable`]; [`Code::Aborted`] after `cancel`.
pub fn learn(options: &LearnOptions, on_event: &mut dyn FnMut(LearnEvent), cancel: &AtomicBool) -> Result<LearnDone> {
    let started = Instant::now();
    options.validate()?;
    let mut teller = Teller::new(on_event);
    let needed = |value: &Option<PathBuf>, name: &str, what: &str| match value {
        Some(path) => Ok(path.clone()),
        None => Err(Error::new(Code::InvalidOption, format!("{name} is missing: {what}"))),
    };
    let job = if options.dry_run {
        None
    } else {
        let from = needed(&options.from, "from", "name the base model, such as from: 'best.safetensors' (--from)")?;
        let out = needed(&options.out, "out", "name a folder for the model (--out), or only look (--dry-run)")?;
        let base = Loaded::read(&from)?;
        Some((base, LearnFolder::claim(&out, options.force)?))
    };
    let mut progress = |at: library::LibraryProgress| teller.progress(at.read, None, at.failed);
    let library = library::read(&options.of_library()?, &mut progress, cancel)?;
    teller.tell(LearnEvent::Library(library.summary()));
    // The warning about the groups that are made says more than that of the library about unknown artists.
    let twice = |warning: &&Warning| job.is_some() && warning.code == WarningCode::ClipsWithoutGroup;
    let warnings = library.warnings.iter().filter(|warning| !twice(warning));
    warnings.for_each(|warning| teller.tell(LearnEvent::Warning(warning.clone())));
    let done = match job {
        None => LearnDone::of_dry_run(&library, started.elapsed().as_secs_f64()),
        Some((base, folder)) => Job { options, base, folder, library, started, cancel }.run(&mut teller)?,
    };
    teller.tell(LearnEvent::Done(done.clone()));
    Ok(done)
}
