//! Options with numbers as values.

use error::Result;

use crate::refusal;

/// An option whose value is a finite number or a list of them. `Default` is the type of its default; `()` if it has
/// none.
#[derive(Clone, Copy, Debug)]
pub struct Number<Default = ()> {
    /// The name of the option in TypeScript and in JSON.
    pub name: &'static str,
    /// The expected value, in words.
    pub expected: &'static str,
    /// The smallest value.
    pub minimum: f64,
    /// The largest value.
    pub maximum: f64,
    /// The value must be greater than this number.
    pub above: f64,
    /// The value must be less than this number.
    pub below: f64,
    /// The default.
    pub default: Default,
}

impl<Default> Number<Default> {
    /// Checks that `value` is finite and within the bounds. `None`, for an option that was not given, is valid.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], with the name of the option, the value received and what is expected.
    pub fn check(&self, value: impl Into<Option<f64>>) -> Result<()> {
        match value.into() {
            Some(value) if !self.holds(value) => Err(refusal(self.name, self.expected, value)),
            _ => Ok(()),
        }
    }

    /// Checks that the list `values` is not empty and that all its values are within the bounds.
    ///
    /// # Errors
    /// Those of [`Number::check`].
    pub fn check_list(&self, values: &[f64]) -> Result<()> {
        match !values.is_empty() && values.iter().all(|&value| self.holds(value)) {
            true => Ok(()),
            false => Err(refusal(self.name, self.expected, format_args!("{values:?}"))),
        }
    }

    fn holds(&self, value: f64) -> bool {
        let Self { minimum, maximum, above, below, .. } = *self;
        value.is_finite() && value >= minimum && value <= maximum && value > above && value < below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Number = Number {
        name: "rates",
        expected: "a list of numbers above 0",
        minimum: f64::NEG_INFINITY,
        maximum: f64::INFINITY,
        above: 0.0,
        below: f64::INFINITY,
        default: (),
    };

    #[test]
    fn a_number_that_is_no_number_is_outside_every_range() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let refused = OPEN.check(value).unwrap_err();
            assert_eq!(refused.message, format!("rates must be a list of numbers above 0, received {value}"));
        }
        OPEN.check(1e-300).unwrap();
        OPEN.check(None).unwrap();
        let half = Number { minimum: 0.0, above: f64::NEG_INFINITY, below: 1.0, ..OPEN };
        half.check(0.0).unwrap();
        assert!(half.check(1.0).is_err());
        let closed = Number { maximum: 1.0, below: f64::INFINITY, ..half };
        closed.check(1.0).unwrap();
        assert!(closed.check(1.0 + 1e-9).is_err());
    }

    #[test]
    fn a_list_has_at_least_one_number() {
        OPEN.check_list(&[0.1, 0.01]).unwrap();
        for (list, shown) in [(&[][..], "[]"), (&[0.1, 0.0][..], "[0.1, 0.0]")] {
            assert!(OPEN.check_list(list).unwrap_err().message.ends_with(&format!("received {shown}")));
        }
    }
}
