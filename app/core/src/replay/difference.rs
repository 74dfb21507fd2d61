//! Where answers part.

/// A place where what came is not what came then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In the answer to which exchange ([`PlayStep::exchange`](super::PlayStep)).
    pub exchange: u64,
    /// Where it begins in all that was expected, in bytes from the first on.
    pub expected_at: u64,
    /// Where it begins in all that came.
    pub new_at: u64,
    /// How many bytes were expected there.
    pub expected_length: u64,
    /// How many bytes came.
    pub new_length: u64,
    /// The first of what was expected, at most [`Self::KEPT`].
    pub expected: Vec<u8>,
    /// The first of what came, at most [`Self::KEPT`].
    pub new: Vec<u8>,
    /// With so many bytes both begin alike: lines and datagrams are shown whole.
    pub alike_before: usize,
    /// With so many bytes both end alike.
    pub alike_behind: usize,
    /// Whether one was expected, and whether one came, where it is a datagram, which may be empty; `None`: parts of streams.
    pub datagram: Option<[bool; 2]>,
}

/// What a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Something else came.
    Changed,
    /// Something did not come.
    Missing,
    /// Something came that was not expected.
    Additional,
}

impl DifferenceKind {
    /// As it stands in what scripts read.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Additional => "additional",
        }
    }
}

impl Difference {
    /// How many bytes of each side are kept.
    pub const KEPT: usize = 1024;

    /// One that begins here.
    pub(super) fn new(
        exchange: u64,
        (expected_at, new_at): (u64, u64),
        datagram: Option<[bool; 2]>,
    ) -> Self {
        Self {
            exchange,
            expected_at,
            new_at,
            expected_length: 0,
            new_length: 0,
            expected: Vec::new(),
            new: Vec::new(),
            alike_before: 0,
            alike_behind: 0,
            datagram,
        }
    }

    /// Goes on with these.
    pub(super) fn grow(&mut self, expected: &[u8], new: &[u8]) {
        self.expected_length += expected.len() as u64;
        self.new_length += new.len() as u64;
        for (kept, more) in [(&mut self.expected, expected), (&mut self.new, new)] {
            let room = Self::KEPT - kept.len().min(Self::KEPT);
            kept.extend_from_slice(&more[..more.len().min(room)]);
        }
        let pairs = self.expected.iter().zip(&self.new);
        self.alike_before = pairs.take_while(|(expected, new)| expected == new).count();
        let whole = self.expected.len() as u64 == self.expected_length
            && self.new.len() as u64 == self.new_length;
        self.alike_behind = match whole {
            true => {
                let rest = |bytes: &Vec<u8>| bytes.len() - self.alike_before;
                let most = rest(&self.expected).min(rest(&self.new));
                let pairs = self.expected.iter().rev().zip(self.new.iter().rev()).take(most);
                pairs.take_while(|(expected, new)| expected == new).count()
            }
            false => 0,
        };
    }

    /// Whether what begins at these places goes on where it ends. A datagram does not.
    pub(super) fn is_followed_by(&self, exchange: u64, places: (u64, u64)) -> bool {
        self.datagram.is_none() && self.exchange == exchange && self.ends() == places
    }

    /// Where it ends in all that was expected, and in all that came.
    pub const fn ends(&self) -> (u64, u64) {
        (self.expected_at + self.expected_length, self.new_at + self.new_length)
    }

    /// What it is.
    pub const fn kind(&self) -> DifferenceKind {
        match self.datagram {
            Some([true, true]) => return DifferenceKind::Changed,
            Some([_, false]) => return DifferenceKind::Missing,
            Some([false, true]) => return DifferenceKind::Additional,
            None => {}
        }
        let alike = (self.alike_before + self.alike_behind) as u64;
        match (self.expected_length.saturating_sub(alike), self.new_length.saturating_sub(alike)) {
            (_, 0) => DifferenceKind::Missing,
            (0, _) => DifferenceKind::Additional,
            _ => DifferenceKind::Changed,
        }
    }

    /// Where the first byte that differs stands in what was expected.
    pub const fn first_byte(&self) -> u64 {
        self.expected_at + self.alike_before as u64
    }

    /// What is kept of both sides, each as what is alike before, what differs, and what is alike behind. Characters of UTF-8 are not
    /// cut apart.
    pub fn sides(&self) -> [[&[u8]; 3]; 2] {
        let both = [&self.expected, &self.new];
        let goes_on = |at: Option<&u8>| at.is_some_and(|byte| byte & 0xC0 == 0x80);
        let mut before = self.alike_before;
        while before > 0 && both.iter().any(|bytes| goes_on(bytes.get(before))) {
            before -= 1;
        }
        let mut behind = self.alike_behind;
        let begins = |bytes: &[u8], behind| goes_on(bytes.get(bytes.len().saturating_sub(behind)));
        while behind > 0 && both.iter().any(|bytes| begins(bytes, behind)) {
            behind -= 1;
        }
        both.map(|bytes| {
            let (before, rest) = bytes.split_at(before.min(bytes.len()));
            let (differs, behind) = rest.split_at(rest.len().saturating_sub(behind));
            [before, differs, behind]
        })
    }
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayTotals {
    /// Bytes that were expected, as far as they were compared.
    pub expected: u64,
    /// Bytes that came.
    pub new: u64,
    /// In how many places they differ.
    pub differences: u64,
}
