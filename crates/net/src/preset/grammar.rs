//! The grammar of preset names.

use error::{shown, Code, Error, Result};

use super::{plan, published, squeeze, EXAMPLES};
use crate::architecture::{Architecture, InputNormalisation};
use plan::Widths;

/// Parses the preset `name`; the network is not validated yet.
pub(super) fn parse(name: &str) -> Result<Architecture> {
    let Suffixes { body, rate, normalisation } = suffixes(name)?;
    let mut architecture = match body.strip_prefix("2017:") {
        Some(planned) => {
            let only = "the prefix 2017: is valid only with m^n, m^n/s, rate:R, raw:n,window,hop and mel:n,window,hop";
            family(name, planned, Widths::Position2017)?.ok_or_else(|| invalid(name, only))?
        }
        None => match family(name, body, Widths::Paper)? {
            Some(architecture) => architecture,
            None => named(body).ok_or_else(|| unknown(name, body))?,
        },
    };
    if let Some(rate) = rate {
        architecture.sampling_rate = rate;
    }
    if let Some(normalisation) = normalisation {
        architecture.input_normalisation = normalisation;
    }
    Ok(architecture)
}

/// The name of a preset without its suffixes, and their values.
struct Suffixes<'a> {
    body: &'a str,
    /// `@R`: the sampling rate in Hz.
    rate: Option<u32>,
    /// `+NAME`: the normalisation of the waveform.
    normalisation: Option<InputNormalisation>,
}

/// Splits the suffixes off `name`. They can be in any order, each at most once.
fn suffixes(name: &str) -> Result<Suffixes<'_>> {
    let mut found = Suffixes { body: name, rate: None, normalisation: None };
    while let Some(at) = found.body.rfind(['@', '+']) {
        let (mark, suffix) = found.body[at..].split_at(1);
        found.body = &found.body[..at];
        let twice = if mark == "@" {
            let rate = number(suffix).and_then(|rate| u32::try_from(rate).ok());
            let rate = rate.ok_or_else(|| invalid(name, "give the sampling rate in Hz after @, such as 3^7@8000"))?;
            found.rate.replace(rate).is_some()
        } else {
            found.normalisation.replace(normalisation(name, suffix)?).is_some()
        };
        if twice {
            return Err(invalid(name, &format!("the suffix {mark} may appear only once")));
        }
    }
    Ok(found)
}

/// The normalisation of the waveform with the name `suffix`.
fn normalisation(name: &str, suffix: &str) -> Result<InputNormalisation> {
    let named = [InputNormalisation::Standardise, InputNormalisation::SignedLog];
    named.into_iter().find(|kind| kind.name() == suffix).ok_or_else(|| {
        invalid(name, "the normalisation of the waveform after + is standardise or signed-log, such as 3^9+standardise")
    })
}

/// Parses a preset that has a channel plan; `None` if `body` does not have the form of one.
fn family(name: &str, body: &str, widths: Widths) -> Result<Option<Architecture>> {
    if let Some(rate) = body.strip_prefix("rate:") {
        let rates = "rate: takes one of 2000, 4000, 8000, 12000, 16000, 20000, 22050";
        return number(rate)
            .and_then(|rate| plan::mixed_digits(rate, widths))
            .ok_or_else(|| invalid(name, rates))
            .map(Some);
    }
    for (prefix, mel) in [("raw:", false), ("mel:", true)] {
        if let Some(list) = body.strip_prefix(prefix) {
            let shape = format!("{prefix} takes modules, window and hop in samples, such as {prefix}5,729,243");
            let numbers: Option<Vec<usize>> = list.split(',').map(number).collect();
            let Some([modules, window, hop]) = numbers.as_deref() else { return Err(invalid(name, &shape)) };
            return plan::frames(*modules, *window, *hop, mel, widths).map_err(|why| invalid(name, &why)).map(Some);
        }
    }
    let (power, stride) = match body.split_once('/') {
        Some((power, stride)) => (power, Some(stride)),
        None => (body, None),
    };
    let Some((m, n)) = power.split_once('^') else { return Ok(None) };
    let shape = "m^n and m^n/s take whole numbers, such as 3^9 or 3^7/27";
    let (Some(m), Some(n)) = (number(m), number(n)) else { return Err(invalid(name, shape)) };
    let stride = match stride {
        Some(stride) => number(stride).ok_or_else(|| invalid(name, shape))?,
        None => m,
    };
    plan::power(m, n, stride, widths).map_err(|why| invalid(name, &why)).map(Some)
}

/// Parses a preset whose name is a word.
fn named(body: &str) -> Option<Architecture> {
    match body {
        "minzwon" => Some(published::minzwon()),
        "minzwon-se" => Some(published::minzwon_se()),
        "clmr" => Some(published::clmr()),
        "kyungyunlee" => Some(published::kyungyunlee()),
        "msd" => Some(published::msd()),
        "leenet11" => Some(published::leenet11()),
        "leenet24" => Some(published::leenet24()),
        _ => squeeze::parse(body),
    }
}

/// Parses a whole number in decimal digits.
fn number(text: &str) -> Option<usize> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn invalid(name: &str, why: &str) -> Error {
    Error::new(Code::InvalidOption, format!("no preset \"{}\": {why}", shown(name)))
}

/// The error for an unknown preset, with the nearest known name.
fn unknown(name: &str, body: &str) -> Error {
    let folded = body.to_lowercase();
    let words = ["minzwon-se", "leenet24", "res1", "res2", "rese1"].map(String::from);
    let candidates = EXAMPLES.iter().map(|(example, _)| (*example).to_string()).chain(words).chain(squeeze::names());
    let nearest = candidates
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1));
    let advice = match nearest {
        Some((_, candidate)) => format!("did you mean \"{candidate}\"?"),
        None => {
            let examples: Vec<&str> = EXAMPLES.iter().map(|(example, _)| *example).collect();
            format!("examples: {}", examples.join(", "))
        }
    };
    Error::new(Code::InvalidOption, format!("unknown architecture \"{}\": {advice}", shown(name)))
}
