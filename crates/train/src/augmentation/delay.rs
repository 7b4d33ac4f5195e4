//! An echo.

/// Adds to each sample half of the sample `delay` samples before, and halves the sum, as CLMR does.
pub(super) fn add_echo(delay: usize, segment: &mut [f32]) {
    for index in (0..segment.len()).rev() {
        let echo = index.checked_sub(delay).map_or(0.0, |before| segment[before] / 2.0);
        segment[index] = (segment[index] + echo) / 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_echo_follows_after_the_delay_at_half_the_amplitude() {
        let mut segment = [1.0, 0.0, 0.0, 0.5, 0.0];
        add_echo(2, &mut segment);
        assert_eq!(segment, [0.5, 0.0, 0.25, 0.25, 0.0]);
        let mut short = [1.0, 1.0];
        add_echo(5, &mut short);
        assert_eq!(short, [0.5, 0.5]);
    }
}
