//! The table as CSV.

use error::{Code, Error, Result};
use files::text::csv as text;

use super::super::spec::Shown;
use super::Table;

/// A line with the names of the columns, then one line for each row; unknown values are empty. A measured column `x` is
/// followed by `xDeviation`, `xLow` and `xHigh` where any row has them, and by `xPublished` and `xPublishedOn` where
/// values are published.
///
/// # Errors
/// [`Code::Internal`].
pub(super) fn bytes(table: &Table) -> Result<Vec<u8>> {
    let internal = |reason: String| Error::new(Code::Internal, reason);
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let columns = columns(table);
    let head = columns.iter().map(|(name, _)| text(name).into_owned());
    writer.write_record(head).map_err(|reason| internal(reason.to_string()))?;
    for row in 0..table.rows.len() {
        let cells = columns.iter().map(|(_, cells)| &cells[row]);
        writer.write_record(cells).map_err(|reason| internal(reason.to_string()))?;
    }
    writer.into_inner().map_err(|reason| internal(reason.to_string()))
}

/// The names of the columns, and their cells.
fn columns(table: &Table) -> Vec<(String, Vec<String>)> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let rows = || table.rows.iter();
    let mut columns = vec![("id".to_owned(), rows().map(|row| text(&row.id).into_owned()).collect())];
    let used = |cells: &[String]| cells.iter().any(|cell| !cell.is_empty());
    for axis in table.spec.all_axes() {
        let value = |value: &super::super::spec::AxisValue| text(&value.to_string()).into_owned();
        columns.push((
            axis.name.clone(),
            rows().map(|row| row.axes.get(&axis.name).map_or(String::new(), value)).collect(),
        ));
    }
    for column in &table.spec.columns {
        let name = &column.name;
        if let Some(Shown::Measure(_)) = table.spec.shown(column) {
            let of = |part: fn(&super::super::row::Cell) -> Option<f64>| -> Vec<String> {
                rows().map(|row| number(row.cells.get(name).and_then(part))).collect()
            };
            columns.push((name.clone(), of(|cell| cell.value)));
            let parts = [
                ("Deviation", of(|cell| cell.deviation)),
                ("Low", of(|cell| cell.interval.map(|[low, _]| low))),
                ("High", of(|cell| cell.interval.map(|[_, high]| high))),
            ];
            columns.extend(
                parts
                    .into_iter()
                    .filter(|(_, cells)| used(cells))
                    .map(|(suffix, cells)| (format!("{name}{suffix}"), cells)),
            );
        }
        let published = rows().map(|row| number(row.published.get(name).map(|cell| cell.value))).collect::<Vec<_>>();
        if used(&published) {
            let on = |row: &super::super::row::Row| {
                let dataset = row.published.get(name).and_then(|cell| cell.dataset.as_deref());
                text(dataset.unwrap_or_default()).into_owned()
            };
            columns.push((format!("{name}Published"), published));
            columns.push((format!("{name}PublishedOn"), rows().map(on).collect()));
        }
    }
    columns.push(("dataset".to_owned(), rows().map(|row| text(&row.dataset).into_owned()).collect()));
    columns.push(("seeds".to_owned(), rows().map(|row| row.runs.len().to_string()).collect()));
    columns
}
