//! Writes one picture of every kind of panel in both themes: `cargo run -p samplecnn-charts --example gallery FOLDER`.

use charts::{Axis, BarSeries, Bars, Figure, HeatMap, Line, Panel, Point, PointGroup, Points, Rule, Theme};

/// Numbers between 0 and 1 that look random and are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn bell(&mut self) -> f64 {
        (0..6).map(|_| self.next()).sum::<f64>() - 3.0
    }
}

fn lines() -> Figure {
    let series = |m: f64| {
        let points = (1..=5).map(|step| {
            let stride = m.powi(step);
            let auc = 0.906 - 0.006 * stride.log10() + 0.002 * m;
            Point::new(stride, auc).between(auc - 0.002, auc + 0.0025)
        });
        Line::new(format!("m = {m}"), points)
    };
    let panel = [2.0, 3.0, 4.0, 5.0]
        .into_iter()
        .fold(Panel::new(Axis::log10("stride of the first layer").unit("samples"), Axis::linear("AUC")), |panel, m| {
            panel.layer(series(m))
        });
    Figure::new("AUC against the stride")
        .caption("Mean of 3 seeds; bars are 95 % intervals of a paired bootstrap over clips. Example values.")
        .panel(panel.layer(Rule::horizontal(0.9055, "published best, 0.9055")).note("42 models on gm-mtat"))
        .fact("dataset", "gm-mtat")
}

fn bands() -> Figure {
    let curve = |name: &str, up: f64| {
        let points = (0..128).map(|channel| {
            let y =
                0.2 + 0.5 / (1.0 + (-(f64::from(channel) - 64.0) / 20.0).exp()) + up * (f64::from(channel) / 9.0).sin();
            Point::new(f64::from(channel), y).between(y - 0.04, y + 0.04)
        });
        Line::new(name, points).without_markers().band()
    };
    let panel = |block: usize| {
        Panel::new(Axis::linear("sorted channel"), Axis::linear("excitation").range(0.0, 1.0))
            .title(format!("Block {block}"))
            .layer(curve("classical (699)", 0.02 * block as f64))
            .layer(curve("metal (165)", -0.02 * block as f64))
            .layer(curve("dance (153)", 0.01))
            .layer(Rule::horizontal(0.5, "0.5"))
            .layer(Rule::vertical(109.0, "channel 109"))
    };
    Figure::new("Excitations at each level").panel(panel(1)).panel(panel(5)).panel(panel(9)).shared(true, true)
}

fn bars() -> Figure {
    let series = |name: &str, at: f64| {
        let mut one = BarSeries::new(name, (0..4).map(|index| at + 0.01 * f64::from(index)));
        one.bars.iter_mut().for_each(|bar| *bar = bar.between(bar.y - 0.008, bar.y + 0.008));
        one
    };
    let all = ["basic", "se", "res1", "rese1", "res2", "rese2"];
    let bars: Vec<BarSeries> =
        all.iter().enumerate().map(|(index, name)| series(name, 0.86 + 0.006 * index as f64)).collect();
    Figure::new("AUC of the groups").panel(
        Panel::new(
            Axis::categories("tag group", ["genre", "mood", "instrument", "era"]),
            Axis::linear("AUC").range(0.8, 0.95),
        )
        .layer(bars),
    )
}

fn horizontal_bars() -> Figure {
    let mut noise = Noise(5);
    let names: Vec<String> = (1..=20).map(|index| format!("tag number {index} & friends")).collect();
    let bars = Bars { series: vec![BarSeries::new("gain", (0..20).map(|_| noise.bell() * 0.02))] };
    Figure::new("Gain of each tag").panel(Panel::new(Axis::linear("AUC gain"), Axis::categories("", names)).layer(bars))
}

fn clouds(count: usize) -> Figure {
    let mut noise = Noise(9);
    let panel = |level: i32, noise: &mut Noise| {
        let group = |name: &str, x: f64, noise: &mut Noise| PointGroup {
            name: name.to_owned(),
            at: (0..count).map(|_| [x + noise.bell(), noise.bell()]).collect(),
        };
        let groups = vec![group("piano", -1.5, noise), group("techno", 1.5, noise), group("both", 0.0, noise)];
        Panel::new(Axis::linear("").ticks([]), Axis::linear("").ticks([]))
            .title(format!("Level {level}"))
            .layer(Points { groups, opacity: None })
            .note("10 nearest neighbours with the same tag: piano 0.81, techno 0.93")
    };
    Figure::new(format!("t-SNE of {count} clips a group"))
        .panel(panel(-3, &mut noise))
        .panel(panel(-1, &mut noise))
        .shared(true, true)
}

fn heat_maps() -> Figure {
    let map = |layer: usize, rows: usize, columns: usize| {
        let cell = |row: usize, column: usize| {
            let peak = rows as f64 * (column as f64 / columns as f64).powi(layer as i32);
            (1.0 + 10.0 * (-((row as f64 - peak) / 9.0).powi(2)).exp()).log10()
        };
        let rows = (0..rows).map(|row| (0..columns).map(|column| cell(row, column)).collect()).collect();
        HeatMap::new("log10(1 + 10 |S|²)", rows).edges([0.0, columns as f64], [0.0, 11.025])
    };
    (1..=6).fold(Figure::new("Spectra of the learned filters, sorted by peak"), |figure, layer| {
        figure.panel(
            Panel::new(Axis::linear("filter"), Axis::linear("frequency").unit("kHz"))
                .title(format!("Layer {layer}"))
                .layer(map(layer, 365, if layer < 4 { 128 } else { 256 }))
                .note("dead filters: 0"),
        )
    })
}

fn matrix() -> Figure {
    let mut noise = Noise(3);
    let mut rows: Vec<Vec<f64>> = (0..5).map(|_| (0..8).map(|_| 0.8 + 0.2 * noise.next()).collect()).collect();
    rows[2][3] = f64::NAN;
    Figure::new("AUC of tags and levels").panel(
        Panel::new(
            Axis::categories(
                "tag",
                ["rock", "female vocal", "guitar", "ambient", "loud", "piano", "日本語", "r&b <80s>"],
            ),
            Axis::categories("", ["level -1", "level -2", "level -3", "last three", "from scratch"]),
        )
        .layer(HeatMap::new("AUC", rows)),
    )
}

fn many() -> Figure {
    let mut noise = Noise(1);
    let series = |index: usize, noise: &mut Noise| {
        Line::new(
            format!("series {index}"),
            (0..8).map(|x| Point::new(f64::from(x), noise.next() + index as f64 / 10.0)),
        )
    };
    let panel = (0..50)
        .fold(Panel::new(Axis::linear("x"), Axis::linear("y")), |panel, index| panel.layer(series(index, &mut noise)));
    Figure::new("Fifty series").panel(panel)
}

fn edge_cases() -> Figure {
    let nothing = Panel::new(Axis::linear("seconds"), Axis::linear("AUC")).title("No values").layer(Line::new("a", []));
    let single = Panel::new(Axis::linear("seconds"), Axis::linear("AUC"))
        .title("One value")
        .layer(Line::new("a", [Point::new(3.0, 0.9).between(0.88, 0.91)]));
    let gap = [0.1, 0.3, f64::NAN, 0.2, f64::INFINITY, 0.5].into_iter().enumerate();
    let gaps = Panel::new(Axis::linear("epoch"), Axis::linear("loss"))
        .title("A very long panel title that does not fit into one line of the panel")
        .layer(Line::new(
            "a series with a name that is much longer than anybody would write by hand, and which goes on and on",
            gap.map(|(x, y)| Point::new(x as f64, y)),
        ));
    Figure::new("Edge cases").panel(nothing).panel(single).panel(gaps)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    std::fs::create_dir_all(&folder)?;
    let figures = [
        ("lines", lines()),
        ("bands", bands()),
        ("bars", bars()),
        ("horizontal-bars", horizontal_bars()),
        ("points", clouds(500)),
        ("many-points", clouds(17_000)),
        ("heat-maps", heat_maps()),
        ("matrix", matrix()),
        ("many", many()),
        ("edge-cases", edge_cases()),
    ];
    for (name, figure) in figures {
        for theme in Theme::ALL {
            let path = format!("{folder}/{name}-{}", theme.name());
            std::fs::write(format!("{path}.svg"), figure.svg(theme))?;
            std::fs::write(format!("{path}.png"), figure.png(theme, 1.0)?)?;
        }
    }
    Ok(())
}
