//! What a container says of its length, against what came of it.

/// What was promised.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Promise {
    /// Seconds of sound; None where the container states none that could be relied on.
    pub(crate) seconds: Option<f64>,
    /// Seconds by which intact files of this format fall short of it.
    pub(crate) tolerance: f64,
    /// Something is missing for certain, whether or not it is known how much.
    pub(crate) cut: bool,
}

impl Promise {
    /// `frames` samples per channel at `rate` Hz, of which intact files may lack `tolerance`.
    pub(crate) fn frames(frames: u64, rate: u32, tolerance: u64) -> Self {
        let seconds = |frames: u64| frames as f64 / f64::from(rate.max(1));
        Self { seconds: Some(seconds(frames)), tolerance: seconds(tolerance), cut: false }
    }

    /// Takes in what another stream of the same file promises.
    pub(crate) fn add(&mut self, other: &Promise) {
        self.seconds = self.seconds.zip(other.seconds).map(|(ours, theirs)| ours + theirs);
        self.tolerance += other.tolerance;
        self.cut |= other.cut;
    }

    /// Whether `heard` seconds are all of it.
    pub(crate) fn is_kept(&self, heard: f64) -> bool {
        // Less than any sample lasts.
        const ROUNDING: f64 = 1e-7;
        !self.cut && self.seconds.is_none_or(|seconds| heard + self.tolerance + ROUNDING >= seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::Promise;

    #[test]
    fn a_promise_is_kept_up_to_its_tolerance() {
        let promise = Promise::frames(44_100, 44_100, 441);
        assert!(promise.is_kept(1.0) && promise.is_kept(2.0) && promise.is_kept(0.99));
        assert!(!promise.is_kept(0.98));
        assert!(!Promise { cut: true, ..promise.clone() }.is_kept(1.0));
        assert!(Promise::default().is_kept(0.0));
        let mut both = promise.clone();
        both.add(&promise);
        assert!(both.is_kept(2.0) && !both.is_kept(1.5));
        both.add(&Promise::default());
        assert!(both.is_kept(0.0), "the length of one part is unknown");
    }
}
