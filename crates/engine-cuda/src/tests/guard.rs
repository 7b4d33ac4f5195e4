//! Guards between the parts of a plan, in the tests: NaN, so that a result shows when something beside a part was read, and looked at
//! after every pass, so that a write beside a part is found.

use crate::network::Network;

impl Network {
    /// Writes the guards.
    pub(crate) fn guard(&self) {
        for &(start, bytes) in &self.memory.guards {
            self.gpu.upload(start, &vec![0xFF; bytes]).unwrap();
        }
    }

    /// Panics where a guard was overwritten.
    pub(crate) fn check_guards(&self) {
        for (index, &(start, bytes)) in self.memory.guards.iter().enumerate() {
            let mut guard = vec![0; bytes];
            self.gpu.download(start, &mut guard).unwrap();
            assert!(
                guard.iter().all(|&byte| byte == 0xFF),
                "the guard behind part {index} of the plan was overwritten"
            );
        }
    }
}
