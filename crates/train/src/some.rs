//! Lists names in a message and limits their number.

/// Largest number of names in a message.
const SHOWN: usize = 5;

/// The first of `names`, separated by commas, followed by dots if there are more.
pub(crate) fn some(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::some;

    #[test]
    fn five_names_are_shown_and_dots_say_that_there_are_more() {
        assert_eq!(some(&[""; 0]), "");
        assert_eq!(some(&["a", "b", "c", "d", "e"]), "a, b, c, d, e");
        assert_eq!(some(&["a", "b", "c", "d", "e", "f"].map(String::from)), "a, b, c, d, e, ...");
    }
}
