//! Sound files that symphonia refuses for something that does not concern the sound: shown to it with a few bytes
//! changed. The file itself is only read.

use std::io::{self, Read, Seek, SeekFrom};

/// Metadata blocks of a FLAC file that are looked at; real files have a handful.
const MAX_BLOCKS: usize = 1_000;
/// Chunks of a RF64 file that are looked at before its samples.
const MAX_CHUNKS: usize = 1_000;

/// How a file is to be shown to the demuxer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Repair {
    /// (position, byte): what is to be read there.
    pub(crate) patches: Vec<(u64, u8)>,
    /// Where the file is to end, if not at its end.
    pub(crate) length: Option<u64>,
}

/// What has to be changed for the file whose audio starts at `start`.
pub(crate) fn find(file: &mut (impl Read + Seek), start: u64) -> io::Result<Repair> {
    let mut tag = [0; 4];
    read_at(file, start, &mut tag)?;
    match &tag {
        b"fLaC" => hide_flac_metadata(file, start + 4),
        b"RF64" | b"BW64" => show_as_riff(file, start),
        _ => Ok(Repair::default()),
    }
}

/// Cue sheets, pictures and comments become padding: a mistake in one of them ends symphonia's reading.
fn hide_flac_metadata(file: &mut (impl Read + Seek), first: u64) -> io::Result<Repair> {
    const STREAM_INFO: u8 = 0;
    const PADDING: u8 = 1;
    let mut repair = Repair::default();
    let mut at = first;
    for _ in 0..MAX_BLOCKS {
        let mut header = [0; 4];
        if read_at(file, at, &mut header)? < header.len() {
            break;
        }
        let (last, kind) = (header[0] & 0x80, header[0] & 0x7f);
        // Not a block, but a frame: the length of the block before was wrong.
        if kind == 127 {
            break;
        }
        if kind != STREAM_INFO && kind != PADDING {
            repair.patches.push((at, last | PADDING));
        }
        if last != 0 {
            break;
        }
        at += 4 + u64::from(u32::from_be_bytes([0, header[1], header[2], header[3]]));
    }
    Ok(repair)
}

/// WAV beyond 4 GiB (EBU Tech 3306): RIFF with 64-bit lengths in a chunk of its own. Its 32-bit ones are all ones, which
/// symphonia takes for "to the end"; the end is set here.
fn show_as_riff(file: &mut (impl Read + Seek), start: u64) -> io::Result<Repair> {
    let mut repair =
        Repair { patches: b"RIFF".iter().zip(start..).map(|(&byte, at)| (at, byte)).collect(), length: None };
    let mut data_length = None;
    let mut at = start + 12;
    for _ in 0..MAX_CHUNKS {
        let mut chunk = [0; 24];
        if read_at(file, at, &mut chunk)? < 8 {
            break;
        }
        let length = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
        match &chunk[..4] {
            b"ds64" => {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&chunk[16..24]);
                data_length = Some(u64::from_le_bytes(bytes));
            }
            b"data" => {
                if length == u32::MAX {
                    repair.length = data_length.and_then(|length| (at + 8).checked_add(length));
                }
                break;
            }
            _ => {}
        }
        at += 8 + u64::from(length) + u64::from(length % 2);
    }
    Ok(repair)
}

/// Reads up to `buffer.len()` bytes at `position`; fewer only at the end of the file.
fn read_at(file: &mut (impl Read + Seek), position: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(position))?;
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
            Err(reason) => return Err(reason),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{find, Repair};

    fn repair(bytes: &[u8], start: u64) -> Repair {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        find(&mut file, start).unwrap()
    }

    #[test]
    fn flac_metadata_but_the_stream_information_becomes_padding() {
        let bytes = b"..fLaC\x00\x00\x00\x02si\x05\x00\x00\x03cue\x84\x00\x00\x01c\xff\xf8";
        assert_eq!(repair(bytes, 2), Repair { patches: vec![(12, 1), (19, 0x81)], length: None });
        assert_eq!(repair(b"fLaC\x00\x00\x00\x01s\x04\xff", 0), Repair::default());
    }

    #[test]
    fn rf64_becomes_riff_and_ends_with_its_samples() {
        let mut bytes = b"RF64\xff\xff\xff\xffWAVEds64\x1c\x00\x00\x00".to_vec();
        bytes.extend([0; 8]);
        bytes.extend(6_u64.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(b"fmt \x01\x00\x00\x00f\x00data\xff\xff\xff\xffsounds");
        let end = bytes.len() as u64;
        bytes.extend(b"LIST\x00\x00\x00\x00");
        let found = repair(&bytes, 0);
        assert_eq!(found.patches, [(0, b'R'), (1, b'I'), (2, b'F'), (3, b'F')]);
        assert_eq!(found.length, Some(end));
    }

    #[test]
    fn other_files_stay_as_they_are() {
        assert_eq!(repair(b"RIFF\x00\x00\x00\x00WAVE", 0), Repair::default());
        assert_eq!(repair(b"", 0), Repair::default());
    }
}
