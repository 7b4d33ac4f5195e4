//! Parses the types that ts-rs writes: objects with comments, unions, intersections, arrays; anything else remains
//! text.

/// A type.
#[derive(Clone)]
pub enum Type {
    /// An object with fields.
    Object(Vec<Member>),
    /// `Array<...>`.
    Array(Box<Type>),
    /// A union.
    Union(Vec<Type>),
    /// An intersection.
    Intersection(Vec<Type>),
    /// Text: a name, a literal, a tuple.
    Text(String),
}

/// A field.
#[derive(Clone)]
pub struct Member {
    /// Paragraphs of its comment.
    pub docs: Vec<String>,
    /// Its name.
    pub name: String,
    /// Whether it may be absent.
    pub optional: bool,
    /// The type of its value.
    pub kind: Type,
}

/// Parses the type `text`.
pub fn typescript(text: &str) -> Type {
    let mut reader = Reader { rest: text };
    let found = reader.union();
    assert!(reader.peek().is_none(), "not read: {}", reader.rest);
    found
}

/// Parses the field `text`, such as `kernel?: number`.
pub fn member(text: &str) -> Member {
    Reader { rest: text }.member()
}

/// The paragraphs of a `/** ... */`.
pub fn comment(text: &str) -> Vec<String> {
    let inside = text.trim().trim_start_matches("/**").trim_end_matches("*/");
    let lines: Vec<&str> = inside.lines().map(|line| line.trim().trim_start_matches('*').trim()).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| lines.join(" ")).collect()
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn union(&mut self) -> Type {
        self.several('|', Self::intersection, Type::Union)
    }

    fn intersection(&mut self) -> Type {
        self.several('&', Self::single, Type::Intersection)
    }

    fn several(&mut self, between: char, one: fn(&mut Self) -> Type, all: fn(Vec<Type>) -> Type) -> Type {
        let mut found = vec![one(self)];
        while self.take(between) {
            found.push(one(self));
        }
        if found.len() == 1 {
            found.remove(0)
        } else {
            all(found)
        }
    }

    fn single(&mut self) -> Type {
        match self.peek() {
            Some('{') => self.object(),
            Some('(') => {
                self.expect('(');
                let inside = self.union();
                self.expect(')');
                inside
            }
            Some('[') => Type::Text(format!("readonly {}", self.bracketed('[', ']'))),
            Some('"') => Type::Text(format!("'{}'", self.quoted())),
            Some('`') => self.template(),
            _ => self.name(),
        }
    }

    /// A template literal, with its backquotes.
    fn template(&mut self) -> Type {
        let end = self.rest[1..].find('`').expect("a template literal ends") + 2;
        Type::Text(self.cut(end).to_owned())
    }

    fn name(&mut self) -> Type {
        let word = self.word();
        match self.peek() {
            Some('<') if word == "Array" => {
                self.expect('<');
                let item = self.union();
                self.expect('>');
                Type::Array(Box::new(item))
            }
            Some('<') => Type::Text(format!("{word}{}", self.bracketed('<', '>'))),
            _ => Type::Text(word.to_owned()),
        }
    }

    fn object(&mut self) -> Type {
        self.expect('{');
        let mut members = Vec::new();
        while !self.take('}') {
            members.push(self.member());
            self.take(',');
        }
        Type::Object(members)
    }

    fn member(&mut self) -> Member {
        self.peek();
        let mut docs = Vec::new();
        if self.rest.starts_with("/**") {
            let end = self.rest.find("*/").expect("a comment ends") + 2;
            docs = comment(self.cut(end));
        }
        let name = if self.peek() == Some('"') { self.quoted() } else { self.word() }.to_owned();
        let optional = self.take('?');
        self.expect(':');
        Member { docs, name, optional, kind: self.union() }
    }

    /// The next character that is not a space, without consuming it.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.cut(wanted.len_utf8());
        }
        found
    }

    fn expect(&mut self, wanted: char) {
        assert!(self.take(wanted), "expected {wanted} at: {}", self.rest);
    }

    fn word(&mut self) -> &'a str {
        self.peek();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '\'' | '-');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        assert!(end > 0, "expected a name at: {}", self.rest);
        self.cut(end)
    }

    fn quoted(&mut self) -> &'a str {
        self.expect('"');
        let end = self.rest.find('"').expect("a literal ends");
        let inside = self.cut(end);
        self.expect('"');
        inside
    }

    /// Everything from `open` to its `close`.
    fn bracketed(&mut self, open: char, close: char) -> &'a str {
        let mut depth = 0;
        let end = self.rest.find(|c| {
            depth += i32::from(c == open) - i32::from(c == close);
            depth == 0
        });
        self.cut(end.expect("a bracket is closed") + close.len_utf8())
    }

    fn cut(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}
