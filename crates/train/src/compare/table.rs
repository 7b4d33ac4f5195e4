//! The table of a comparison in Markdown, LaTeX and CSV.

use error::{Code, Error, Result};
use files::text;

use super::record::{CompareMetric, MetricEstimate, RunComparison, RunGroup, TableFormat};
use crate::metrics::between;

/// The table in the form `format`.
///
/// # Errors
/// [`Code::Internal`].
pub(super) fn text(format: TableFormat, groups: &[RunGroup], comparisons: &[RunComparison]) -> Result<String> {
    match format {
        TableFormat::Csv => csv(groups, comparisons),
        TableFormat::Markdown => {
            let tables = tables(groups, comparisons);
            Ok(tables.iter().map(|rows| markdown(rows)).collect::<Vec<_>>().join("\n"))
        }
        TableFormat::Latex => {
            let tables = tables(groups, comparisons);
            let tables = tables.iter().map(|rows| latex(rows)).collect::<Vec<_>>().join("\n");
            Ok(format!("% needs \\usepackage{{booktabs}}\n{tables}"))
        }
    }
}

/// The groups, and their differences if there are any. The first row are the headings.
fn tables(groups: &[RunGroup], comparisons: &[RunComparison]) -> Vec<Vec<Vec<String>>> {
    let metrics: Vec<CompareMetric> = CompareMetric::ALL
        .into_iter()
        .filter(|metric| groups.iter().any(|group| group.of(*metric).is_some()))
        .collect();
    let mut head: Vec<String> = ["run", "seeds", "parameters", "clips"].map(str::to_owned).to_vec();
    for metric in &metrics {
        head.extend([metric.words().to_owned(), "95 % interval".to_owned()]);
    }
    let mut rows = vec![head];
    for group in groups {
        let mut row = vec![
            group.name.clone(),
            group.seeds.len().to_string(),
            group.parameters.to_string(),
            group.clips.to_string(),
        ];
        for metric in &metrics {
            let estimate = group.of(*metric);
            row.push(estimate.map_or_else(|| "-".to_owned(), value));
            row.push(between(estimate.and_then(|estimate| estimate.interval)));
        }
        rows.push(row);
    }
    let mut tables = vec![rows];
    if !comparisons.is_empty() {
        let head = ["first", "second", "metric", "first - second", "95 % interval", "verdict about the first"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for one in comparisons {
            let [first, second] = &one.runs;
            let verdict = match &one.reason {
                Some(reason) => format!("{}: {reason}", one.verdict.words()),
                None => one.verdict.words().to_owned(),
            };
            rows.push(vec![
                first.clone(),
                second.clone(),
                one.metric.map_or("-", CompareMetric::words).to_owned(),
                one.difference.map_or_else(|| "-".to_owned(), |difference| format!("{difference:+.4}")),
                between(one.interval),
                verdict,
            ]);
        }
        tables.push(rows);
    }
    tables
}

fn value(estimate: MetricEstimate) -> String {
    match estimate.deviation {
        Some(deviation) => format!("{:.4} \u{b1} {deviation:.4}", estimate.value),
        None => format!("{:.4}", estimate.value),
    }
}

fn markdown(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| text::markdown(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let Some((head, rows)) = rows.split_first() else { return String::new() };
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    line(head) + &rule + &rows.iter().map(|row| line(row)).collect::<String>()
}

fn latex(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| text::latex(cell)).collect();
        format!("{} \\\\\n", cells.join(" & "))
    };
    let Some((head, rows)) = rows.split_first() else { return String::new() };
    let columns = "l".repeat(head.len());
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!(
        "\\begin{{tabular}}{{{columns}}}\n\\toprule\n{}\\midrule\n{rows}\\bottomrule\n\\end{{tabular}}\n",
        line(head)
    )
}

fn csv(groups: &[RunGroup], comparisons: &[RunComparison]) -> Result<String> {
    let internal = |reason: &dyn std::fmt::Display| Error::new(Code::Internal, reason.to_string());
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let ends =
        |interval: Option<[f64; 2]>| [number(interval.map(|[low, _]| low)), number(interval.map(|[_, high]| high))];
    let mut table = ::csv::Writer::from_writer(Vec::new());
    let head = ["kind", "first", "second", "metric", "seeds", "value", "deviation", "low", "high", "verdict", "reason"];
    table.write_record(head).map_err(|reason| internal(&reason))?;
    let name = |metric: CompareMetric| match metric {
        CompareMetric::RocAuc => "rocAuc",
        CompareMetric::PrAuc => "prAuc",
        CompareMetric::Accuracy => "accuracy",
    };
    for group in groups {
        for metric in CompareMetric::ALL {
            let Some(estimate) = group.of(metric) else { continue };
            let [low, high] = ends(estimate.interval);
            let (value, deviation) = (number(Some(estimate.value)), number(estimate.deviation));
            let (first, seeds) = (text::csv(&group.name).into_owned(), group.seeds.len().to_string());
            let empty = String::new;
            let row = ["run".to_owned(), first, empty(), name(metric).to_owned(), seeds, value, deviation, low, high];
            table.write_record(row.into_iter().chain([empty(), empty()])).map_err(|reason| internal(&reason))?;
        }
    }
    for one in comparisons {
        let [low, high] = ends(one.interval);
        let [first, second] = one.runs.clone().map(|name| text::csv(&name).into_owned());
        let row = [
            "difference".to_owned(),
            first,
            second,
            one.metric.map_or("", name).to_owned(),
            String::new(),
            number(one.difference),
            String::new(),
            low,
            high,
            one.verdict.words().to_owned(),
            text::csv(one.reason.as_deref().unwrap_or_default()).into_owned(),
        ];
        table.write_record(row).map_err(|reason| internal(&reason))?;
    }
    let bytes = table.into_inner().map_err(|reason| internal(&reason))?;
    String::from_utf8(bytes).map_err(|reason| internal(&reason))
}

#[cfg(test)]
mod tests {
    use super::super::record::CompareVerdict;
    use super::*;

    fn example() -> (Vec<RunGroup>, Vec<RunComparison>) {
        let group = |name: &str, value: f64| RunGroup {
            name: name.to_owned(),
            runs: Vec::new(),
            seeds: vec![0, 1],
            parameters: 7,
            dataset: String::new(),
            clips: 9,
            roc_auc: Some(MetricEstimate { value, deviation: Some(0.01), interval: Some([value - 0.1, value + 0.1]) }),
            pr_auc: None,
            accuracy: None,
        };
        let comparison = RunComparison {
            metric: Some(CompareMetric::RocAuc),
            runs: ["a|b".to_owned(), "=c_d".to_owned()],
            values: Some([0.75, 0.5]),
            difference: Some(0.25),
            interval: Some([0.125, 0.375]),
            verdict: CompareVerdict::Better,
            reason: None,
        };
        let other = RunComparison::without_numbers("a|b", "=c_d", "other split: x and y".to_owned());
        (vec![group("a|b", 0.75), group("=c_d", 0.5)], vec![comparison, other])
    }

    #[test]
    fn names_are_text_in_every_form() {
        let (groups, comparisons) = example();
        let of = |format| text(format, &groups, &comparisons).unwrap();
        let markdown = of(TableFormat::Markdown);
        assert!(markdown.contains("| a\\|b | 2 | 7 | 9 | 0.7500 \u{b1} 0.0100 | 0.6500 to 0.8500 |"), "{markdown}");
        assert!(markdown.contains("| +0.2500 | 0.1250 to 0.3750 | better |"), "{markdown}");
        assert!(markdown.contains("not comparable: other split: x and y |"), "{markdown}");
        let latex = of(TableFormat::Latex);
        assert!(latex.contains("=c\\_d & 2 & 7 & 9 & 0.5000 $\\pm$ 0.0100 &"), "{latex}");
        assert_eq!(latex.matches("\\begin{tabular}").count(), 2);
        let csv = of(TableFormat::Csv);
        assert!(csv.contains("run,'=c_d,,rocAuc,2,0.5,0.01,0.4,0.6,,\n"), "{csv}");
        assert!(csv.contains("difference,a|b,'=c_d,rocAuc,,0.25,,0.125,0.375,better,\n"), "{csv}");
    }
}
