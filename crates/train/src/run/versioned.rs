//! Files of a run whose field `format` tells the version of their format.

use std::path::Path;

use error::{Code, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads the JSON file at `path`, whose format is at most `newest`. `what` it is and the `remedy` for a file that is
/// something else are parts of the error message.
///
/// # Errors
/// [`Code::FileNotFound`], [`Code::Io`]; [`Code::CheckpointMismatch`] if it cannot be understood;
/// [`Code::ModelVersion`] for a file of a newer version, and for one that has an option that this version does not have
/// and names another version as its writer.
pub(super) fn read_versioned<T: DeserializeOwned>(path: &Path, newest: u32, what: &str, remedy: &str) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|reason| Error::input(path, Code::CheckpointMismatch, &reason))?;
    let broken = |reason: serde_json::Error| {
        let message = format!("{}: not {what}: {reason}; {remedy}", path.display());
        Error::new(Code::CheckpointMismatch, message).with_file(path)
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(broken)?;
    let format = value.get("format").and_then(Value::as_u64).unwrap_or(0);
    if format > u64::from(newest) {
        let message =
            format!("{}: format {format}, this version reads up to {newest}: update samplecnn", path.display());
        return Err(Error::new(Code::ModelVersion, message).with_file(path));
    }
    T::deserialize(&value).map_err(|reason| match value.get("version").and_then(Value::as_str) {
        Some(version) if version != env!("CARGO_PKG_VERSION") && reason.to_string().starts_with("unknown ") => {
            let message = format!(
                "{}: samplecnn {version} wrote it, and this is {}: {reason}; use that version, or {remedy}",
                path.display(),
                env!("CARGO_PKG_VERSION")
            );
            Error::new(Code::ModelVersion, message).with_file(path)
        }
        _ => broken(reason),
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct File {
        options: Options,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Options {
        seed: u64,
    }

    #[test]
    fn an_option_of_another_version_is_refused_with_the_version_that_wrote_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let read = |text: String| {
            std::fs::write(&path, text).unwrap();
            read_versioned::<File>(&path, 1, "a run", "start over")
        };
        let of = |version: &str, option: &str| {
            format!(r#"{{"format": 1, "version": "{version}", "more": 1, "options": {{"seed": 3{option}}}}}"#)
        };
        assert_eq!(read(of("9.0.0", "")).unwrap(), File { options: Options { seed: 3 } });
        let newer = read(of("9.0.0", r#", "warp": 1"#)).unwrap_err();
        assert_eq!(newer.code, Code::ModelVersion);
        assert!(newer.message.contains("samplecnn 9.0.0 wrote it") && newer.message.contains("`warp`"), "{newer}");
        let own = read(of(env!("CARGO_PKG_VERSION"), r#", "warp": 1"#)).unwrap_err();
        assert_eq!(own.code, Code::CheckpointMismatch, "{own}");
        assert_eq!(read(r#"{"format": 2}"#.into()).unwrap_err().code, Code::ModelVersion);
    }
}
