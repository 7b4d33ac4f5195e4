//! Removes encoder delay and padding of MP3 files. Their lengths are in a tag in the first frame, which is wrong in
//! files that were cut or joined after encoding: following it would remove all audio that the tag does not include.

/// The most samples that an encoder can have padded: 4,095 samples in LAME's tag, and the frame that contains them.
const MAX_PADDING: usize = 4_095 + 1_152;

/// Removes the samples that the demuxer marks, if those at the end can be padding.
#[derive(Default)]
pub(crate) struct Trimming {
    /// Samples after the stated end; dropped if the file ends with them.
    held: Vec<f32>,
    /// Whether the stated end was wrong.
    disproved: bool,
    /// Whether any samples were left after trimming.
    given: bool,
}

impl Trimming {
    /// Trims the packet that was appended to `out` at `from` by `start` samples at its start and `end` at its end.
    pub(crate) fn trim(&mut self, out: &mut Vec<f32>, from: usize, start: u64, end: u64) {
        let length = out.len() - from;
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(length);
        out.drain(from..from + start);
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(length - start);
        self.given |= start + end < length;
        if end == 0 || self.disproved {
            return;
        }
        self.held.extend(out.drain(out.len() - end..));
        if self.held.len() > MAX_PADDING {
            self.disproved = true;
            out.append(&mut self.held);
        }
    }

    /// At the end of the file: returns the samples held back if no others were returned; otherwise they were padding.
    pub(crate) fn release(&mut self) -> Vec<f32> {
        let held = std::mem::take(&mut self.held);
        if self.given {
            return Vec::new();
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::Trimming;

    fn trimmed(packets: &[(u64, u64)]) -> Vec<f32> {
        let (mut trimming, mut out) = (Trimming::default(), Vec::new());
        for (number, &(start, end)) in packets.iter().enumerate() {
            let from = out.len();
            out.extend((0..1152).map(|i| (number * 1152 + i) as f32));
            trimming.trim(&mut out, from, start, end);
        }
        out.extend(trimming.release());
        out
    }

    #[test]
    fn a_file_of_nothing_but_padding_is_sound_after_all() {
        assert_eq!(trimmed(&[(0, 1152), (0, 1152)]).len(), 2 * 1152);
    }

    #[test]
    fn delay_and_padding_are_left_out() {
        let out = trimmed(&[(1105, 0), (0, 0), (0, 500), (0, 1152)]);
        assert_eq!((out[0], out[out.len() - 1]), (1105.0, (3 * 1152 - 501) as f32));
        assert_eq!(out.len(), 3 * 1152 - 1105 - 500);
    }

    #[test]
    fn an_end_that_the_file_does_not_have_is_not_believed() {
        let packets: Vec<_> = [(0, 0), (0, 100)].into_iter().chain([(0, 1152); 20]).collect();
        let all: Vec<f32> = (0..22 * 1152).map(|i| i as f32).collect();
        assert_eq!(trimmed(&packets), all);
    }
}
