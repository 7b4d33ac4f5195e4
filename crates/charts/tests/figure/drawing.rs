//! Reads drawings, so that tests can ask what is where.

#![allow(clippy::expect_used)]

use charts::{Axis, Figure, Layer, Panel, Theme};
use roxmltree::{Document, Node};

/// A figure with one panel of linear axes.
pub fn single(layer: impl Into<Layer>) -> Figure {
    with_axes(Axis::linear("x"), Axis::linear("y"), layer)
}

/// A figure with one panel.
pub fn with_axes(x: Axis, y: Axis, layer: impl Into<Layer>) -> Figure {
    Figure::new("title").panel_size(400.0, 200.0).panel(Panel::new(x, y).layer(layer))
}

/// Passes the light drawing of a figure to `read`.
pub fn read<T>(figure: &Figure, read: impl FnOnce(&Document) -> T) -> T {
    let text = figure.svg(Theme::Light);
    read(&Document::parse(&text).expect("the drawing is XML"))
}

/// The texts of a drawing in their order.
pub fn texts(figure: &Figure) -> Vec<String> {
    read(figure, |document| {
        let texts = elements(document, "text");
        texts.iter().map(|node| node.children().filter(Node::is_text).filter_map(|one| one.text()).collect()).collect()
    })
}

/// The elements with this name.
pub fn elements<'a>(document: &'a Document, name: &str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name))).collect()
}

/// An attribute that is a number.
pub fn number(node: Node, name: &str) -> f64 {
    let text = node.attribute(name).unwrap_or_else(|| panic!("{node:?} has an attribute {name}"));
    text.parse().unwrap_or_else(|_| panic!("{text} is a number"))
}

/// The plotting area of the first panel, from its two axes: left, top, right, bottom.
pub fn area(document: &Document) -> [f64; 4] {
    let axes: Vec<Node> =
        elements(document, "line").into_iter().filter(|line| line.attribute("class") == Some("axis")).take(2).collect();
    [number(axes[0], "x1"), number(axes[0], "y1"), number(axes[1], "x2"), number(axes[1], "y2")]
}
