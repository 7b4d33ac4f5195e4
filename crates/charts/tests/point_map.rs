//! Maps of clips. `scripts/pages.mjs` checks the script of the page in a real browser.

#![allow(clippy::expect_used)]

use charts::{Layer, MapPanel, MapPoint, PointMap};
use serde_json::{json, Value};

fn map() -> PointMap {
    let panel = |title: &str| MapPanel { title: title.to_owned(), notes: vec!["note".to_owned()] };
    let point = |name: &str, group, at: Vec<[f64; 2]>, audio: Option<&str>| MapPoint {
        name: name.to_owned(),
        text: "rock </script><b>".to_owned(),
        group,
        at,
        audio: audio.map(str::to_owned),
    };
    PointMap {
        title: "Map <b>".to_owned(),
        caption: "Seed 1.".to_owned(),
        panels: vec![panel("Level -3"), panel("Level -1")],
        groups: vec!["piano".to_owned(), "techno".to_owned()],
        points: vec![
            point("a", 0, vec![[0.0, 1.0], [2.0, 3.0]], Some("/music/a b?.mp3")),
            point("b", 1, vec![[0.5, f64::NAN], [0.123_456_789, 1e9]], Some("clips/b.wav")),
            point("c", 1, vec![], None),
            point("left out", 7, vec![[0.0, 0.0], [0.0, 0.0]], Some("C:\\music\\c.mp3")),
        ],
    }
}

fn data(html: &str) -> Value {
    let start = "id=\"data\">";
    let from = html.find(start).expect("data") + start.len();
    let to = html[from..].find("</script>").expect("an end") + from;
    serde_json::from_str(&html[from..to]).expect("JSON")
}

#[test]
fn the_script_gets_the_clips_of_existing_groups() {
    let data = data(&map().html());
    assert_eq!(data["names"], json!(["a", "b", "c"]));
    assert_eq!(data["texts"][0], "rock </script><b>");
    assert_eq!(data["groups"], json!([0, 1, 1]));
    assert_eq!(data["positions"], json!([[[0.0, 1.0], null, null], [[2.0, 3.0], [0.123457, 1e9], null]]));
}

#[test]
fn audio_files_have_addresses() {
    assert_eq!(data(&map().html())["audio"], json!(["file:///music/a%20b%3F.mp3", "clips/b.wav", null]));
    let mut windows = map();
    windows.points[0].audio = Some("C:\\music\\c.mp3".to_owned());
    assert_eq!(data(&windows.html())["audio"][0], "file:///C:/music/c.mp3");
}

#[test]
fn names_with_markup_are_written_as_text() {
    let html = map().html();
    assert!(html.contains("<h1>Map &lt;b&gt;</h1>"));
    assert_eq!(html.matches("</script>").count(), 2, "the data and the script have one end each");
    assert!(!html.contains("<b>"));
}

#[test]
fn the_legend_counts_the_clips() {
    let html = map().html();
    assert!(html.contains("piano (1)") && html.contains("techno (2)"));
}

#[test]
fn the_figure_has_the_same_points() {
    let figure = map().figure();
    assert_eq!(figure.panels.len(), 2);
    let Layer::Points(points) = &figure.panels[1].layers[0] else { panic!("points") };
    let found: Vec<_> = points.groups.iter().map(|group| (group.name.as_str(), group.at.clone())).collect();
    assert_eq!(found, [("piano (1)", vec![[2.0, 3.0]]), ("techno (2)", vec![[0.123_456_789, 1e9]])]);
}

#[test]
fn a_map_without_clips_is_a_page() {
    assert_eq!(data(&PointMap::default().html())["names"], json!([]));
}
