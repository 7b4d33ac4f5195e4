//! `visualize` without Node, for machines that have only compiled programs: `visualize OPTIONS`, the options as one
//! JSON object. Prints the records without the progress, one JSON object per line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::sync::atomic::AtomicBool;

use lab::analyses::{visualize, VisualizeEvent};
use train::Event;

fn main() {
    let text = std::env::args().nth(1).expect("expected the options as JSON");
    let options = serde_json::from_str(&text).expect("valid options");
    let mut on_event = |event: VisualizeEvent| {
        if !matches!(event, VisualizeEvent::Training(Event::Progress(_))) {
            println!("{}", serde_json::to_string(&event).expect("records are JSON"));
        }
    };
    if let Err(failure) = visualize(&options, &mut on_event, &AtomicBool::new(false)) {
        println!("{failure}");
        std::process::exit(1);
    }
}
