use charts::{Axis, Block, Claim, Column, Figure, Line, Panel, Point, Report, Section, Table, Verdict};
use roxmltree::{Document, Node};

const HOSTILE: &str = "<script>alert(1)</script>&\"'` r&b";

fn figure() -> Figure {
    let panel = Panel::new(Axis::linear("s"), Axis::linear("AUC")).layer(Line::new("raw", [Point::new(1.0, 0.5)]));
    Figure::new("AUC").caption("Means.").panel(panel)
}

fn report() -> Report {
    let table = Table {
        caption: "Models".to_owned(),
        columns: vec![
            Column { heading: "model".to_owned(), numeric: false },
            Column { heading: "AUC".to_owned(), numeric: true },
        ],
        rows: vec![vec!["a".to_owned(), "0.9".to_owned(), "too many".to_owned()], vec!["b".to_owned()]],
        notes: vec!["A remark.".to_owned()],
    };
    let claim = Claim {
        text: "It rises.".to_owned(),
        verdict: Verdict::TooNoisy,
        interval: "0 to 1".to_owned(),
        note: String::new(),
    };
    Report::new("Title")
        .summary("Summary.")
        .section(Section::new("First").block(table).block(vec![claim]))
        .section(Section::new("First").section(Section::new("Part").block(figure()).block(figure())))
}

/// The page as XML: its head has elements without an end, which are left out here.
fn parsed<T>(report: &Report, read: impl FnOnce(&Document) -> T) -> T {
    let html = report.html();
    let body = html.find("<body>").expect("a body");
    let text = html[body..].replace("</html>", "").replace("xmlns=\"http://www.w3.org/2000/svg\" ", "");
    read(&Document::parse(text.trim()).expect("every element has an end"))
}

fn all<'a>(document: &'a Document, name: &str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.has_tag_name(name)).collect()
}

#[test]
fn headings_go_down_by_one_level_at_most() {
    parsed(&report(), |document| {
        let levels =
            document.descendants().filter_map(|node| node.tag_name().name().strip_prefix('h')?.parse::<u8>().ok());
        let levels: Vec<u8> = levels.collect();
        assert_eq!(levels[0], 1);
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    });
}

#[test]
fn the_page_has_landmarks_and_a_link_that_skips_to_the_contents() {
    parsed(&report(), |document| {
        for name in ["header", "nav", "main"] {
            assert_eq!(all(document, name).len(), 1, "{name}");
        }
        let skip = all(document, "a")[0];
        let target = skip.attribute("href").and_then(|href| href.strip_prefix('#'));
        assert_eq!(all(document, "main")[0].attribute("id"), target);
    });
}

#[test]
fn every_link_in_the_page_has_a_target_and_no_name_is_given_twice() {
    parsed(&report(), |document| {
        let mut names = std::collections::HashSet::new();
        for node in document.descendants() {
            if let Some(id) = node.attribute("id") {
                assert!(names.insert(id.to_owned()), "{id} is given twice");
            }
        }
        let links = document.descendants().filter_map(|node| node.attribute("href")?.strip_prefix('#'));
        let labels = document.descendants().filter_map(|node| node.attribute("aria-labelledby"));
        for target in links.chain(labels) {
            assert!(names.contains(target), "{target} is missing");
        }
    });
}

#[test]
fn a_table_has_a_caption_and_headings_for_its_columns_and_rows() {
    parsed(&report(), |document| {
        let table = all(document, "table")[0];
        let inside = |name: &str| table.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
        assert_eq!(inside("caption")[0].text(), Some("Models"));
        let scopes: Vec<_> = inside("th").iter().map(|head| head.attribute("scope")).collect();
        assert_eq!(scopes, [Some("col"), Some("col"), Some("row"), Some("row")]);
        let cells: Vec<_> = inside("td").iter().map(|cell| cell.text().unwrap_or("").to_owned()).collect();
        assert_eq!(cells, ["0.9", ""], "missing cells are empty, and cells beyond the last column are left out");
    });
}

#[test]
fn a_figure_is_named_and_has_its_values_as_a_table() {
    parsed(&report(), |document| {
        let drawing = all(document, "svg")[0];
        assert_eq!((drawing.attribute("role"), drawing.attribute("aria-label")), (Some("img"), Some("AUC")));
        let details = all(document, "details")[0];
        let cells: Vec<_> = details
            .descendants()
            .filter(|node| node.has_tag_name("td"))
            .map(|node| node.text().unwrap_or(""))
            .collect();
        assert_eq!(cells, ["1", "0.5", "", ""]);
    });
}

#[test]
fn names_with_markup_are_written_as_text() {
    let table = Table {
        caption: HOSTILE.to_owned(),
        columns: vec![Column { heading: HOSTILE.to_owned(), numeric: false }],
        rows: vec![vec![HOSTILE.to_owned()]],
        notes: vec![HOSTILE.to_owned()],
    };
    let claim = Claim {
        text: HOSTILE.to_owned(),
        verdict: Verdict::Holds,
        interval: HOSTILE.to_owned(),
        note: HOSTILE.to_owned(),
    };
    let figure = Figure::new(HOSTILE).caption(HOSTILE).panel(Panel::new(Axis::linear(HOSTILE), Axis::linear(HOSTILE)));
    let section = Section::new(HOSTILE)
        .paragraph(HOSTILE)
        .block(table)
        .block(vec![claim])
        .block(figure)
        .block(Block::List(vec![HOSTILE.to_owned()]))
        .block(Block::Note(HOSTILE.to_owned()));
    let report = Report::new(HOSTILE).summary(HOSTILE).section(section).fact(HOSTILE, HOSTILE);
    assert!(!report.html().contains("<script"));
    parsed(&report, |document| assert!(all(document, "script").is_empty()));
}
