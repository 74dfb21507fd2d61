//! The words of the console: closed sets that both lines and commands use.

/// Declares an enum whose variants are words: `word`, `from_word`, `ALL`, `Display`, and its use as
/// a field of a line. With `else Variant`, an unknown word reads as that variant, so that an older
/// app understands the rest of a newer board's line.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }
     $(else $other:ident)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the console.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value of exactly this word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl<'a> crate::field::Field<'a> for $name {
            type Static = Self;
            fn print(&self, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
                out.write_str(self.word())
            }
            fn parse(raw: &'a str) -> Option<Self> {
                Self::from_word(raw)$(.or(Some(Self::$other)))?
            }
            fn into_static(self) -> Self { self }
        }

        #[cfg(test)]
        impl crate::sample::Sample for $name {
            fn sample(rng: &mut crate::sample::Rng) -> Self {
                Self::ALL[rng.below(Self::ALL.len() as u64) as usize]
            }
        }
    };
}

words! {
    /// What the board does with its connections.
    Mode {
        /// Sends back what comes.
        Echo = "echo",
        /// Prints what comes, all of it, at the speed of the console.
        Log = "log",
        /// Counts what comes and forgets it.
        Discard = "discard",
        /// Sends the check pattern ([`crate::pattern`]), as fast as it can or at a rate.
        Source = "source",
        /// Verifies that what comes is the check pattern.
        Check = "check",
        /// Dials out, says hello, echoes what comes, dials again.
        Client = "client",
        /// A chat room: what one client says goes to the others.
        Chat = "chat",
    }
}

words! {
    /// How loud a line is. The board prints those up to its setting; order: error first.
    Level {
        /// Something failed.
        Error = "error",
        /// Something is odd, and was dealt with.
        Warn = "warn",
        /// What happens.
        Info = "info",
        /// More of it.
        Debug = "debug",
        /// All of it.
        Verbose = "verbose",
    }
}

impl Level {
    /// The letter that starts an ESP-IDF line.
    pub const fn letter(self) -> char {
        match self {
            Self::Error => 'E',
            Self::Warn => 'W',
            Self::Info => 'I',
            Self::Debug => 'D',
            Self::Verbose => 'V',
        }
    }

    /// The level of an ESP-IDF letter.
    pub fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.letter() == letter)
    }
}

words! {
    /// How received bytes are shown on the console.
    Shown {
        /// As quoted text, other bytes as `\xNN`.
        Text = "text",
        /// As hexadecimal digits.
        Hex = "hex",
        /// Not at all; only the number of bytes.
        Off = "off",
    }
}

words! {
    /// Why the chip started.
    Reset {
        /// Power came on.
        PowerOn = "power-on",
        /// The EN pin or the programmer.
        External = "external",
        /// The program asked for it.
        Software = "software",
        /// The program panicked.
        Panic = "panic",
        /// A watchdog bit.
        Watchdog = "watchdog",
        /// The supply voltage fell too low.
        Brownout = "brownout",
        /// Woke from deep sleep.
        DeepSleep = "deep-sleep",
        /// The USB-Serial/JTAG port asked for it.
        Usb = "usb",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Why a network could not be joined.
    JoinFault {
        /// The password is wrong, or missing.
        Auth = "auth",
        /// No such network in range.
        NotFound = "not-found",
        /// The network is protected in a way that the board cannot.
        Security = "security",
        /// The access point has no place for another station.
        Full = "full",
        /// The access point turned the board away.
        Refused = "refused",
        /// The network did not answer in time.
        Timeout = "timeout",
        /// Joined, but no address came.
        NoAddress = "no-address",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// How a Wi-Fi network is protected.
    Auth {
        /// Not at all.
        Open = "open",
        /// WEP.
        Wep = "wep",
        /// WPA.
        Wpa = "wpa",
        /// WPA2 with a password.
        Wpa2 = "wpa2",
        /// WPA or WPA2.
        WpaWpa2 = "wpa/wpa2",
        /// WPA3.
        Wpa3 = "wpa3",
        /// WPA2 or WPA3.
        Wpa2Wpa3 = "wpa2/wpa3",
        /// A user name is needed too; the board cannot join it.
        Enterprise = "enterprise",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Where the Wi-Fi stands.
    WifiState {
        /// Nothing is known to join.
        NoCredentials = "no-credentials",
        /// Joining, or waiting to try again.
        Joining = "joining",
        /// Joined; the address is still to come.
        Joined = "joined",
        /// Joined, with an address.
        Online = "online",
        /// Waiting for credentials; known ones are retried each minute.
        Provisioning = "provisioning",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Why credentials are waited for.
    ProvisioningCause {
        /// There are none.
        NoCredentials = "no-credentials",
        /// The known ones failed again and again.
        Failures = "failures",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Where an address comes from.
    AddressSource {
        /// A DHCP server.
        Dhcp = "dhcp",
        /// The settings.
        Static = "static",
    }
}

words! {
    /// Whether a secret is known. The secret itself is never printed.
    Secret {
        /// It is set.
        Set = "set",
        /// There is none.
        Unset = "none",
    }
}

words! {
    /// Whether something is on.
    Switch {
        /// It is.
        On = "on",
        /// It is not.
        Off = "off",
    }
}

impl From<bool> for Switch {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

words! {
    /// Why a connection ended.
    CloseCause {
        /// The peer closed it in order.
        Peer = "peer",
        /// The peer reset it.
        Reset = "reset",
        /// The peer fell silent: keepalive gave up.
        Timeout = "timeout",
        /// `kick` on the console.
        Kicked = "kicked",
        /// The mode changed to or from `client`.
        Mode = "mode",
        /// The board restarts, as it was told to.
        Restart = "restart",
        /// The chat room ended it: after `/quit`, an `/error`, or an acknowledgement that never came.
        Chat = "chat",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// What shows the screen of 128x64 pixels on a board.
    Panel {
        /// There is no display.
        None = "none",
        /// An SSD1306.
        Ssd1306 = "ssd1306",
        /// An SH1106, as on the mPython board.
        Sh1106 = "sh1106",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// What a connection is, in the list that `clients` prints.
    Standing {
        /// It has a slot.
        Served = "served",
        /// Established, with its bytes kept, until a slot is free.
        Waiting = "waiting",
        /// The board dialled it.
        Dialled = "dialled",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Why the board could not dial.
    DialFault {
        /// The name has no address.
        Name = "name",
        /// Refused by the other end.
        Refused = "refused",
        /// No answer.
        Timeout = "timeout",
        /// No way there.
        Unreachable = "unreachable",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Why a settings record was not used.
    RecordFault {
        /// There is none (a new board).
        Missing = "missing",
        /// Cut short or damaged: its checksum is wrong.
        Damaged = "damaged",
        /// Written by a newer firmware.
        Newer = "newer",
        /// Whole, but a value is out of range.
        Invalid = "invalid",
        /// The store could not be read.
        Unreadable = "unreadable",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Why a command was not done.
    ErrorCode {
        /// No such command.
        Unknown = "unknown",
        /// A word is missing, is too many, or is out of range.
        Usage = "usage",
        /// A quote was not closed.
        Quote = "quote",
        /// No connection has that slot or address.
        NoSuchClient = "no-such-client",
        /// The same is being done already; try again later.
        Busy = "busy",
        /// The radio could not.
        Wifi = "wifi",
        /// The settings could not be written.
        Store = "store",
        /// This chip cannot.
        Unsupported = "unsupported",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// What is wrong with bytes that look like an Improv packet.
    ImprovFault {
        /// The checksum does not match.
        Checksum = "checksum",
        /// A version other than 1.
        Version = "version",
        /// It stopped in the middle.
        Cut = "cut",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// How it stands with the program that runs.
    OtaState {
        /// It is to be kept.
        Confirmed = "confirmed",
        /// It is new, and not confirmed yet.
        Trial = "trial",
        /// It runs again, because a newer one did not come up.
        RolledBack = "rolled-back",
        /// None of these.
        Other = "other",
    } else Other
}

words! {
    /// Why an update over the network was not done.
    OtaFault {
        /// It was neither allowed on the console nor is a token set.
        Locked = "locked",
        /// The token is another, or none was shown.
        Token = "token",
        /// There is no second slot for a program.
        OneSlot = "one-slot",
        /// The running program is itself not confirmed yet.
        Trial = "trial",
        /// The board restarts, or a wrong token was shown a moment ago.
        Busy = "busy",
        /// What was asked for is not understood.
        Request = "request",
        /// The program is longer than its slot.
        TooLong = "too-long",
        /// It is no application image.
        NoImage = "no-image",
        /// It is for another chip.
        WrongChip = "wrong-chip",
        /// It is another program: one that could not confirm itself.
        Foreign = "foreign",
        /// Its checksum, its hash or the digest that was announced is another.
        Damaged = "damaged",
        /// The flash could not be written, or reads back as something else.
        Flash = "flash",
        /// The connection ended, or fell silent, before all had come.
        Cut = "cut",
        /// None of these.
        Other = "other",
    } else Other
}
