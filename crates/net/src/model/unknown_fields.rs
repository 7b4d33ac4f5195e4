//! Fields of JSON that this version does not know.

use serde::Serialize;
use serde_json::Value;

/// The places of the fields in `given` that are not in `known`, what was understood of it, such as `scores[0].colour`;
/// the first ones first. A field without content (null, an empty list or object) is not told: known fields without
/// content are not in `known` either.
pub(super) fn unknown_fields(given: &Value, known: &impl Serialize) -> Vec<String> {
    let mut found = Vec::new();
    collect(given, &serde_json::to_value(known).unwrap_or_default(), "", &mut found);
    found
}

fn collect(given: &Value, known: &Value, place: &str, found: &mut Vec<String>) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (name, value) in given {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                match known.get(name) {
                    Some(known) => collect(value, known, &place, found),
                    None if is_empty(value) => {}
                    None => found.push(place),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (index, (value, known)) in given.iter().zip(known).enumerate() {
                collect(value, known, &format!("{place}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_named_with_their_place_and_empty_ones_are_not_told() {
        let given = json!({
            "name": "a", "mood": "calm", "none": null, "list": [],
            "scores": [{"clips": 3}, {"clips": 4, "songs": 4}], "teacher": {"name": "t", "age": {"years": 3}},
        });
        let known = json!({
            "name": "a", "scores": [{"clips": 3}, {"clips": 4}], "teacher": {"name": "t"}, "version": "1.0.0",
        });
        assert_eq!(unknown_fields(&given, &known), ["mood", "scores[1].songs", "teacher.age"]);
        assert!(unknown_fields(&known, &known).is_empty());
    }
}
