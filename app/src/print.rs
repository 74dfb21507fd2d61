//! The one way out to stdout and stderr. Nothing here panics, whoever has closed the other end; nothing from outside drives
//! the terminal.

#![allow(clippy::disallowed_methods)] // The one place for `std::io::stdout` and `stderr`.

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, IsTerminal as _, Write};

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use espalier_core::Sentence;
use espalier_core::session::{EndReason, SessionEvent};
use espalier_core::terminal::{Json, Plain, Screen, TerminalInput};
use espalier_core::view::EncodingName;
use espalier_ui::{Language, Locale, Topic, manual, words};
use parking_lot::Mutex;

/// What is said on stderr in another language than English, in which everything is written.
static WORDS: OnceLock<Locale> = OnceLock::new();

/// English, where numbers have their plurals and figures their names.
static ENGLISH: OnceLock<Locale> = OnceLock::new();

/// The pages of the manual that were named: each is once.
static NAMED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

/// Chooses the language of what is said from here on; the first choice holds.
pub fn speak(language: Language) {
    if language != Language::English {
        WORDS.get_or_init(|| Locale::new(language));
    }
}

/// Whether nothing is worded in another language.
pub fn speaks_english() -> bool {
    WORDS.get().is_none()
}

/// The language of what is said.
pub fn language() -> Language {
    WORDS.get().map_or(Language::English, Locale::language)
}

fn locale() -> &'static Locale {
    WORDS.get().unwrap_or_else(|| ENGLISH.get_or_init(|| Locale::new(Language::English)))
}

/// A text of ours in the user's language, as far as it has words for it.
pub fn translated(text: impl Display) -> String {
    let text = text.to_string();
    WORDS.get().map_or_else(|| text.clone(), |words| words.translate(&text))
}

/// What happened to a session. `listening on ADDR:PORT` is what scripts wait for: it is the same in every language.
pub fn event(event: &SessionEvent) -> String {
    match (WORDS.get(), event) {
        (None, SessionEvent::Note(note)) => format!("note: {}", Plain(sentence(note))),
        // As a capture has it, but that nobody reads it back: paths of Windows stand as they are.
        (None, _) | (_, SessionEvent::Listening { .. }) => event.to_string().replace(r"\\", r"\"),
        (Some(locale), _) => words::event(locale, event),
    }
}

/// A sentence of the engine in the user's language; in English the numbers in it have their plurals.
pub fn sentence(sentence: &Sentence) -> String {
    locale().sentence(sentence)
}

/// A word of the window by its key, in the user's language.
pub fn word(key: &'static str) -> &'static str {
    locale().text(key)
}

/// Why a session ended, in the user's language.
pub fn reason(why: EndReason) -> String {
    WORDS.get().map_or_else(|| why.to_string(), |locale| locale.text(words::reason(why)).to_owned())
}

/// Says one line on stderr, in the user's language. That nobody reads there, or that there is no room, is no reason to end.
pub fn tell(line: impl Display) {
    say(translated(line));
}

/// The terminal makes no new line of a line feed, and the cursor may stand anywhere.
static IS_RAW: AtomicBool = AtomicBool::new(false);

/// Whether the terminal does nothing by itself from now on.
pub fn set_raw(raw: bool) {
    IS_RAW.store(raw, Ordering::Release);
}

/// Says one line on stderr as it is.
pub fn say(line: impl Display) {
    // In one write, so that lines of several threads stay apart.
    let line = match IS_RAW.load(Ordering::Acquire) && tells_a_terminal() {
        true => format!("\r\n{}\r\n", Plain(line)),
        false => format!("{}\n", Plain(line)),
    };
    io::stderr().write_all(line.as_bytes()).ok();
}

/// Says what failed, on stderr; at a terminal also where the manual has more to say of it.
pub fn complain(what: impl Display) {
    complain_with(what, &[]);
}

/// The same, with what belongs to it.
pub fn complain_with(what: impl Display, more: &[&str]) {
    let what = what.to_string();
    say(format_args!("espalier: {}", translated(&what)));
    more.iter().for_each(|it| tell_more(it));
    lead_to(|| manual::topic_of(&what, locale()));
}

/// Says at a terminal where the manual has more to say of how a connection or a session ended, if that was no wish.
pub fn lead_on(event: &SessionEvent) {
    if let SessionEvent::Ended { reason, .. } = event
        && !matches!(reason, EndReason::ClosedByPeer | EndReason::ClosedByUs | EndReason::ResetByUs)
    {
        lead_to(|| manual::topic(words::advice(*reason)));
    }
}

/// Says at a terminal where the manual has more to say of how the program ends, unless what was said has led there itself.
pub fn lead_from(exit: Option<Topic>) {
    if NAMED.lock().is_empty() {
        lead_to(|| exit);
    }
}

/// Names a page of the manual, where somebody reads: what scripts read stays one sentence.
fn lead_to(topic: impl FnOnce() -> Option<Topic>) {
    if !tells_a_terminal() {
        return;
    }
    let Some((page, _)) = topic() else { return };
    let mut named = NAMED.lock();
    if !named.contains(&page) {
        named.push(page);
        drop(named);
        tell_more(&format!("more: espalier manual {page}"));
    }
}

/// Whether what is said goes anywhere. A program of Windows that was started without a console has no stderr.
pub fn is_heard() -> bool {
    #[cfg(windows)]
    {
        use std::os::windows::io::AsRawHandle as _;
        !io::stderr().as_raw_handle().is_null()
    }
    #[cfg(not(windows))]
    true
}

/// Says something that belongs to the line before it, on stderr; nothing when there is nothing to say.
pub fn tell_more(what: &str) {
    if !what.is_empty() {
        say(format_args!("  {}", translated(what)));
    }
}

/// Prints one line of an answer on stdout.
///
/// # Errors
/// Nobody reads there, or there is no room.
pub fn line(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    closed(writeln!(out, "{}", Plain(line)).and_then(|()| out.flush()))
}

/// Prints a JSON document on stdout.
///
/// # Errors
/// As for [`line()`].
pub fn document(json: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    closed(writeln!(out, "{}", Json(json)).and_then(|()| out.flush()))
}

/// Windows has another number for a named pipe that nobody reads any more, which the standard library does not know.
fn closed<T>(done: io::Result<T>) -> io::Result<T> {
    const ERROR_PIPE_NOT_CONNECTED: i32 = 233;
    done.map_err(|error| match error.raw_os_error() {
        Some(ERROR_PIPE_NOT_CONNECTED) if cfg!(windows) => io::ErrorKind::BrokenPipe.into(),
        _ => error,
    })
}

/// Nobody reads any more what we print: an end in order, as for every filter.
pub fn is_closed_stdout(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Whether stderr is a terminal.
pub fn tells_a_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Shows what was typed on the terminal that obeys, or rings its bell.
pub fn echo(text: &str) {
    show(text.as_bytes()).ok();
}

/// Whether stdout is a terminal.
pub fn shows_on_a_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Stdout for what boards and peers send: unchanged into a pipe or file; on a terminal, what would drive it is shown, unless a
/// terminal that obeys is asked for.
pub struct DataOutput(Kind);

enum Kind {
    /// Not `io::stdout()`: that one holds back what follows the last newline.
    Unchanged(File),
    /// Through `io::stdout()`, which knows the console of Windows.
    Shown(Screen),
    /// The same, and obeyed but for what a terminal must not do by itself.
    Obeyed(Box<TerminalInput>),
}

impl DataOutput {
    /// Stdout as it is; `raw` passes everything to a terminal, too.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn stdout(raw: bool) -> io::Result<Self> {
        let shown = !raw && io::stdout().is_terminal();
        Ok(Self(if shown {
            Kind::Shown(Screen::default())
        } else {
            Kind::Unchanged(unbuffered()?)
        }))
    }

    /// Stdout as a terminal that obeys what comes in this encoding; with `implicit_cr` a line feed leads to the beginning of a row.
    pub fn terminal(encoding: &EncodingName, implicit_cr: bool) -> Self {
        let input = TerminalInput::new(encoding).with_implicit_cr(implicit_cr);
        Self(Kind::Obeyed(Box::new(input)))
    }

    /// Nothing more comes: what was held back is shown, and the terminal is as it was.
    ///
    /// # Errors
    /// As for writing.
    pub fn finish(&mut self) -> io::Result<()> {
        let mut text = Vec::new();
        match &mut self.0 {
            Kind::Unchanged(file) => return closed(file.flush()),
            Kind::Shown(screen) => screen.finish(&mut text),
            Kind::Obeyed(input) => text = input.undo().into_bytes(),
        }
        show(&text)
    }
}

impl fmt::Debug for DataOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Received")
    }
}

impl Write for DataOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Unchanged(file) => closed(file.write(bytes)),
            Kind::Shown(screen) => {
                let mut text = Vec::new();
                screen.push(bytes, &mut text);
                show(&text).map(|()| bytes.len())
            }
            Kind::Obeyed(input) => {
                let mut text = String::new();
                input.push(bytes, &mut text);
                show(text.as_bytes()).map(|()| bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn show(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    closed(out.write_all(text).and_then(|()| out.flush()))
}

#[cfg(unix)]
fn unbuffered() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn unbuffered() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// How many columns of a terminal this takes: Chinese characters and their punctuation take two.
pub fn width(text: &str) -> usize {
    text.chars().map(|letter| if letter < '\u{2E80}' { 1 } else { 2 }).sum()
}
