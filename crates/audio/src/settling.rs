//! From where on the first samples of a clip are those of the whole clip.

/// Finds out from where on a value no longer changes.
pub(crate) struct Settling<T> {
    value: Option<T>,
    /// The last position noted.
    end: usize,
    /// The last position at which the value was another one than now; 0 if there is none.
    pub(crate) settled: usize,
}

impl<T> Default for Settling<T> {
    fn default() -> Self {
        Self { value: None, end: 0, settled: 0 }
    }
}

impl<T: PartialEq> Settling<T> {
    /// The value at the position `end`.
    pub(crate) fn note(&mut self, end: usize, value: T) {
        if self.value.as_ref() != Some(&value) {
            (self.settled, self.value) = (self.end, Some(value));
        }
        self.end = end;
    }
}

#[cfg(test)]
mod tests {
    use crate::clip::{read_clip, read_clip_limited};

    #[test]
    fn a_limit_above_the_settled_length_gives_the_first_samples_of_the_clip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let wave = |frame: i32| ((f64::from(frame) * 0.1).sin() * 8000.0) as i16;
        let (alike, opposed) = (|at| [wave(at), wave(at)], |at| [wave(at), -wave(at)]);
        type Frames<'a> = &'a dyn Fn(i32) -> [i16; 2];
        let kinds: [(&str, Frames); 4] = [
            ("the same in both channels", &alike),
            ("silence, then sound", &|at| if at < 40_000 { [0, 0] } else { alike(at) }),
            ("opposed, then alike", &|at| if at < 40_000 { opposed(at) } else { alike(at) }),
            ("alike, then opposed", &|at| if at < 2000 { alike(at) } else { opposed(at) }),
        ];
        for (name, frames) in kinds {
            testbed::write_wav_pcm(&path, 8000, 2, (0..160_000).flat_map(frames));
            let (whole, decoded) = read_clip(path.as_path(), 11_025).unwrap();
            let settled = decoded.settled as usize;
            assert_eq!(settled == 0, name == "the same in both channels", "{name}");
            assert!(settled < whole.len(), "{name}: {settled}");
            let first = |limit: usize| match read_clip_limited(path.as_path(), 11_025, limit as u64) {
                Ok((samples, _)) => samples == whole[..limit],
                Err(_) => false,
            };
            for limit in [settled + 1, settled + 5000, whole.len() - 1, whole.len()] {
                assert!(first(limit), "{name}: {limit} of {}, settled at {settled}", whole.len());
            }
            assert!(settled == 0 || !first(settled), "{name}: settled at {settled}, but equal before");
        }
    }
}
