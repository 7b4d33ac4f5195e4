//! Options with a fixed set of names as values.

use error::Result;

use crate::refusal;

/// An option whose value is one of several names. `Default` is the type of its default; `()` if it has none.
#[derive(Clone, Copy, Debug)]
pub struct Choice<Default = ()> {
    /// The name of the option in TypeScript and in JSON.
    pub name: &'static str,
    /// The expected value, in words.
    pub expected: &'static str,
    /// The valid names.
    pub choices: &'static [&'static str],
    /// The default.
    pub default: Default,
}

impl<Default> Choice<Default> {
    /// Checks that `value` is one of the choices.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], with the name of the option, the value received and what is expected.
    pub fn check(&self, value: &str) -> Result<()> {
        match self.choices.contains(&value) {
            true => Ok(()),
            false => Err(refusal(self.name, self.expected, format_args!("\"{value}\""))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_is_refused_with_the_choices() {
        let side =
            Choice { name: "same", expected: "one of \"left\", \"right\"", choices: &["left", "right"], default: () };
        side.check("left").unwrap();
        let refused = side.check("both").unwrap_err();
        assert_eq!(refused.message, "same must be one of \"left\", \"right\", received \"both\"");
    }
}
