//! Writes an example of a report: `cargo run -p samplecnn-charts --example report FILE`.

use charts::{
    Axis, Block, Claim, Column, Figure, HeatMap, Line, Link, Panel, Point, PointGroup, Points, Report, Rule, Section,
    Table, Verdict,
};

fn line_figure() -> Figure {
    let series = |name: &str, up: f64| {
        let points = [2_000.0f64, 4_000.0, 8_000.0, 12_000.0, 16_000.0, 22_050.0];
        let point = |rate: f64| {
            let auc = 0.79 + up + 0.05 * rate.log10() / 2.0;
            Point::new(rate, auc).between(auc - 0.004, auc + 0.005)
        };
        Line::new(name, points.map(point))
    };
    let panel = Panel::new(Axis::log10("sampling rate").unit("Hz"), Axis::linear("AUC"))
        .layer(series("ours", 0.0))
        .layer(series("published (mtat)", 0.008))
        .layer(Rule::vertical(8_000.0, "8 kHz"));
    Figure::new("AUC against the sampling rate")
        .caption("Bars are 95 % intervals of a paired bootstrap over clips. Example values.")
        .panel(panel)
}

fn wide_figure() -> Figure {
    let panel = |layer: usize| {
        let row = |row: usize| {
            (0..64).map(|column| ((row * layer) as f64 / 9.0).sin() * (column as f64 / 20.0).cos()).collect()
        };
        let map = HeatMap::new("value", (0..64).map(row).collect());
        Panel::new(Axis::linear("filter"), Axis::linear("bin")).title(format!("Layer {layer}")).layer(map)
    };
    Figure::new("Spectra of filters").panel(panel(1)).panel(panel(2)).panel(panel(3)).shared(true, true)
}

fn points_figure() -> Figure {
    let at = (0..4_000).map(|index| [(f64::from(index) * 0.37).sin(), (f64::from(index) * 0.11).cos()]).collect();
    let group = PointGroup { name: "all clips".to_owned(), at };
    Figure::new("A map of clips").panel(
        Panel::new(Axis::linear("").ticks([]), Axis::linear("").ticks([]))
            .layer(Points { groups: vec![group], opacity: None }),
    )
}

fn table() -> Table {
    let heads =
        ["model", "AUC", "95 % interval", "published", "parameters", "time per epoch (s)", "time relative to mel"];
    let columns = heads.iter().enumerate().map(|(index, heading)| Column::new(*heading, index > 0));
    let row = |name: &str, auc: &str| {
        [name, auc, "0.898 to 0.909", "0.9055", "2,387,762", "81.3", "3.9"].map(str::to_owned).to_vec()
    };
    Table {
        caption: "Models and their AUC".to_owned(),
        columns: columns.collect(),
        rows: vec![row("3^9", "0.9041"), row("mel <256> & \"hop\"", "0.9012"), row("r", "0.88")],
        notes: vec!["Published values were measured on `mtat`, ours on `gm-mtat`.".to_owned()],
    }
}

fn claims() -> Vec<Claim> {
    let claim = |text: &str, verdict, interval: &str, note: &str| Claim {
        text: text.to_owned(),
        verdict,
        interval: interval.to_owned(),
        note: note.to_owned(),
    };
    vec![
        claim("AUC rises as the stride falls, per m.", Verdict::Holds, "slope 0.006 per decade, 0.004 to 0.009", ""),
        claim("SE is better than basic.", Verdict::DoesNotHold, "difference −0.004, −0.006 to −0.001", "One seed."),
        claim("Input of 1 to 5 s is best.", Verdict::TooNoisy, "difference 0.001, −0.003 to 0.004", ""),
        claim(
            "ReSE-2 takes about 1.7 times SE's time.",
            Verdict::NotMeasured,
            "",
            "`rese2` was left out with `--only`.",
        ),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "report.html".to_owned());
    let links = vec![
        Link { text: "Table as CSV".to_owned(), path: "table.csv".to_owned() },
        Link { text: "Figure as SVG".to_owned(), path: "AUC & rate (light).svg".to_owned() },
    ];
    let report = Report::new("Sampling rates on gm-mtat")
        .summary("7 trainings, 3 seeds each, made smaller with `--scale small`: 200 clips, 3 epochs.")
        .summary("1 claim holds, 1 does not hold, 1 is too noisy to say, 1 was not measured.")
        .section(Section::new("Claims").block(claims()))
        .section(
            Section::new("Table")
                .paragraph("All rows were trained with one protocol and the same seed.")
                .block(table())
                .block(Block::Note("The data set is synthetic.".to_owned())),
        )
        .section(
            Section::new("Figures")
                .section(Section::new("AUC").block(line_figure()))
                .section(Section::new("Filters").block(wide_figure()))
                .section(Section::new("Clips").block(points_figure())),
        )
        .section(Section::new("Files").block(links).block(Block::List(vec!["one".to_owned(), "two".to_owned()])))
        .fact("dataset", "gm-mtat")
        .fact("settings", "{\"epochs\":3,\"momentum\":0.9,\"weights\":\"".to_owned() + &"ab12".repeat(30) + "\"}");
    std::fs::write(path, report.html())?;
    Ok(())
}
