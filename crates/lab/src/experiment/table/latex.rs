//! The table as LaTeX, for papers: a `tabular` with the rules of the package booktabs.

use files::text::latex as escape;

use super::super::spec::Shown;
use super::Table;

/// The text of a file that a paper includes with `\input`.
pub(super) fn text(table: &Table) -> String {
    let layout = table.layout();
    let is_text = |name: &str| table.rows.iter().any(|row| row.axes.get(name).is_some_and(|v| v.number().is_none()));
    let alignment: String = layout
        .headings
        .iter()
        .map(|heading| match table.spec.shown(heading.column) {
            Some(Shown::Axis(name)) if is_text(name) => 'l',
            _ => 'r',
        })
        .collect();
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let mut text = format!("% {}\n% needs \\usepackage{{booktabs}}\n", comment(&table.heading()));
    text += &format!("\\begin{{tabular}}{{{alignment}}}\n\\toprule\n");
    text += &line(layout.headings.iter().map(|heading| escape(&heading.text)).collect());
    text += "\\midrule\n";
    for row in &table.rows {
        text += &line(layout.headings.iter().map(|heading| escape(&layout.cell(row, heading))).collect());
    }
    text + "\\bottomrule\n\\end{tabular}\n"
}

/// `text` as one line of a comment.
fn comment(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_one_line() {
        assert_eq!(comment("a\nb"), "a b");
    }
}
