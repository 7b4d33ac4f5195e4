//! The table of an experiment: for people, for programs, for spreadsheets.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use error::{Code, Error, Result};
use files::Kind;
use serde_json::json;

use super::row::Row;
use super::spec::Spec;

/// Refuses a folder whose table no experiment wrote.
pub(super) fn refuse_others(folder: &Path) -> Result<()> {
    if Kind::TABLE.is(&folder.join("table.json")) {
        return Ok(());
    }
    match files::present(folder, &["table.json", "table.csv", "table.md"])?.first() {
        None => Ok(()),
        Some(there) => {
            let message = format!(
                "{} is there and no experiment wrote it: choose another folder, or move it away",
                there.display()
            );
            Err(Error::new(Code::Output, message).with_file(there))
        }
    }
}

/// Writes `table.md`, `table.json` and `table.csv` into `folder`; the first one's path and text.
pub(super) fn write(folder: &Path, spec: &Spec, rows: &[Row]) -> Result<(PathBuf, String)> {
    let markdown = markdown(spec, rows);
    let json =
        json!({ "format": 1, "experiment": spec.name, "source": spec.source, "notes": spec.notes, "rows": rows });
    let json = serde_json::to_vec_pretty(&json).map_err(|reason| Error::new(Code::Internal, reason.to_string()))?;
    files::write_atomic(folder.join("table.json"), &json)?;
    files::write_atomic(folder.join("table.csv"), csv(rows).as_bytes())?;
    let file = folder.join("table.md");
    files::write_atomic(&file, markdown.as_bytes())?;
    Ok((file, markdown))
}

/// The text: what was measured, and in brackets what is published.
fn markdown(spec: &Spec, rows: &[Row]) -> String {
    let mut text = String::new();
    let reference = rows.first().map_or("", |row| &row.time_ratio.reference);
    let accuracy = rows.iter().any(|row| row.accuracy.is_some());
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# {}\n\nIn brackets: {}.\n", spec.title, spec.source);
    let _ = write!(text, "| rate (Hz) | digits | parameters | ROC-AUC | average precision |");
    let _ = write!(text, "{}", if accuracy { " accuracy |" } else { "" });
    let _ = writeln!(text, " time of a step | of an epoch | to the end | published time ratio | epochs |");
    let _ = writeln!(text, "|---|---|---|---|---|{}---|---|---|---|---|", if accuracy { "---|" } else { "" });
    for row in rows {
        let published = &row.published;
        let millions = published.parameters.map_or_else(String::new, |n| format!(" ({:.2} M)", n as f64 / 1e6));
        let auc = published.roc_auc.map_or_else(String::new, |auc| format!(" ({auc:.4})"));
        let _ = write!(
            text,
            "| {} | {} | {}{millions} | {}{auc} | {} |",
            row.rate,
            row.digits,
            row.parameters,
            number(row.roc_auc),
            number(row.pr_auc)
        );
        if accuracy {
            let _ = write!(text, " {} |", number(row.accuracy));
        }
        let ratio = &row.time_ratio;
        let theirs = published.time_ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        let _ = writeln!(
            text,
            " {:.2} | {:.2} | {:.2} | {theirs} | {} |",
            ratio.step, ratio.epoch, ratio.total, row.epochs
        );
    }
    let _ = writeln!(text, "\nTimes are ratios to the training at {reference} Hz.");
    for note in &spec.notes {
        let _ = writeln!(text, "{note}");
    }
    text
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

/// No field holds a comma or a quote.
fn csv(rows: &[Row]) -> String {
    let mut text =
        "rate,digits,parameters,rocAuc,prAuc,accuracy,epochs,stepSeconds,epochSeconds,totalSeconds,stepRatio,\
                    epochRatio,totalRatio,publishedParameters,publishedRocAuc,publishedTimeRatio\n"
            .to_owned();
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for row in rows {
        let (seconds, ratio, published) = (&row.seconds, &row.time_ratio, &row.published);
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            row.rate,
            row.digits,
            row.parameters,
            cell(row.roc_auc),
            cell(row.pr_auc),
            cell(row.accuracy),
            row.epochs,
            seconds.step,
            seconds.epoch,
            seconds.total,
            ratio.step,
            ratio.epoch,
            ratio.total,
            cell(published.parameters.map(|n| n as f64)),
            cell(published.roc_auc),
            cell(published.time_ratio)
        );
    }
    text
}
