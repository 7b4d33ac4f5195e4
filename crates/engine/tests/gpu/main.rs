//! The tests that need a machine with a GPU; `scripts/gpu-check run` calls this program. Each command prints one JSON
//! object.
//!
//!     gpu devices | fixtures [NAME...] | repeat | parity | fused [BATCH] [quick] | time | epoch | networks
//!
//! `networks` describes the networks of `time` for the peers, and needs no GPU. Without a command, the program runs all
//! commands except `fused`, `time` and `epoch`. Without a usable GPU it prints the reason and succeeds, as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

mod epoch;
mod fixtures;
mod fused;
mod network;
mod parity;
mod plans;
mod repeat;
mod time;

use engine::Device;
use serde_json::{json, Value};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = arguments.first().map_or("", String::as_str);
    if command == "networks" {
        println!("{}", network::describe());
        return;
    }
    if let Err(error) = Device::parse("cuda") {
        println!("{}", json!({ "skipped": error.message }));
        std::process::exit(i32::from(!command.is_empty()));
    }
    let results: Vec<Value> = match command {
        "devices" => vec![json!({ "devices": Device::gpus() })],
        "fixtures" => vec![fixtures::run(&arguments[1..])],
        "repeat" => vec![repeat::run()],
        "parity" => vec![parity::run()],
        "fused" => vec![fused::run(&arguments[1..])],
        "time" => vec![time::run()],
        "epoch" => vec![epoch::run()],
        _ => vec![fixtures::run(&[]), repeat::run(), parity::run()],
    };
    for result in &results {
        println!("{result}");
    }
    std::process::exit(i32::from(
        results.iter().any(|result| result["failed"] != json!([]) && !result["failed"].is_null()),
    ));
}
