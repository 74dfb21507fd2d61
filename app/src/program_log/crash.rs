//! What is written when the program panics: enough to find the fault, and nothing of what a user sent, received or typed.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::process_log;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The revision it was built from, where that was known.
pub const REVISION: &str = env!("ESPALIER_REVISION");
/// For what it was built, as compilers call it.
pub const TARGET: &str = env!("ESPALIER_TARGET");
/// All of that.
pub const WHOLE_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("ESPALIER_REVISION"),
    ", ",
    env!("ESPALIER_TARGET"),
    ")"
);

/// Reports of one run of the program; a thread that panics again and again writes no more.
const MOST_OF_A_RUN: u32 = 3;
/// Reports that are kept; the oldest goes first.
const MOST: usize = 8;
/// Lines of the log that are in a report.
const LINES: usize = 200;
/// How long a report waits for the log, which the thread that panics may hold itself.
const PATIENCE: Duration = Duration::from_millis(200);

const BEGIN: &str = "crash-";
const NEW: &str = ".txt";
/// Ends the name of a report that the user has seen and keeps.
const SEEN: &str = ".seen.txt";

/// Panics are told as before, and written to a report in this folder. The folder is made with the first one.
pub fn report_to(folder: PathBuf) {
    thread_local! {
        static WRITING: Cell<bool> = const { Cell::new(false) };
    }
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // A panic while a report is written is only told.
        if WRITING.replace(true) {
            return before(panic);
        }
        before(panic);
        if WRITTEN.fetch_add(1, Ordering::AcqRel) < MOST_OF_A_RUN {
            let told = match write(&folder, &report(panic)) {
                Ok(path) => format!("a report of this is in {}", path.display()),
                Err(error) => format!("no report could be written: {error}"),
            };
            crate::print::complain(told);
        }
        WRITING.set(false);
    }));
}

fn report(panic: &PanicHookInfo<'_>) -> String {
    let mut text = String::new();
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let thread = std::thread::current();
    let kind = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let now = jiff::Timestamp::now();
    write!(
        text,
        "Espalier {VERSION}, revision {REVISION}, {kind} build\nSystem: {os} {arch}{}\nTime: {now:.0}\n\
         Thread: {}\nPanicked at {place}:\n{}\n\n",
        kernel(),
        thread.name().unwrap_or("unnamed"),
        message(panic),
    )
    .ok();
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => writeln!(text, "{backtrace}"),
        _ => writeln!(text, "(a backtrace is taken when RUST_BACKTRACE=1 is set)"),
    }
    .ok();
    let lines = process_log::get().and_then(|log| log.try_lines(PATIENCE));
    match lines {
        None => text.push_str("The program's log could not be read.\n"),
        Some(ring) => {
            text.push_str("The end of the program's log:\n");
            for line in ring.tail(LINES) {
                text.push_str(&line.written());
                text.push('\n');
            }
        }
    }
    text
}

fn kernel() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if release.is_empty() { release } else { format!(", {}", release.trim()) }
}

/// What was said. A text that was made while the program ran may quote what a user sent or received: quotes are left out.
fn message(panic: &PanicHookInfo<'_>) -> String {
    match panic.payload().downcast_ref::<&'static str>() {
        Some(text) => (*text).to_owned(),
        None => without_quotes(panic.payload_as_str().unwrap_or("(something that is no text)")),
    }
}

/// Words that stand between backticks in the standard library's own messages.
const HARMLESS: [&str; 6] =
    ["Result::unwrap()", "Option::unwrap()", "Result::unwrap_err()", "Err", "Ok", "None"];

/// The text up to its first quote: where one ends cannot be told from what is quoted.
fn without_quotes(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '"', '\'', '[', '{', '(']) {
        let (before, quoted) = rest.split_at(at);
        kept.push_str(before);
        let harmless = HARMLESS.iter().map(|word| format!("`{word}`"));
        let Some(word) = harmless.into_iter().find(|word| quoted.starts_with(word)) else {
            kept.push('…');
            return kept;
        };
        kept.push_str(&word);
        rest = &quoted[word.len()..];
    }
    kept.push_str(rest);
    kept
}

fn write(folder: &Path, text: &str) -> io::Result<PathBuf> {
    let mut maker = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        maker.mode(0o700);
    }
    maker.recursive(true).create(folder)?;
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.6fZ");
    let path = folder.join(format!("{BEGIN}{now}-{}{NEW}", std::process::id()));
    let mut file = super::file::private().write(true).create_new(true).open(&path)?;
    file.write_all(text.as_bytes())?;
    let mut all = reports(folder);
    all.sort();
    for old in all.iter().take(all.len().saturating_sub(MOST)) {
        std::fs::remove_file(old).ok();
    }
    Ok(path)
}

fn reports(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(BEGIN) && name.ends_with(NEW)
        })
        .collect()
}

fn is_seen(path: &Path) -> bool {
    path.to_str().is_some_and(|name| name.ends_with(SEEN))
}

/// The latest report that the user has not seen, and what is in it.
pub fn latest(folder: &Path) -> Option<(PathBuf, String)> {
    /// Ours are far smaller.
    const LARGEST: u64 = 1 << 20;
    let path = reports(folder).into_iter().filter(|path| !is_seen(path)).max()?;
    let file = std::fs::File::open(&path).ok()?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, LARGEST), &mut bytes).ok()?;
    Some((path, String::from_utf8_lossy(&bytes).into_owned()))
}

/// None of the reports is offered again: the latest is deleted or kept, as are those before it.
///
/// # Errors
/// What the file system says.
pub fn settle(folder: &Path, delete: bool) -> io::Result<()> {
    for path in reports(folder).into_iter().filter(|path| !is_seen(path)) {
        if delete {
            std::fs::remove_file(&path)?;
        } else {
            std::fs::rename(&path, path.with_extension("seen.txt"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set for the process of a test that panics.
    const CHILD: &str = "ESPALIER_TEST_CRASH";

    #[test]
    fn messages_quote_nothing_that_a_user_typed() {
        for (text, expected) in [
            (
                "index out of bounds: the len is 3 but the index is 5",
                "index out of bounds: the len is 3 but the index is 5",
            ),
            (
                "byte index 1 is not a char boundary; it is inside '你' (bytes 0..3) of `你 secret's`",
                "byte index 1 is not a char boundary; it is inside …",
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Utf8 { bytes: [115, 101] }",
                "called `Result::unwrap()` on an `Err` value: Utf8 …",
            ),
            ("assertion failed: \"secret\"", "assertion failed: …"),
        ] {
            assert_eq!(without_quotes(text), expected);
        }
    }

    /// The child of the test below: it panics in a thread of its own and, where asked for, in its main thread.
    #[test]
    fn a_child_that_panics() {
        let Some(folder) = std::env::var_os(CHILD) else { return };
        super::super::start(super::super::LogOptions::default()).unwrap();
        report_to(PathBuf::from(folder));
        tracing::warn!("the last thing before");
        let typed = String::from("你 correct horse");
        let thread = std::thread::Builder::new().name("espalier-test".to_owned());
        thread.spawn(move || drop(typed[1..].to_owned())).unwrap().join().unwrap_err();
        std::process::abort();
    }

    #[test]
    fn a_panic_leaves_a_report_that_is_offered_until_it_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let crashes = folder.path().join("crashes");
        let run = || {
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "program_log::crash::tests::a_child_that_panics", "--nocapture"])
                .env(CHILD, &crashes)
                .env("RUST_BACKTRACE", "1")
                .output()
                .unwrap();
            assert!(!child.status.success());
            String::from_utf8_lossy(&child.stderr).into_owned()
        };
        let told = run();
        assert!(told.contains("a report of this is in"), "{told}");
        let (path, text) = latest(&crashes).unwrap();
        for part in [
            "Espalier 0.",
            "revision ",
            "Thread: espalier-test",
            "crash.rs:",
            "not a char boundary",
            "the last thing before",
            "a_child_that_panics",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("horse"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(&crashes)), (0o600, 0o700));
        }
        #[cfg(not(unix))]
        assert!(path.starts_with(&crashes));
        settle(&crashes, false).unwrap();
        assert!(latest(&crashes).is_none());
        assert_eq!(reports(&crashes).len(), 1, "it was kept");
        run();
        settle(&crashes, true).unwrap();
        assert_eq!(reports(&crashes).len(), 1, "the new one was deleted");
        for _ in 0..2 * MOST {
            write(&crashes, "a report").unwrap();
        }
        assert_eq!(reports(&crashes).len(), MOST);
    }
}
