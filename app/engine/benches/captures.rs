//! How fast captures are written, cut into rows and looked at.
//!
//! `cargo bench -p espalier-engine --bench captures [NAME…]` needs some 3 GiB of disk (in `TMPDIR`). Where something plain does
//! the same work, it is measured in the same run and stands beside it.

use std::fs::File;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use espalier_core::backend::View as _;
use espalier_core::capture::Source;
use espalier_core::view::{
    CaptureRecords, Filter, FindSpec, History, Page, PageRequest, RowFormat, ViewSpec, ViewStatus,
};
use espalier_core::{Direction, PeerId, Timestamp};
use espalier_engine::capture::{Capture, CaptureLimits, SavedCapture};
use espalier_engine::timeline::{Lane, Timeline};
use espalier_engine::view::ViewHandle;

const GIB: usize = 1 << 30;
const SCREEN: u64 = 60;

type Bench = (&'static str, fn(&Path));

const BENCHES: [Bench; 6] = [
    ("append", append),
    ("cut", cut),
    ("pages", pages),
    ("open", open),
    ("follow", follow),
    ("hundred-million", hundred_million),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    for (name, bench) in BENCHES {
        if wanted.is_empty() || wanted.iter().any(|it| name.contains(it.as_str())) {
            println!("{name}");
            let folder = tempfile::tempdir().expect("a folder");
            bench(folder.path());
        }
    }
}

/// Half a GiB in reads of different sizes, without and with a timeline that follows, against writing the same to a plain file. The ratio is one of CPU time, kernel
/// included, so that other work on this computer does not tip it.
fn append(folder: &Path) {
    for size in [64, 1 << 10, 16 << 10, 128 << 10] {
        let bytes = vec![b'x'; size];
        let rounds = (GIB / 2 / size).min(500_000);
        let mut plain = File::create(folder.join("plain")).expect("a file");
        let reference = Meter::start();
        (0..rounds).for_each(|_| plain.write_all(&bytes).expect("space"));
        let reference = reference.stop();
        std::fs::remove_file(folder.join("plain")).expect("a file");

        let time = appended(folder, rounds, &bytes, false);
        let followed = appended(folder, rounds, &bytes, true);
        println!(
            "  records of {size:>6} bytes with a timeline: {} ({:.2} µs of CPU each for the one who appends)",
            speed(size * rounds, followed.wall),
            followed.cpu.as_secs_f64() * 1e6 / rounds as f64
        );
        let each = time.cpu.as_secs_f64() * 1e6 / rounds as f64;
        println!(
            "  records of {size:>6} bytes: {} ({each:.2} µs of CPU each), a plain file {}: {:.0} % of its speed",
            speed(size * rounds, time.wall),
            speed(size * rounds, reference.wall),
            100.0 * reference.cpu.as_secs_f64() / time.cpu.as_secs_f64()
        );
    }
}

/// What it takes to append these bytes so often.
fn appended(folder: &Path, rounds: usize, bytes: &[u8], followed: bool) -> Meter {
    let capture = Capture::open(&folder.join("c"), CaptureLimits::default()).expect("a capture");
    let timeline = followed.then(|| {
        let of = folder.join("timeline");
        let timeline = Timeline::begin(
            move || Capture::open(&of, CaptureLimits::default()),
            |fault| eprintln!("  the timeline ended: {fault}"),
        );
        let timeline = timeline.expect("a thread");
        timeline.add([(0, Lane { capture: capture.clone(), is_board: false })]);
        timeline
    });
    let time = Meter::start();
    for n in 0..rounds {
        let at = Timestamp(n as i64);
        capture.append_data(at, Direction::In, PeerId(1), None, bytes).expect("space");
    }
    let time = time.stop();
    drop(timeline);
    capture.delete();
    time
}

/// One GiB of text lines: cutting, filtering and searching them, against counting newlines.
fn cut(folder: &Path) {
    let saved = lines(folder, GIB / 64);
    let total = (saved.extent().end - saved.extent().start) as usize;
    let begun = Instant::now();
    let mut buffer = vec![0; 256 << 10];
    let (mut at, mut newlines) = (0, 0);
    loop {
        let count = saved.read_at(at, &mut buffer);
        newlines += buffer[..count].iter().filter(|byte| **byte == b'\n').count();
        at += count as u64;
        if count == 0 {
            break;
        }
    }
    let reference = begun.elapsed();
    println!("  counting {newlines} newlines: {}", speed(total, reference));

    let mut history = History::new(ViewSpec::default());
    let mut run = |what: &str, change: &dyn Fn(&mut History)| {
        change(&mut history);
        let begun = Instant::now();
        let mut longest = Duration::ZERO;
        loop {
            let slice = Instant::now();
            let progress = history.advance(&CaptureRecords(&saved), 1 << 20);
            longest = longest.max(slice.elapsed());
            if !progress.more {
                break;
            }
        }
        let status = history.status();
        println!(
            "  {what}: {}, {} of {} rows, longest slice {:.1} ms",
            speed(total, begun.elapsed()),
            status.shown,
            status.rows,
            ms(longest)
        );
    };
    run("cutting", &|_| {});
    let find = FindSpec { pattern: "77777".into(), ..FindSpec::default() };
    run("finding a word", &|history| history.find(Some(&find)));
    let text = |text: &str, regex| {
        let filter = Filter { text: text.into(), regex, ..Filter::default() };
        ViewSpec { filter, ..ViewSpec::default() }
    };
    run("filtering by a word", &|history| {
        history.find(None);
        history.set_spec(text("77777", false));
    });
    run("filtering by an expression", &|history| history.set_spec(text("7{5}|abc$", true)));
}

/// Ten million lines: any screen of them.
fn pages(folder: &Path) {
    let saved = lines(folder, 10_000_000);
    let mut history = History::new(ViewSpec::default());
    while history.advance(&CaptureRecords(&saved), 16 << 20).more {}
    random_pages(&mut history, &saved);
}

/// A capture of one GiB in a view: from opening it to its first screen, from another format to the same place in that format,
/// and how long the window waits for a screen meanwhile.
fn open(folder: &Path) {
    drop(lines(folder, GIB / 64));
    for _ in 0..3 {
        let (wake, woken) = sync_channel(1);
        let wake = Arc::new(move || wake.try_send(()).unwrap_or_default());
        let begun = Instant::now();
        let view = ViewHandle::new("bench-view", ViewSpec::default(), wake).expect("a thread");
        view.open(SavedCapture::open(folder).expect("a capture"));
        let mut revision = 1;
        // Draws as a window does, when woken, until it likes what it sees.
        let mut draw = |rows: Range<u64>, right: &dyn Fn(&Page, &ViewStatus) -> bool| {
            let begun = Instant::now();
            loop {
                let page = view.page();
                view.request_page(PageRequest::rows(revision, rows.clone()));
                let status = view.status();
                let same = page.revision() == status.revision;
                revision = page.revision();
                if right(&page, &status) {
                    return begun.elapsed();
                }
                if same {
                    woken.recv_timeout(Duration::from_secs(60)).expect("a view that goes on");
                }
            }
        };
        draw(0..SCREEN, &|page, _| page.rows.len() as u64 >= SCREEN);
        let first = begun.elapsed();
        draw(0..SCREEN, &|_, status| status.indexed.1 > 0 && status.indexed.0 == status.indexed.1);
        let all = begun.elapsed();
        let middle = view.status().shown / 2;
        let scrolled = draw(middle..middle + SCREEN, &|page, _| {
            page.first <= middle && page.first + page.rows.len() as u64 >= middle + SCREEN
        });
        view.set_spec(ViewSpec { format: RowFormat::Hex, ..ViewSpec::default() });
        let hex = draw(middle..middle + SCREEN, &|page, _| {
            page.revision() > 1 && page.rows.len() as u64 >= SCREEN
        });
        println!(
            "  first screen {:.1} ms, all cut {:.0} ms, the middle {:.1} ms, the same in hexadecimal {:.1} ms",
            ms(first),
            ms(all),
            ms(scrolled),
            ms(hex)
        );
    }
}

/// One GiB of lines that comes as fast as the disk takes it, while a window draws its end sixty times a second.
fn follow(folder: &Path) {
    let capture = Capture::open(folder, CaptureLimits::default()).expect("a capture");
    let (wake, woken) = sync_channel(1);
    let wake = Arc::new(move || wake.try_send(()).unwrap_or_default());
    let view = ViewHandle::new("bench-view", ViewSpec::default(), wake).expect("a thread");
    view.follow(&capture);
    let count = GIB / 64;
    let begun = Instant::now();
    let mut times = Vec::new();
    let (mut frames, mut written) = (0, None);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_lines(&capture, count));
        loop {
            if writer.is_finished() {
                written.get_or_insert_with(|| begun.elapsed());
            }
            let time = Meter::start();
            let page = view.page();
            view.request_page(PageRequest::newest(SCREEN));
            times.push(time.stop().cpu);
            frames += 1;
            if page.first + page.rows.len() as u64 == count as u64 {
                break;
            }
            woken.recv_timeout(Duration::from_secs(60)).expect("a view that goes on");
            std::thread::sleep(Duration::from_millis(16));
        }
    });
    let all = begun.elapsed();
    times.sort_unstable();
    let written = written.unwrap_or(all);
    println!(
        "  written at {}, its end shown {:.0} ms later; {frames} frames, CPU of the window's calls p99 {:.3} ms",
        speed(GIB, written),
        ms(all.saturating_sub(written)),
        ms(times[(times.len() - 1) * 99 / 100])
    );
    if let Some(memory) = resident() {
        println!("  memory: {memory} KiB");
    }
}

/// A hundred million rows, all blank.
fn hundred_million(folder: &Path) {
    let capture = Capture::open(folder, CaptureLimits::default()).expect("a capture");
    let blank = vec![b'\n'; 100_000];
    for n in 0..1000 {
        let at = Timestamp(n);
        capture.append_data(at, Direction::In, PeerId(1), None, &blank).expect("space");
    }
    let before = resident();
    let begun = Instant::now();
    let mut history = History::new(ViewSpec::default());
    while history.advance(&CaptureRecords(&capture), 1 << 20).more {}
    println!("  cut in {:.0} ms: {} rows", ms(begun.elapsed()), history.status().rows);
    if let (Some(before), Some(after)) = (before, resident()) {
        println!("  memory: {} KiB more", after.saturating_sub(before));
    }
    random_pages(&mut history, &capture);
}

fn random_pages(history: &mut History, source: &dyn Source) {
    let status = history.status();
    let mut state = 1_u64;
    let mut times: Vec<Duration> = (0..2000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            let row = (state >> 11) % (status.shown - SCREEN);
            let time = Meter::start();
            let page = history
                .page(
                    &CaptureRecords(source),
                    &PageRequest::rows(status.revision, row..row + SCREEN),
                    0,
                )
                .0;
            assert_eq!((page.first, page.rows.len() as u64), (row, SCREEN));
            time.stop().cpu
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| ms(times[(times.len() - 1) * percent / 100]);
    println!(
        "  a screen anywhere in {} rows: CPU median {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        status.shown,
        at(50),
        at(99),
        at(100)
    );
}

/// A capture of this many lines, 64 bytes each, in reads of 64 KiB.
fn lines(folder: &Path, count: usize) -> SavedCapture {
    write_lines(&Capture::open(folder, CaptureLimits::default()).expect("a capture"), count);
    SavedCapture::open(folder).expect("a capture")
}

fn write_lines(capture: &Capture, count: usize) {
    let mut chunk = Vec::with_capacity(64 << 10);
    for n in 0..count {
        writeln!(chunk, "line {n:010} of a log that is as wide as most logs are, say")
            .expect("memory");
        if chunk.len() + 64 > chunk.capacity() || n + 1 == count {
            let at = Timestamp(n as i64 * 1000);
            capture.append_data(at, Direction::In, PeerId(1), None, &chunk).expect("space");
            chunk.clear();
        }
    }
}

/// Memory of this process in KiB, where the system tells.
fn resident() -> Option<u64> {
    let mut text = String::new();
    File::open("/proc/self/status").ok()?.read_to_string(&mut text).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// What something took.
struct Meter {
    wall: Duration,
    cpu: Duration,
    begun: Instant,
}

impl Meter {
    fn start() -> Self {
        Self { wall: Duration::ZERO, cpu: cpu_time(), begun: Instant::now() }
    }

    fn stop(self) -> Self {
        let cpu = cpu_time().saturating_sub(self.cpu);
        Self { wall: self.begun.elapsed(), cpu, ..self }
    }
}

/// CPU time of this thread, where the system tells; otherwise the time of day must do.
fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap_or_default()
    }
    #[cfg(not(unix))]
    {
        std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
    }
}

fn speed(bytes: usize, time: Duration) -> String {
    format!("{:.2} GB/s", bytes as f64 / time.as_secs_f64() / 1e9)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
