//! Folds: one is the test part, the next one the validation part, the others are the training part.

use std::collections::BTreeSet;

use error::Result;

use super::{broken, broken_at, DatasetOptions, Part, RawDataset};

/// The fewest folds that give all three parts.
const FEWEST: usize = 3;

/// Assigns the parts of the rows by their folds, if a fold is chosen or if the dataset has no other parts. Returns the
/// numbers of the folds, or nothing if the parts are not folds.
///
/// # Errors
/// [`error::Code::Dataset`] if the dataset has no folds, if the chosen one is empty, and for a clip without a fold.
pub(super) fn assign(options: &DatasetOptions, source: &mut RawDataset) -> Result<Vec<usize>> {
    let Some(test) = options.selection().fold.or(source.usual_fold) else { return Ok(Vec::new()) };
    let file = options.location();
    let folds: Vec<usize> =
        source.rows.iter().filter_map(|row| row.fold).collect::<BTreeSet<_>>().into_iter().collect();
    let named = || folds.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let Some(position) = folds.iter().position(|fold| *fold == test) else {
        let message = match folds.as_slice() {
            [] => "it has no folds: leave out the option fold, or add a column fold with numbers from 1 to the list"
                .to_owned(),
            _ => format!("fold {test} is empty: its folds are {}; choose one of these", named()),
        };
        return Err(broken(file, message));
    };
    if folds.len() < FEWEST {
        let message = format!(
            "its folds are {}: at least {FEWEST} are needed, one each for the parts train, valid and test",
            named()
        );
        return Err(broken(file, message));
    }
    let valid = folds[(position + 1) % folds.len()];
    for row in &mut source.rows {
        row.part = Some(match row.fold {
            Some(fold) if fold == test => Part::Test,
            Some(fold) if fold == valid => Part::Valid,
            Some(_) => Part::Train,
            None => {
                let message = format!("{} has no fold: give every clip a fold, a number from 1", row.name);
                return Err(broken_at(row, options, message));
            }
        });
    }
    source.split = format!("{}; fold {test} of {}, validation on fold {valid}", source.split, folds.len());
    Ok(folds)
}
