//! Files that come back as they were, and files that are not as they should be.

use std::fs;

use espalier_core::board::LogFilter;
use espalier_core::capture_list::KeepLimits;
use espalier_core::session::{
    Keepalive, Reconnect, SerialSpec, SessionSpec, TcpClientSpec, TcpServerSpec, TransportSpec,
};
use espalier_core::settings::{
    LanguageChoice, SettingValue, SyncPolicy, ThemeChoice, UserSetting, UserSettings,
};
use espalier_core::terminal::{BackspaceKey, EnterKey, TerminalSpec};
use espalier_core::tls::{
    ClientCertificates, Fingerprint, ServerTrust, TlsClientSpec, TlsIdentity, TlsServerSpec,
    TlsVersion,
};
use espalier_core::view::{
    BookmarkList, BytesPerRow, ClockStyle, ControlForm, DeltaStyle, Filter, FrameBytes, FrameCheck,
    FrameLayout, Framing, HighlightRule, LengthField, RowFormat, RowMark, ViewSpec,
};
use espalier_core::{Position, Timestamp};
use serde::{Deserialize, Serialize};

use super::*;

/// A file where paths begin on this system.
fn file(name: &str) -> std::path::PathBuf {
    std::path::Path::new(if cfg!(windows) { "C:\\" } else { "/" }).join(name)
}

fn workspace() -> Workspace {
    let mut client = TcpClientSpec::new("::1", 7);
    client.reconnect = Reconnect::Fixed { delay_ms: 250 };
    client.options.keepalive = Some(Keepalive { idle: 20, interval: 5, count: 3 });
    client.tls = Some(TlsClientSpec {
        trust: ServerTrust::Fingerprint(Fingerprint::of(b"a certificate")),
        alpn: vec!["mqtt".to_owned()],
        max_version: TlsVersion::Tls12,
        identity: Some(TlsIdentity { certificate: file("own.pem"), key: file("own.key") }),
        key_log: Some(file("keys.log")),
        ..TlsClientSpec::default()
    });
    let mut server = TcpServerSpec::new(0);
    server.tls = Some(TlsServerSpec {
        client_certificates: ClientCertificates::Require(file("ca.pem")),
        ..TlsServerSpec::default()
    });
    let serial = SerialSpec::new("COM3");
    let transports = [
        TransportSpec::TcpClient(client),
        TransportSpec::TcpServer(server),
        TransportSpec::Serial(serial),
    ];
    let mut sessions = transports.map(SessionSpec::new);
    sessions[2].terminal = TerminalSpec {
        open: true,
        enter: EnterKey::CrLf,
        backspace: BackspaceKey::Backspace,
        echo: true,
        implicit_cr: true,
        typing: true,
    };
    sessions[1].view = view();
    Workspace { sessions: sessions.into(), ..Workspace::default() }
}

/// A log that is shown as none is by itself.
fn view() -> ViewSpec {
    let layout = FrameLayout {
        header: FrameBytes("hex:AA 55".to_owned()),
        length: Some(LengthField { at: 2, width: 2, big_endian: true, add: -3 }),
        footer: FrameBytes("\\r\\n".to_owned()),
        check: Some(FrameCheck::default()),
        longest: 300,
    };
    let mut bookmarks = BookmarkList::default();
    let at = Timestamp(1_700_000_000_000_000_001);
    let early = RowMark { position: Position(7), offset: 0, at: Timestamp(-1) };
    let late = RowMark { position: Position(1 << 40), offset: 3, at };
    assert!(bookmarks.set(late, "这里 \"here\"") && bookmarks.set(early, ""));
    let needle = HighlightRule { hex: true, whole_word: true, ..HighlightRule::default() };
    ViewSpec {
        format: RowFormat::HexText,
        framing: Framing::Frame(layout),
        control_form: ControlForm::Dot,
        wrap: false,
        bytes_per_row: BytesPerRow::ThirtyTwo,
        offsets: true,
        clock: ClockStyle::Date,
        delta: DeltaStyle::SincePrevious,
        filter: Filter {
            text: "AA ?? 55".to_owned(),
            hex: true,
            case_sensitive: true,
            not: true,
            since: Some(at),
            until: Some(Timestamp(i64::MAX)),
            log: LogFilter { hidden: vec!["wifi".to_owned()], ..LogFilter::default() },
            ..Filter::default()
        },
        highlights: vec![HighlightRule { pattern: "0D".to_owned(), color: 7, ..needle }],
        bookmarks,
        ..ViewSpec::default()
    }
}

/// What else stands in a settings file here.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rest {
    recent: Vec<Recent>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Recent {
    host: String,
    port: u16,
    #[serde(default)]
    note: String,
}

fn recent(host: &str, port: u16) -> Recent {
    Recent { host: host.to_owned(), port, note: String::new() }
}

/// Reads a text as a settings file; with it, what was told of it.
fn read(text: &str) -> (UserSettings, Vec<Recent>, ReadReport) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    fs::write(&path, text).unwrap();
    let mut document = Document::load(&path, SettingsFile::SCHEMA);
    let settings = SettingsFile::take(document.root());
    let recent = document.root().take("recent").unwrap_or_default();
    let reading = document.finish();
    let aside = fs::read(folder.path().join("settings.toml.bad")).unwrap_or_default();
    assert_eq!(aside == text.as_bytes(), !reading.troubles.is_empty(), "{reading:?}");
    (settings, recent, reading)
}

#[test]
fn a_workspace_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/within/workspace.toml");
    workspace().save(&path).unwrap();
    assert_eq!(Workspace::read(&path).unwrap(), workspace());
    let mut document = Document::load(&path, Workspace::SCHEMA);
    let parts = document.root().tables("session").into_iter();
    let sessions: Vec<SessionSpec> = parts.map(|part| part.unwrap().rest().unwrap()).collect();
    assert_eq!(sessions, workspace().sessions);
    assert!(document.finish().troubles.is_empty());
    let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file stays");
}

#[test]
fn a_workspace_written_by_hand_needs_little() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    let text = "schema = 1\n[[session]]\ntransport = { kind = \"tcp-server\" }\n\
                [[session]]\nname = \"me\"\ntransport = { kind = \"tcp-client\", host = \"h\", port = 7 }\n";
    fs::write(&path, text).unwrap();
    let found = Workspace::read(&path).unwrap();
    assert_eq!(found.sessions[0].transport, TransportSpec::TcpServer(TcpServerSpec::new(0)));
    assert_eq!(found.sessions[1].name, "me");
}

#[test]
fn settings_come_back_as_they_were_with_what_stands_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let settings = UserSettings {
        theme: ThemeChoice::Dark,
        zoom: 130,
        font_size: 14.5,
        limits: KeepLimits { keep_gib: 3, keep_days: 0 },
        sync: SyncPolicy::EachRecord,
        log_level: "debug".to_owned(),
        ..UserSettings::default()
    };
    let rest = Rest { recent: vec![recent("a\n\"b\"", 1), recent("", 2)] };
    SettingsFile::save(&path, &settings, &rest).unwrap();
    let mut document = Document::load(&path, SettingsFile::SCHEMA);
    assert_eq!(SettingsFile::take(document.root()), settings);
    assert_eq!(SettingsFile::log_level(&path).as_deref(), Some("debug"));
    assert_eq!(document.root().take::<Vec<Recent>>("recent"), Some(rest.recent));
    let reading = document.finish();
    assert!(reading.troubles.is_empty() && !reading.left_out, "{reading:?}");
}

#[test]
fn a_setting_that_goes_too_far_loses_itself_and_is_told_with_what_it_may_be() {
    let (settings, _, reading) = read(
        "schema = 2\n[interface]\nzoom = 5000\nfont_size = 15\nzom = 1\n[new_session]\nencoding = 7\n",
    );
    assert_eq!(settings, UserSettings { font_size: 15.0, ..UserSettings::default() });
    let told = ["line 3: interface.zoom is a number from 50 to 300", "line 5: ", "line 7: "];
    assert_eq!(reading.troubles.len(), told.len(), "{:?}", reading.troubles);
    for (trouble, told) in reading.troubles.iter().zip(told) {
        assert!(trouble.contains(told), "{trouble}");
    }
}

#[test]
fn one_setting_is_changed_in_a_file_and_all_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/settings.toml");
    let zoom = UserSetting::named("interface.zoom").unwrap();
    let theme = UserSetting::named("theme").unwrap();
    SettingsFile::change(&path, zoom, &SettingValue::Number(150.0)).unwrap();
    SettingsFile::change(&path, theme, &"dark".into()).unwrap();
    let (settings, faults) = SettingsFile::look(&path).unwrap();
    assert_eq!((settings.zoom, settings.theme), (150, ThemeChoice::Dark));
    assert!(faults.is_empty(), "{faults:?}");

    let rest = Rest { recent: vec![recent("a", 1)] };
    SettingsFile::save(&path, &settings, &rest).unwrap();
    SettingsFile::change(&path, zoom, &zoom.default_value()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("zoom") && text.contains("theme = \"dark\""), "{text}");
    let mut document = Document::load(&path, SettingsFile::SCHEMA);
    SettingsFile::take(document.root());
    assert_eq!(document.root().take::<Vec<Recent>>("recent"), Some(rest.recent));

    for text in ["schema = 2\n[interface\n", "schema = 99\n", "schema = 2\ninterface = 3\n"] {
        fs::write(&path, text).unwrap();
        SettingsFile::change(&path, zoom, &SettingValue::Number(150.0)).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "it is left as it is");
    }
}

#[test]
fn settings_that_are_only_looked_at_are_left_as_they_are_and_their_faults_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    assert_eq!(SettingsFile::look(&path).unwrap(), Default::default());
    let text = "schema = 2\ntheme = \"purple\"\nrecent = []\n";
    fs::write(&path, text).unwrap();
    let (settings, faults) = SettingsFile::look(&path).unwrap();
    assert_eq!(settings, UserSettings::default());
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("line 2") && faults[0].contains("system, light, dark"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn no_file_yet_is_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let mut document = Document::load(&folder.path().join("settings.toml"), SettingsFile::SCHEMA);
    assert_eq!(SettingsFile::take(document.root()), UserSettings::default());
    assert!(document.finish().troubles.is_empty());
}

#[test]
fn files_that_cannot_be_used_at_all_are_set_aside_told_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let bad = ["theme = \"dark\"\n", "schema = 99\n", "no toml at all", "\u{0}", "schema = true\n"];
    for (number, text) in bad.iter().enumerate() {
        fs::write(&path, text).unwrap();
        let mut document = Document::load(&path, SettingsFile::SCHEMA);
        assert_eq!(SettingsFile::take(document.root()), UserSettings::default());
        let troubles = document.finish().troubles;
        assert_eq!(troubles.len(), 1, "{troubles:?}");
        assert!(troubles[0].contains("set aside"), "{troubles:?}");
        assert_eq!(troubles[0].lines().count(), 1, "{troubles:?}");
        let suffix = if number == 0 { String::new() } else { (number + 1).to_string() };
        let aside = folder.path().join(format!("settings.toml.bad{suffix}"));
        assert_eq!(fs::read_to_string(aside).unwrap(), *text);
        assert!(!path.exists());
    }
}

#[test]
fn one_word_that_makes_no_sense_loses_itself_and_is_told_with_its_line() {
    let text = "schema = 2\nlanguage = \"en\"\ntheme = \"purple\"\n\n[[recent]]\nhost = \"a\"\n\
                port = 1\n\n[[recent]]\nhost = \"b\"\nport = 99999\n\n[[recent]]\nhost = \"c\"\nport = 3\nnote = 7\n";
    let (settings, found, reading) = read(text);
    assert_eq!(
        settings,
        UserSettings { language: LanguageChoice::English, ..UserSettings::default() }
    );
    assert_eq!(found, [recent("a", 1), recent("c", 3)], "an entry without its port is none");
    let told = [
        ("line 3", "theme was left out"),
        ("line 11", "recent[2] was left out"),
        ("line 16", "recent[2].note was left out"),
    ];
    assert_eq!(reading.troubles.len(), told.len(), "{:?}", reading.troubles);
    for (trouble, (line, entry)) in reading.troubles.iter().zip(told) {
        assert!(trouble.contains(line) && trouble.contains(entry), "{trouble}");
    }
}

#[test]
fn a_line_that_is_no_toml_loses_itself_or_the_table_it_begins() {
    let text = "schema = 2\ntheme = = \"dark\"\nkeep_captures = true\n[[recent]]\nhost = \"a\"\nport = 1\n\
                [[recent]\nhost = \"b\"\nport = 2\n[[recent]]\nhost = \"c\"\nport = 3\n";
    let (settings, found, reading) = read(text);
    assert_eq!(settings.limits, KeepLimits::ALL, "what 0.1.0 was told");
    assert_eq!(found, [recent("a", 1), recent("c", 3)]);
    assert_eq!(reading.troubles.len(), 2, "{:?}", reading.troubles);
    assert!(reading.troubles[0].contains("line 2"), "{:?}", reading.troubles);
    assert!(reading.troubles[1].contains("line 7"), "{:?}", reading.troubles);
}

#[test]
fn what_is_not_known_is_told_and_a_flood_of_it_is_counted() {
    let (settings, _, reading) = read("schema = 2\nthem = \"dark\"\n");
    assert_eq!(settings, UserSettings::default());
    assert!(reading.troubles[0].contains("line 2") && reading.troubles[0].contains("them"));
    let keys: String = (0..1000).map(|n| format!("k{n} = {n}\n")).collect();
    let (_, _, reading) = read(&format!("schema = 2\n{keys}"));
    assert_eq!(reading.troubles.len(), ReadReport::TOLD + 1);
    assert!(reading.troubles[ReadReport::TOLD].contains("996 more"), "{:?}", reading.troubles);
}

#[test]
fn files_full_of_rubbish_end_and_lose_only_it() {
    let rubbish: String = (0..100).map(|n| format!("= {n}\n")).collect();
    let (_, _, reading) = read(&format!("schema = 2\n{rubbish}"));
    assert!(!reading.troubles.is_empty());
    let entries: String = (0..200).map(|_| "[[recent]]\nhost = 3\n").collect();
    let (_, found, reading) = read(&format!("schema = 2\n{entries}"));
    assert!(found.is_empty() && !reading.troubles.is_empty());
    for text in [
        "schema = 2\n[",
        "schema = 2\nrecent = [",
        "schema = 2\nlanguage = \"\"\"",
        "schema = 2\n\n\n\u{feff}",
    ] {
        let (settings, _, _) = read(text);
        assert_eq!(settings, UserSettings::default(), "{text}");
    }
}

#[test]
fn json_of_the_first_version_is_read_part_by_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let json = r#"{"recent":[{"host":"a","port":1},{"host":"b","port":"x"},{"host":"c","port":3}],"none":null}"#;
    fs::write(&path, format!("schema = 1\n\nwindow = '{json}'\n")).unwrap();
    let mut document = Document::load(&path, SettingsFile::SCHEMA);
    let mut window = document.root().old_json("window").unwrap();
    assert_eq!(window.take::<Vec<Recent>>("recent").unwrap(), [recent("a", 1), recent("c", 3)]);
    let troubles = document.finish().troubles;
    assert_eq!(troubles.len(), 1);
    assert!(troubles[0].contains("line 3: ") && troubles[0].contains("window.recent[2]"));
}

#[test]
fn reading_a_file_of_the_user_leaves_it_where_it_is_and_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    fs::write(&path, "schema = 1\n\n[[session]]\ntransport = 3\n").unwrap();
    let error = Workspace::read(&path).unwrap_err().to_string();
    assert!(error.contains("line 4"), "{error}");
    assert!(path.exists());
}

#[test]
fn a_value_that_makes_no_sense_is_told_with_its_own_line_however_deep_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    let client = "kind = \"tcp-client\"\nhost = \"h\"\nport = 1\n";
    for (rest, line) in [
        ("kind = \"tcp-server\"\nport = 70000\n".to_owned(), 6),
        ("port = -1\nkind = \"tcp-server\"\n".to_owned(), 5),
        ("kind = \"tcp-servant\"\nport = 1\n".to_owned(), 5),
        ("kind = \"tcp-server\"\n\nbind = \"nowhere\"\n".to_owned(), 7),
        (format!("{client}local = \"x\"\n"), 8),
        (format!("{client}[session.transport.options]\nnodelay = 5\n"), 9),
        (format!("{client}[session.transport.options.keepalive]\nidle = 1\ncount = -7\n"), 10),
        (format!("{client}options = {{ receive_buffer = \"big\" }}\n"), 8),
        (format!("{client}[session.view]\nencoding = 8\n"), 9),
    ] {
        let text = format!("schema = 1\n[[session]]\nname = \"\"\n[session.transport]\n{rest}");
        fs::write(&path, &text).unwrap();
        let error = Workspace::read(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}: ")), "{text}: {error}");
    }
    for (kind, port, range) in [
        ("tcp-server", 65536, "the port is 0 to 65535"),
        ("udp", -1, "the port is 0 to 65535"),
        ("tcp-client", 70000, "the port is 1 to 65535"),
        ("load", 70000, "the port is 1 to 65535"),
    ] {
        let transport = format!("kind = \"{kind}\"\nhost = \"h\"\nport = {port}\n");
        fs::write(&path, format!("schema = 1\n[[session]]\n[session.transport]\n{transport}"))
            .unwrap();
        let error = Workspace::read(&path).unwrap_err().to_string();
        assert!(error.ends_with(range), "{kind}: {error}");
    }
}

#[test]
fn a_key_that_is_spelled_wrong_is_named_with_its_line_and_no_other_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        Workspace::read(&path).map_err(|error| error.to_string())
    };
    let head = "schema = 1\n[[session]]\nname = \"\"\n";
    for (text, line, key) in [
        ("[session.transport]\nkind = \"tcp-server\"\nprot = 5555\n", 6, "prot"),
        ("transport = { kind = \"tcp-server\" }\nautostrat = true\n", 5, "autostrat"),
        (
            "transport = { kind = \"tcp-server\" }\n[session.view.filter.log]\ntga = \"x\"\n",
            5,
            "log",
        ),
        (
            "transport = { kind = \"tcp-client\", host = \"h\", port = 1, bind = \"::\" }\n",
            4,
            "bind",
        ),
    ] {
        let error = read(&format!("{head}{text}")).unwrap_err();
        assert!(
            error.contains(&format!("line {line}: ")) && error.contains(key),
            "{text}: {error}"
        );
    }
    let error = read("schema = 1\nsesion = []\n[[sessoin]]\nname = 1\n").unwrap_err();
    assert!(error.contains("sessoin"), "{error}");
    // What a window writes is read, with what it keeps beside.
    workspace().save(&path).unwrap();
    assert_eq!(Workspace::read(&path).unwrap(), workspace());
    read("schema = 2\nlayout = 3\n[[session]]\ntransport = { kind = \"tcp-server\" }\n[session.send]\nhistory = [\"x\"]\n").unwrap();
    // Whatever is written first, and of whom.
    let client = |address: &str, rest: &str| {
        format!("[[session.transport.client]]\naddress = \"{address}\"\n{rest}\n")
    };
    let known = [
        client("192.168.1.9", "name = \"门锁\""),
        client("0:0::1", "encoding = \"GBK\""),
        client("192.168.1.9", "name = \"灯\""),
    ];
    let server = format!("{head}[session.transport]\nkind = \"tcp-server\"\n");
    let clients = read(&format!("{server}{}", known.concat())).unwrap().sessions;
    let clients = clients[0].transport.clients();
    assert_eq!(clients.name([192, 168, 1, 9].into()), Some("灯"), "the later one holds");
    assert_eq!(clients.encoding(std::net::Ipv6Addr::LOCALHOST.into()).unwrap().0, "GBK");
    let error = read(&format!("{server}{}", client("1.2.3.4", "nam = \"x\""))).unwrap_err();
    assert!(error.contains("line 8: ") && error.contains("nam"), "{error}");
    let error = read(&format!("{server}{}", client("lamp", "name = \"x\""))).unwrap_err();
    assert!(error.contains("line 7: "), "{error}");
    // A byte-order mark is no part of the text; other encodings are named.
    read(&format!("\u{feff}{head}transport = {{ kind = \"tcp-server\" }}\n")).unwrap();
    fs::write(&path, [0xFF, 0xFE, b's', 0]).unwrap();
    assert!(Workspace::read(&path).unwrap_err().to_string().contains("UTF-16"));
    fs::write(&path, b"schema = 1\n# \xC4\xE3\n").unwrap();
    assert!(Workspace::read(&path).unwrap_err().to_string().contains("GBK"));
}
