//! `epochs.csv`: the epochs of a run as a table.

use std::path::Path;

use error::{Code, Error, Result};

use crate::event::Epoch;

/// Writes one row for each of `epochs`; the columns are the fields of the event `epoch`.
///
/// # Errors
/// [`Code::Output`].
pub(crate) fn write_epochs(path: &Path, epochs: &[Epoch]) -> Result<()> {
    let internal = |reason: String| Error::new(Code::Internal, reason);
    let mut table = ::csv::Writer::from_writer(Vec::new());
    for epoch in epochs {
        table.serialize(epoch).map_err(|reason| internal(reason.to_string()))?;
    }
    let bytes = table.into_inner().map_err(|reason| internal(reason.to_string()))?;
    files::write_atomic(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_epoch_under_the_names_of_the_event() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("epochs.csv");
        let epochs = [1, 2].map(|number| Epoch { epoch: number, train_loss: 0.5, ..Epoch::default() });
        write_epochs(&path, &epochs).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("epoch,stage,learningRate,trainLoss,validLoss,best,"), "{text}");
        assert!(lines.len() == 3 && lines[2].starts_with("2,0,0.0,0.5,0.0,false,"), "{text}");
    }
}
