use espalier_core::session::{TcpServerSpec, TransportSpec};
use espalier_core::{Direction, PeerId, Timestamp};

use super::*;
use crate::capture::{Capture, CaptureLimits};

const DAY: i64 = 86_400_000_000_000;

fn record(folder: &Path, at: i64) -> Capture {
    let capture = Capture::open(folder, CaptureLimits::with_retention_mib(128)).unwrap();
    capture.append_data(Timestamp(at), Direction::In, PeerId(7), None, b"hello").unwrap();
    capture
}

fn spec() -> SessionSpec {
    SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(7681)))
}

fn names(root: &Path) -> Vec<String> {
    list(root).captures.iter().map(|capture| capture.id.to_string()).collect()
}

#[test]
fn a_closed_capture_is_continued_and_an_open_one_is_not() {
    let root = tempfile::tempdir().unwrap();
    let limits = CaptureLimits::with_retention_mib(128);
    let captures = CaptureStore::new(root.path());
    let first = captures.claim(None);
    assert_ne!(captures.claim(Some(&first)), first, "it is claimed");
    assert!(!root.path().join(first.as_str()).exists(), "nothing is made yet");
    let (id, written) = captures.open(&first, limits).unwrap();
    assert_eq!(id, first);
    // Another window that starts at the same time: it finds out when it opens it.
    let other = CaptureStore::new(root.path());
    let claimed = other.claim(Some(&first));
    assert_eq!(claimed, first);
    let (instead, second) = other.open(&claimed, limits).unwrap();
    assert_ne!(instead, first);
    assert_eq!(other.claim(Some(&first)), first, "it is free in that window again");
    drop((written, second));
    captures.release(&first, false);
    assert_eq!(captures.claim(Some(&first)), first);
}

#[test]
fn the_list_shows_what_was_written_down_and_what_0_1_0_left() {
    let root = tempfile::tempdir().unwrap();
    let captures = CaptureStore::new(root.path());
    let id = captures.claim(None);
    drop(record(&captures.folder(&id), 5 * DAY));
    captures.describe(
        &SessionSpec { name: "lamp".to_owned(), capture: Some(id.clone()), ..spec() },
        None,
    );
    drop(record(&root.path().join("1700000000-4711/3"), 2 * DAY));
    std::fs::create_dir_all(root.path().join("holiday pictures")).unwrap();
    std::fs::write(root.path().join("holiday pictures/beach.jpg"), "sand").unwrap();

    let listed = list(root.path()).captures;
    let [new, old] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((new.name.as_str(), &new.id, new.is_open), ("lamp", &id, false));
    assert_eq!(new.session, Some(SessionSpec { name: "lamp".to_owned(), ..spec() }));
    assert_eq!((new.begun, new.ended), (Some(Timestamp(5 * DAY)), Some(Timestamp(5 * DAY))));
    assert_eq!((old.id.as_str(), old.session.clone()), ("1700000000-4711/3", None));

    captures.rename(&id, " test bench ").unwrap();
    assert_eq!(list(root.path()).captures[0].name, "test bench");
    captures.export(&id, root.path().join("copy.pcapng"), Progress::default()).unwrap();
    assert!(SavedCapture::open(&root.path().join("copy.pcapng")).is_ok());
    captures.delete(&id).unwrap();
    assert!(!captures.folder(&id).exists());
    assert_eq!(names(root.path()), ["1700000000-4711/3"]);
}

#[test]
fn what_is_being_written_is_neither_deleted_nor_lost() {
    let root = tempfile::tempdir().unwrap();
    let captures = CaptureStore::new(root.path());
    let id = captures.claim(None);
    let written = record(&captures.folder(&id), DAY);
    assert!(captures.delete(&id).is_err());
    captures.release(&id, true);
    assert!(list(root.path()).captures[0].is_open);
    drop(written);
    let stranger = captures.folder(&id).join("notes.txt");
    std::fs::write(&stranger, "mine").unwrap();
    captures.delete(&id).unwrap();
    assert!(stranger.exists() && names(root.path()).is_empty());
}

#[test]
fn what_is_too_old_is_told_a_day_before_it_goes() {
    let root = tempfile::tempdir().unwrap();
    let limits = KeepLimits { keep_gib: 0, keep_days: 30 };
    for (name, at) in [("old", 1), ("young", 40), ("1700000000-4711/3", 2), ("written", 1)] {
        drop(record(&root.path().join(name), at * DAY));
    }
    let _open = Capture::open(&root.path().join("written"), CaptureLimits::with_retention_mib(128))
        .unwrap();
    let goes = || -> Vec<String> {
        let going = list(root.path()).captures.into_iter().filter(|it| it.goes.is_some());
        going.map(|it| it.id.to_string()).collect()
    };
    sweep(root.path(), &limits, Timestamp(30 * DAY));
    assert!(goes().is_empty(), "the limit is not reached");
    sweep(root.path(), &limits, Timestamp(50 * DAY));
    assert_eq!(goes(), ["1700000000-4711/3", "old"]);
    sweep(root.path(), &limits, Timestamp(51 * DAY - 1));
    assert_eq!(names(root.path()).len(), 4, "it was told less than a day ago");
    // Continued meanwhile: it stays, and is not about to go.
    drop(record(&root.path().join("old"), 50 * DAY));
    sweep(root.path(), &limits, Timestamp(51 * DAY));
    assert_eq!(names(root.path()), ["old", "young", "written"]);
    assert!(goes().is_empty());
    assert!(!root.path().join("1700000000-4711").exists(), "the folder of the run is empty");
}

#[test]
fn the_age_of_a_folder_does_not_matter() {
    let root = tempfile::tempdir().unwrap();
    let now = crate::clock::now();
    drop(record(&root.path().join("long ago begun"), now.0));
    let segment = std::fs::read_dir(root.path().join("long ago begun")).unwrap();
    for file in segment.map(|entry| entry.unwrap().path()) {
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    sweep(root.path(), &KeepLimits::default(), now);
    assert_eq!(list(root.path()).captures[0].goes, None);
}

#[test]
fn what_is_written_down_and_makes_no_sense_hides_no_capture() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("x");
    drop(record(&folder, DAY));
    for text in ["schema = 99\n", "no toml", "schema = 1\nsession = 7\n", "\u{0}"] {
        std::fs::write(folder.join(CaptureMetadata::FILE), text).unwrap();
        assert_eq!(names(root.path()), ["x"]);
    }
}

#[test]
fn what_is_looked_at_stays_until_it_is_closed() {
    let root = tempfile::tempdir().unwrap();
    let captures = CaptureStore::new(root.path());
    let id = captures.claim(None);
    let folder = captures.folder(&id);
    drop(record(&folder, DAY));
    captures.release(&id, false);
    let (shown, elsewhere) =
        (Capture::look_at(&folder).unwrap(), Capture::look_at(&folder).unwrap());
    let limits = KeepLimits { keep_gib: 0, keep_days: 30 };
    sweep(root.path(), &limits, Timestamp(50 * DAY));
    sweep(root.path(), &limits, Timestamp(52 * DAY));
    assert_eq!(names(root.path()), [id.as_str()]);
    drop(shown);
    assert!(captures.delete(&id).is_err(), "another window shows it");
    // It can be continued all the same.
    drop(record(&folder, 2 * DAY));
    // A view that ends later holds nothing back.
    elsewhere.finish();
    sweep(root.path(), &limits, Timestamp(53 * DAY));
    assert!(!folder.exists());
}

#[test]
fn a_folder_that_is_no_capture_is_left_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    assert!(Capture::look_at(root.path()).is_err());
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn what_a_running_0_1_0_writes_is_open() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("1700000000-4711");
    drop(record(&run.join("1"), DAY));
    let lock = std::fs::File::create(run.join("lock")).unwrap();
    lock.lock().unwrap();
    let limits = KeepLimits { keep_gib: 0, keep_days: 30 };
    sweep(root.path(), &limits, Timestamp(50 * DAY));
    sweep(root.path(), &limits, Timestamp(52 * DAY));
    let captures = CaptureStore::new(root.path());
    let id = list(root.path()).captures[0].id.clone();
    assert!(list(root.path()).captures[0].is_open && captures.delete(&id).is_err());
    drop(lock);
    captures.delete(&id).unwrap();
    assert!(names(root.path()).is_empty());
}

#[test]
fn an_import_that_was_killed_goes_at_the_next_start_and_one_under_way_stays() {
    let root = tempfile::tempdir().unwrap();
    let left = root.path().join("imports/4711-0");
    std::fs::create_dir_all(left.join("streams/0001")).unwrap();
    std::fs::write(left.join("streams/0001/0000000000000000.pcapng"), "half").unwrap();
    let under_way = root.path().join("imports/4712-0");
    std::fs::create_dir_all(&under_way).unwrap();
    let _lock = capture::WriterLock::of_folder(&under_way).unwrap();
    CaptureStore::new(root.path()).clear_left_behind();
    assert!(!left.exists() && under_way.exists());
    assert!(names(root.path()).is_empty());
}

#[test]
fn what_is_marked_to_go_is_news() {
    let root = tempfile::tempdir().unwrap();
    drop(record(&root.path().join("old"), DAY));
    let captures = CaptureStore::new(root.path());
    *captures.limits.lock() = Some(KeepLimits { keep_gib: 0, keep_days: 30 });
    assert!(captures.sweep());
    assert_eq!(captures.changes().marked, 1);
    assert!(captures.listed.lock().list.captures[0].goes.is_some(), "who hears of it sees it");
    assert!(!captures.sweep(), "it is told once");
    assert_eq!(captures.changes().marked, 1);
}
