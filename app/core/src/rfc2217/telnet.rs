//! Telnet as far as a serial port needs it: data, options, subnegotiations (RFC 854, RFC 855, RFC 856, RFC 858).

/// Interpret as command.
pub const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

/// Eight bits, unchanged (RFC 856).
pub const BINARY: u8 = 0;
/// No go-aheads (RFC 858).
pub const SUPPRESS_GO_AHEAD: u8 = 3;
/// A serial port (RFC 2217).
pub const COM_PORT: u8 = 44;

/// What we speak; everything else is refused.
pub const SPOKEN: [u8; 3] = [BINARY, SUPPRESS_GO_AHEAD, COM_PORT];

/// The longest subnegotiation that is understood: a signature is the longest there is.
const LONGEST: usize = 1024;

/// What a stream consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TelnetItem {
    /// Bytes of the port.
    Data(Vec<u8>),
    /// The other end offers an option (WILL), or takes it back.
    Will(u8, bool),
    /// The other end wants an option of us (DO), or no more.
    Do(u8, bool),
    /// What is said of an option: its number, and bytes without doubling.
    About(u8, Vec<u8>),
}

/// Where in a command the stream is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Data,
    Command,
    Option(u8),
    About,
    AboutCommand,
}

/// Takes a stream apart, wherever it is cut.
#[derive(Clone, Debug, Default)]
pub struct TelnetReader {
    place: Place,
    about: Vec<u8>,
}

impl TelnetReader {
    /// What these bytes are.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<TelnetItem> {
        let (mut items, mut data) = (Vec::new(), Vec::new());
        for &byte in bytes {
            self.place = match (std::mem::take(&mut self.place), byte) {
                (Place::Data, IAC) => Place::Command,
                (Place::Data, byte) => {
                    data.push(byte);
                    Place::Data
                }
                (Place::Command, IAC) => {
                    data.push(IAC);
                    Place::Data
                }
                (Place::Command, SB) => {
                    self.about.clear();
                    Place::About
                }
                (Place::Command, verb @ (WILL | WONT | DO | DONT)) => Place::Option(verb),
                // Go-aheads, are-you-there and their kin mean nothing to a port.
                (Place::Command, _) => Place::Data,
                (Place::Option(verb), option) => {
                    flush(&mut data, &mut items);
                    items.push(match verb {
                        WILL => TelnetItem::Will(option, true),
                        WONT => TelnetItem::Will(option, false),
                        DO => TelnetItem::Do(option, true),
                        _ => TelnetItem::Do(option, false),
                    });
                    Place::Data
                }
                (Place::About, IAC) => Place::AboutCommand,
                (Place::About, byte) => {
                    self.keep(byte);
                    Place::About
                }
                (Place::AboutCommand, IAC) => {
                    self.keep(IAC);
                    Place::About
                }
                (Place::AboutCommand, SE) => {
                    flush(&mut data, &mut items);
                    let about = std::mem::take(&mut self.about);
                    // One that is too long is none.
                    if let Some((option, rest)) = about.split_first()
                        && about.len() <= LONGEST
                    {
                        items.push(TelnetItem::About(*option, rest.to_vec()));
                    }
                    Place::Data
                }
                // A command in the middle of one: what was said before it is lost.
                (Place::AboutCommand, _) => Place::Data,
            };
        }
        flush(&mut data, &mut items);
        items
    }

    fn keep(&mut self, byte: u8) {
        // One byte more than is understood says that it was too long.
        if self.about.len() <= LONGEST {
            self.about.push(byte);
        }
    }
}

fn flush(data: &mut Vec<u8>, items: &mut Vec<TelnetItem>) {
    if !data.is_empty() {
        items.push(TelnetItem::Data(std::mem::take(data)));
    }
}

/// Bytes of a port as they go over the wire: each `FF` twice.
pub fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len() + bytes.len() / 64);
    for &byte in bytes {
        if byte == IAC {
            escaped.push(IAC);
        }
        escaped.push(byte);
    }
    escaped
}

/// `WILL`, or `WONT`.
pub const fn will(option: u8, on: bool) -> [u8; 3] {
    [IAC, if on { WILL } else { WONT }, option]
}

/// `DO`, or `DONT`.
pub const fn please(option: u8, on: bool) -> [u8; 3] {
    [IAC, if on { DO } else { DONT }, option]
}

/// A subnegotiation; doubling is done here.
pub fn about(option: u8, bytes: &[u8]) -> Vec<u8> {
    let mut all = vec![IAC, SB, option];
    all.extend(escape(bytes));
    all.extend([IAC, SE]);
    all
}

/// Which options are on, so that each is agreed on once: whoever answers an answer never ends (RFC 854, the rule against loops).
#[derive(Clone, Debug, Default)]
pub struct Agreed {
    /// Options of ours that are on, or that we have offered.
    ours: [bool; SPOKEN.len()],
    /// Options of the other end.
    theirs: [bool; SPOKEN.len()],
}

impl Agreed {
    /// Offers and asks for all that we speak.
    pub fn begin(&mut self) -> Vec<u8> {
        (self.ours, self.theirs) = ([true; SPOKEN.len()], [true; SPOKEN.len()]);
        let all = SPOKEN.iter().flat_map(|option| [will(*option, true), please(*option, true)]);
        all.flatten().collect()
    }

    /// The answer to an offer or a wish; nothing where nothing changes.
    pub fn answer(&mut self, item: &TelnetItem) -> Vec<u8> {
        let place = |option: u8| SPOKEN.iter().position(|it| *it == option);
        match *item {
            TelnetItem::Will(option, on) => match place(option) {
                Some(at) if self.theirs[at] != on => {
                    self.theirs[at] = on;
                    please(option, on).to_vec()
                }
                None if on => please(option, false).to_vec(),
                _ => Vec::new(),
            },
            TelnetItem::Do(option, on) => match place(option) {
                Some(at) if self.ours[at] != on => {
                    self.ours[at] = on;
                    will(option, on).to_vec()
                }
                None if on => will(option, false).to_vec(),
                _ => Vec::new(),
            },
            TelnetItem::Data(_) | TelnetItem::About(..) => Vec::new(),
        }
    }
}
