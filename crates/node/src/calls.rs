//! The threads of the process that answer calls. The event loop of Node hands over and goes on; nothing runs on its own threads.

use std::sync::OnceLock;

use tagger::Workers;

/// Threads at least, where there are fewer cores: a long call is not to hold up all others.
const FEWEST: usize = 4;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).max(FEWEST)
}

/// For calls that take as long as their file is long: loading, decoding, writing.
pub fn calls() -> Workers {
    static CALLS: OnceLock<Workers> = OnceLock::new();
    CALLS.get_or_init(|| Workers::new("call", threads())).clone()
}

/// For the records of tagging jobs, which wait for nobody.
pub fn deliveries() -> Workers {
    static DELIVERIES: OnceLock<Workers> = OnceLock::new();
    DELIVERIES.get_or_init(|| Workers::new("deliver", 2)).clone()
}

/// Gives back what may be large, or may have to wait for its threads, away from the event loop.
pub fn give_back(what: impl Send + 'static) {
    // Where no thread can be started it is given back here.
    drop(calls().run(move || drop(what)));
}
