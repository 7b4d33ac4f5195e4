//! Pickled lists and dicts of texts, numbers and NumPy arrays, as Python 2 and 3 write them.
//!
//! The reader knows only plain data and the three calls with which NumPy writes an array; nothing is imported or
//! called. Any other class is refused by its name. All values are in an arena, so that nesting needs no stack, and
//! every opcode makes at most one value.

mod escapes;
mod machine;
mod numpy;
mod object;
mod operands;

use std::path::Path;

use error::Result;

use crate::dataset::broken;
use machine::{Machine, Value};

/// A value of a dict.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::dataset) enum Item {
    /// A text, or a whole number as text.
    Text(String),
    /// The numbers of a list or of an array of any shape.
    Numbers(Vec<f64>),
}

/// The texts of a pickled list or tuple.
///
/// # Errors
/// [`error::Code::Dataset`] for anything else, with the offset or the number of the entry.
pub(super) fn texts(file: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let refused = |why: String| refused(file, &why);
    let machine = Machine::run(bytes).map_err(refused)?;
    let mut budget = machine.budget();
    let Value::Sequence(list) = machine.root else { return Err(refused("it is not a list".to_owned())) };
    let entries = (1u64..).zip(&machine.sequences[list]);
    entries
        .map(|(entry, value)| {
            machine.text(*value, &mut budget).map_err(|why| refused(format!("entry {entry} {why}, expected a text")))
        })
        .collect()
}

/// The pairs of a pickled dict, in its order.
///
/// # Errors
/// As [`texts`].
pub(super) fn dict(file: &Path, bytes: &[u8]) -> Result<Vec<(String, Item)>> {
    let refused = |why: String| refused(file, &why);
    let machine = Machine::run(bytes).map_err(refused)?;
    let mut budget = machine.budget();
    let Value::Dict(dict) = machine.root else { return Err(refused("it is not a dict".to_owned())) };
    let mut pairs = Vec::with_capacity(machine.dicts[dict].len());
    for (key, value) in &machine.dicts[dict] {
        let key = match machine.item(*key, &mut budget) {
            Ok(Item::Text(key)) => key,
            Ok(Item::Numbers(_)) => return Err(refused("a key is a list, expected a text".to_owned())),
            Err(why) => return Err(refused(format!("a key {why}, expected a text"))),
        };
        let value = machine.item(*value, &mut budget).map_err(|why| refused(format!("the value of {key} {why}")))?;
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn refused(file: &Path, why: &str) -> error::Error {
    broken(file, format!("not a pickled list that can be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(bytes: &[u8]) -> Result<Vec<String>> {
        texts(Path::new("list.cP"), bytes)
    }

    #[test]
    fn lists_of_every_protocol_are_read() {
        // pickle.dumps(['d/a.npy', "it's"], protocol=0) of Python 2, then protocols 0, 2 and 4 of Python 3.
        assert_eq!(list(b"(lp1\nS'd/a.npy'\np2\naS\"it's\"\np3\na.").unwrap(), ["d/a.npy", "it's"]);
        assert_eq!(list(b"(lp0\nVd/a.npy\np1\naVit's\np2\na.").unwrap(), ["d/a.npy", "it's"]);
        let two = b"\x80\x02]q\x00(X\x07\x00\x00\x00d/a.npyq\x01X\x04\x00\x00\x00it'sq\x02e.";
        assert_eq!(list(two).unwrap(), ["d/a.npy", "it's"]);
        let four = b"\x80\x04\x95\x16\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x07d/a.npy\x94\x8c\x04it's\x94e.";
        assert_eq!(list(four).unwrap(), ["d/a.npy", "it's"]);
        // Memo: one text twice. Escapes: a line end, a backslash, a Latin-1 letter.
        assert_eq!(list(b"(lp0\nS'a'\np1\nag1\na.").unwrap(), ["a", "a"]);
        assert_eq!(list(b"(lp0\nS'a\\n\\\\\\xe9'\np1\na.").unwrap(), ["a\n\\\u{e9}"]);
    }

    #[test]
    fn dicts_of_texts_numbers_and_arrays_are_read() {
        let read = |bytes: &[u8]| dict(Path::new("d.pkl"), bytes).unwrap();
        let text = |text: &str| Item::Text(text.to_owned());
        assert_eq!(
            read(b"(dp0\nS'TRA'\np1\nI42\nsI7\nS'8/9/x.mp3'\np2\ns."),
            [("TRA".to_owned(), text("42")), ("7".to_owned(), text("8/9/x.mp3"))]
        );
        assert_eq!(read(b"(dp0\nS'a'\n(lp1\nI1\naF0.5\nas."), [("a".to_owned(), Item::Numbers(vec![1.0, 0.5]))]);
        // cPickle.dumps({'T': numpy.array([1., 0.])}) of Python 2.
        let array =
            b"(dp1\nS'T'\np2\ncnumpy.core.multiarray\n_reconstruct\np3\n(cnumpy\nndarray\np4\n(I0\ntS'b'\ntRp5\n\
            (I1\n(I2\ntcnumpy\ndtype\np6\n(S'f8'\nI0\nI1\ntRp7\n(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\n\
            S'\\x00\\x00\\x00\\x00\\x00\\x00\\xf0?\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'\ntbs.";
        assert_eq!(read(array), [("T".to_owned(), Item::Numbers(vec![1.0, 0.0]))]);
    }

    #[test]
    fn programs_and_broken_pickles_are_refused() {
        for (bytes, why) in [
            (&b"cos\nsystem\n(S'true'\ntR."[..], "os.system"),
            (b"(lp0\nS'a'\na", "cut off"),
            (b"(lp0\nI1\na.", "entry 1 is a number"),
            (b"(lp0\n(lp1\na.", "entry 1 is a list"),
            (b"(dp0\n.", "not a list"),
            (b"g7\n.", "memo"),
            (b"(lp0\nS'a\na.", "quote"),
            (b"\x80\x09.", "protocol 9"),
            (b"\x80\x02X\xff\xff\xff\xff.", "cut off"),
            (b"", "cut off"),
            (b"t.", "mark"),
        ] {
            let failure = list(bytes).unwrap_err();
            assert!(failure.message.contains(why), "{why}: {failure}");
        }
        // The text is used more often than a real list would: it must not be copied without limit.
        let mut bytes = format!("(lp0\nS'{}'\np1\na", "x".repeat(100_000)).into_bytes();
        (0..10_000).for_each(|_| bytes.extend(b"g1\na"));
        bytes.push(b'.');
        assert!(list(&bytes).unwrap_err().message.contains("again and again"));
    }
}
