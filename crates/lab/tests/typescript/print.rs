//! Writes types in the style of `src/`: read-only fields, one per line, comments above them, 120 columns.

use crate::item::Item;
use crate::parse::{Member, Type};

const COLUMNS: usize = 120;

/// The declaration of `item`, with its comment.
pub fn declaration(item: &Item) -> String {
    let comment = comment(&item.docs, 0);
    if let Type::Object(members) = &item.body {
        return format!("{comment}export interface {} {}\n", item.name, object(members, 0));
    }
    let line = format!("export type {} = {}", item.name, typescript(&item.body, 0));
    match &item.body {
        Type::Union(members) if line.chars().count() > COLUMNS => {
            let members: String = members.iter().map(|member| format!("\n  | {}", typescript(member, 2))).collect();
            format!("{comment}export type {} ={members}\n", item.name)
        }
        _ => format!("{comment}{line}\n"),
    }
}

fn object(members: &[Member], indent: usize) -> String {
    let inside = indent + 2;
    let space = " ".repeat(inside);
    let lines: String = members
        .iter()
        .map(|Member { docs, name, optional, kind }| {
            let mark = if *optional { "?" } else { "" };
            format!("{}{space}readonly {name}{mark}: {}\n", comment(docs, inside), typescript(kind, inside))
        })
        .collect();
    format!("{{\n{lines}{}}}", " ".repeat(indent))
}

/// The type; its lines after the first are indented by `indent`.
pub fn typescript(kind: &Type, indent: usize) -> String {
    let all = |kinds: &[Type], between: &str| -> String {
        kinds.iter().map(|kind| typescript(kind, indent)).collect::<Vec<_>>().join(between)
    };
    match kind {
        Type::Object(members) => object(members, indent),
        Type::Array(item) => match &**item {
            Type::Union(_) | Type::Intersection(_) | Type::Array(_) => {
                format!("readonly ({})[]", typescript(item, indent))
            }
            _ => format!("readonly {}[]", typescript(item, indent)),
        },
        Type::Union(kinds) => all(kinds, " | "),
        Type::Intersection(kinds) => all(kinds, " & "),
        Type::Text(text) => text.clone(),
    }
}

/// A comment with the given paragraphs; nothing if there are none.
fn comment(paragraphs: &[String], indent: usize) -> String {
    let space = " ".repeat(indent);
    match paragraphs {
        [] => String::new(),
        [line] if indent + line.chars().count() + 7 <= COLUMNS => format!("{space}/** {line} */\n"),
        _ => {
            let wrapped = paragraphs.iter().map(|paragraph| {
                let lines = wrap(paragraph, COLUMNS - indent - 3);
                lines.iter().map(|line| format!("{space} * {line}\n")).collect::<String>()
            });
            let between = format!("{space} *\n");
            format!("{space}/**\n{}{space} */\n", wrapped.collect::<Vec<_>>().join(&between))
        }
    }
}

/// Breaks `text` at spaces into lines of at most `width` characters; longer words are not broken.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
