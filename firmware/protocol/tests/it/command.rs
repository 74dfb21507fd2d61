//! Commands: what is printed is read back, and what is wrong is said.

use espalier_protocol::{
    Command, CommandError, ErrorCode, Level, Mode, Request, Shown, Switch,
    command::{
        Addressing, COMMAND_MAX, Credentials, Host, KickTarget, Name, StaticAddress, Token, USAGES,
        hostname,
    },
    line::Keepalive,
};
use proptest::prelude::*;
use std::net::{Ipv4Addr, SocketAddr};

/// Text of at most `max` bytes, with what provokes the quoting.
fn text(min: usize, max: usize) -> impl Strategy<Value = String> {
    let pieces =
        vec!["a", "Z", "7", " ", "\"", "\\", "路", "é", "=", "#", "\n", "\t", "\u{7f}", "'"];
    prop::collection::vec(prop::sample::select(pieces), min..=max).prop_map(move |pieces| {
        let mut text = String::new();
        for piece in pieces {
            if text.len() + piece.len() <= max {
                text.push_str(piece);
            }
        }
        text.extend(std::iter::repeat_n('x', min.saturating_sub(text.len())));
        text
    })
}

fn addressing() -> impl Strategy<Value = Addressing> {
    let fixed = (any::<u32>(), 1u8..=30, any::<Option<u32>>(), any::<Option<u32>>());
    let fixed = fixed.prop_map(|(ip, prefix, gateway, dns)| {
        let network = u32::MAX << (32 - prefix);
        let gateway = gateway.map(|way| Ipv4Addr::from_bits(ip & network | way & !network));
        let dns = dns.filter(|_| gateway.is_some()).map(Ipv4Addr::from_bits);
        StaticAddress { ip: Ipv4Addr::from_bits(ip), prefix, gateway, dns }.checked()
    });
    prop_oneof![
        Just(Addressing::Dhcp),
        fixed.prop_filter_map("no host", |fixed| fixed.map(Addressing::Static)),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let wifi = (text(1, 32), prop_oneof![Just(String::new()), text(8, 64)]);
    let wifi = wifi.prop_filter_map("fits", |(ssid, password)| Credentials::new(&ssid, &password));
    let plain = [
        Command::Help,
        Command::Status,
        Command::WifiScan,
        Command::WifiForget,
        Command::Clients,
        Command::Screen,
        Command::OtaAllow,
        Command::OtaForget,
        Command::SettingsShow,
        Command::SettingsReset,
        Command::Restart,
    ];
    let keepalive = (1u16..=7200, 1u16..=7200, 1u8..=10)
        .prop_map(|(idle_s, interval_s, count)| Keepalive { idle_s, interval_s, count });
    prop_oneof![
        prop::sample::select(plain.to_vec()),
        wifi.prop_map(Command::WifiSet),
        addressing().prop_map(Command::WifiAddress),
        prop::sample::select(Switch::ALL).prop_map(Command::WifiSmartConfig),
        prop::sample::select(Mode::ALL).prop_map(|mode| Command::Mode { mode, rate: 0 }),
        any::<u32>().prop_map(|rate| Command::Mode { mode: Mode::Source, rate }),
        (1u16..).prop_map(Command::ServerPort),
        (1u8..=8).prop_map(Command::ServerLimit),
        keepalive.prop_map(Command::ServerKeepalive),
        ("[a-z0-9.:-]{1,64}", 1u16..).prop_map(|(host, port)| Command::Client {
            host: Host::try_from(host.as_str()).unwrap(),
            port,
        }),
        (1u8..=8).prop_map(|slot| Command::Kick(KickTarget::Slot(slot))),
        any::<SocketAddr>()
            .prop_filter("scopes and flows are not printed", |peer| match peer {
                SocketAddr::V6(peer) => peer.scope_id() == 0 && peer.flowinfo() == 0,
                SocketAddr::V4(_) => true,
            })
            .prop_map(|peer| Command::Kick(KickTarget::Peer(peer))),
        prop::sample::select(Level::ALL).prop_map(Command::Log),
        prop::sample::select(Shown::ALL).prop_map(Command::Show),
        text(8, 64).prop_filter_map("fits", |token| Token::new(&token).map(Command::OtaToken)),
        text(1, 32).prop_map(|name| Command::Name(Name::try_from(name.as_str()).unwrap())),
        "[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?"
            .prop_map(|name| Command::Hostname(hostname(&name).unwrap())),
    ]
}

proptest! {
    #[test]
    fn every_printed_command_reads_back_as_itself(command in command(), id: Option<u32>) {
        let request = Request { id, command };
        let line = request.to_string();
        prop_assert!(line.len() <= COMMAND_MAX && !line.contains(['\n', '\r']), "{line:?}");
        prop_assert_eq!(Request::parse(&line), Ok(Some(request)), "{}", line);
        prop_assert_eq!(Request::id_of(&line), id);
    }

    #[test]
    fn any_line_is_a_command_or_a_clear_error(line in "\\PC{0,80}") {
        if let Err(error) = Request::parse(&line) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn cut_and_altered_commands_do_not_panic(command in command(), cut: prop::sample::Index, c: char) {
        let line = command.to_string();
        let cuts: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
        let (head, tail) = line.split_at(cuts[cut.index(cuts.len())]);
        Request::parse(head).ok();
        Request::parse(&format!("{head}{c}{tail}")).ok();
    }

    #[test]
    fn a_password_shows_in_no_debug_text(password in "[a-z0-9]{20,64}") {
        let command = Command::WifiSet(Credentials::new("home", &password).unwrap());
        let shown = format!("{command:?}");
        prop_assert!(!shown.contains(&password));
    }
}

#[track_caller]
fn parse(line: &str) -> Result<Command, CommandError> {
    Request::parse(line).map(|request| request.unwrap().command)
}

#[test]
fn words_with_spaces_are_quoted() {
    let wanted = Command::WifiSet(Credentials::new("my net", "pass \"word\" \\").unwrap());
    assert_eq!(parse(r#"  wifi   set "my net" "pass \"word\" \\" "#), Ok(wanted.clone()));
    assert_eq!(wanted.to_string(), r#"wifi set "my net" "pass \"word\" \\""#);
    let bare = Command::WifiSet(Credentials::new(r"a\b", "p'a=s#s!wörd").unwrap());
    assert_eq!(parse(r"wifi set a\b p'a=s#s!wörd"), Ok(bare));
}

#[test]
fn empty_lines_are_no_commands() {
    for line in ["", "   ", "\t", "#7", "#7  "] {
        assert_eq!(Request::parse(line), Ok(None), "{line:?}");
    }
}

#[test]
fn errors_say_what_to_write() {
    for (line, code, text) in [
        ("hlep", ErrorCode::Unknown, "no such command; try help"),
        ("wifi", ErrorCode::Unknown, "no such command; try help"),
        ("#3 wifi sett", ErrorCode::Unknown, "no such command; try help"),
        ("help me", ErrorCode::Usage, "write help; nothing follows"),
        ("server limit 9", ErrorCode::Usage, "write server limit CLIENTS; CLIENTS is 1 to 8"),
        ("server port 0", ErrorCode::Usage, "write server port PORT; PORT is 1 to 65535"),
        ("server port +80", ErrorCode::Usage, "write server port PORT; PORT is 1 to 65535"),
        ("kick 0", ErrorCode::Usage, "write kick PEER|SLOT; PEER is IP:PORT, SLOT is 1 to 8"),
        (
            r#"name "a"#,
            ErrorCode::Quote,
            "close every quote; in quotes write \\\" for \" and \\\\ for \\",
        ),
        (
            r#"name "a"b"#,
            ErrorCode::Quote,
            "close every quote; in quotes write \\\" for \" and \\\\ for \\",
        ),
    ] {
        let error = Request::parse(line).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, text), "{line:?}");
    }
    assert!(matches!(parse("wifi set a short"), Err(CommandError::Usage(_))));
    assert!(matches!(parse("wifi address 10.0.0.1/24 10.0.1.1"), Err(CommandError::Usage(_))));
    assert!(matches!(parse("wifi address 10.0.0.0/24"), Err(CommandError::Usage(_))));
    assert_eq!(parse(&"x".repeat(COMMAND_MAX + 1)), Err(CommandError::TooLong));
}

#[test]
fn every_usage_is_a_command_and_every_command_has_its_usage() {
    // The first form of each, with something in place of the capitals.
    for usage in USAGES {
        let (required, _) = usage.usage.split_once(" [").unwrap_or((usage.usage, ""));
        let line: Vec<&str> = required
            .split(' ')
            .map(|word| match word.split('|').next().unwrap_or(word) {
                "SSID" | "NAME" | "HOST" => "x",
                "PEER" => "10.0.0.1:1",
                "TOKEN" => "12345678",
                word if word.chars().all(|c| c.is_ascii_uppercase()) => "1",
                word => word,
            })
            .collect();
        let command = parse(&line.join(" ")).unwrap();
        assert_eq!(command.words(), usage.words);
    }
}
