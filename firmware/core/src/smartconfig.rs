//! SmartConfig: what the sniffer hears becomes lines, credentials, and answers to the sender.

use crate::{
    api::{Action, Address},
    printer::Printer,
    sniffer::{ChannelSet, SniffEvent, SniffedFrame, Sniffer},
    time::Time,
};
use core::{
    fmt::Write as _,
    net::{Ipv4Addr, SocketAddrV4},
};
use espalier_protocol::{
    command::Credentials,
    esptouch::{self, ACK_PORT, Received},
    line::LineEvent,
};
use heapless::String;

/// Answers to a sender, and the pause between two, milliseconds: as the vendor's own library does it.
pub(crate) const ANSWERS: u8 = 30;
const ANSWER_EACH_MS: u64 = 100;
/// Networks are looked for again after so long, milliseconds.
const SCAN_EACH_MS: u64 = 300_000;

/// Listening for a sender, and answering it.
#[derive(Debug, Clone)]
pub(crate) struct SmartConfig {
    /// While it listens.
    sniffer: Option<Sniffer>,
    /// Channels with networks, as the last scan found them.
    occupied: ChannelSet,
    /// The same of the scan under way.
    found: ChannelSet,
    scanned: Option<Time>,
    wants_scan: bool,
    /// Whose credentials are on trial.
    sender: Option<Sender>,
    answering: Option<Answering>,
    /// An answer that the glue has not fetched yet.
    answer: Option<(SocketAddrV4, [u8; 11])>,
}

/// Who sent credentials.
#[derive(Debug, Clone, Copy)]
struct Sender {
    ip: Ipv4Addr,
    total: u8,
}

/// Answers under way.
#[derive(Debug, Clone, Copy)]
struct Answering {
    to: SocketAddrV4,
    bytes: [u8; 11],
    left: u8,
    next: Time,
    is_told: bool,
}

/// What a frame led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A sender was found.
    Locked,
    /// Its credentials, to be tried.
    Credentials(Credentials),
    /// What it told is no credentials.
    Unusable,
}

impl SmartConfig {
    pub(crate) const fn new() -> Self {
        Self {
            sniffer: None,
            occupied: ChannelSet::NONE,
            found: ChannelSet::NONE,
            scanned: None,
            wants_scan: false,
            sender: None,
            answering: None,
            answer: None,
        }
    }

    /// The channel to listen on; `None` while it does not listen.
    pub(crate) fn channel(&self) -> Option<u8> {
        self.sniffer.as_ref().map(Sniffer::channel)
    }

    /// Whether a sender is heard: the stored network has to wait.
    pub(crate) fn is_locked(&self) -> bool {
        self.sniffer.as_ref().is_some_and(Sniffer::is_locked)
    }

    /// Whether the glue should look for networks, once.
    pub(crate) const fn next_scan(&mut self) -> bool {
        core::mem::replace(&mut self.wants_scan, false)
    }

    /// What the glue should send, once.
    pub(crate) fn next_action(&mut self) -> Option<Action> {
        self.answer.take().map(|(to, bytes)| Action::Answer { to, bytes })
    }

    /// When [`SmartConfig::tick`] is due.
    pub(crate) fn poll_at(&self) -> Option<Time> {
        let sniffer = self.sniffer.as_ref().map(Sniffer::poll_at);
        let answer = self.answering.map(|answering| answering.next);
        sniffer.into_iter().chain(answer).min()
    }

    /// Listens from now on, or no more.
    pub(crate) fn listen(&mut self, may: bool, printer: &mut Printer, now: Time) {
        if !may {
            self.sniffer = None;
            return;
        }
        if self.sniffer.is_some() {
            return;
        }
        let sniffer = Sniffer::new(self.occupied, now);
        let (channel, occupied) = (sniffer.channel(), self.occupied.len());
        printer.say(LineEvent::SmartConfigListening { channel, occupied }, now);
        self.sniffer = Some(sniffer);
        if self.scanned.is_none_or(|scanned| now.since(scanned) >= SCAN_EACH_MS) {
            self.wants_scan = true;
        }
    }

    /// A scan found a network here.
    pub(crate) fn found(&mut self, channel: Option<u8>) {
        channel.into_iter().for_each(|channel| self.found.insert(channel));
    }

    /// The scan is over. One that failed is not tried again at once.
    pub(crate) fn scanned(&mut self, done: bool, now: Time) {
        let found = core::mem::take(&mut self.found);
        self.scanned = Some(now);
        if done {
            self.occupied = found;
            if let Some(sniffer) = &mut self.sniffer {
                sniffer.set_occupied(found, now);
            }
        }
    }

    /// Takes a frame that the radio received.
    pub(crate) fn heard(
        &mut self,
        frame: SniffedFrame,
        printer: &mut Printer,
        now: Time,
    ) -> Option<Heard> {
        let sniffer = self.sniffer.as_mut()?;
        let channel = sniffer.channel();
        match sniffer.frame(frame, now)? {
            SniffEvent::Locked { transmitter } => {
                let from = mac(transmitter);
                let from = from.as_str().into();
                printer.say(LineEvent::SmartConfigLocked { channel, from }, now);
                Some(Heard::Locked)
            }
            SniffEvent::Received(received) => Some(self.received(&received, printer, now)),
            SniffEvent::Hopped | SniffEvent::Lost => None,
        }
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, printer: &mut Printer, now: Time) {
        if let Some(sniffer) = &mut self.sniffer {
            let channel = sniffer.channel();
            match sniffer.tick(now) {
                Some(SniffEvent::Lost) => {
                    printer.say(LineEvent::SmartConfigLost { channel }, now);
                }
                Some(_) => {
                    let channel = sniffer.channel();
                    printer.say(LineEvent::SmartConfigChannel { channel }, now);
                }
                None => {}
            }
        }
        if let Some(answering) = &mut self.answering
            && now >= answering.next
        {
            match answering.left.checked_sub(1) {
                Some(left) => {
                    self.answer = Some((answering.to, answering.bytes));
                    answering.left = left;
                    answering.next = now + ANSWER_EACH_MS;
                }
                None => self.end_answers(printer, now),
            }
        }
    }

    /// The credentials on trial are not the sender's, or no longer.
    pub(crate) const fn forget_sender(&mut self) {
        self.sender = None;
    }

    /// The credentials on trial have led to an address: whoever sent them is told.
    pub(crate) fn joined(&mut self, mac: [u8; 6], address: Option<Address>, now: Time) {
        if let (Some(Sender { ip, total }), Some(address)) = (self.sender.take(), address) {
            let to = SocketAddrV4::new(ip, ACK_PORT);
            let bytes = esptouch::ack(total, mac, address.ip);
            let (left, next, is_told) = (ANSWERS, now + ANSWER_EACH_MS, false);
            self.answering = Some(Answering { to, bytes, left, next, is_told });
        }
    }

    /// An answer has left, or could not.
    pub(crate) fn answered(&mut self, done: bool, printer: &mut Printer, now: Time) {
        if let Some(answering) = &mut self.answering
            && done
            && !answering.is_told
        {
            answering.is_told = true;
            printer.say(LineEvent::SmartConfigAnswered { to: answering.to.into() }, now);
        }
    }

    /// The board cannot be reached any more: nor can it answer.
    pub(crate) fn end_answers(&mut self, printer: &mut Printer, now: Time) {
        self.answer = None;
        if let Some(answering) = self.answering.take().filter(|answering| !answering.is_told) {
            printer.say(LineEvent::SmartConfigUnanswered { to: answering.to.into() }, now);
        }
    }

    fn received(&mut self, received: &Received, printer: &mut Printer, now: Time) -> Heard {
        let Received { ssid, password, sender, total, .. } = received;
        // Whatever comes of it, the next sending begins anew.
        self.sniffer = None;
        let text = |bytes| core::str::from_utf8(bytes).ok();
        let credentials = text(ssid)
            .zip(text(password))
            .and_then(|(ssid, password)| Credentials::new(ssid, password));
        let Some(credentials) = credentials else {
            printer.say(LineEvent::SmartConfigUnusable {}, now);
            return Heard::Unusable;
        };
        let (ssid, sender) = (credentials.ssid.as_str().into(), *sender);
        printer.say(LineEvent::SmartConfigReceived { ssid, sender }, now);
        self.sender = Some(Sender { ip: sender, total: *total });
        Heard::Credentials(credentials)
    }
}

/// A MAC address as people write it.
fn mac(bytes: [u8; 6]) -> String<17> {
    let mut text = String::new();
    for (number, byte) in bytes.iter().enumerate() {
        // 17 characters always fit.
        let _ = write!(text, "{}{byte:02x}", if number > 0 { ":" } else { "" });
    }
    text
}
