//! The options of a verb as a list, and the relations between them.

use error::{Code, Error, Result};

/// An option of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Stated {
    /// The name of the option in TypeScript and in JSON.
    pub name: &'static str,
    /// The default as JSON; `None` if the option has no default, or if it must be given.
    pub default: Option<&'static str>,
    /// Whether the option must be given.
    pub required: bool,
    /// The options that may not be given together with it.
    pub excludes: &'static [&'static str],
    /// The option that must be given together with it.
    pub needs: Option<&'static str>,
}

/// Refuses options that exclude each other, and an option without the option that it needs. `is_on` says whether the
/// option with a given name was given and is not false.
///
/// # Errors
/// [`Code::InvalidOption`], with the names of both options.
pub fn check_relations(table: &[Stated], is_on: impl Fn(&str) -> bool) -> Result<()> {
    for Stated { name, excludes, needs, .. } in table.iter().filter(|option| option.is_related()) {
        if !is_on(name) {
            continue;
        }
        if let Some(other) = excludes.iter().find(|other| is_on(other)) {
            let message = format!("{name} and {other} exclude each other: leave out one of them");
            return Err(Error::new(Code::InvalidOption, message));
        }
        if let Some(other) = needs.filter(|other| !is_on(other)) {
            return Err(Error::new(Code::InvalidOption, format!("{name} needs {other}: give {other} too")));
        }
    }
    Ok(())
}

impl Stated {
    /// An option that may be omitted, has no default and depends on no other option.
    pub const PLAIN: Self = Self { name: "", default: None, required: false, excludes: &[], needs: None };

    fn is_related(&self) -> bool {
        !self.excludes.is_empty() || self.needs.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_exclude_or_need_each_other_are_refused() {
        let table = [
            Stated { name: "top", ..Stated::PLAIN },
            Stated { name: "all", excludes: &["top"], ..Stated::PLAIN },
            Stated { name: "retryFailed", needs: Some("out"), ..Stated::PLAIN },
        ];
        let refused = |on: &[&str]| check_relations(&table, |name| on.contains(&name)).map_err(|error| error.message);
        assert_eq!(refused(&["top"]), Ok(()));
        assert_eq!(refused(&["all"]), Ok(()));
        assert_eq!(refused(&["retryFailed", "out"]), Ok(()));
        let excluded = "all and top exclude each other: leave out one of them";
        assert_eq!(refused(&["top", "all"]), Err(excluded.into()));
        assert_eq!(refused(&["retryFailed"]), Err("retryFailed needs out: give out too".into()));
    }
}
