//! Measures the time of the filters of six layers: `cargo run -p samplecnn-lab --example filters -- 3^9`.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use engine::Initialisation;
use lab::analyses::filters::{filters, FilterOptions};

fn main() -> error::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "3^9".to_owned());
    let architecture = net::Architecture::preset(&name)?;
    let model =
        engine::untrained(architecture, vec!["tag".to_owned()], net::Task::MultiLabel, Initialisation::default(), 0)?;
    let began = Instant::now();
    let map = filters(&model, &FilterOptions::default(), &mut |_, _| {}, &AtomicBool::new(false))?;
    let lines = map.layers.iter().map(|layer| format!("{:?}\n", layer.numbers)).collect::<String>();
    let report = format!("{lines}{} samples, {:.1} s\n", map.length, began.elapsed().as_secs_f64());
    std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes())
        .map_err(|why| error::Error::output("stdout", &why))
}
