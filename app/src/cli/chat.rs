//! `espalier chat`: a member of a chat room, lines in and lines out.

use std::io::{BufRead as _, ErrorKind, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use espalier_core::backend::SessionCommand;
use espalier_core::chat::{ChatLine, ChatLineKind, ChatSpec, ChatState, ChatStatus};
use espalier_core::session::{EndReason, SessionSpec, SessionState, TcpClientSpec, TransportSpec};
use espalier_core::view::EncodingName;
use espalier_core::{Sentence, say};
use espalier_engine::Engine;
use espalier_engine::session::{CaptureTarget, Session, Tap, TapItem};

use super::exit::Exit;
use super::interrupt::Interrupts;
use super::options::{self, TalkArgs};
use super::tls_args::ClientTlsArgs;
use super::{home, talk};
use crate::print::{self, DataOutput, translated};

/// How often it is looked at what was said.
const LOOK: Duration = Duration::from_millis(50);

/// The longest line of stdin that is looked at, in bytes; a room takes much less.
const LINE_MAX: u64 = 64 << 10;

/// Lines that may wait for the room; meanwhile stdin is not read.
const AHEAD: u64 = 2_000;

/// Be a member of the chat room at HOST:PORT; lines of stdin are said, what others say goes to stdout
///
/// Lines are "name: text", "name> text" for what is said to you alone, "* name text" for what somebody does. /msg NAME text
/// speaks to one, /me text tells what you do, /nick NAME changes your name, /who asks who is there, //text says /text.
/// With a room of espalier messages surely arrive, over broken connections too. With other servers they are lines of plain text.
/// At the end of stdin you leave when the room has taken everything.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Where the room is; an IPv6 address stands in brackets
    #[arg(value_name = "HOST:PORT", value_parser = options::host_port)]
    target: (String, u16),
    /// What to be called: 1 to 16 bytes, no space and none of : > * / #; without it the name of the computer
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// Say again what was heard or not when a room was started anew; without it, that is told and not said again
    #[arg(long)]
    resend: bool,
    /// Stay when stdin has ended
    #[arg(long)]
    stay: bool,
    #[command(flatten)]
    tls: ClientTlsArgs,
    #[command(flatten)]
    shared: TalkArgs,
}

impl Args {
    /// Whether it can be called so; nothing is no name, and means that of the computer.
    fn has_name(&self) -> bool {
        let encoding = self.shared.data.encoding.unwrap_or(encoding_rs::UTF_8);
        self.name.is_empty() || ChatSpec::is_name(&self.name, encoding)
    }

    fn spec(&self) -> SessionSpec {
        let (host, port) = self.target.clone();
        let mut client = TcpClientSpec::new(host, port);
        client.options = self.shared.socket();
        client.tls = self.tls.spec();
        client.chat = Some(ChatSpec { name: self.name.clone(), say_again: self.resend });
        let mut spec = SessionSpec::new(TransportSpec::TcpClient(client));
        if let Some(encoding) = self.shared.data.encoding {
            spec.view.encoding = EncodingName(encoding.name().to_owned());
        }
        spec.log_to_file = self.shared.data.log_to_file.spec();
        spec
    }
}

/// What became of stdin.
#[derive(Debug, Default)]
struct Said {
    is_over: AtomicBool,
    /// Nothing of it has come that was not given to the session.
    is_idle: AtomicBool,
    /// Something of it could not be read, or said.
    is_broken: AtomicBool,
    /// It has the command to leave.
    quits: AtomicBool,
    lines: AtomicU64,
}

/// Talks until stdin has ended and all is taken, or the connection cannot be made again.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let data = &args.shared.data;
    if data.hex {
        print::complain("chat goes without --hex: what is said is text");
        return Ok(Exit::BadArguments);
    }
    if !args.has_name() {
        print::complain(format_args!(
            "{:?} cannot be a name: 1 to 16 bytes, no space and none of : > * / #",
            args.name
        ));
        return Ok(Exit::BadArguments);
    }
    let paths = home::paths()?;
    let engine = Engine::new(&paths.captures)?;
    engine.keep_certificates_in(&paths.certificates);
    let store = data.capture.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
    let tap = Tap::events();
    let interrupts = Interrupts::heard(engine.runtime());
    let session = engine.open_tapped(args.spec(), store, Some(tap.clone()));
    interrupts.end(std::slice::from_ref(&session));
    // All of them are to be shown.
    session.chat_taken(0);
    let said = Arc::new(Said::default());
    read_stdin(session.clone(), said.clone())?;
    let mut talk = ChatTalk {
        session: &session,
        said: &said,
        out: DataOutput::stdout(data.raw)?,
        shown: 0,
        stays: args.stay,
        was_there: false,
        in_room: false,
        is_leaving: false,
        is_unread: false,
    };
    let ended = talk.live(&tap);
    session.chat_taken(u64::MAX);
    session.end();
    tap.close();
    let left = async { tokio::time::timeout(talk::PATIENCE, session.ended()).await };
    engine.runtime().block_on(left).ok();
    talk.show()?;
    talk.out.finish()?;
    let logged_all = talk::tell_log_file(session.log_file_end().as_ref());
    let (untaken, lost) = said.untaken(session.chat().as_ref());
    if untaken > 0 {
        let told =
            say!("told-not-taken", "{count} messages were not taken by the room", count = untaken);
        print::tell(translated(&told));
    }
    let sent_all = untaken == 0 && said.is_whole();
    Ok(ended?.if_sent(sent_all).if_received(lost == 0).if_logged(logged_all))
}

impl Said {
    /// Whether all that came is with the session.
    fn is_whole(&self) -> bool {
        let is_done = self.is_over.load(Ordering::Acquire) || self.is_idle.load(Ordering::Acquire);
        is_done && !self.is_broken.load(Ordering::Acquire)
    }

    /// How many lines were not taken, and how many of others did not come.
    fn untaken(&self, chat: Option<&ChatStatus>) -> (u64, u64) {
        let lines = self.lines.load(Ordering::Acquire);
        let Some(chat) = chat else { return (lines, 0) };
        let waiting = (chat.waiting + chat.unknown) as u64;
        (lines.saturating_sub(chat.typed) + chat.unsaid + waiting, chat.lost)
    }

    /// How many lines are on their way to the room.
    fn under_way(&self, session: &Session) -> u64 {
        let status = session.status();
        let lines = self.lines.load(Ordering::Acquire);
        status
            .chat
            .as_ref()
            .map_or(lines, |chat| lines.saturating_sub(chat.typed) + chat.waiting as u64)
    }
}

/// Says what comes on stdin, line by line, as fast as the session takes it.
fn read_stdin(session: Session, said: Arc<Said>) -> std::io::Result<()> {
    std::thread::Builder::new().name("espalier-stdin".to_owned()).spawn(move || {
        say_lines(&session, &said);
        said.is_over.store(true, Ordering::Release);
    })?;
    Ok(())
}

fn say_lines(session: &Session, said: &Said) {
    let is_over = || session.is_over() || matches!(session.state(), SessionState::Ended { .. });
    let is_there = || {
        let chat = session.chat();
        chat.is_some_and(|chat| matches!(chat.state, ChatState::Live | ChatState::Plain))
    };
    let mut stdin = std::io::stdin().lock();
    let broken = || said.is_broken.store(true, Ordering::Release);
    loop {
        let mut line = Vec::new();
        said.is_idle.store(true, Ordering::Release);
        let read = std::io::Read::take(&mut stdin, LINE_MAX).read_until(b'\n', &mut line);
        said.is_idle.store(false, Ordering::Release);
        match read {
            Ok(0) => return,
            // Nobody is to hear the half of it.
            Ok(len) if len as u64 == LINE_MAX && !line.ends_with(b"\n") => {
                print::complain("a line of stdin is too long: it was not said");
                broken();
                if stdin.skip_until(b'\n').is_err() {
                    return;
                }
                continue;
            }
            Ok(_) => {}
            Err(error) => {
                print::complain(format_args!("stdin cannot be read: {error}"));
                return broken();
            }
        }
        let Ok(text) = String::from_utf8(line) else {
            print::complain("a line of stdin is not UTF-8: it was not said");
            broken();
            continue;
        };
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        // What is said waits in the session for the room; a command is for the room that is there.
        let needs_room = text.starts_with('/') && !text.starts_with("/quit");
        while (said.under_way(session) >= AHEAD || needs_room && !is_there()) && !is_over() {
            std::thread::sleep(Duration::from_millis(5));
        }
        said.lines.fetch_add(1, Ordering::Release);
        let quits = text.starts_with("/quit");
        said.quits.fetch_or(quits, Ordering::Release);
        while session.command(SessionCommand::Chat(text.clone())).is_err() {
            if is_over() {
                // What is told as not taken is this one, too.
                return broken();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

struct ChatTalk<'a> {
    session: &'a Session,
    said: &'a Said,
    out: DataOutput,
    /// So many lines of the history were shown.
    shown: u64,
    stays: bool,
    /// There was a connection over which something can be said.
    was_there: bool,
    /// It was to a room when it was looked at last.
    in_room: bool,
    is_leaving: bool,
    /// Nobody reads stdout any more.
    is_unread: bool,
}

impl ChatTalk<'_> {
    /// Shows what comes until the session has ended.
    fn live(&mut self, tap: &Tap) -> anyhow::Result<Exit> {
        loop {
            match tap.next(Some(Instant::now() + LOOK)) {
                Some(TapItem::Event(peer, event)) => talk::tell(peer, &event, false),
                Some(TapItem::Ended(reason)) => {
                    let has_left =
                        self.session.chat().is_some_and(|chat| chat.state == ChatState::Left);
                    return Ok(match reason {
                        _ if self.is_unread => Exit::Done,
                        // The room has taken everything, however the connection ended then.
                        _ if has_left && self.in_room => Exit::Done,
                        Some(EndReason::ClosedByUs) if has_left => Exit::Done,
                        Some(reason) => Exit::of(reason),
                        None if has_left => Exit::Done,
                        None => Exit::Interrupted,
                    });
                }
                Some(TapItem::Received(..)) | None => {}
            }
            self.show()?;
            self.look();
        }
    }

    /// Leaves when stdin has ended, once there was somebody to say it to: as soon as all is taken.
    fn look(&mut self) {
        let status = self.session.status();
        let Some(chat) = &status.chat else { return };
        match chat.state {
            ChatState::Live | ChatState::Plain => {
                self.was_there = true;
                self.in_room = chat.state == ChatState::Live;
            }
            ChatState::Off | ChatState::Greeting | ChatState::Left => {}
        }
        let is_said = self.was_there && self.said.is_over.load(Ordering::Acquire);
        let quits = self.said.quits.load(Ordering::Acquire);
        if is_said && !self.stays && !self.is_leaving && !quits {
            // Busy: at the next look.
            let leave = SessionCommand::Chat("/quit".to_owned());
            self.is_leaving = self.session.command(leave).is_ok();
        }
    }

    /// Writes what was said since the last look.
    fn show(&mut self) -> anyhow::Result<()> {
        let status = self.session.status();
        let Some(chat) = &status.chat else { return Ok(()) };
        let ChatStatus { history, .. } = &**chat;
        // None went before it was shown: what comes is not read meanwhile.
        self.shown = self.shown.max(history.dropped());
        while let Some(line) = history.line(self.shown) {
            self.shown += 1;
            match line_of(line) {
                Shown::Line(text) if !self.is_unread => {
                    match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
                        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                            self.is_unread = true;
                            self.session.end();
                        }
                        Err(error) => return Err(talk::unwritten(&error)),
                        Ok(()) => {}
                    }
                }
                Shown::Note(sentence) => print::tell(translated(sentence)),
                Shown::Line(_) | Shown::Nothing => {}
            }
        }
        self.session.chat_taken(if self.is_unread { u64::MAX } else { self.shown });
        Ok(())
    }
}

enum Shown<'a> {
    Line(String),
    Note(&'a Sentence),
    Nothing,
}

fn line_of(line: &ChatLine) -> Shown<'_> {
    // What we have said ourselves stands on the terminal already.
    if line.own.is_some() {
        return Shown::Nothing;
    }
    match &line.kind {
        ChatLineKind::Said { name, text } if line.private.is_some() => {
            Shown::Line(format!("{name}> {text}\n"))
        }
        ChatLineKind::Said { name, text } => Shown::Line(format!("{name}: {text}\n")),
        ChatLineKind::Acts { name, text } => Shown::Line(format!("* {name} {text}\n")),
        ChatLineKind::Text(text) => Shown::Line(format!("{text}\n")),
        ChatLineKind::Happened(sentence) => Shown::Note(sentence),
    }
}
