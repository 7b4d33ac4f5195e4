//! Compares the length that a container promises with the length that was decoded.

/// The promised length.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Promise {
    /// Seconds of audio; None if the container states no reliable length.
    pub(crate) seconds: Option<f64>,
    /// The number of seconds by which intact files of this format can be shorter.
    pub(crate) tolerance: f64,
    /// Whether a part is certainly missing, even if it is not known how much.
    pub(crate) cut: bool,
}

impl Promise {
    /// Promises `frames` samples per channel at `rate` Hz, of which intact files may lack `tolerance`.
    pub(crate) fn frames(frames: u64, rate: u32, tolerance: u64) -> Self {
        let seconds = |frames: u64| frames as f64 / f64::from(rate.max(1));
        Self { seconds: Some(seconds(frames)), tolerance: seconds(tolerance), cut: false }
    }

    /// Adds the promise of another stream of the same file.
    pub(crate) fn add(&mut self, other: &Promise) {
        self.seconds = self.seconds.zip(other.seconds).map(|(ours, theirs)| ours + theirs);
        self.tolerance += other.tolerance;
        self.cut |= other.cut;
    }

    /// Whether `heard` seconds are the whole promised length.
    pub(crate) fn is_kept(&self, heard: f64) -> bool {
        // A tolerance shorter than any sample.
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
