//! Both languages say the same things, and nothing else.

use std::collections::BTreeSet;

use espalier_core::Sentence;
use espalier_ui::{Language, Locale};

use crate::source;

fn keys(language: Language) -> BTreeSet<String> {
    Locale::new(language).keys().map(str::to_owned).collect()
}

#[test]
fn both_languages_have_the_same_messages() {
    let (english, chinese) = (keys(Language::English), keys(Language::Chinese));
    assert!(english.len() > 200, "the files were read");
    assert_eq!(english.symmetric_difference(&chinese).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn no_message_is_given_twice() {
    for language in Language::ALL {
        let mut seen = BTreeSet::new();
        for (name, text) in language.sources() {
            for line in text.lines() {
                let key = line.split(" = ").next().filter(|_| line.contains(" = "));
                if let Some(key) = key.filter(|key| !key.starts_with([' ', '#', '-'])) {
                    assert!(seen.insert(key.to_owned()), "{name}.ftl: {key}");
                }
            }
        }
    }
}

#[test]
fn both_languages_take_the_same_arguments() {
    let argument = regex::Regex::new(r"\{ *\$(\w+)").expect("a sound expression");
    let arguments = |language: Language| {
        let mut all = BTreeSet::new();
        for (_, text) in language.sources() {
            let mut key = "";
            for line in text.lines() {
                if let Some((start, _)) = line.split_once(" = ")
                    && !start.starts_with([' ', '#'])
                {
                    key = start;
                }
                for found in argument.captures_iter(line) {
                    all.insert(format!("{key} ${}", &found[1]));
                }
            }
        }
        all
    };
    assert_eq!(arguments(Language::English), arguments(Language::Chinese));
}

#[test]
fn every_message_is_used_and_every_used_one_exists() {
    let all = keys(Language::English);
    let firsts: BTreeSet<&str> = all.iter().filter_map(|key| key.split('-').next()).collect();
    let literal = regex::Regex::new(r#""([a-z][a-z0-9]*(?:-[a-z0-9]+)*)""#).expect("sound");
    let asked = regex::Regex::new(r#"\.(?:text|with)\(\s*"([^"]+)""#).expect("sound");
    let (mut used, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in source::files() {
        for found in literal.captures_iter(&text) {
            let word = &found[1];
            if all.contains(word) {
                used.insert(word.to_owned());
            }
        }
        for found in asked.captures_iter(&text) {
            let word = &found[1];
            if !all.contains(word) && firsts.contains(word.split('-').next().unwrap_or_default()) {
                wrong.insert(format!("{path}: {word}"));
            }
        }
    }
    used.extend(sentences().into_iter().map(|(key, _)| key));
    for figure in espalier_core::figures::FIGURES {
        assert!(all.contains(figure.key), "{}", figure.key);
        used.insert(figure.key.to_owned());
    }
    assert_eq!(wrong, BTreeSet::new(), "asked for, but not there");
    // What the command line says is known by its English: the program's own tests look after it.
    let told = |key: &String| key.starts_with("cli-") || key.starts_with("help-");
    let unused: Vec<&String> =
        all.iter().filter(|key| !used.contains(*key) && !told(key)).collect();
    assert_eq!(unused, Vec::<&String>::new(), "there, but never asked for");
}

/// The sentences of the engine: key and English text.
fn sentences() -> Vec<(String, String)> {
    let said =
        regex::Regex::new(r#"(?s)say!\(\s*"([a-z0-9-]+)",\s*"((?:[^"\\]|\\.)*)""#).expect("sound");
    let folded = regex::Regex::new(r"\\\n\s*").expect("sound");
    let mut all = Vec::new();
    for (_, text) in source::files_of_the_engine() {
        // What documentation shows is an example.
        let text: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("///"))
            .fold(String::new(), |all, line| all + line + "\n");
        for found in said.captures_iter(&text) {
            let english = folded.replace_all(&found[2], "").replace("\\\"", "\"");
            all.push((found[1].to_owned(), english));
        }
    }
    all
}

#[test]
fn the_engines_sentences_are_worded_with_all_that_stands_in_them() {
    let locale = Locale::new(Language::English);
    let word = regex::Regex::new(r"\{(\w+)\}").expect("sound");
    let all = sentences();
    assert!(all.len() > 80, "they were found");
    let told = ["engine", "chat", "figures", "replay", "tls", "transfer", "udp", "cli", "help"];
    let stands_in = |key: &str| {
        let begin = format!("{key} =");
        let mut files = Language::English.sources().iter();
        files.find(|(_, text)| text.lines().any(|it| it.starts_with(&begin))).map(|(name, _)| *name)
    };
    for (key, english) in all {
        let file = stands_in(&key);
        assert!(
            file.is_some_and(|it| told.contains(&it)),
            "{key} of {file:?} comes as English, too"
        );
        // Each word stands for itself, so that the window's English can be compared with the engine's.
        let words: Vec<(&'static str, String)> = word
            .captures_iter(&english)
            .map(|found| (found[1].to_owned(), found[1].to_owned()))
            .map(|(name, value)| (&*name.leak(), value))
            .collect();
        let plain = word.replace_all(&english, "$1").into_owned();
        let key: &'static str = key.leak();
        let sentence = Sentence::new(key, plain.clone(), words);
        assert_eq!(locale.sentence(&sentence), plain, "{key}");
    }
}

#[test]
fn what_the_command_line_says_is_known_by_its_english() {
    let mut sources = String::new();
    for (_, text) in source::files_of_the_engine() {
        sources.push_str(&text.replace("\\\"", "\"").replace("\\\\", "\\"));
    }
    // What runs over several lines: strings with a backslash, and paragraphs of documentation.
    let folded = regex::Regex::new(r"\\?\n\s*(?:/// ?)?").expect("sound");
    let broken = folded.replace_all(&sources, " ").replace("  ", " ");
    let joined = folded.replace_all(&sources, "");
    let placeable = regex::Regex::new(r#"\{ *(?:\$\w+|"[^"]*") *\}"#).expect("sound");
    let mut unknown = Vec::new();
    for (name, text) in Language::English.sources() {
        for line in text.lines().filter(|_| ["cli", "help", "replay"].contains(name)) {
            // Put together there, clap's or a parser's own, or with the words of several places.
            let Some((key, english)) = line.split_once(" = ") else { continue };
            if ["cli-clap-", "cli-do-", "cli-parser-", "help-print-"]
                .iter()
                .any(|its| key.starts_with(its))
            {
                continue;
            }
            for piece in placeable.split(english) {
                let piece = piece.trim_matches(|c: char| !c.is_alphanumeric());
                if piece.len() > 3 && !broken.contains(piece) && !joined.contains(piece) {
                    unknown.push(format!("{key}: {piece}"));
                }
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn english_texts_are_told_in_chinese_as_far_as_they_are_known() {
    let (chinese, english) = (Locale::new(Language::Chinese), Locale::new(Language::English));
    for (text, expected) in [
        (
            "/dev/ttyUSB0 is in use by screen (process 42)",
            "/dev/ttyUSB0 正被 screen（进程 42）占用",
        ),
        (
            "127.0.0.1:7681: Address already in use (os error 98)",
            "127.0.0.1:7681：地址已被占用（Address already in use (os error 98)）",
        ),
        (
            "10.0.0.1:80: no answer within 5.0 s; [::1]:80: connection refused",
            "10.0.0.1:80：5.0 秒内没有应答；[::1]:80：连接被拒绝，对方没有程序监听该端口（connection refused）",
        ),
        ("You may not open /dev/ttyUSB0: permission denied", "无权打开 /dev/ttyUSB0：权限被拒绝"),
        ("CTS on, DSR off, DCD on, RI off", "CTS 有效，DSR 无效，DCD 有效，RI 无效"),
        (
            "the port went away: was the board unplugged or switched off?",
            "端口已断开：开发板是否被拔下或断电？",
        ),
        ("there is no interface eth9; there are eth0, lo", "没有网络接口 eth9；现有：eth0, lo"),
        ("#3 cannot receive: our side of it is closed", "#3 已不能接收：本端已发 FIN"),
        ("#3 has gone", "#3 已断开"),
        ("no connection", "没有连接"),
        ("there is no encoding \"foo\"", "没有编码 \"foo\""),
        (
            "the checksum leaves out 5 bytes, but there are only 1",
            "校验跳过 5 字节，但总共只有 1 字节",
        ),
        (
            r"\u needs the number of a Unicode character, as in \u{4F60}",
            r"\u 后面需要字符编号，例如 \u{4F60}",
        ),
        ("something of somebody else", "something of somebody else"),
        ("", ""),
    ] {
        assert_eq!(chinese.translate(text), expected);
        assert_eq!(english.translate(text), text);
    }
    let long = "a: ".repeat(100_000);
    assert_eq!(chinese.translate(&long), long);
    let many = "a; b: c: ".repeat(200);
    assert_eq!(chinese.translate(&many), many);
}

#[test]
fn a_chinese_system_gets_chinese_and_others_english() {
    for locale in ["zh_CN.UTF-8", "zh-Hant-TW", "ZH"] {
        assert_eq!(Language::of_system(locale), Language::Chinese);
    }
    for locale in ["en_US.UTF-8", "C", "", "de-DE", "日本"] {
        assert_eq!(Language::of_system(locale), Language::English);
    }
}

#[test]
fn what_a_parser_says_of_a_file_is_said_in_the_language_of_the_window() {
    let chinese = Locale::new(Language::Chinese);
    for said in [
        "line 3: unknown field `nam`, expected `name`",
        "line 3: unknown variant `recieved`, expected one of `received`, `connected`",
        "line 12: missing field `event`",
        "line 1: invalid type: string \"x\", expected u32",
        "line 4: there is no key nam here: is it spelled wrong?",
        "it is UTF-16 text: save it as UTF-8",
    ] {
        let file = format!("/home/rules.toml cannot be used: {said}");
        let told = chinese.translate(&file);
        for word in
            ["cannot", "line ", "unknown", "expected", "missing", "invalid", "there", "save"]
        {
            assert!(!told.contains(word), "{told}");
        }
        assert!(told.contains("/home/rules.toml"), "{told}");
    }
}
