//! How each command is written: for `help`, for errors and for the documentation.

/// One command's help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The words that name it.
    pub words: &'static str,
    /// How it is written, capitals for what to fill in.
    pub usage: &'static str,
    /// What it does.
    pub text: &'static str,
    /// What the values must be.
    pub rules: &'static str,
}

macro_rules! usages {
    ($($words:literal $args:literal, $text:literal, $rules:literal;)+) => {
        /// Every command, in the order in which `help` lists them.
        pub const USAGES: &[Usage] = &[$(Usage {
            words: $words, usage: concat!($words, $args), text: $text, rules: $rules,
        }),+];
    };
}

usages! {
    "help" "", "lists the commands", "nothing follows";
    "status" "", "prints system, Wi-Fi and server", "nothing follows";
    "wifi scan" "", "lists the networks in range", "nothing follows";
    "wifi set" " SSID [PASSWORD]", "stores the credentials and joins",
        "SSID has 1 to 32 bytes, PASSWORD 8 to 64; put quotes around spaces";
    "wifi forget" "", "forgets the credentials and leaves", "nothing follows";
    "wifi address" " dhcp|IP/PREFIX [GATEWAY [DNS]]", "sets where the address comes from",
        "PREFIX is 1 to 30; GATEWAY is in the same network";
    "wifi smartconfig" " on|off", "listens for SmartConfig while there is no network",
        "one of these words";
    "mode" " echo|log|discard|source [RATE]|check|client|chat", "sets what is done with connections",
        "RATE is bytes per second, 0 as fast as it can";
    "server port" " PORT", "sets the TCP port", "PORT is 1 to 65535";
    "server limit" " CLIENTS", "sets how many clients are served at once", "CLIENTS is 1 to 8";
    "server keepalive" " IDLE INTERVAL COUNT", "sets when a silent peer is given up",
        "IDLE and INTERVAL are 1 to 7200 seconds, COUNT is 1 to 10";
    "client" " HOST PORT", "dials HOST (mode client)", "HOST has 1 to 64 bytes, PORT is 1 to 65535";
    "clients" "", "lists the connections", "nothing follows";
    "kick" " PEER|SLOT", "ends a connection", "PEER is IP:PORT, SLOT is 1 to 8";
    "screen" "", "prints what a display shows", "nothing follows";
    "log" " error|warn|info|debug|verbose", "sets what is printed", "one of these words";
    "show" " text|hex|off", "sets how received bytes are shown", "one of these words";
    "name" " NAME", "names the board for people", "NAME has 1 to 32 bytes";
    "hostname" " NAME", "names the board on the network",
        "NAME has 1 to 32 letters, digits and hyphens, no hyphen at either end";
    "ota allow" "", "takes one update over the network without a token, for 5 minutes", "nothing follows";
    "ota token" " TOKEN", "sets the token that allows updates over the network",
        "TOKEN has 8 to 64 bytes; put quotes around spaces";
    "ota forget" "", "forgets the token", "nothing follows";
    "settings show" "", "prints the settings, but no password", "nothing follows";
    "settings reset" "", "back to the defaults, Wi-Fi forgotten", "nothing follows";
    "restart" "", "restarts the board", "nothing follows";
}

/// The help of the command with these words.
pub(super) fn usage(words: &str) -> Option<&'static Usage> {
    USAGES.iter().find(|usage| usage.words == words)
}
