//! The memory of this machine: how much the process can still allocate, and whether a plan fits before it is allocated.

mod available;

use error::{Code, Error, Result};

/// The largest plan in bytes if the system does not report how much memory it has.
const MOST: u128 = 1 << 40;

/// Checks that a plan with `batch` segments per batch fits into memory. `bytes` gives the bytes that the plan needs for
/// a batch size; `least` gives a lower bound, which must be cheap to compute for every batch size. `what` names the
/// plan in messages, such as `training`.
///
/// Errors: [`Code::InvalidOption`] with the bytes needed, the bytes available, and the largest batch size that fits.
pub fn check(what: &str, batch: usize, least: impl Fn(usize) -> u128, bytes: impl Fn(usize) -> u128) -> Result<()> {
    check_against(available::bytes(), what, batch, least, bytes)
}

fn check_against(
    free: Option<u64>,
    what: &str,
    batch: usize,
    least: impl Fn(usize) -> u128,
    bytes: impl Fn(usize) -> u128,
) -> Result<()> {
    let most = most_of(free);
    let usable = usable(most);
    let fits = |batch| least(batch) <= usable && bytes(batch) <= usable;
    if fits(batch) {
        return Ok(());
    }
    // If the lower bound alone is too large, the exact number of bytes is not computed.
    let needs = if least(batch) <= usable { bytes(batch) } else { least(batch) };
    let about = if least(batch) <= usable { "" } else { "more than " };
    let (mut fit, mut fail) = (0, batch);
    while fail - fit > 1 {
        let middle = fit + (fail - fit) / 2;
        *(if fits(middle) { &mut fit } else { &mut fail }) = middle;
    }
    let advice = match fit {
        0 => "not even one segment per batch fits: use a smaller network or a shorter input, or free memory".to_owned(),
        _ => format!("a batch size of {fit} fits"),
    };
    Err(Error::new(
        Code::InvalidOption,
        format!(
            "{what} with {batch} segments per batch needs {about}{}, but this process can use {}; {advice}",
            shown(needs),
            shown(most)
        ),
    ))
}

/// Checks that `bytes` fit into memory, for memory whose size does not depend on the batch size.
///
/// Errors: [`Code::InvalidOption`], as for [`check`].
pub fn check_fixed(what: &str, bytes: u128) -> Result<()> {
    let most = most_of(available::bytes());
    if bytes <= usable(most) {
        return Ok(());
    }
    Err(Error::new(
        Code::InvalidOption,
        format!(
            "{what} need {}, but this process can use {}: use a smaller network, or free memory",
            shown(bytes),
            shown(most)
        ),
    ))
}

/// The most that a plan may take of the free memory.
fn most_of(free: Option<u64>) -> u128 {
    free.map_or(MOST, |free| u128::from(free).min(MOST))
}

/// The part of `most` for the plan itself; the rest of the process needs some memory as well.
fn usable(most: u128) -> u128 {
    most - most / 16
}

/// The error for an allocation that the system refused.
pub fn refused(what: &str, bytes: u128) -> Error {
    let free = available::bytes().map_or_else(String::new, |free| format!(", {} are free", shown(u128::from(free))));
    Error::new(
        Code::InvalidOption,
        format!(
            "the system did not allocate the {} that {what} needs{free}: use a smaller batch or network, or free \
             memory",
            shown(bytes)
        ),
    )
}

/// Allocates `count` copies of `value`; too little memory is [`Code::InvalidOption`].
pub fn filled<T: Copy>(what: &str, value: T, count: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| refused(what, count as u128 * size_of::<T>() as u128))?;
    values.resize(count, value);
    Ok(values)
}

/// Formats a number of bytes for messages, in whole MiB and at least `1 MiB`.
fn shown(bytes: u128) -> String {
    let digits = bytes.div_ceil(1 << 20).max(1).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + " MiB"
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u128 = 1 << 20;

    fn check(free: Option<u64>, batch: usize) -> Result<()> {
        let least = |batch| batch as u128 * 90 * MIB;
        let bytes = |batch: usize| {
            assert!(batch < 1 << 20, "a batch that is far too large was laid out");
            50 * MIB + batch as u128 * 100 * MIB
        };
        check_against(free, "training", batch, least, bytes)
    }

    #[test]
    fn too_large_a_batch_names_what_it_needs_what_there_is_and_the_batch_that_fits() {
        let free = Some(1600 << 20);
        check(free, 14).unwrap();
        let error = check(free, 15).unwrap_err();
        assert_eq!(error.code, Code::InvalidOption);
        assert_eq!(
            error.message,
            "training with 15 segments per batch needs 1,550 MiB, but this process can use 1,600 MiB; a batch size of \
             14 fits"
        );
    }

    #[test]
    fn an_absurd_batch_is_refused_without_laying_it_out() {
        for free in [Some(1600 << 20), None] {
            let error = check(free, usize::MAX).unwrap_err();
            assert!(error.message.contains("needs more than "), "{error}");
            assert!(error.message.contains("a batch size of "), "{error}");
        }
    }

    #[test]
    fn where_nothing_fits_no_batch_is_named() {
        let error = check(Some(120 << 20), 2).unwrap_err();
        assert!(error.message.contains("not even one segment per batch fits"), "{error}");
    }

    #[test]
    fn an_allocation_that_cannot_be_made_is_an_error() {
        let error = filled("a test", 0u64, usize::MAX / 16).unwrap_err();
        assert_eq!(error.code, Code::InvalidOption);
        assert!(error.message.contains("the system did not allocate the "), "{error}");
        assert_eq!(filled("a test", 7u8, 3).unwrap(), [7, 7, 7]);
    }
}
