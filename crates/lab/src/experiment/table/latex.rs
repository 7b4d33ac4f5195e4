//! The table as LaTeX, for papers: a `tabular` with the rules of the package booktabs.

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

/// `text` with the special characters of LaTeX escaped.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => safe.extend(['\\', c]),
            '~' => safe += "\\textasciitilde{}",
            '^' => safe += "\\textasciicircum{}",
            '\\' => safe += "\\textbackslash{}",
            '<' => safe += "\\textless{}",
            '>' => safe += "\\textgreater{}",
            '\u{b1}' => safe += "$\\pm$",
            '\n' | '\r' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_text() {
        assert_eq!(escape("2^14 & 5 % \u{b1} a_b"), "2\\textasciicircum{}14 \\& 5 \\% $\\pm$ a\\_b");
        assert_eq!(comment("a\nb"), "a b");
    }
}
