use std::path::Path;
use std::sync::Arc;

use espalier_core::session::{LogFileForm, LogFilePeriod};
use espalier_core::view::Framing;
use espalier_core::{Direction, PeerId, Timestamp};
use parking_lot::Mutex;
use tempfile::TempDir;

use super::run::{LogFileWriter, RunShared};
use super::*;
use crate::capture::{Capture, CaptureLimits};
use espalier_core::Position;
use espalier_core::session::LogFileSpec;
use espalier_core::view::ViewSpec;

/// Noon of a day, in nanoseconds.
const NOON: i64 = 1_700_000_000_000_000_000;
const HOUR: i64 = 3_600_000_000_000;

struct Rig {
    home: TempDir,
    capture: Capture,
    spec: LogFileSpec,
    told: Arc<Mutex<Vec<String>>>,
}

impl Rig {
    fn new(form: LogFileForm) -> Self {
        Self::with(form, CaptureLimits::with_retention_mib(128))
    }

    fn with(form: LogFileForm, limits: CaptureLimits) -> Self {
        let home = tempfile::tempdir().unwrap();
        let capture = Capture::open(&home.path().join("capture"), limits).unwrap();
        let spec = LogFileSpec { form, ..LogFileSpec::new(home.path().join("logs")) };
        Self { home, capture, spec, told: Arc::default() }
    }

    fn writer(&self) -> LogFileWriter {
        let told = self.told.clone();
        let view = ViewSpec { framing: Framing::Line, ..ViewSpec::default() };
        LogFileWriter::new(
            LogFileTask {
                spec: self.spec.clone(),
                view,
                name: "COM3".to_owned(),
                capture: self.capture.clone(),
                from: Position(0),
                mark: Some(mark_in(&self.home.path().join("capture"))),
                hear: Box::new(move |sentence| {
                    told.lock().extend(sentence.map(|it| it.english().to_owned()));
                }),
            },
            None,
        )
    }

    fn said(&self, peer: u32, at: i64, text: &str) {
        let (at, peer) = (Timestamp(at), PeerId(peer));
        self.capture.append_data(at, Direction::In, peer, None, text.as_bytes()).unwrap();
    }

    /// Names and texts of the log files, by name.
    fn files(&self) -> Vec<(String, String)> {
        let Ok(entries) = std::fs::read_dir(&self.spec.folder) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, String::from_utf8(std::fs::read(path).unwrap()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn text(&self) -> String {
        self.files().into_iter().map(|(_, text)| text).collect()
    }
}

fn write(writer: &mut LogFileWriter, ends: bool) {
    writer.write(&RunShared::default(), ends);
}

#[test]
fn rows_are_written_with_their_time_and_direction_or_plain_and_bytes_as_they_came() {
    for (form, wanted) in [
        (LogFileForm::Text, "< #1 one\n"),
        (LogFileForm::Plain, "one\n"),
        (LogFileForm::Raw, "one\r\n"),
    ] {
        let rig = Rig::new(form);
        rig.said(1, NOON, "one\r\n");
        let mut writer = rig.writer();
        write(&mut writer, false);
        let text = rig.text();
        assert!(text.ends_with(wanted), "{form:?}: {text:?}");
        assert_eq!(text.len() > wanted.len(), form == LogFileForm::Text, "{text:?}");
        let day = zoned_day(NOON);
        let extension = if form == LogFileForm::Raw { "bin" } else { "txt" };
        assert_eq!(rig.files()[0].0, format!("COM3_{day}.{extension}"));
        assert!(rig.told.lock()[0].contains(&day), "told where it goes");
    }
}

fn zoned_day(at: i64) -> String {
    let time = jiff::Timestamp::from_nanosecond(at.into()).unwrap();
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

#[test]
fn a_file_is_gone_on_with_and_another_one_begins_when_it_is_full_or_its_time_is_over() {
    let mut rig = Rig::new(LogFileForm::Plain);
    rig.spec.every = LogFilePeriod::Hour;
    rig.spec.largest_mib = Some(1);
    rig.said(1, NOON, "one\n");
    let mut writer = rig.writer();
    write(&mut writer, true);
    drop(writer);
    rig.said(1, NOON + 1, "two\n");
    let mut writer = rig.writer();
    write(&mut writer, false);
    assert_eq!(rig.text(), "one\ntwo\n", "the same file");
    assert_eq!(rig.files().len(), 1);
    // A row that is under way at the end of an hour stays whole.
    rig.said(1, NOON + 2, "half");
    rig.said(1, NOON + HOUR, "way\n");
    let line = format!("{}\n", "x".repeat(1023));
    for _ in 0..1100 {
        rig.said(1, NOON + HOUR, &line);
    }
    write(&mut writer, true);
    let files = rig.files();
    assert_eq!(files.len(), 3, "{:?}", files.iter().map(|it| &it.0).collect::<Vec<_>>());
    assert_eq!(files[0].1, "one\ntwo\n");
    let (first, second) = (&files[1], &files[2]);
    // `.2.txt` stands before `.txt`.
    assert!(first.0.ends_with(".2.txt") && second.0.ends_with(".txt"), "{} {}", first.0, second.0);
    assert!(second.1.starts_with("halfway\n") && second.1.len() >= 1 << 20);
    assert!(second.1.len() < (1 << 20) + 1024, "no more than the row that fills it");
    assert_eq!(first.1.len() + second.1.len(), "halfway\n".len() + 1100 * 1024);
}

#[test]
fn a_file_ends_with_the_row_that_fills_it_however_much_comes_at_once() {
    for form in [LogFileForm::Text, LogFileForm::Plain, LogFileForm::Raw] {
        let mut rig = Rig::new(form);
        rig.spec.largest_mib = Some(1);
        let lines: String = (0..8000).map(|number| format!("{number}\n")).collect();
        for _ in 0..28 {
            rig.said(1, NOON, &lines);
        }
        let mut writer = rig.writer();
        write(&mut writer, false);
        // It is remembered where it is, too.
        drop(writer);
        let mut writer = rig.writer();
        write(&mut writer, true);
        let lengths: Vec<_> = rig.files().iter().map(|(_, text)| text.len()).collect();
        let not_full = lengths.iter().filter(|length| **length < 1 << 20).count();
        assert!(lengths.len() > 1 && not_full <= 1, "{form:?}: {lengths:?}");
        let most = if form == LogFileForm::Raw { 0 } else { 100 };
        assert!(lengths.iter().all(|length| *length <= (1 << 20) + most), "{form:?}: {lengths:?}");
        if form == LogFileForm::Raw {
            assert_eq!(lengths.iter().sum::<usize>(), 28 * lines.len());
        } else {
            assert_eq!(rig.text().lines().count(), 28 * 8000, "{form:?}");
        }
    }
}

#[test]
fn what_others_write_is_never_touched() {
    let rig = Rig::new(LogFileForm::Plain);
    std::fs::create_dir(&rig.spec.folder).unwrap();
    let taken = rig.spec.folder.join(format!("COM3_{}.txt", zoned_day(NOON)));
    std::fs::write(&taken, "a letter").unwrap();
    rig.said(1, NOON, "one\n");
    let mut writer = rig.writer();
    write(&mut writer, true);
    drop(writer);
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "a letter");
    // Somebody shortens ours: what comes then goes into another one.
    let ours = rig.spec.folder.join(format!("COM3_{}.2.txt", zoned_day(NOON)));
    std::fs::write(&ours, "o").unwrap();
    rig.said(1, NOON, "two\n");
    let mut writer = rig.writer();
    write(&mut writer, false);
    assert_eq!(std::fs::read_to_string(&ours).unwrap(), "o");
    assert!(rig.files().iter().any(|(_, text)| text == "two\n"), "{:?}", rig.files());
    if cfg!(windows) {
        // Nobody can take what is open here.
        return assert!(std::fs::remove_dir_all(&rig.spec.folder).is_err());
    }
    // Somebody takes the folder away.
    std::fs::remove_dir_all(&rig.spec.folder).unwrap();
    rig.said(1, NOON, "three\n");
    write(&mut writer, false);
    assert_eq!(rig.text(), "three\n");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_once_and_tried_until_it_can() {
    let rig = Rig::new(LogFileForm::Plain);
    // A file stands where the folder should be.
    std::fs::write(&rig.spec.folder, "").unwrap();
    rig.said(1, NOON, "one\n");
    let mut writer = rig.writer();
    write(&mut writer, false);
    rig.said(1, NOON, "two\n");
    write(&mut writer, false);
    let told = rig.told.lock().clone();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("cannot be written"), "{told:?}");
    std::fs::remove_file(&rig.spec.folder).unwrap();
    write(&mut writer, false);
    assert_eq!(rig.text(), "one\ntwo\n");
    assert!(rig.told.lock().iter().any(|it| it.contains("again")));
}

#[test]
fn what_retention_let_go_before_it_was_written_is_told_where_it_is_missing() {
    let limits = CaptureLimits { segment: 4096, retention: 8192 };
    let rig = Rig::with(LogFileForm::Plain, limits);
    rig.said(1, NOON, "first\n");
    let mut writer = rig.writer();
    write(&mut writer, false);
    for number in 0..1000 {
        rig.said(1, NOON, &format!("line {number} of many\n"));
    }
    write(&mut writer, false);
    let text = rig.text();
    assert!(text.starts_with("first\n-- "), "{text:?}");
    assert_eq!(text.matches("bytes of the history are missing here").count(), 1);
    assert!(text.ends_with("line 999 of many\n"));
    assert!(rig.told.lock().iter().any(|it| it.contains("missing")), "in the log, too");
}

#[test]
fn a_row_that_does_not_end_is_written_when_it_was_waited_for() {
    let rig = Rig::new(LogFileForm::Plain);
    let now = crate::clock::now().0;
    rig.said(1, now, "login: ");
    let mut writer = rig.writer();
    write(&mut writer, false);
    assert_eq!(rig.text(), "", "it may go on");
    rig.said(2, now + 3_000_000_000, "other\n");
    write(&mut writer, false);
    assert_eq!(rig.text(), "other\nlogin: \n");
}

/// A linear congruential generator: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[test]
fn whenever_it_is_killed_each_row_is_there_once() {
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut rig = Rig::new(LogFileForm::Plain);
        rig.spec.every = LogFilePeriod::Hour;
        // Later than now: no row is old. In the middle an hour ends.
        let hour = (crate::clock::now().0 / HOUR + 24) * HOUR;
        let mut at = hour - 600_000_000;
        // The next record goes into another file.
        let (mut turned, mut spoken) = (true, false);
        let mut wanted = Vec::new();
        let mut writer = rig.writer();
        // Lines of three peers, cut anywhere and mixed.
        let mut said = [const { String::new() }; 3];
        for number in 0..120 {
            let peer = dice.below(3) as usize;
            said[peer].push_str(&format!("{peer}:{number}\n"));
            wanted.push(format!("{peer}:{number}"));
            let cut = dice.below(said[peer].len() as u64 + 1) as usize;
            let rest = said[peer].split_off(cut);
            if cut > 0 {
                rig.said(peer as u32 + 1, at, &said[peer]);
                spoken = true;
            }
            said[peer] = rest;
            at += 10_000_000;
            if at == hour {
                (turned, spoken) = (true, false);
            }
            match dice.below(6) {
                0 => {
                    write(&mut writer, false);
                    turned &= !spoken;
                }
                // What was written last is not remembered. Nothing is written into a new file before it is.
                1 if !turned => {
                    drop(writer.lose_mark());
                    write(&mut writer, false);
                    drop(writer);
                    writer = rig.writer();
                }
                2 => {
                    drop(writer);
                    writer = rig.writer();
                }
                _ => {}
            }
        }
        for (peer, rest) in said.iter().enumerate().filter(|(_, rest)| !rest.is_empty()) {
            rig.said(peer as u32 + 1, at, rest);
        }
        write(&mut writer, true);
        let text = rig.text();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(lines, wanted, "seed {seed}");
    }
}

#[test]
fn files_with_strange_places_in_their_marks_are_left_alone() {
    let rig = Rig::new(LogFileForm::Plain);
    let mark = mark_in(&rig.home.path().join("capture"));
    for text in
        ["", "1\n2\n", "9999999999\n0\n0\n0\n/x\nwhole\n", "-1\n-1\n0\n0\n\nwhole\n", "\u{0}"]
    {
        std::fs::write(&mark, text).unwrap();
        rig.said(1, NOON, "one\n");
        let mut writer = rig.writer();
        write(&mut writer, true);
    }
    assert!(rig.text().lines().all(|line| line == "one"));
    assert!(!Path::new("/x").exists());
}
