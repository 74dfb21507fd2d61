//! What files get.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use espalier_core::Progress;
use espalier_core::backend::{SaveFormat, Saving};
use espalier_core::capture::Source;
use espalier_core::session::SessionEvent;
use espalier_core::view::{ClockStyle, Filter};

use super::super::save::SaveJob;
use super::*;
use crate::capture::SavedCapture;

fn saved(
    window: &Window,
    path: &Path,
    format: SaveFormat,
) -> Result<espalier_core::Sentence, espalier_core::Sentence> {
    saved_of(window, path, Saving { format, direction: None })
}

fn saved_of(
    window: &Window,
    path: &Path,
    what: Saving,
) -> Result<espalier_core::Sentence, espalier_core::Sentence> {
    let (tell, told) = sync_channel(1);
    let progress = Progress::default();
    window.view.save(
        path.to_owned(),
        what,
        progress,
        Box::new(move |result| drop(tell.send(result))),
    );
    told.recv_timeout(Duration::from_secs(20)).expect("an answer")
}

fn talk(capture: &Capture) {
    let second = 1_700_000_000_000_000_000;
    let event = SessionEvent::Note("hello".into());
    capture.append_event(Timestamp(second), PeerId(1), None, &event).expect("space");
    append(capture, second + 1_000, Direction::In, 1, b"ask \xFF\r\n");
    append(capture, second + 1_500_000_000, Direction::Out, 1, b"answer\n");
    append(capture, second + 2_000_000_000, Direction::In, 2, b"other\n");
}

#[test]
fn the_bytes_alone_of_a_direction_and_of_chosen_peers() {
    let folder = folder();
    let capture = capture(&folder);
    talk(&capture);
    let window = Window::of(&capture);
    let path = folder.path().join("raw");
    let raw = |direction| {
        saved_of(&window, &path, Saving { format: SaveFormat::Raw, direction })
            .expect("a saved file");
        std::fs::read(&path).expect("a file")
    };
    assert_eq!(raw(Some(Direction::In)), b"ask \xFF\r\nother\n");
    assert_eq!(raw(Some(Direction::Out)), b"answer\n");
    assert_eq!(raw(None), b"ask \xFF\r\nanswer\nother\n");
    let filter = Filter { peers: vec![PeerId(2)], ..Filter::default() };
    window.view.set_spec(ViewSpec { filter, ..ViewSpec::default() });
    assert_eq!(raw(None), b"other\n");
}

#[test]
fn a_table_of_one_direction_has_the_exact_bytes_beside_the_text() {
    let folder = folder();
    let capture = capture(&folder);
    talk(&capture);
    let window = Window::of(&capture);
    // However it is shown.
    window.view.set_spec(ViewSpec {
        clock: ClockStyle::Off,
        format: espalier_core::view::RowFormat::Hex,
        ..ViewSpec::default()
    });
    let path = folder.path().join("log.csv");
    let what = Saving { format: SaveFormat::Csv, direction: Some(Direction::Out) };
    saved_of(&window, &path, what).expect("a saved file");
    let text = std::fs::read_to_string(&path).expect("a file");
    let mut lines = text.split("\r\n");
    let head = lines.next().expect("a head");
    assert_eq!(head, "\u{feff}time,direction,connection,kind,bytes,text,hex,delta,fault");
    let data: Vec<&str> = lines.filter(|line| line.contains(",data,")).collect();
    assert_eq!(data.len(), 1, "{text}");
    assert!(data[0].ends_with(",out,1,data,7,answer,61 6E 73 77 65 72 0A,,"), "{text}");
    assert!(data[0].contains(":21.500000"), "{text}");
}

#[test]
fn the_shown_rows_with_the_stamps_that_are_shown() {
    let folder = folder();
    let capture = capture(&folder);
    talk(&capture);
    let window = Window::of(&capture);
    let path = folder.path().join("log.txt");
    let spec = |clock| ViewSpec { clock, ..ViewSpec::default() };
    let text = || std::fs::read_to_string(&path).expect("a file");

    window.view.set_spec(spec(ClockStyle::Off));
    saved(&window, &path, SaveFormat::Text).expect("a saved file");
    assert_eq!(text(), "note: hello\nask \\xFF\nanswer\nother\n");
    window.view.set_spec(spec(ClockStyle::SinceStart));
    saved(&window, &path, SaveFormat::Text).expect("a saved file");
    assert_eq!(
        text(),
        "0.000000 * #1 note: hello\n0.000001 < #1 ask \\xFF\n1.500000 > #1 answer\n2.000000 < #2 other\n"
    );
    window.view.set_spec(spec(ClockStyle::SincePrevious));
    saved(&window, &path, SaveFormat::Text).expect("a saved file");
    assert!(text().ends_with("+1.499999 > #1 answer\n+0.500000 < #2 other\n"), "{}", text());
    window.view.set_spec(spec(ClockStyle::Local));
    let told = saved(&window, &path, SaveFormat::Text).expect("a saved file");
    assert!(told.starts_with("Saved 4 rows to "), "{told}");
    // The day depends on the time zone, what is below a minute does not.
    assert!(text().contains(":20.000001 < #1 ask"), "{}", text());
}

#[test]
fn a_hex_dump_of_the_shown_rows() {
    let folder = folder();
    let capture = capture(&folder);
    receive(&capture, b"0123456789abcdefXYZ\n");
    let mut spec = ViewSpec { clock: ClockStyle::Off, ..ViewSpec::default() };
    spec.filter.hide_events = true;
    let window = Window::of(&capture);
    window.view.set_spec(spec);
    let path = folder.path().join("dump");
    saved(&window, &path, SaveFormat::HexDump).expect("a saved file");
    let expected = "# \n\
        00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|\n\
        00000010  58 59 5A 0A                                      |XYZ.|\n";
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), expected);
}

#[test]
fn the_whole_capture_while_it_goes_on() {
    let folder = folder();
    let limits = CaptureLimits { segment: 4096, retention: 1 << 20 };
    let capture = Capture::open(&folder.path().join("session"), limits).expect("a capture");
    (0..500_u32).for_each(|n| receive(&capture, format!("line {n}\n").as_bytes()));
    let window = Window::of(&capture);
    let path = folder.path().join("saved.pcapng");
    let (tell, told) = sync_channel(1);
    let done = Box::new(move |result| drop(tell.send(result)));
    window.view.save(
        path.clone(),
        Saving { format: SaveFormat::Pcapng, direction: None },
        Progress::default(),
        done,
    );
    (500..600_u32).for_each(|n| receive(&capture, format!("line {n}\n").as_bytes()));
    told.recv_timeout(Duration::from_secs(20)).expect("an answer").expect("a saved file");
    let window = Window::new(ViewSpec::default());
    window.view.open(SavedCapture::open(&path).expect("a capture"));
    let mut window = window;
    assert_eq!(window.settled(499..500), ["line 499"]);
}

#[test]
fn what_cannot_be_saved_is_told_and_leaves_the_old_file_alone() {
    let folder = folder();
    let capture = capture(&folder);
    talk(&capture);
    let window = Window::of(&capture);
    let missing = folder.path().join("no such folder").join("file");
    let error = saved(&window, &missing, SaveFormat::Text).expect_err("no folder");
    assert!(error.starts_with("Cannot save "), "{error}");

    let path = folder.path().join("kept");
    std::fs::write(&path, "old").expect("space");
    let (tell, told) = sync_channel(1);
    let done = Box::new(move |result| drop(tell.send(result)));
    let many: String = (0..300_000).map(|n| format!("line {n}\n")).collect();
    receive(&capture, many.as_bytes());
    window.view.save(
        path.clone(),
        Saving { format: SaveFormat::Text, direction: None },
        Progress::default(),
        done,
    );
    drop(window);
    let result = told.recv_timeout(Duration::from_secs(20)).expect("an answer");
    assert!(result.expect_err("given up").contains("closed"));
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "old");
    let left = std::fs::read_dir(folder.path()).expect("a folder");
    let parts = left.flatten().filter(|it| it.path().extension().is_some_and(|it| it == "part"));
    assert_eq!(parts.count(), 0, "nothing half done is left");
}

#[test]
fn a_cancelled_save_leaves_the_old_file_alone() {
    let folder = folder();
    let capture = capture(&folder);
    talk(&capture);
    let window = Window::of(&capture);
    let path = folder.path().join("kept");
    std::fs::write(&path, "old").expect("space");
    for format in [SaveFormat::Raw, SaveFormat::Text, SaveFormat::Pcapng] {
        let (tell, told) = sync_channel(1);
        let progress = Progress::default();
        progress.cancel();
        let what = Saving { format, direction: None };
        let done = Box::new(move |result| drop(tell.send(result)));
        window.view.save(path.clone(), what, progress, done);
        let result = told.recv_timeout(Duration::from_secs(20)).expect("an answer");
        assert!(result.expect_err("given up").contains("Cancelled"), "{format:?}");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "old");
    }
    let left = std::fs::read_dir(folder.path()).expect("a folder");
    let parts = left.flatten().filter(|it| it.path().extension().is_some_and(|it| it == "part"));
    assert_eq!(parts.count(), 0, "nothing half done is left");
}

#[test]
fn what_is_behind_a_missing_segment_is_saved_too() {
    let folder = folder();
    let session = folder.path().join("session");
    let limits = CaptureLimits { segment: 4096, retention: 1 << 20 };
    let capture = Capture::open(&session, limits).expect("a capture");
    (0..500_u32).for_each(|n| receive(&capture, format!("line {n}\n").as_bytes()));
    drop(capture);
    let segments = std::fs::read_dir(&session).expect("a folder").flatten().map(|it| it.path());
    let mut segments: Vec<_> =
        segments.filter(|it| it.extension().is_some_and(|it| it == "pcapng")).collect();
    segments.sort();
    std::fs::remove_file(&segments[1]).expect("deleted");
    let window = Window::new(ViewSpec { clock: ClockStyle::Off, ..ViewSpec::default() });
    window.view.open(SavedCapture::open(&session).expect("a capture"));
    let path = folder.path().join("saved");
    for format in [SaveFormat::Text, SaveFormat::Raw, SaveFormat::Pcapng] {
        saved(&window, &path, format).expect("a saved file");
        let text = std::fs::read(&path).expect("a file");
        let has = |part: &[u8]| text.windows(part.len()).any(|it| it == part);
        assert!(has(b"line 0\n") && has(b"line 499\n"), "{format:?}");
    }
}

/// A capture that retention shortens to its last segment when it has been read so often.
struct Forgetful {
    bytes: Vec<u8>,
    last: u64,
    reads_left: AtomicUsize,
}

impl Source for Forgetful {
    fn extent(&self) -> Range<u64> {
        let start = if self.reads_left.load(Ordering::Relaxed) == 0 { self.last } else { 0 };
        start..self.bytes.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> usize {
        let count = if self.extent().contains(&at) { self.bytes.read_at(at, into) } else { 0 };
        let less = |left: usize| left.checked_sub(1);
        self.reads_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or(0);
        count
    }
}

#[test]
fn a_save_that_retention_overtakes_says_so_instead_of_leaving_a_hole() {
    let folder = folder();
    let session = folder.path().join("session");
    let limits = CaptureLimits { segment: 256 << 10, retention: 64 << 20 };
    let capture = Capture::open(&session, limits).expect("a capture");
    let whole: Vec<u8> = (0..250_000).flat_map(|n| format!("{n}\n").into_bytes()).collect();
    whole.chunks(1000).for_each(|chunk| receive(&capture, chunk));
    let mut bytes = vec![0; capture.kept_bytes() as usize];
    capture.read_at(0, &mut bytes);
    let stem = |path: std::path::PathBuf| path.file_stem()?.to_str()?.parse().ok();
    let segments = std::fs::read_dir(&session).expect("a folder").flatten();
    let last = segments.filter_map(|it| stem(it.path())).max().expect("a segment");

    let path = folder.path().join("saved");
    for format in [SaveFormat::Raw, SaveFormat::Text, SaveFormat::Pcapng] {
        let mut told = 0;
        for reads in [1, 2, 3, 5, 8, 13, 21, 34, 55] {
            let source = Forgetful { bytes: bytes.clone(), last, reads_left: reads.into() };
            let save = SaveJob {
                path: path.clone(),
                what: Saving { format, direction: None },
                spec: ViewSpec { clock: ClockStyle::Off, ..ViewSpec::default() },
                source: Arc::new(source),
                progress: Progress::default(),
                inbox: Arc::default(),
            };
            match save.run() {
                Err(sentence) => {
                    assert!(sentence.contains("oldest part of the history went"), "{sentence}");
                    told += 1;
                }
                // What was there when it began to write is there without a hole.
                Ok(_) if format == SaveFormat::Pcapng => {
                    assert!(bytes.ends_with(&std::fs::read(&path).expect("a file")));
                }
                Ok(_) => assert!(whole.ends_with(&std::fs::read(&path).expect("a file"))),
            }
        }
        assert!(told > 0, "{format:?} was never overtaken");
    }
}
