//! Which captures there are.

use std::fs;
use std::path::{Path, PathBuf};

use espalier_core::CaptureId;
use espalier_core::capture::StampClock;
use espalier_core::capture_list::{CaptureInfo, CaptureList};
use espalier_core::session::TransportSpec;

use super::metadata::CaptureMetadata;
use crate::capture::{CaptureSummary, is_being_written};

/// The most folders that are looked at; a folder with more was not made by this program.
const MOST: usize = 100_000;

/// Looks at all captures in this folder, the latest first: a few reads for each, however large it is.
pub fn list(root: &Path) -> CaptureList {
    list_with(root, capture_info)
}

/// The same; `info_of` says what is in a folder.
pub(super) fn list_with(
    root: &Path,
    mut info_of: impl FnMut(&Path, String) -> Option<CaptureInfo>,
) -> CaptureList {
    let mut captures = Vec::new();
    let fault = match fs::read_dir(root) {
        Ok(entries) => {
            for folder in folders(entries) {
                let Some(name) = name_of(&folder) else { continue };
                if is_run(&name) {
                    for inner in fs::read_dir(&folder).into_iter().flat_map(folders) {
                        let inner_name = name_of(&inner).map(|inner| format!("{name}/{inner}"));
                        captures.extend(inner_name.and_then(|name| info_of(&inner, name)));
                    }
                } else {
                    captures.extend(info_of(&folder, name));
                }
            }
            None
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(format!("{}: {error}", root.display()).into()),
    };
    captures.sort_by(|a, b| (b.ended, &b.id).cmp(&(a.ended, &a.id)));
    CaptureList { is_read: true, captures, fault }
}

fn folders(entries: fs::ReadDir) -> impl Iterator<Item = PathBuf> {
    let folders =
        entries.filter_map(Result::ok).filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
    folders.map(|entry| entry.path()).take(MOST)
}

fn name_of(folder: &Path) -> Option<String> {
    Some(folder.file_name()?.to_str()?.to_owned())
}

/// Named as 0.1.0 named its runs: seconds, and the number of the process.
fn is_run(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.split_once('-')
        .is_some_and(|(time, id)| time.len() == 10 && is_number(time) && is_number(id))
}

/// What is in a folder; `None` when it is no capture.
pub(super) fn capture_info(folder: &Path, name: String) -> Option<CaptureInfo> {
    let id = CaptureId::try_from(name).ok()?;
    let summary = CaptureSummary::of(folder).ok()?;
    let about = CaptureMetadata::read(folder);
    let name = if about.name.is_empty() {
        about.session.as_ref().map(|session| session.name.clone()).unwrap_or_default()
    } else {
        about.name.clone()
    };
    // What comes from a serial port has no other time than the program's.
    let is_serial = about
        .session
        .as_ref()
        .is_some_and(|session| matches!(session.transport, TransportSpec::Serial(_)));
    let clock = summary.clock.map(|it| if is_serial { StampClock::Program } else { it });
    Some(CaptureInfo {
        id,
        path: folder.to_owned(),
        name,
        goes: about.goes(),
        session: about.session,
        begun: summary.begun,
        ended: summary.ended,
        clock,
        bytes: summary.bytes,
        is_open: is_open(folder),
    })
}

/// Whether somebody writes it.
pub(super) fn is_open(folder: &Path) -> bool {
    // 0.1.0 locked the folder of its run.
    let run = folder.parent().filter(|run| name_of(run).is_some_and(|name| is_run(&name)));
    is_being_written(folder) || run.is_some_and(is_being_written)
}
