//! The blocks of a section as HTML.

use std::fmt::Write;

use super::text::{address, audio, rich, Anchors};
use super::values;
use crate::draw::{draw, Drawing};
use crate::figure::Figure;
use crate::report::{Block, Choice, Claim, Clip, Link, Table, Verdict};
use crate::svg::clean;
use crate::theme::Look;

/// A cell of a table with at most this many characters is not broken into lines.
const SHORT: usize = 24;

/// Appends a block.
pub fn block(html: &mut String, block: &Block, anchors: &mut Anchors) {
    match block {
        Block::Paragraph(text) => line(html, &format!("<p>{}</p>", rich(text))),
        Block::Note(text) => line(html, &format!("<div class=\"note\" role=\"note\">{}</div>", rich(text))),
        Block::List(items) => list(html, items.iter().map(|item| rich(item))),
        Block::Files(links) => list(html, links.iter().map(file)),
        Block::Table(one) => table(html, one, anchors),
        Block::Clips(all) => clips(html, all),
        Block::Claims(all) => claims(html, all),
        Block::Figure(one) => figure(html, one, anchors),
        Block::Choice(one) => choice(html, one, anchors),
    }
}

fn line(html: &mut String, text: &str) {
    html.push_str(text);
    html.push('\n');
}

fn list(html: &mut String, items: impl Iterator<Item = String>) {
    let items: String = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if !items.is_empty() {
        line(html, &format!("<ul>\n{items}</ul>"));
    }
}

fn file(link: &Link) -> String {
    format!("<a href=\"{}\">{}</a>", address(&link.path), rich(&link.text))
}

/// Appends a list of clips. A file is loaded only when it is played.
fn clips(html: &mut String, clips: &[Clip]) {
    let item = |clip: &Clip| {
        let player = clip.audio.as_deref().map_or_else(String::new, |path| {
            format!(
                "<audio controls preload=\"none\" src=\"{}\" aria-label=\"Play {}\"></audio>\n",
                clean(&audio(path)),
                clean(&clip.name)
            )
        });
        format!("<li>\n<p><strong>{}</strong></p>\n<p>{}</p>\n{player}</li>\n", rich(&clip.name), rich(&clip.text))
    };
    let items: String = clips.iter().map(item).collect();
    if !items.is_empty() {
        line(html, &format!("<ol class=\"clips\">\n{items}</ol>"));
    }
}

/// Appends a table in a frame that scrolls on narrow screens.
fn table(html: &mut String, table: &Table, anchors: &mut Anchors) {
    let id = anchors.name(&format!("table {}", table.caption));
    let class = |index: usize, text: &str| {
        let numeric = table.columns.get(index).is_some_and(|column| column.numeric);
        match (numeric, text.chars().count() <= SHORT) {
            (true, _) => " class=\"number\"",
            (false, true) => " class=\"short\"",
            (false, false) => "",
        }
    };
    let mut rows = String::new();
    for row in &table.rows {
        rows.push_str("<tr>");
        for index in 0..table.columns.len() {
            let text = row.get(index).map_or("", String::as_str);
            let (cell, class) = (rich(text), class(index, text));
            let _ = match index {
                0 => write!(rows, "<th scope=\"row\"{class}>{cell}</th>"),
                _ => write!(rows, "<td{class}>{cell}</td>"),
            };
        }
        rows.push_str("</tr>\n");
    }
    let head = |(index, column): (usize, &crate::report::Column)| {
        format!("<th scope=\"col\"{}>{}</th>", class(index, &column.heading), rich(&column.heading))
    };
    let heads: String = table.columns.iter().enumerate().map(head).collect();
    let caption = if table.caption.is_empty() { "Table".to_owned() } else { rich(&table.caption) };
    let remarks: String = table.notes.iter().map(|note| format!("<p class=\"remarks\">{}</p>\n", rich(note))).collect();
    line(
        html,
        &format!(
            "<div class=\"block\">\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-labelledby=\"{id}\">\n\
             <table>\n<caption id=\"{id}\">{caption}</caption>\n<thead>\n<tr>{heads}</tr>\n</thead>\n\
             <tbody>\n{rows}</tbody>\n</table>\n</div>\n{remarks}</div>"
        ),
    );
}

fn claims(html: &mut String, claims: &[Claim]) {
    let mut items = String::new();
    for claim in claims {
        let (class, sign) = match claim.verdict {
            Verdict::Holds => ("holds", "✓"),
            Verdict::DoesNotHold => ("does-not-hold", "✗"),
            Verdict::TooNoisy => ("too-noisy", "≈"),
            Verdict::NotMeasured => ("not-measured", "–"),
        };
        let words = claim.verdict.words();
        let interval = if claim.interval.is_empty() { String::new() } else { format!(": {}", rich(&claim.interval)) };
        let note = if claim.note.is_empty() { String::new() } else { format!("<p>{}</p>\n", rich(&claim.note)) };
        let _ = write!(
            items,
            "<li class=\"{class}\">\n<p>{}</p>\n<p><strong class=\"verdict\"><span aria-hidden=\"true\">{sign}</span>\
             {words}</strong>{interval}</p>\n{note}</li>\n",
            rich(&claim.text)
        );
    }
    if !items.is_empty() {
        line(html, &format!("<ul class=\"claims\">\n{items}</ul>"));
    }
}

/// Appends a list of names and the figures, of which a script shows the chosen one.
fn choice(html: &mut String, choice: &Choice, anchors: &mut Anchors) {
    if choice.figures.is_empty() {
        return;
    }
    let option = |(name, _): &(String, Figure)| format!("<option>{}</option>\n", clean(name));
    let options: String = choice.figures.iter().map(option).collect();
    line(
        html,
        &format!("<div class=\"choice\">\n<label hidden>{}: <select>\n{options}</select></label>", rich(&choice.label)),
    );
    for (_, one) in &choice.figures {
        line(html, "<div class=\"chosen\">");
        figure(html, one, anchors);
        line(html, "</div>");
    }
    line(html, "</div>");
}

/// Appends a figure that becomes narrower with the screen, but only as far as its text can be read; then it scrolls.
fn figure(html: &mut String, figure: &Figure, anchors: &mut Anchors) {
    let Drawing { svg, width } = draw(figure, Look::Page);
    let least = (0.7 * width).round();
    let drawing = svg.replacen("<svg ", &format!("<svg style=\"max-width:100%;min-width:{least}px\" "), 1);
    let label = clean(&figure.title);
    let caption = if figure.caption.is_empty() { String::new() } else { format!(" {}", rich(&figure.caption)) };
    line(
        html,
        &format!(
            "<figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Figure: {label}\">\n\
             {drawing}</div>\n<figcaption><strong>{}.</strong>{caption}</figcaption>\n</figure>",
            rich(figure.title.trim_end_matches('.'))
        ),
    );
    if let Some(values) = values::table(figure) {
        html.push_str("<details>\n<summary>Values of this figure</summary>\n");
        table(html, &values, anchors);
        html.push_str("</details>\n");
    }
}
