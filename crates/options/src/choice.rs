//! Options that are one of several names.

use error::Result;

use crate::refusal;

/// An option that is one of several names; `Default` is the type of its default, `()` where it has none.
#[derive(Clone, Copy, Debug)]
pub struct Choice<Default = ()> {
    /// Its name in TypeScript and in JSON.
    pub name: &'static str,
    /// What it must be, in words.
    pub expected: &'static str,
    /// The names.
    pub choices: &'static [&'static str],
    /// The name where the option is left out.
    pub default: Default,
}

impl<Default> Choice<Default> {
    /// Refuses a name that is none of the choices.
    ///
    /// # Errors
    /// [`error::Code::InvalidOption`], naming the option, the value received and what is expected.
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
