//! Writes an example of a map: `cargo run -p samplecnn-charts --example point_map FILE`.

use charts::{MapPanel, MapPoint, PointMap};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "point-map.html".to_owned());
    let folder = std::path::absolute(std::path::Path::new(&path).parent().unwrap_or(std::path::Path::new("")))?;
    let panel = |title: &str| MapPanel {
        title: title.to_owned(),
        notes: vec!["10 nearest neighbours with the same tag: piano 0.81, techno 0.93".to_owned()],
    };
    let point = |index: usize| {
        let group = index % 3;
        let turn = index as f64 * 2.4;
        let far = (index as f64).sqrt() / 12.0;
        let at = |spread: f64| [group as f64 * spread + far * turn.cos(), far * turn.sin()];
        MapPoint {
            name: format!("clip {index} <&>.mp3"),
            text: ["piano, slow", "techno, loud", "piano, techno </script>"][group].to_owned(),
            group,
            at: vec![at(1.0), at(1.8)],
            audio: index
                .is_multiple_of(2)
                .then(|| folder.join(format!("clip {index}.wav")).to_string_lossy().into_owned()),
        }
    };
    let map = PointMap {
        title: "t-SNE of clip features".to_owned(),
        caption: "Perplexity 30, seed 1. Axes have no unit.".to_owned(),
        panels: vec![panel("Level -3 (512 features)"), panel("Level -1 (512 features)")],
        groups: ["piano", "techno", "piano and techno"].map(str::to_owned).to_vec(),
        points: (0..900).map(point).collect(),
    };
    std::fs::write(path, map.html())?;
    Ok(())
}
