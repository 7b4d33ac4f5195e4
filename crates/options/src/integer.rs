//! Options with integer values.

use error::Result;

use crate::refusal;

/// An option whose value is an integer or a list of integers. `Default` is the type of its default; `()` if it has
/// none.
#[derive(Clone, Copy, Debug)]
pub struct Integer<Default = ()> {
    /// The name of the option in TypeScript and in JSON.
    pub name: &'static str,
    /// The expected value, in words.
    pub expected: &'static str,
    /// The smallest value.
    pub minimum: usize,
    /// The largest value.
    pub maximum: usize,
    /// The default.
    pub default: Default,
}

impl<Default> Integer<Default> {
    /// Checks that `value` is within the bounds. `None`, for an option that was not given, is valid.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], with the name of the option, the value received and what is expected.
    pub fn check(&self, value: impl Into<Option<usize>>) -> Result<()> {
        match value.into() {
            Some(value) if !(self.minimum..=self.maximum).contains(&value) => {
                Err(refusal(self.name, self.expected, value))
            }
            _ => Ok(()),
        }
    }

    /// As [`Integer::check`], but 0 stands for an option that was not given.
    ///
    /// # Errors
    /// Those of [`Integer::check`].
    pub fn check_or_zero(&self, value: usize) -> Result<()> {
        self.check(Some(value).filter(|&value| value > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: Integer<usize> =
        Integer { name: "batchSize", expected: "a whole number from 1 to 8", minimum: 1, maximum: 8, default: 4 };

    #[test]
    fn bounds_belong_to_the_range_and_a_refusal_names_option_value_and_bounds() {
        for value in [Some(1), Some(8), None] {
            BATCH.check(value).unwrap();
        }
        for value in [0, 9] {
            let refused = BATCH.check(value).unwrap_err();
            assert_eq!(refused.code, error::Code::InvalidOption);
            assert_eq!(refused.message, format!("batchSize must be a whole number from 1 to 8, received {value}"));
        }
        BATCH.check_or_zero(0).unwrap();
        assert!(BATCH.check_or_zero(9).is_err());
    }
}
