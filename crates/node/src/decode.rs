//! Decodes audio to samples for the caller.

use std::path::PathBuf;

use audio::Input;
use error::{Error, Result};
use napi::bindgen_prelude::{Float32Array, Object};
use napi::Env;
use napi_derive::napi;
use tagger::Cancel;

use crate::cancel::NativeCancel;
use crate::live;
use crate::memory::NativeBytes;
use crate::path::path;
use crate::settle::promise;

/// A decoded clip.
#[napi(object)]
pub struct NativeDecoded {
    /// Mono samples in -1..1.
    pub samples: Float32Array,
    /// Sampling rate of the samples in Hz.
    pub sampling_rate: u32,
    /// Duration in seconds.
    pub duration: f64,
    /// Number of packets that were damaged and left out.
    pub damaged_packets: u32,
    /// The decoder.
    pub decoder: String,
}

/// Decodes `file` to mono samples at `samplingRate` Hz; 0 means the sampling rate of the file.
#[napi(ts_return_type = "Promise<NativeDecoded>")]
pub fn decode_file<'env>(
    env: &'env Env,
    file: &[u8],
    sampling_rate: u32,
    cancel: &NativeCancel,
) -> napi::Result<Object<'env>> {
    let (input, cancel) = (Input::File(path(file)), cancel.0.clone());
    let call = live::register_call(env, &cancel)?;
    promise(env, move || {
        let _call = call;
        decode(&input, sampling_rate, &cancel)
    })
}

/// Decodes the content of a file named `name` in the same way.
#[napi(ts_return_type = "Promise<NativeDecoded>")]
pub fn decode_bytes<'env>(
    env: &'env Env,
    name: String,
    bytes: &NativeBytes,
    sampling_rate: u32,
    cancel: &NativeCancel,
) -> napi::Result<Object<'env>> {
    let (input, cancel) = (Input::Memory(PathBuf::from(name), bytes.take()), cancel.0.clone());
    let call = live::register_call(env, &cancel)?;
    promise(env, move || {
        let _call = call;
        decode(&input, sampling_rate, &cancel)
    })
}

fn decode(input: &Input, sampling_rate: u32, cancel: &Cancel) -> Result<NativeDecoded> {
    let rate = Some(sampling_rate).filter(|&rate| rate > 0);
    let proceed = &mut || if cancel.is_cancelled() { Err(Error::aborted()) } else { Ok(()) };
    let (samples, sampling_rate, decoded) = audio::read_clip_held(input, rate, proceed)?;
    Ok(NativeDecoded {
        samples: Float32Array::new(samples),
        sampling_rate,
        duration: decoded.duration,
        damaged_packets: decoded.damaged_packets,
        decoder: decoded.source.decoder,
    })
}
