//! Files that are not checkpoints, or not complete.

use error::Code;
use import::{import, ImportOptions};

use crate::data;

#[test]
fn files_that_are_none_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let legacy = std::fs::read(data("minzwon.pth")).unwrap();
    let zip = std::fs::read(data("clmr.ckpt")).unwrap();
    let hdf5 = std::fs::read(data("dcase.hdf5")).unwrap();
    for (name, bytes, part) in [
        ("empty", &b""[..], "is not a checkpoint that can be read"),
        ("text", b"import torch", "is not a checkpoint that can be read"),
        ("zip", b"PK\x03\x04", "is not a complete zip archive"),
        ("cut.zip", &zip[..zip.len() - 100], "is not a complete zip archive"),
        ("cut.pth", &legacy[..legacy.len() - 7], "is truncated at offset"),
        ("long.pth", &[&legacy[..], b"x"].concat(), "1 bytes after its last storage"),
        ("cut.hdf5", &hdf5[..hdf5.len() / 2], "cut.hdf5"),
        ("head.hdf5", &hdf5[..9], "is not a complete HDF5 file"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let failure = import(&path, &ImportOptions::default()).unwrap_err();
        assert_eq!((failure.code, failure.file.as_deref()), (Code::ModelFormat, Some(&*path)), "{failure}");
        assert!(failure.message.contains(part), "{failure}");
    }
    assert_eq!(import(folder.path().join("none"), &ImportOptions::default()).unwrap_err().code, Code::FileNotFound);
    assert_eq!(import(folder.path(), &ImportOptions::default()).unwrap_err().code, Code::ModelFormat);
}
