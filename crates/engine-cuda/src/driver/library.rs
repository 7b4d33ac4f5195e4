//! Shared libraries that are opened when a GPU is asked for, and the functions we take from them.

use std::env;
use std::error::Error as _;
use std::path::PathBuf;

use error::{Code, Error, Result};
use libloading::Library;

/// Declares a table of functions of a library. Loading it fails with the name of what is missing; nothing is ever linked.
macro_rules! functions {
    ($(#[$about:meta])* $table:ident of $library:literal { $(fn $name:ident($($argument:ty),* $(,)?);)+ }) => {
        $(#[$about])*
        #[allow(non_snake_case)]
        pub(crate) struct $table {
            $(pub(crate) $name: unsafe extern "C" fn($($argument),*) -> i32,)+
            _library: libloading::Library,
        }

        impl $table {
            /// Takes the functions from `library`.
            pub(crate) fn load(library: libloading::Library) -> error::Result<Self> {
                Ok(Self {
                    $($name: {
                        // SAFETY: the vendor's headers give the function this type.
                        let found = unsafe {
                            library.get::<unsafe extern "C" fn($($argument),*) -> i32>(concat!(stringify!($name), "\0").as_bytes())
                        };
                        *found.map_err(|_| $crate::driver::library::lacks($library, stringify!($name)))?
                    },)+
                    _library: library,
                })
            }
        }
    };
}
pub(crate) use functions;

/// A library without a function that we need.
pub(crate) fn lacks(library: &str, function: &str) -> Error {
    let why = format!("{library} has no {function}: it is older than this build needs; update it");
    Error::new(Code::CudaUnavailable, why)
}

/// Opens the first of `names` that can be opened: in the folders of `SAMPLECNN_CUDA_PATH`, by name, and in the folders where CUDA's
/// libraries lie. `what` and `where_from` say what it is and where to get it.
pub(crate) fn open(names: &[&str], what: &str, where_from: &str) -> Result<Library> {
    let mut reason = String::new();
    // An empty folder leaves the search to the system.
    for folder in list("SAMPLECNN_CUDA_PATH").into_iter().chain([PathBuf::new()]).chain(folders()) {
        for name in names {
            let path = folder.join(name);
            if folder.as_os_str().is_empty() || path.exists() {
                // SAFETY: NVIDIA's libraries; their initialisers only set themselves up.
                match unsafe { Library::new(&path) } {
                    Ok(library) => return Ok(library),
                    Err(why) => {
                        // The loader's own words come second.
                        reason = why.source().map_or_else(|| why.to_string(), ToString::to_string);
                    }
                }
            }
        }
    }
    let why = format!("{what} ({}) cannot be opened: {reason}; {where_from}", names.join(", "));
    Err(Error::new(Code::CudaUnavailable, why))
}

/// The folders that an environment variable lists.
fn list(name: &str) -> Vec<PathBuf> {
    let folders = env::var_os(name).map(|value| env::split_paths(&value).collect::<Vec<_>>()).unwrap_or_default();
    folders.into_iter().filter(|folder| !folder.as_os_str().is_empty()).collect()
}

/// Toolkits, then the packages of a Python environment.
fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for home in list("CUDA_HOME").into_iter().chain(list("CUDA_PATH")).chain([PathBuf::from("/usr/local/cuda")]) {
        folders.extend(["lib64", "lib", "bin", "bin/x64"].map(|part| home.join(part)));
    }
    if let Some(environment) = env::var_os("VIRTUAL_ENV") {
        let versions = std::fs::read_dir(PathBuf::from(environment).join("lib")).into_iter().flatten().flatten();
        for version in versions {
            let packages = version.path().join("site-packages/nvidia");
            folders.extend(["cu13/lib", "cublas/lib"].map(|part| packages.join(part)));
        }
    }
    folders
}
