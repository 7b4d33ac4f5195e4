//! Arbitrary bytes: changed, truncated, random.

use error::Code;
use proptest::prelude::*;

use crate::forge::archive;
use crate::{data, read};

/// Any bytes give a result or one of these error codes.
fn survives(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    if let Err(failure) = read(bytes) {
        prop_assert!(matches!(failure.code, Code::ModelFormat | Code::CheckpointMismatch), "{}", failure);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn changed_bytes_never_panic(
        file in prop::sample::select(vec![
            "minzwon.pth", "clmr.ckpt", "leenet11.pth", "dcase.hdf5", "keras-1.0.hdf5", "msd.hdf5",
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..8),
    ) {
        let mut bytes = std::fs::read(data(file)).unwrap();
        for (index, value, early) in changes {
            // Half of the changes are in the first part of the file, which contains the structure.
            let index = index.index(if early { bytes.len().min(4096) } else { bytes.len() });
            bytes[index] = value;
        }
        survives(bytes)?;
    }

    #[test]
    fn any_cut_never_panics(
        file in prop::sample::select(vec!["minzwon.pth", "clmr.ckpt", "dcase.hdf5"]),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = std::fs::read(data(file)).unwrap();
        bytes.truncate(end.index(bytes.len()));
        survives(bytes)?;
    }

    #[test]
    fn any_opcodes_never_panic(pickle in prop::collection::vec(prop::sample::select(
        b"\x80\x02\x03().NKLMIJXUTCB}]tae\x85\x86\x87\x88\x89\x8a\x8c\x8f\x90\x93\x94\x95\
          RQbcosudhqjr012pg\n\x00\x01\x05".to_vec()), 0..80)
    ) {
        survives(archive(&pickle, &[]))?;
    }
}
