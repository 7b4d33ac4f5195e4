//! Texts, names of anchors and addresses in HTML.

use crate::svg::clean;

/// The text in HTML; parts between backticks are code.
pub fn rich(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A single backtick is not a pair.
    if parts.len().is_multiple_of(2) {
        return clean(text);
    }
    let part = |(index, part): (usize, &&str)| match index % 2 {
        0 => clean(part),
        _ => format!("<code>{}</code>", clean(part)),
    };
    parts.iter().enumerate().map(part).collect()
}

/// The names of anchors on one page, so that none is given twice.
#[derive(Debug, Default)]
pub struct Anchors {
    given: std::collections::HashSet<String>,
}

impl Anchors {
    /// A new name that resembles `title`: letters and digits with hyphens between the words.
    pub fn name(&mut self, title: &str) -> String {
        let words: Vec<String> = title
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let plain: String = words.join("-").chars().take(60).collect();
        let plain = if plain.is_empty() { "part".to_owned() } else { plain };
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !self.given.contains(name));
        let name = free.unwrap_or(plain);
        self.given.insert(name.clone());
        name
    }
}

/// The path as a relative address: other bytes than letters, digits and a few signs are written as `%XX`. The page
/// cannot be told to open another site or a script.
pub fn address(path: &str) -> String {
    let mut written = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'~' => {
                written.push(char::from(byte))
            }
            other => written.push_str(&format!("%{other:02X}")),
        }
    }
    // Two slashes at the beginning would name another host.
    match written.strip_prefix("//") {
        Some(rest) => format!("/{}", rest.trim_start_matches('/')),
        None => written,
    }
}

/// The address of an audio file: absolute paths are files of this machine.
pub fn audio(path: &str) -> String {
    let windows = path.get(1..3).is_some_and(|start| start == ":\\" || start == ":/");
    let address = address(&path.replace('\\', if windows { "/" } else { "\\" }));
    match (windows, address.starts_with('/')) {
        (true, _) => format!("file:///{}", address.replacen("%3A", ":", 1)),
        (_, true) => format!("file://{address}"),
        _ => address,
    }
}
