//! Figures are complete, well formed, and safe with any name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use figures::{figure, Network};
use net::{Architecture, PRESET_EXAMPLES};

fn preset(name: &str) -> Architecture {
    Architecture::preset(name).unwrap()
}

fn network(name: &str) -> Network {
    Network::new(name, &preset(name), None)
}

/// Checks that all tags are opened and closed, and that no coordinate is NaN or infinite.
fn assert_well_formed(svg: &str) {
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "a coordinate is not a number");
    for tag in ["svg", "text", "title", "defs", "pattern"] {
        let opened = svg.matches(&format!("<{tag} ")).count() + svg.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn one_network_is_its_layer_table() {
    for (name, _) in PRESET_EXAMPLES {
        let svg = figure(&[network(name)]);
        assert_well_formed(&svg);
        for row in preset(name).layers(50) {
            assert!(svg.contains(&format!(">{}</text>", row.name)), "{name}: {}", row.name);
        }
    }
    let svg = figure(&[network("3^9")]);
    for text in ["2,460,466", "19,683 \u{d7} 128", "3,462.03", "2,678 ms"] {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn several_networks_share_one_time_axis() {
    let names = ["mel:4,729,729", "raw:4,729,729", "3^9"];
    let svg = figure(&names.map(network));
    assert_well_formed(&svg);
    for name in names {
        assert!(svg.contains(&format!(">{name}</text>")));
    }
    assert_eq!(svg.matches(">2,678 ms</text>").count(), 3, "the same end on every time axis");
    assert_eq!(svg.matches(">81 \u{d7} 256</text>").count(), 1);
    let heights: Vec<&str> = svg.lines().filter(|line| line.contains(">27 \u{d7} 256</text>")).collect();
    let y = |line: &str| line.split(" y=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    assert!(
        heights.len() == 3 && heights.iter().all(|line| y(line) == y(heights[0])),
        "layers of the same resolution are at the same height"
    );
    let all: Vec<_> = PRESET_EXAMPLES.iter().map(|(name, _)| network(name)).collect();
    assert_well_formed(&figure(&all));
    assert_well_formed(&figure(&[]));
}

#[test]
fn a_normalised_waveform_is_named() {
    let (one, both) = (figure(&[network("3^4+standardise")]), ["3^4+standardise", "3^4+signed-log"].map(network));
    assert!(one.contains(">waveform, standardised</text>") && !figure(&[network("3^4")]).contains("waveform, "));
    let both = figure(&both);
    assert!(both.contains(">standardised</text>") && both.contains(">signed logarithm</text>"));
    for svg in [one, both] {
        assert_well_formed(&svg);
    }
}

#[test]
fn names_cannot_break_out_of_the_picture() {
    let network = || Network::new("<script>&\"\u{0}", &preset("3^4"), None);
    for svg in [figure(&[network()]), figure(&[network(), network()])] {
        assert_well_formed(&svg);
        assert!(svg.contains("&lt;script&gt;&amp;&quot;") && !svg.contains("<script>"));
    }
}
