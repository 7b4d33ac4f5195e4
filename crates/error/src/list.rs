//! How a list of codes is declared: each code once, with its text and its meaning.

/// Declares an enum of codes: its name in Rust and in TypeScript, then variant, text and meaning of each code.
macro_rules! list {
    (
        #[doc = $about:literal]
        $name:ident, $typescript:literal:

        $($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+
    ) => {
        #[doc = $about]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, TS)]
        #[ts(rename = $typescript)]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every code, in the order of this list.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The text that users see.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// What the code means, in one line.
            pub const fn meaning(self) -> &'static str {
                match self { $($name::$variant => concat!($($doc,)+),)+ }
            }
        }
    };
}

pub(crate) use list;
