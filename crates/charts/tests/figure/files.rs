use charts::{Axis, Figure, HeatMap, Line, Panel, Point, Theme};
use error::Code;

fn figure() -> Figure {
    let line = Line::new("raw & mel", [Point::new(1.0, 0.5).between(0.4, 0.6), Point::new(2.0, 0.75)]);
    let rows = (0..80).map(|row| (0..80).map(|column| f64::from(row * column)).collect()).collect();
    Figure::new("AUC – größer")
        .caption("Two values.")
        .fact("dataset", "mtat")
        .fact("model", "9f2c")
        .panel(Panel::new(Axis::linear("s"), Axis::linear("AUC")).layer(line))
        .panel(Panel::new(Axis::linear("x"), Axis::linear("y")).layer(HeatMap::new("v", rows)))
}

#[test]
fn the_same_figure_has_the_same_bytes() {
    for theme in Theme::ALL {
        assert_eq!(figure().svg(theme), figure().svg(theme));
        assert_eq!(figure().png(theme, 2.0).expect("a picture"), figure().png(theme, 2.0).expect("a picture"));
    }
    assert_eq!(figure().inline_svg(), figure().inline_svg());
}

#[test]
fn the_metadata_are_in_both_files() {
    let svg = figure().svg(Theme::Light);
    let document = roxmltree::Document::parse(&svg).expect("XML");
    let metadata =
        document.descendants().find(|node| node.tag_name().name() == "metadata").and_then(|node| node.text());
    assert_eq!(metadata, Some(r#"{"dataset":"mtat","model":"9f2c"}"#));

    let bytes = figure().png(Theme::Light, 1.0).expect("a picture");
    let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG file");
    let chunks: Vec<_> =
        reader.info().utf8_text.iter().map(|one| (one.keyword.as_str(), one.get_text().expect("text"))).collect();
    assert_eq!(chunks[0], ("Title", "AUC – größer".to_owned()));
    assert!(chunks[1].1.starts_with("Two values. Panel 1: AUC against s"), "{chunks:?}");
    assert_eq!(chunks[2], ("samplecnn", r#"{"dataset":"mtat","model":"9f2c"}"#.to_owned()));
}

#[test]
fn the_picture_has_the_page_and_the_texts_of_its_theme() {
    for (theme, page) in [(Theme::Light, [255, 255, 255, 255]), (Theme::Dark, [0x14, 0x18, 0x1d, 255])] {
        let bytes = figure().png(theme, 1.0).expect("a picture");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!(pixels[..4], page);
        // The title is at the top left, in letters of the embedded font.
        let row = |y: u32| &pixels[(y * info.width * 4) as usize..((y * info.width + 150) * 4) as usize];
        let marked = (12..32).map(|y| row(y).chunks(4).filter(|pixel| pixel != &page).count()).sum::<usize>();
        assert!(marked > 300, "{marked} pixels are not of the page");
    }
}

#[test]
fn a_picture_that_is_too_large_is_refused() {
    for scale in [0.0, 1e4, f32::NAN, -1.0] {
        let failure = figure().png(Theme::Light, scale).expect_err("an error");
        assert_eq!(failure.code, Code::InvalidOption, "{scale}");
        assert!(failure.message.contains("choose another scale"), "{}", failure.message);
    }
}

#[test]
fn a_figure_without_panels_is_drawn() {
    assert!(Figure::new("nothing").png(Theme::Dark, 1.0).is_ok());
    assert!(Figure::default().png(Theme::Light, 1.0).is_ok());
}
