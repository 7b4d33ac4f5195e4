//! The table as CSV.

use error::{Code, Error, Result};
use files::text::csv as text;

use crate::experiment::row::{Ratios, Row};

const COLUMNS: [&str; 18] = [
    "rate",
    "digits",
    "parameters",
    "rocAuc",
    "prAuc",
    "accuracy",
    "epochs",
    "stepSeconds",
    "epochSeconds",
    "totalSeconds",
    "stepRatio",
    "epochRatio",
    "totalRatio",
    "publishedParameters",
    "publishedRocAuc",
    "publishedTimeRatio",
    "dataset",
    "publishedOn",
];

/// A line with the names of the columns, then one line per row; unknown values are empty.
///
/// # Errors
/// [`Code::Internal`].
pub(super) fn csv(rows: &[Row]) -> Result<Vec<u8>> {
    let internal = |reason: String| Error::new(Code::Internal, reason);
    let mut table = ::csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS).map_err(|reason| internal(reason.to_string()))?;
    for row in rows {
        table.write_record(cells(row)).map_err(|reason| internal(reason.to_string()))?;
    }
    table.into_inner().map_err(|reason| internal(reason.to_string()))
}

fn cells(row: &Row) -> [String; COLUMNS.len()] {
    let (seconds, published) = (&row.seconds, &row.published);
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let ratio = |of: fn(&Ratios) -> f64| cell(row.time_ratio.as_ref().map(of));
    [
        row.rate.to_string(),
        text(&row.digits).into_owned(),
        row.parameters.to_string(),
        cell(row.roc_auc),
        cell(row.pr_auc),
        cell(row.accuracy),
        row.epochs.to_string(),
        seconds.step.to_string(),
        seconds.epoch.to_string(),
        seconds.total.to_string(),
        ratio(|ratios| ratios.step),
        ratio(|ratios| ratios.epoch),
        ratio(|ratios| ratios.total),
        published.parameters.map_or_else(String::new, |count| count.to_string()),
        cell(published.roc_auc),
        cell(published.time_ratio),
        text(&row.dataset).into_owned(),
        text(&row.published_on).into_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use train::Timing;

    use super::*;
    use crate::experiment::spec::Published;

    #[test]
    fn numbers_are_written_as_they_are_and_names_are_quoted() {
        let row = Row {
            experiment: "downsampling".into(),
            id: "8000".into(),
            architecture: "rate:8000".into(),
            rate: 8000,
            digits: "3 3".into(),
            input_length: 27,
            parameters: 1234,
            roc_auc: Some(0.75),
            pr_auc: None,
            accuracy: None,
            epochs: 2,
            seconds: Timing { step: 0.5, epoch: 1.0, total: 1e-7 },
            time_ratio: Some(Ratios { reference: "22050".into(), step: 0.25, epoch: 2.0, total: 1.0 }),
            published: Published { parameters: Some(1_800_000), time_ratio: Some(0.36), roc_auc: None },
            published_on: "=mtat".into(),
            dataset: "a, \"b\"".into(),
            run: PathBuf::from("/runs/8000"),
        };
        let table = String::from_utf8(csv(&[row]).unwrap()).unwrap();
        let (head, line) = table.split_once('\n').unwrap();
        assert_eq!(head, COLUMNS.join(","));
        let expected = "8000,3 3,1234,0.75,,,2,0.5,1,0.0000001,0.25,2,1,1800000,,0.36,\"a, \"\"b\"\"\",'=mtat\n";
        assert_eq!(line, expected);
    }
}
