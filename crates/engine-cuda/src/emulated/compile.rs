//! The kernels as plain C++, compiled when a test first needs them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use libloading::Library;

/// The compiled kernels; none where there is no C++ compiler.
pub(super) fn kernels() -> Option<&'static Library> {
    static KERNELS: OnceLock<Option<Library>> = OnceLock::new();
    KERNELS.get_or_init(compile).as_ref()
}

/// Compiles `kernels/all.cu` as C++ into cargo's temporary folder.
#[allow(clippy::print_stderr)]
fn compile() -> Option<Library> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/all.cu");
    let folder = tempfile::tempdir().unwrap().keep();
    let library: PathBuf = folder.join("kernels.so");
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let mut command = Command::new(compiler);
    command.args([
        "-O2",
        "-std=c++17",
        "-fPIC",
        "-shared",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-ffp-contract=off",
        // Memory has no types, but it has alignments.
        "-fno-strict-aliasing",
        "-fsanitize=alignment",
        "-fsanitize-undefined-trap-on-error",
        "-x",
        "c++",
    ]);
    let Ok(output) = command.arg(source).arg("-o").arg(&library).output() else {
        eprintln!("skipped: no C++ compiler");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // SAFETY: our own kernels, which run nothing when they are loaded.
    let loaded = unsafe { Library::new(&library) }.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    Some(loaded)
}
