//! The threads of the process that run calls, so that the event loop of Node is never blocked and Node's own thread
//! pool is not used.

use std::sync::OnceLock;

use tagger::Workers;

/// The smallest number of threads, also on machines with fewer cores: a long call must not block all others.
const FEWEST: usize = 4;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).max(FEWEST)
}

/// For calls whose duration depends on the size of a file: loading, decoding, writing.
pub fn calls() -> Workers {
    static CALLS: OnceLock<Workers> = OnceLock::new();
    CALLS.get_or_init(|| Workers::new("call", threads())).clone()
}

/// For passing on the records of tagging jobs; these tasks never wait.
pub fn deliveries() -> Workers {
    static DELIVERIES: OnceLock<Workers> = OnceLock::new();
    DELIVERIES.get_or_init(|| Workers::new("deliver", 2)).clone()
}

/// Drops a value outside the event loop, because it may be large or may wait for its threads.
pub fn give_back(what: impl Send + 'static) {
    // If no thread can be started, it is dropped here.
    drop(calls().run(move || drop(what)));
}
