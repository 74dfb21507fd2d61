//! Where the writing of a folder begins: behind what is there.

use std::fs::File;
use std::io;
use std::path::Path;

use espalier_core::capture::{Source as _, intact_end, is_capture};

use super::segment::{ClosedFile, Segment};
use super::writer::{MakeSegmentFile, SegmentWriter, header};
use super::{CaptureError, CaptureTrouble};

/// The segment that is written first.
pub struct OpenSegment {
    pub writer: SegmentWriter,
    pub base: u64,
    pub trouble: Option<CaptureTrouble>,
}

/// Goes on behind what there is: in the newest segment, if it is ours and may be written, or in a new one, which is added.
pub fn begin(
    folder: &Path,
    segments: &mut Vec<Segment>,
    make: MakeSegmentFile,
) -> Result<OpenSegment, CaptureError> {
    if let Some(last) = segments.last_mut() {
        match resume(&last.path, make) {
            Ok(Some((writer, trouble))) => {
                last.length = u64::MAX;
                return Ok(OpenSegment { writer, base: last.base, trouble });
            }
            Ok(None) => {}
            Err(CaptureError::Io { source, .. })
                if source.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    let base = segments.last().map_or(0, Segment::end);
    let next = Segment::in_folder(folder, base);
    let writer = SegmentWriter::create(&next.path, make)?;
    segments.push(next);
    Ok(OpenSegment { writer, base, trouble: None })
}

/// Goes on with a segment that a writer, perhaps killed, has left; `None`: it is not one of ours.
fn resume(
    path: &Path,
    make: MakeSegmentFile,
) -> Result<Option<(SegmentWriter, Option<CaptureTrouble>)>, CaptureError> {
    let file = File::options().read(true).write(true).open(path);
    let file = file.map_err(CaptureError::io("open", path))?;
    let length = file.metadata().map_err(CaptureError::io("read", path))?.len();
    let still = ClosedFile { file, length };
    if is_capture(&still) {
        let end = intact_end(&still, 0);
        let cut = length - end;
        let trouble = (cut > 0).then(|| CaptureTrouble::Torn { path: path.to_owned(), bytes: cut });
        let writer = SegmentWriter::resume(still.file, path, end, make)?;
        return Ok(Some((writer, trouble)));
    }
    // Torn at its very beginning: a part of the header, or zeros where a power cut left nothing else.
    let header = header();
    let mut found = vec![0; header.len()];
    let count = still.read_at(0, &mut found);
    let torn = length < header.len() as u64
        && (found[..count] == header[..count] || found.iter().all(|byte| *byte == 0));
    if !torn {
        return Ok(None);
    }
    let sink = make(still.file);
    // Back to the beginning, too: on Windows reading has moved the place where the next write goes.
    sink.cut(0).map_err(CaptureError::io("repair", path))?;
    Ok(Some((SegmentWriter::begin(sink, path)?, None)))
}
