//! The demo without Node, for machines that have only compiled programs: `demo DEVICE FOLDER [CLIPS] [EPOCHS]
//! [PRECISION]`. Prints one JSON object.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::sync::atomic::AtomicBool;

use engine::Precision;
use lab::{demo, DemoEvent, DemoOptions};
use serde_json::json;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [device, folder, numbers @ ..] = &arguments[..] else { panic!("expected DEVICE FOLDER [CLIPS] [EPOCHS]") };
    let number = |index: usize| numbers.get(index).map(|text| text.parse().expect("a number"));
    let options = DemoOptions {
        out: folder.into(),
        clips: number(0),
        epochs: number(1),
        seed: 0,
        device: device.clone(),
        precision: numbers.get(2).map_or(Precision::F32, |name| Precision::parse(name).expect("a precision")),
        threads: 0,
    };
    let mut epochs = 0;
    let mut tagged = Vec::new();
    let ended = demo(
        &options,
        &mut |event| match event {
            DemoEvent::Training(event) => epochs += usize::from(matches!(event, train::Event::Epoch(_))),
            DemoEvent::Unseen(record) => tagged.push(json!(record)),
        },
        &AtomicBool::new(false),
    );
    let result = match &ended {
        Ok(done) => {
            json!({
                "demo": device, "epochs": epochs, "test": done.test,
                "tagged": tagged, "seconds": done.seconds, "failed": []
            })
        }
        Err(error) => json!({ "demo": device, "failed": [error.to_string()] }),
    };
    println!("{result}");
    std::process::exit(i32::from(ended.is_err()));
}
