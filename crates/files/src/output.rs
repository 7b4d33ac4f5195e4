//! Files that a user named: what is there already is theirs until it is known to be ours.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use error::{Code, Error, Result};

use crate::atomic::replace;
use crate::kind::Kind;
use crate::litter::sweep;
use crate::target::Target;

/// What an output may replace.
#[derive(Clone, Copy, Debug)]
pub struct Permission<'a, P: AsRef<Path>> {
    /// What is written: a file of this kind may be replaced.
    pub kind: Kind,
    /// What the same job reads: never replaced, whatever `force` says.
    pub inputs: &'a [P],
    /// Whether files of others may be replaced.
    pub force: bool,
}

/// Checks that `path` may be written, before any work is done for it.
///
/// # Errors
/// [`Code::Output`] for what [`Target::of`] refuses, for an input of the same job, and without `force` for a file that is there and
/// is not of the kind.
pub fn check_output<P: AsRef<Path>>(path: impl AsRef<Path>, permission: &Permission<'_, P>) -> Result<Target> {
    let target = Target::of(path)?;
    target.refuse_inputs(permission.inputs)?;
    let Permission { kind, force, .. } = permission;
    // An empty file holds nothing that could be lost.
    let holds = target.existing().is_some_and(|facts| facts.len() > 0);
    if holds && !force && !kind.is(target.file()) {
        let message = format!(
            "{} is there already and is not {}: choose another name, or replace it with force (--force)",
            target.asked().display(),
            kind.name
        );
        return Err(Error::new(Code::Output, message).with_file(target.asked()));
    }
    Ok(target)
}

/// Writes an output that a user named, as [`crate::write_atomic_with`] does, where [`check_output`] allows it.
///
/// # Errors
/// Those of [`check_output`]; [`Code::Output`] where it cannot be written.
pub fn write_output<P: AsRef<Path>>(
    path: impl AsRef<Path>,
    permission: &Permission<'_, P>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let target = check_output(path, permission)?;
    sweep(target.folder());
    replace(&target, write).map(drop).map_err(|reason| Error::output(target.asked(), &reason))
}
