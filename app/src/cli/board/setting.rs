//! `KEY=VALUE` as the board's own commands.

use espalier_protocol::Command;
use espalier_protocol::command::Name;

/// A setting, as the command that sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting(pub Command);

/// Each key, the words of its command, and the values it takes. A value's parts stand between commas.
const KEYS: [(&str, &str, &str); 13] = [
    ("mode", "mode", "echo, log, discard, source, check, client or chat"),
    (
        "rate",
        "mode source",
        "bytes per second of mode source, which it switches to, 0 to 4294967295; 0 is as fast as it can",
    ),
    ("limit", "server limit", "clients served at once, 1 to 8"),
    ("port", "server port", "TCP port to listen on, 1 to 65535"),
    (
        "keepalive",
        "server keepalive",
        "IDLE,INTERVAL,COUNT: seconds, seconds (1 to 7200 each), probes (1 to 10)",
    ),
    ("client", "client", "HOST:PORT to dial in mode client: at most 64 bytes, 1 to 65535"),
    ("log", "log", "loudest level printed: error, warn, info, debug or verbose"),
    ("show", "show", "received bytes on the console: text, hex or off"),
    ("name", "name", "name for people, 1 to 32 bytes"),
    ("hostname", "hostname", "name on the network: 1 to 32 letters, digits, hyphens"),
    (
        "smartconfig",
        "wifi smartconfig",
        "on or off: whether it listens for SmartConfig while it has no network",
    ),
    (
        "ota",
        "ota",
        "allow: one update over the network within 5 minutes; forget: no token any more",
    ),
    ("address", "wifi address", "dhcp, or ADDRESS/PREFIX[,GATEWAY[,DNS]]; PREFIX is 1 to 30"),
];

impl Setting {
    /// Reads `KEY=VALUE`.
    ///
    /// # Errors
    /// What is wrong with it, for the user.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("KEY=VALUE is needed, such as mode=echo")?;
        let Some((_, words, values)) = KEYS.iter().find(|(known, ..)| *known == key) else {
            let keys = KEYS.map(|(key, ..)| key).join(", ");
            return Err(format!("no such key; there are {keys}"));
        };
        let command = match key {
            // Free text; everything else is words.
            "name" => Name::try_from(value).ok().filter(|name| !name.is_empty()).map(Command::Name),
            // Not as an argument, which others can read.
            "ota" if value == "token" => None,
            "client" => {
                value.rsplit_once(':').and_then(|(host, port)| command(words, [host, port]))
            }
            _ => command(words, value.split(',')),
        };
        command.map(Self).ok_or_else(|| format!("the value of {key} is {values}"))
    }
}

/// The command of these words; a part that is not one plain word makes none.
fn command<'a>(words: &str, parts: impl IntoIterator<Item = &'a str>) -> Option<Command> {
    let mut line = words.to_owned();
    for part in parts {
        let part = part.trim();
        if part.is_empty() || part.contains(|c: char| c.is_whitespace() || c == '"') {
            return None;
        }
        line = format!("{line} {part}");
    }
    Command::parse(&line).ok().flatten()
}

/// The keys for `--help`.
pub fn help() -> String {
    KEYS.iter().fold(
        "Change its settings; each takes effect and is stored at once\n".to_owned(),
        |text, (key, _, values)| format!("{text}\n  {key}=  {values}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_a_command_of_the_board() {
        let line = |text| Setting::parse(text).map(|setting| setting.0.to_string());
        for (text, expected) in [
            ("mode=discard", "mode discard"),
            ("rate=1000", "mode source 1000"),
            ("limit=3", "server limit 3"),
            ("port=7000", "server port 7000"),
            ("keepalive=20,5,3", "server keepalive 20 5 3"),
            ("client=pc.local:7000", "client pc.local 7000"),
            ("log=debug", "log debug"),
            ("show=hex", "show hex"),
            ("name=On the wall", "name \"On the wall\""),
            ("hostname=wall", "hostname wall"),
            ("address=dhcp", "wifi address dhcp"),
            ("smartconfig=off", "wifi smartconfig off"),
            ("address=10.0.0.5/24,10.0.0.1", "wifi address 10.0.0.5/24 10.0.0.1"),
        ] {
            assert_eq!(line(text), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_would_do() {
        for bad in [
            "mode",
            "mode=",
            "limit=9",
            "client=host",
            "colour=red",
            "mode=echo 5",
            "name=",
            "keepalive=1,2",
        ] {
            assert!(Setting::parse(bad).is_err(), "{bad}");
        }
        assert!(Setting::parse("colour=red").unwrap_err().contains("hostname"));
        for (bad, range) in [
            ("limit=9", "1 to 8"),
            ("port=0", "1 to 65535"),
            ("port=70000", "1 to 65535"),
            ("keepalive=1,2,11", "1 to 10"),
            ("rate=-1", "0 to 4294967295"),
            ("name=", "1 to 32"),
            ("address=10.0.0.5/31", "1 to 30"),
        ] {
            let told = Setting::parse(bad).unwrap_err();
            assert!(told.contains(range), "{bad}: {told}");
        }
    }
}
