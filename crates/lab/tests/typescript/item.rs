//! A declared type, parsed from the text that ts-rs produces for a Rust type.

use ts_rs::{Config, TS};

use crate::parse::{self, Member, Type};

/// The configuration of ts-rs: 64-bit integers are numbers in JSON.
pub fn config() -> Config {
    Config::new().with_large_int("number")
}

/// A named type.
pub struct Item {
    /// Name in TypeScript.
    pub name: String,
    /// Name in Rust.
    rust_name: String,
    /// Paragraphs of its comment.
    pub docs: Vec<String>,
    /// The type itself.
    pub body: Type,
}

impl Item {
    /// The type of the Rust type `T`.
    pub fn of<T: TS>() -> Self {
        let config = config();
        Self {
            name: T::ident(&config),
            rust_name: std::any::type_name::<T>().rsplit("::").next().unwrap_or_default().to_owned(),
            docs: T::docs().map(|comment| parse::comment(&comment)).unwrap_or_default(),
            body: parse::typescript(&T::inline(&config)),
        }
    }

    /// Like [`Item::of`], for a struct that has its own tag: `#[serde(tag = "type", rename = "...")]`. ts-rs uses the
    /// same text for the name and the tag, that of serde or of `#[ts(rename = "...")]`; in the record the tag is `tag`.
    pub fn tagged(mut self, tag: &str) -> Self {
        if self.name == tag {
            self.name.clone_from(&self.rust_name);
        }
        let kind = &mut self.members_mut()[0];
        assert!(kind.name == "type", "{} has no tag of its own", kind.name);
        kind.kind = Type::Text(format!("'{tag}'"));
        self
    }

    /// The same type as one variant of an enum that is tagged by `type`.
    pub fn variant(&mut self, tag: &str) {
        let kind = Type::Text(format!("'{tag}'"));
        let members = self.members_mut();
        assert!(members.first().is_none_or(|first| first.name != "type"), "two tags");
        members.insert(0, Member { docs: Vec::new(), name: "type".into(), optional: false, kind });
    }

    /// The same type with the members of `flattened` first, as serde writes them; ts-rs puts them last.
    pub fn with_first(mut self, flattened: &Item) -> Self {
        let names: Vec<&str> = flattened.members().iter().map(|member| member.name.as_str()).collect();
        self.members_mut().sort_by_key(|member| !names.contains(&member.name.as_str()));
        self
    }

    /// A type that is composed of other types.
    pub fn made(name: &str, docs: Vec<String>, body: Type) -> Self {
        Self { name: name.to_owned(), rust_name: String::new(), docs, body }
    }

    /// The fields; the type is an object.
    pub fn members(&self) -> &[Member] {
        match &self.body {
            Type::Object(members) => members,
            _ => panic!("{} is no object", self.name),
        }
    }

    fn members_mut(&mut self) -> &mut Vec<Member> {
        match &mut self.body {
            Type::Object(members) => members,
            _ => panic!("{} is no object", self.name),
        }
    }
}
