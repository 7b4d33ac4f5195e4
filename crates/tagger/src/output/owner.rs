//! The job to which an output belongs: the `start` of the job that created it. For CSV it is in `NAME.csv.start.json`
//! in the same folder.

use std::io;
use std::path::{Path, PathBuf};

use error::{shown, Code, Error, Result};
use serde_json::Value;

use crate::record::Start;

/// Checks that the job `start` may continue the output `path`, whose recorded start is `found`.
///
/// # Errors
/// [`Code::Output`], which says how the other job differs.
pub fn check(path: &Path, found: &Value, start: &Start) -> Result<()> {
    let refuse = |why: String| {
        // The message contains text from the file: control characters are escaped.
        let message = shown(&format!("{} {why}; choose another output file, or remove this one", path.display()));
        Err(Error::new(Code::Output, message).with_file(path))
    };
    let expected = serde_json::to_value(start).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    match found["schema"].as_u64() {
        None => return refuse("is not an output of samplecnn tag or embed".into()),
        Some(schema) if schema > u64::from(start.schema) => {
            return refuse(format!(
                "was written by a newer version of samplecnn (schema {schema}, this one knows {})",
                start.schema
            ))
        }
        Some(_) => {}
    }
    for (key, name) in [
        ("modelHash", "model"),
        ("precision", "precision"),
        ("segments", "segments"),
        ("top", "top"),
        ("threshold", "threshold"),
        ("thresholds", "choice of thresholds"),
        ("all", "choice of tags"),
        ("timeline", "choice of timelines"),
        ("calibrated", "choice of calibration"),
        ("embedding", "embedding"),
    ] {
        if !agree(&found[key], &expected[key]) {
            let told = if key == "modelHash" { "model" } else { key };
            return refuse(format!("holds results of another {name} ({}, now {})", found[told], expected[told]));
        }
    }
    Ok(())
}

/// Whether two values are equal. Older versions stored the threshold as f32, in which scores are compared.
fn agree(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) if found.is_f64() || expected.is_f64() => {
            found.as_f64().map(|found| found as f32) == expected.as_f64().map(|expected| expected as f32)
        }
        _ => found == expected,
    }
}

/// Checks that the job `start` may continue the table `path`.
///
/// # Errors
/// [`Code::Output`], also if its file of the job is missing or damaged; [`Code::Io`] if it cannot be read this time.
pub fn check_beside(path: &Path, start: &Start) -> Result<()> {
    let owner = beside(path);
    let json = std::fs::read(&owner).map_err(|reason| match reason.kind() {
        io::ErrorKind::NotFound => {
            let message = format!(
                "{} exists without {}, which records the settings of its results: restore that file, or choose another \
                 output file",
                path.display(),
                owner.display()
            );
            Error::new(Code::Output, message).with_file(path)
        }
        _ => Error::input(&owner, Code::Output, &reason),
    })?;
    check(path, &serde_json::from_slice(&json).unwrap_or(Value::Null), start)
}

/// Records the job of the new table `path` in its file of the job.
///
/// # Errors
/// [`Code::Output`], also if a file of another program has that name.
pub fn write(path: &Path, start: &Start) -> Result<()> {
    let (owner, json) = (beside(path), super::line::line(&crate::record::Event::Start(start.clone()))?);
    let ours = |text: &[u8]| {
        text.is_empty() || serde_json::from_slice::<Value>(text).is_ok_and(|json| json["type"] == "start")
    };
    if std::fs::read(&owner).is_ok_and(|text| !ours(&text)) {
        let message = format!(
            "{} exists already, but is needed to record the settings of {}; choose another output file",
            owner.display(),
            path.display()
        );
        return Err(Error::new(Code::Output, message).with_file(owner));
    }
    files::write_atomic(owner, &json)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".start.json");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(top: Option<usize>, threshold: Option<f64>) -> Start {
        Start { top, threshold, ..Start::example() }
    }

    /// Whether the job `start` may continue its own output after `change`.
    fn continues(start: &Start, change: impl Fn(&mut Value)) -> Result<()> {
        let mut found = serde_json::from_slice(&serde_json::to_vec(start).unwrap()).unwrap();
        change(&mut found);
        check(Path::new("out.jsonl"), &found, start)
    }

    #[test]
    fn numbers_of_options_survive_the_file() {
        for number in 0..=1000 {
            let thresholds = [f64::from(number) / 1000.0, 1.0 / f64::from(number + 1), f64::from(number) * 1e-9];
            for threshold in thresholds {
                continues(&start(Some(number as usize), Some(threshold)), |_| {}).unwrap();
            }
        }
        continues(&start(Some(usize::MAX >> 11), None), |_| {}).unwrap();
    }

    #[test]
    fn a_threshold_that_an_older_version_wrote_is_the_same() {
        for threshold in [0.3, 0.7, 0.1, 0.05, 1.0 / 3.0] {
            continues(&start(None, Some(threshold)), |found| found["threshold"] = (threshold as f32).into()).unwrap();
            let text = (threshold as f32).to_string();
            let older = |found: &mut Value| found["threshold"] = serde_json::from_str(&text).unwrap();
            continues(&start(None, Some(threshold)), older).unwrap();
        }
    }

    #[test]
    fn what_a_message_quotes_of_the_file_steers_no_terminal() {
        let told = |found: &mut Value| {
            found["modelHash"] = "other".into();
            found["model"] = "\u{202e}\u{9b}2J".into();
        };
        let error = continues(&start(None, None), told).unwrap_err();
        assert!(error.message.contains(r"\u{202e}\u{9b}2J"), "{error}");
    }

    #[test]
    fn other_numbers_are_refused_with_both() {
        let refused = |start: Start, change: fn(&mut Value), words: &str| {
            let error = continues(&start, change).unwrap_err();
            assert!(error.message.contains(words), "{}", error.message);
        };
        refused(start(None, Some(0.3)), |found| found["threshold"] = 0.31.into(), "threshold (0.31, now 0.3)");
        refused(start(None, Some(0.3)), |found| found["threshold"] = Value::Null, "threshold (null, now 0.3)");
        refused(
            start(Some(16_777_217), None),
            |found| found["top"] = 16_777_216.into(),
            "top (16777216, now 16777217)",
        );
    }
}
