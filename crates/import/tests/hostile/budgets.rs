//! No file needs more than 1 GB of memory or 2 s of computing, whatever it claims. Each is imported in a separate
//! process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use import::{import, ImportOptions};

use crate::data;
use crate::forge::{archive, state_dict, text};

/// The limits: bytes of memory, and nanoseconds of processor time.
const MEMORY: u64 = 1 << 30;
const TIME: u64 = 2_000_000_000;

/// The part of the tests below that runs in a separate process: its last lines of output are memory, time and message.
#[test]
fn import_and_measure() {
    let Some(file) = std::env::var_os("SAMPLECNN_HOSTILE").map(PathBuf::from) else { return };
    let failure = import(&file, &ImportOptions::default()).err();
    let number = |text: String, key: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or(&text).to_owned();
        line.split_whitespace().find_map(|word| word.parse().ok()).unwrap()
    };
    let memory = 1024 * number(fs::read_to_string("/proc/self/status").unwrap(), "VmHWM");
    let time = number(fs::read_to_string("/proc/thread-self/schedstat").unwrap(), "");
    let message = failure.map_or("imported".to_owned(), |failure| format!("{}: {failure}", failure.code.as_str()));
    fs::write(std::env::var_os("SAMPLECNN_MEASURED").unwrap(), format!("{memory}\n{time}\n{message}")).unwrap();
}

/// Imports `file` in a separate process and returns the message.
fn measured(file: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("measured");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "budgets::import_and_measure"])
        .env("SAMPLECNN_HOSTILE", file)
        .env("SAMPLECNN_MEASURED", &result)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{}: {status}", file.display());
    let result = fs::read_to_string(result).unwrap();
    let mut lines = result.splitn(3, '\n');
    let mut next = || lines.next().unwrap().to_owned();
    let (memory, time, message): (u64, u64, String) = (next().parse().unwrap(), next().parse().unwrap(), next());
    let name = file.file_name().unwrap().to_string_lossy();
    assert!(memory < MEMORY && time < TIME, "{name}: {} MB, {} ms: {message}", memory >> 20, time / 1_000_000);
    assert!(message.len() < 20_000, "{name}: a message of {} bytes", message.len());
    message
}

/// Writes `bytes` as a file and imports it.
fn refused_cheaply(name: &str, bytes: &[u8], part: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let message = measured(&path);
    assert!(
        message.starts_with("ERR_MODEL_FORMAT") && message.contains(part),
        "{name}: expected \"{part}\" in {message}"
    );
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    if Command::new("mkfifo").arg(&fifo).status().is_ok_and(|status| status.success()) {
        assert!(measured(&fifo).contains("not a file"));
    }
    for path in [Path::new("/dev/zero"), Path::new("/dev/null"), folder.path()] {
        let message = measured(path);
        assert!(message.starts_with("ERR_MODEL_FORMAT") && message.contains("not a file"), "{message}");
    }
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    assert!(measured(&link).contains("not a file"));
}

#[test]
fn huge_files_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let legacy = fs::read(data("minzwon.pth")).unwrap();
    let containers: [(&str, &[u8], &str); 5] = [
        ("none", b"", "is not a checkpoint"),
        ("zip", b"PK\x03\x04", "too many"),
        ("legacy", &legacy[..15], "too many"),
        ("hdf5", b"\x89HDF\r\n\x1a\n", "too many"),
        ("safetensors", b"\xff\xff\xff\xff\0\0\0\0{", "too many"),
    ];
    for (name, head, part) in containers {
        let path = folder.path().join(name);
        fs::write(&path, head).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(3 << 30).unwrap();
        let message = measured(&path);
        assert!(message.starts_with("ERR_MODEL_FORMAT") && message.contains(part), "{name}: {message}");
    }
    // Below the limit, the whole file may be read.
    for (name, head) in [("zip", &b"PK\x03\x04"[..]), ("hdf5", b"\x89HDF\r\n\x1a\n")] {
        let path = folder.path().join(name);
        fs::write(&path, head).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(200 << 20).unwrap();
        assert!(measured(&path).starts_with("ERR_MODEL_FORMAT"), "{name}");
    }
}

#[test]
fn floods_of_opcodes_end_early() {
    let flood = |head: &[u8], opcode: &[u8], times: usize| {
        let pickle = [b"\x80\x04", head, &opcode.repeat(times), b"."].concat();
        archive(&pickle, &[])
    };
    let floods: [(&str, &[u8], &[u8]); 9] = [
        ("dup", b"N", b"2"),
        ("memoize", b"N", b"\x94"),
        ("long binput", b"N", b"r\x01\x02\x03\x04"),
        ("mark", b"", b"("),
        ("lists", b"", b"]"),
        ("dicts", b"", b"}"),
        ("tuples", b"N", b"\x85"),
        ("marked tuples", b"", b"(t"),
        ("classes", b"", b"ctorch\nSize\n"),
    ];
    for (name, head, opcode) in floods {
        let times = if name == "dup" { 50_000_000 } else { 2_200_000 };
        refused_cheaply(name, &flood(head, opcode, times), "opcodes");
    }
    // Calls of one class with one long argument list: each call copies the list.
    let arguments = [b"(".to_vec(), b"N".repeat(64), b"tq\x01".to_vec()].concat();
    let calls = [&b"ctorch\nSize\nq\0"[..], &arguments].concat();
    refused_cheaply("calls", &flood(&calls, b"h\0h\x01R", 800_000), "opcodes");
}

#[test]
fn lengths_that_a_pickle_claims_are_checked_first() {
    for (name, pickle, part) in [
        ("frame", &b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f"[..], "truncated"),
        ("long4", b"\x80\x02\x8b\xff\xff\xff\x7f\x01.", "truncated"),
        ("bytes8", b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "truncated"),
        ("bytearray8", b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\xff.", "truncated"),
        ("unicode8", b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x00.", "truncated"),
    ] {
        refused_cheaply(name, &archive(pickle, &[]), part);
    }
}

#[test]
fn long_names_are_not_multiplied() {
    // Nested dicts with one long key, and 99,000 tensors in the innermost dict: 800 MB of names in 1 MB of pickle.
    let tensor = state_dict(&[("w", "0", 4, 0, &[4], &[1])]);
    let tensor = &tensor[b"\x80\x02}(".len()..tensor.len() - 2];
    let long = "n".repeat(1000);
    let mut pickle = [&b"\x80\x02"[..], &text(&long), b"q\x000"].concat();
    pickle.extend([&b"("[..], tensor, b"tq\x010"].concat());
    let mut nested = Vec::new();
    for _ in 0..8 {
        pickle.extend(b"}h\0");
        nested.extend(b"s");
    }
    pickle.extend(b"}(");
    for index in 0..99_000 {
        pickle.extend(text(&format!("{index:05}")));
        pickle.extend(&tensor[text("w").len()..]);
        if index == 0 {
            pickle.extend(b"q\x02");
        }
    }
    pickle.extend(b"u");
    pickle.extend(&nested);
    pickle.extend(b".");
    let names = archive(&pickle, &[("0", vec![0; 16])]);
    refused_cheaply("names", &names, "");

    // One text of 10 MB, used as a key again and again.
    let text_of_megabytes = [&b"\x80\x02"[..], &text(&"k".repeat(10 << 20)), b"q\x000}("].concat();
    let looked_up = [&text_of_megabytes[..], &b"h\0N".repeat(400_000), b"u."].concat();
    refused_cheaply("long key", &archive(&looked_up, &[]), "no tensors");

    // A class with a name of a megabyte, called again and again.
    let class = [&b"\x80\x02ctorch."[..], &b"x".repeat(1 << 20), b"\nSize\nq\0)q\x01"].concat();
    let called = [&class[..], &b"h\0h\x01R".repeat(200_000), b"."].concat();
    refused_cheaply("long class", &archive(&called, &[]), "names a class with");
}

#[test]
fn calls_within_calls_cost_no_stack() {
    let function = b"ctorch._tensor\n_rebuild_from_type_v2\n";
    let mut pickle = b"\x80\x02".to_vec();
    for level in 0..2 {
        pickle.extend(function);
        pickle.extend([b'q', level, b'0']);
    }
    pickle.extend(b"(NNNt");
    // Each tuple is (function, None, the previous tuple), with alternating functions.
    for level in 0..300_000u32 {
        pickle.extend(b"q\x020");
        pickle.extend([b'h', (level % 2) as u8]);
        pickle.extend(b"Nh\x02\x87");
    }
    pickle.extend(b"q\x030h\0h\x03R.");
    refused_cheaply("calls", &archive(&pickle, &[]), "");
}

#[test]
fn archives_that_lie_are_refused() {
    let honest = archive(&state_dict(&[("w", "0", 4, 0, &[4], &[1])]), &[("0", vec![0; 16])]);
    let end = honest.len() - 22;
    assert!(honest[end..].starts_with(b"PK\x05\x06"));
    // A 64-bit end record that claims an extreme number of entries.
    let mut wide = honest[..end].to_vec();
    let record = wide.len() as u64;
    wide.extend(b"PK\x06\x06");
    for number in [44u64, 0x2d_002d, 1 << 40, 1 << 40, 1 << 46, 0] {
        wide.extend(number.to_le_bytes());
    }
    wide.extend(b"PK\x06\x07\0\0\0\0");
    wide.extend(record.to_le_bytes());
    wide.extend(1u32.to_le_bytes());
    wide.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    refused_cheaply("zip64", &wide, "zip archive");
    // Two entries with the same bytes: the header of the second entry is that of the first.
    let mut shared = archive(b"N.", &[("0", vec![7; 64]), ("1", vec![7; 64])]);
    let directory: Vec<usize> = (0..shared.len() - 4).filter(|&at| shared[at..].starts_with(b"PK\x01\x02")).collect();
    let offset = shared[directory[1] + 42..directory[1] + 46].to_vec();
    shared[directory[2] + 42..directory[2] + 46].copy_from_slice(&offset);
    refused_cheaply("overlap", &shared, "overlap");
    // A bomb: 100 MB of zeros in a compressed entry.
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(
        "a/data.pkl",
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored),
    )
    .unwrap();
    let mut bomb = zip.finish().unwrap().into_inner();
    for at in 0..bomb.len() - 12 {
        let method = [(&b"PK\x03\x04"[..], 8), (b"PK\x01\x02", 10)]
            .iter()
            .find(|(sign, _)| bomb[at..].starts_with(sign))
            .map(|m| m.1);
        if let Some(method) = method {
            bomb[at + method] = 8;
        }
    }
    refused_cheaply("bomb", &bomb, "compressed");
}

#[test]
fn safetensors_that_lie_are_refused() {
    let file = |header: &str, data: usize| {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
    };
    let tensor = |name: &str, shape: &str, end: usize| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{end}]}}"#)
    };
    refused_cheaply("length", &[&u64::MAX.to_le_bytes()[..], b"{}"].concat(), "header of");
    refused_cheaply("header", &file(&format!("{{\"a\":\"{}\"}}", "x".repeat(40 << 20)), 0), "header of");
    refused_cheaply("nesting", &file(&"{\"a\":".repeat(1 << 20), 0), "safetensors");
    for shape in ["[4611686018427387904,4]", "[18446744073709551615,18446744073709551615]", "[1099511627776]"] {
        refused_cheaply("shape", &file(&format!("{{{}}}", tensor("w", shape, 16)), 16), "");
    }
    // More tensors than any network has, and empty axes, which need no space.
    let many: Vec<String> = (0..150_000).map(|index| tensor(&format!("t{index}"), "[0]", 0)).collect();
    refused_cheaply("many", &file(&format!("{{{}}}", many.join(",")), 0), "more tensors");
    refused_cheaply("long", &file(&format!("{{{}}}", tensor(&"n".repeat(100_000), "[1]", 4)), 4), "longer names");
}

#[test]
fn shapes_cannot_ask_for_a_network_without_end() {
    // Real tensors of a few MB that would give a network of 10^13 values.
    let wide = 60_000;
    let tensors = [
        ("conv1.0.weight", "0", 3 * wide, 0, &[wide, 1, 3][..], &[3, 3, 1][..]),
        ("conv2.0.weight", "0", 3 * wide, 0, &[wide, 1, 3], &[3, 3, 1]),
        ("conv3.0.weight", "0", 3 * wide, 0, &[wide, 1, 3], &[3, 3, 1]),
        ("fc.weight", "0", 3 * wide, 0, &[2, wide], &[wide, 1]),
    ];
    let file = archive(&state_dict(&tensors), &[("0", vec![0; 4 * 3 * wide as usize])]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.pth");
    fs::write(&path, file).unwrap();
    let message = measured(&path);
    assert!(message.starts_with("ERR_CHECKPOINT_MISMATCH"), "{message}");
}

#[test]
fn links_of_hdf5_that_lead_back_end() {
    let file = fs::read(data("dcase.hdf5")).unwrap();
    let number = |at: usize, size: usize| -> u64 {
        file[at..at + size].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    // Every entry of a group's table names an object header; an entry with that of the root makes a loop.
    let root = number(64, 8);
    let tables: Vec<usize> = (0..file.len() - 8).filter(|&at| file[at..].starts_with(b"SNOD")).collect();
    assert!(!tables.is_empty());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cyclic.hdf5");
    for table in tables {
        let mut cyclic = file.clone();
        for entry in 0..number(table + 6, 2) as usize {
            let at = table + 8 + 40 * entry + 8;
            cyclic[at..at + 8].copy_from_slice(&root.to_le_bytes());
        }
        fs::write(&path, &cyclic).unwrap();
        // Some groups are not used; the others must not be followed in an endless loop.
        let message = measured(&path);
        assert!(message.starts_with("ERR_") || message == "imported", "{message}");
    }
}
