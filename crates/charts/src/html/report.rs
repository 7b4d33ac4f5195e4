//! A report as one HTML page.

use std::fmt::Write;

use super::blocks::block;
use super::page::page;
use super::text::{rich, Anchors};
use crate::report::{Report, Section};

/// Shows the chosen one of several figures.
const CHOICE: &str = include_str!("choice.js");
/// A report without more sections than this has no list of contents.
const FEW: usize = 1;

/// Writes `report` as a page that needs no other file and no network.
pub fn report(report: &Report) -> String {
    let mut anchors = Anchors::default();
    // The names that the frame of the page uses.
    let contents_id = anchors.name("contents");
    let contents_heading = anchors.name("list of contents");
    let mut main = String::new();
    let mut list = String::new();
    for one in &report.sections {
        section(&mut main, &mut list, one, 2, &mut anchors);
    }
    let summary: String =
        report.summary.iter().map(|line| format!("<p class=\"summary\">{}</p>\n", rich(line))).collect();
    let navigation = if report.sections.len() > FEW {
        format!(
            "<nav aria-labelledby=\"{contents_heading}\">\n<h2 id=\"{contents_heading}\">Contents</h2>\n<ul>\n\
             {list}</ul>\n</nav>\n"
        )
    } else {
        String::new()
    };
    let contents = format!(
        "<header>\n<h1>{}</h1>\n{summary}</header>\n{navigation}\
         <main id=\"{contents_id}\" tabindex=\"-1\">\n{main}</main>\n{}",
        rich(&report.title),
        facts(report)
    );
    let plays_audio = report.sections.iter().any(Section::plays_audio);
    let script = if report.sections.iter().any(Section::has_choice) { CHOICE } else { "" };
    page(&report.title, &contents, "", script, plays_audio)
}

fn section(html: &mut String, list: &mut String, section: &Section, level: usize, anchors: &mut Anchors) {
    let id = anchors.name(&section.title);
    let heading = level.min(6);
    let title = rich(&section.title);
    let _ = writeln!(html, "<section aria-labelledby=\"{id}\">\n<h{heading} id=\"{id}\">{title}</h{heading}>");
    let _ = write!(list, "<li><a href=\"#{id}\">{title}</a>");
    for one in &section.blocks {
        block(html, one, anchors);
    }
    if !section.sections.is_empty() {
        list.push_str("\n<ul>\n");
        for one in &section.sections {
            self::section(html, list, one, level + 1, anchors);
        }
        list.push_str("</ul>\n");
    }
    list.push_str("</li>\n");
    html.push_str("</section>\n");
}

fn facts(report: &Report) -> String {
    if report.facts.is_empty() {
        return String::new();
    }
    let facts: String = report
        .facts
        .iter()
        .map(|(name, value)| format!("<dt>{}</dt>\n<dd>{}</dd>\n", rich(name), rich(value)))
        .collect();
    format!("<footer>\n<h2>Source</h2>\n<dl class=\"facts\">\n{facts}</dl>\n</footer>\n")
}
