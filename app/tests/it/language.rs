//! The command line in Chinese: what people read is, what programs read is not.

use std::process::Command;

use crate::program::{Running, Said, ended, espalier};

/// Runs it in a locale, to its end.
fn said(locale: &[(&str, &str)], arguments: &[&str]) -> Said {
    let home = tempfile::tempdir().unwrap();
    let mut command = clean(espalier(home.path(), arguments));
    command.envs(locale.iter().copied());
    ended(command)
}

/// Without what this machine says of languages.
fn clean(mut command: Command) -> Command {
    for name in ["ESPALIER_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(name);
    }
    command
}

/// How a user of this system has Chinese, or English. What Windows speaks is no variable, and the same for all its programs.
#[cfg(not(windows))]
const CHINESE: [(&str, &str); 1] = [("LC_ALL", "zh_CN.UTF-8")];
#[cfg(windows)]
const CHINESE: [(&str, &str); 1] = [("ESPALIER_LANG", "zh-CN")];
#[cfg(not(windows))]
const ENGLISH: [(&str, &str); 1] = [("LC_ALL", "C")];
#[cfg(windows)]
const ENGLISH: [(&str, &str); 1] = [("ESPALIER_LANG", "en")];

/// A port on which nobody listens.
fn silent_port() -> u16 {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    // Bound and not listening: it stays ours while the test runs.
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    std::mem::forget(socket);
    port
}

/// The words that are not Chinese, but for addresses, numbers and what stands in brackets (the system's own words).
fn english(text: &str) -> Vec<String> {
    const TERMS: [&str; 14] = [
        "espalier",
        "TCP",
        "FIN",
        "RST",
        "ms",
        "HOST",
        "PORT",
        "ADDR",
        "localhost",
        "help",
        "Ctrl",
        "SHA",
        "toml",
        "ports",
    ];
    let mut plain = String::new();
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '（' => depth += 1,
            '）' => depth -= 1,
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| word.len() > 1 && !TERMS.contains(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_chinese_locale_gets_chinese_sentences_and_the_same_exit_codes() {
    let address = format!("127.0.0.1:{}", silent_port());
    let refused = said(&CHINESE, &["client", &address]);
    assert_eq!(refused.code, Some(10));
    assert!(
        refused.err.contains("正在连接") && refused.err.contains("连接被拒绝"),
        "{}",
        refused.err
    );
    assert_eq!(english(&refused.err), Vec::<String>::new(), "{}", refused.err);

    let wrong = said(&CHINESE, &["client", "localhost:0"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("端口范围为 1 到 65535"), "{}", wrong.err);
    assert_eq!(english(&wrong.err), Vec::<String>::new(), "{}", wrong.err);

    let gone = said(&CHINESE, &["run", "/no/such/file.toml"]);
    assert_eq!(gone.code, Some(2));
    assert!(gone.err.contains("没有这个文件"), "{}", gone.err);
}

#[test]
fn what_scripts_wait_for_stays_english() {
    let home = tempfile::tempdir().unwrap();
    let mut command = clean(espalier(home.path(), &["server", "127.0.0.1:0"]));
    command.envs(CHINESE);
    let mut running = Running::start(command);
    running.listens();
}

#[test]
fn what_programs_read_is_the_same_in_every_language() {
    for arguments in [&["ports", "--json"][..], &["ports"], &["--version"]] {
        let (chinese, english) = (said(&CHINESE, arguments), said(&ENGLISH, arguments));
        assert_eq!((chinese.code, chinese.out), (english.code, english.out), "{arguments:?}");
    }
}

#[test]
fn the_language_can_be_chosen() {
    let speaks_chinese = |locale: &[(&str, &str)], arguments: &[&str]| {
        let said = said(locale, arguments);
        assert_eq!(said.code, Some(2));
        said.err.contains("没有子命令")
    };
    assert!(speaks_chinese(&CHINESE, &["nonsense"]));
    assert!(!speaks_chinese(&ENGLISH, &["nonsense"]));
    if cfg!(not(windows)) {
        assert!(speaks_chinese(&[("LANG", "zh_CN.UTF-8")], &["nonsense"]));
        assert!(!speaks_chinese(&[("LC_ALL", "C"), ("LANGUAGE", "zh_CN")], &["nonsense"]));
    }
    assert!(!speaks_chinese(&CHINESE, &["--lang", "en", "nonsense"]));
    assert!(speaks_chinese(&ENGLISH, &["--lang=zh-CN", "nonsense"]));
    assert!(speaks_chinese(&[("LC_ALL", "C"), ("ESPALIER_LANG", "zh-CN")], &["nonsense"]));
    assert!(!speaks_chinese(&[("LC_ALL", "zh_CN.UTF-8"), ("ESPALIER_LANG", "en")], &["nonsense"]));
}

#[test]
fn help_is_in_chinese() {
    for arguments in [&["--help"][..], &["client", "--help"], &["board", "set", "-h"]] {
        let said = said(&CHINESE, arguments);
        assert_eq!(said.code, Some(0));
        let text = String::from_utf8(said.out).unwrap();
        assert!(text.contains("用法：espalier") && text.contains("选项:"), "{text}");
        assert!(!text.contains("Usage") && !text.contains("Print help"), "{text}");
    }
}
