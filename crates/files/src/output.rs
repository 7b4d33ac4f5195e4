//! Outputs that a user named. An existing file belongs to the user, unless it is known that samplecnn wrote it.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use error::{Code, Error, Result};

use crate::atomic::replace;
use crate::kind::Kind;
use crate::litter::sweep;
use crate::target::Target;

/// Which files an output may replace.
#[derive(Clone, Copy, Debug)]
pub struct Permission<'a, P: AsRef<Path>> {
    /// The kind of the output: an existing file of this kind may be replaced.
    pub kind: Kind,
    /// The files that the same job reads: they are never replaced, even with `force`.
    pub inputs: &'a [P],
    /// Whether any other file may be replaced.
    pub force: bool,
}

/// Checks that `path` may be written, before any work is done.
///
/// # Errors
/// [`Code::Output`] if [`Target::of`] refuses the path, if it is an input of the same job, or, without `force`, if the
/// file exists and is not of the same kind.
pub fn check_output<P: AsRef<Path>>(path: impl AsRef<Path>, permission: &Permission<'_, P>) -> Result<Target> {
    let target = Target::of(path)?;
    target.refuse_inputs(permission.inputs)?;
    let Permission { kind, force, .. } = permission;
    // In an empty file, nothing can be lost.
    let holds = target.existing().is_some_and(|facts| facts.len() > 0);
    if holds && !force && !kind.is(target.file()) {
        let message = format!(
            "{} already exists and is not {}: choose another name, or replace it with force (--force)",
            target.asked().display(),
            kind.name
        );
        return Err(Error::new(Code::Output, message).with_file(target.asked()));
    }
    Ok(target)
}

/// Writes an output that a user named, like [`crate::write_atomic_with`], if [`check_output`] allows it.
///
/// # Errors
/// Those of [`check_output`]; [`Code::Output`] if the file cannot be written.
pub fn write_output<P: AsRef<Path>>(
    path: impl AsRef<Path>,
    permission: &Permission<'_, P>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let target = check_output(path, permission)?;
    sweep(target.folder());
    replace(&target, write).map(drop).map_err(|reason| Error::output(target.asked(), &reason))
}
