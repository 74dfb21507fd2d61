//! `espalier chat`: a member of a chat room, lines in and lines out.

use std::io::{BufRead as _, ErrorKind, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use espalier_core::backend::SessionCommand;
use espalier_core::chat::{ChatLine, ChatLineKind, ChatSpec, ChatState, ChatStatus};
use espalier_core::session::{Reconnect, SessionSpec, TcpClientSpec, TransportSpec};
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
    is_whole: AtomicBool,
    lines: AtomicU64,
}

/// Talks until stdin has ended and all is taken, or the connection cannot be made again.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let data = &args.shared.data;
    if data.hex {
        print::complain("chat goes without --hex: what is said is text");
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
    let said = Arc::new(Said::default());
    read_stdin(session.clone(), said.clone())?;
    let mut talk = ChatTalk {
        session: &session,
        said: &said,
        out: DataOutput::stdout(data.raw)?,
        shown: 0,
        stays: args.stay,
        is_leaving: false,
    };
    let ended = talk.live(&tap);
    session.end();
    tap.close();
    let left = async { tokio::time::timeout(talk::PATIENCE, session.ended()).await };
    engine.runtime().block_on(left).ok();
    talk.show()?;
    talk.out.finish()?;
    let logged_all = talk::tell_log_file(session.log_file_end().as_ref());
    let waiting = session.status().chat.as_ref().map_or(0, |chat| chat.waiting + chat.unknown);
    if waiting > 0 {
        let told =
            say!("told-not-taken", "{count} messages were not taken by the room", count = waiting);
        print::tell(translated(&told));
    }
    let sent_all = waiting == 0 && said.is_whole.load(Ordering::Acquire);
    Ok(ended?.unwrap_or(Exit::Interrupted).if_sent(sent_all).if_logged(logged_all))
}

/// Says what comes on stdin, line by line, as fast as the session takes it.
fn read_stdin(session: Session, said: Arc<Said>) -> std::io::Result<()> {
    std::thread::Builder::new().name("espalier-stdin".to_owned()).spawn(move || {
        let is_whole = say_lines(&session, &said.lines);
        said.is_whole.store(is_whole, Ordering::Release);
        said.is_over.store(true, Ordering::Release);
    })?;
    Ok(())
}

/// Whether all of it could be read.
fn say_lines(session: &Session, lines: &AtomicU64) -> bool {
    let mut stdin = std::io::stdin().lock();
    let mut is_whole = true;
    loop {
        let mut line = Vec::new();
        match std::io::Read::take(&mut stdin, LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) => return is_whole,
            Ok(_) => {}
            Err(error) => {
                print::complain(format_args!("stdin cannot be read: {error}"));
                return false;
            }
        }
        let Ok(text) = String::from_utf8(line) else {
            print::complain("a line of stdin is not UTF-8: it was not said");
            is_whole = false;
            continue;
        };
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        lines.fetch_add(1, Ordering::Release);
        while session.command(SessionCommand::Chat(text.clone())).is_err() {
            if !session.state().is_running() {
                return false;
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
    is_leaving: bool,
}

impl ChatTalk<'_> {
    /// Shows what comes until the session has ended; `None`: by Ctrl-C.
    fn live(&mut self, tap: &Tap) -> anyhow::Result<Option<Exit>> {
        loop {
            match tap.next(Some(Instant::now() + LOOK)) {
                Some(TapItem::Event(peer, event)) => talk::tell(peer, &event, false),
                Some(TapItem::Ended(reason)) => {
                    return Ok(match reason {
                        _ if self.is_leaving => Some(Exit::Done),
                        Some(reason) => Some(Exit::of(reason)),
                        None => None,
                    });
                }
                Some(TapItem::Received(..)) | None => {}
            }
            self.show()?;
            self.look();
        }
    }

    /// Leaves when all is said, connects again once there was a room.
    fn look(&mut self) {
        let status = self.session.status();
        let Some(chat) = &status.chat else { return };
        let reconnects = match &self.session.spec().transport {
            TransportSpec::TcpClient(client) => client.reconnect != Reconnect::Off,
            _ => true,
        };
        if chat.state == ChatState::Live && !reconnects {
            // Busy: at the next look.
            self.session.command(SessionCommand::SetReconnect(Reconnect::Exponential)).ok();
        }
        let is_said = self.said.is_over.load(Ordering::Acquire)
            && chat.waiting == 0
            && status.queued == 0
            && matches!(chat.state, ChatState::Live | ChatState::Plain);
        if is_said && !self.stays && !self.is_leaving {
            self.is_leaving = true;
            self.session.end();
        }
    }

    /// Writes what was said since the last look.
    fn show(&mut self) -> anyhow::Result<()> {
        let status = self.session.status();
        let Some(chat) = &status.chat else { return Ok(()) };
        let ChatStatus { history, .. } = &**chat;
        let dropped = history.dropped();
        if dropped > self.shown {
            let missed = say!(
                "told-chat-missed",
                "{count} lines came too fast to be shown",
                count = dropped - self.shown
            );
            print::tell(translated(&missed));
            self.shown = dropped;
        }
        let skipped = usize::try_from(self.shown - dropped).unwrap_or(usize::MAX);
        for line in history.lines().skip(skipped) {
            self.shown += 1;
            match line_of(line) {
                Shown::Line(text) => {
                    match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
                        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                            self.session.end();
                            return Ok(());
                        }
                        Err(error) => return Err(talk::unwritten(&error)),
                        Ok(()) => {}
                    }
                }
                Shown::Note(sentence) => print::tell(translated(sentence)),
                Shown::Nothing => {}
            }
        }
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
