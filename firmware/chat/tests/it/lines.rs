//! The lines of a chat room: what is printed is read, whatever is read is no harm.

use espalier_chat::{
    ChatCommand, ChatFault, ChatName, ChatRead, ClientLine, LINE_MAX, LineReader, Resume, RoomLine,
    TEXT_MAX, Token, Told, Welcome,
};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = ChatName> {
    prop::collection::vec(0x21u8.., 1..=16).prop_filter_map("a name", |bytes| ChatName::new(&bytes))
}

/// Text of any bytes but a line feed; a CR at its end would be the ending's.
fn text(least: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("no line feed", |byte| *byte != b'\n');
    prop::collection::vec(byte, least..=TEXT_MAX)
        .prop_filter("no ending", |text| text.last() != Some(&b'\r'))
}

fn printed(line: &ClientLine<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(line.print(&mut out));
    assert!(out.len() <= LINE_MAX, "{}", out.len());
    assert_eq!(out.pop(), Some(b'\n'));
    out
}

fn told(line: &RoomLine<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(line.print(&mut out));
    assert!(out.len() <= LINE_MAX, "{}", out.len());
    assert_eq!(out.pop(), Some(b'\n'));
    out
}

fn command<'a>(pick: u8, name: ChatName, text: &'a [u8], number: u32) -> ChatCommand<'a> {
    let resume = Some(Resume { token: Token(u64::from(number) << 20), handled: number });
    match pick {
        0 => ChatCommand::Say(text),
        1 => ChatCommand::Act(text),
        2 => ChatCommand::Private { to: name, text },
        3 => ChatCommand::Rename(name),
        4 => ChatCommand::Who,
        5 => ChatCommand::Ping(text),
        6 => ChatCommand::Pong(text),
        7 => ChatCommand::Quit(text),
        8 => ChatCommand::Hello { name, resume: None },
        9 => ChatCommand::Hello { name, resume },
        _ => ChatCommand::Ack(number),
    }
}

fn said<'a>(pick: u8, name: ChatName, other: ChatName, text: &'a [u8], number: u32) -> Told<'a> {
    match pick {
        0 => Told::Said { name, text },
        1 => Told::Private { from: name, text },
        2 => Told::Acts { name, text },
        3 => Told::Joined(name),
        4 => Told::Parted { name, reason: text },
        5 => Told::Renamed { from: name, to: other },
        6 => Told::Who { total: number, names: text },
        7 => Told::Pong(text),
        8 => Told::Ping(text),
        9 => Told::Welcome(Welcome {
            token: Token(u64::from(number) << 31),
            handled: number,
            expiry_s: 300,
            window: 32,
        }),
        10 => Told::Fresh,
        11 => Told::Ack(number),
        12 => Told::Lost(number),
        13 => Told::Away(name),
        14 => Told::Back(name),
        _ => Told::Refused { code: number, text },
    }
}

proptest! {
    #[test]
    fn what_a_member_says_is_read_as_it_was_said(
        pick in 0u8..11, name in name(), text in text(1), number in 1u32.., numbered: bool,
    ) {
        let line = ClientLine {
            number: numbered.then_some(number),
            command: command(pick, name, &text, number),
        };
        // Without a number in front, text may look like one.
        let looks = !numbered && text.starts_with(b"#");
        prop_assume!(!looks || pick != 0);
        let bytes = printed(&line);
        prop_assert_eq!(ClientLine::parse(&bytes, true), Ok(line));
    }

    #[test]
    fn what_a_room_says_is_read_as_it_was_said(
        pick in 0u8..16, name in name(), other in name(), text in text(0), number in 1u32.., numbered: bool,
    ) {
        let line = RoomLine {
            number: numbered.then_some(number),
            told: said(pick, name, other, &text, number),
        };
        let bytes = told(&line);
        prop_assert_eq!(RoomLine::parse(&bytes, true), Some(line));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000), numbered: bool) {
        let mut reader = LineReader::new();
        let mut rest = &bytes[..];
        while let Some(read) = reader.next(&mut rest) {
            if let ChatRead::Line(line) = read {
                prop_assert!(line.len() < LINE_MAX);
                ClientLine::parse(line, numbered).ok();
                RoomLine::parse(line, numbered);
            }
        }
        prop_assert!(rest.is_empty());
        prop_assert!(reader.pending().len() < LINE_MAX);
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_are_cut(
        lines in prop::collection::vec((0usize..700, any::<bool>()), 1..12),
        cuts in prop::collection::vec(1usize..300, 1..40),
    ) {
        let mut bytes = Vec::new();
        for (at, (len, has_cr)) in (b'a'..).zip(&lines) {
            bytes.extend(vec![at; *len]);
            bytes.extend_from_slice(if *has_cr { b"\r\n" } else { b"\n" });
        }
        let mut reader = LineReader::new();
        let mut found = Vec::new();
        let mut cuts = cuts.iter().cycle();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (mut piece, tail) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            while let Some(read) = reader.next(&mut piece) {
                found.push(match read {
                    ChatRead::Line(line) => Some(line.len()),
                    ChatRead::TooLong => None,
                });
            }
            rest = tail;
        }
        let whole = |(len, has_cr): &(usize, bool)| {
            (len + usize::from(*has_cr) < LINE_MAX).then_some(*len)
        };
        let wanted: Vec<_> = lines.iter().map(whole).collect();
        prop_assert_eq!(found, wanted);
    }
}

#[test]
fn the_lines_of_the_papers_are_what_they_say() {
    let alice = ChatName::new(b"alice").unwrap();
    let bob = ChatName::new(b"bob").unwrap();
    let parse = |line: &'static [u8]| ClientLine::parse(line, true);
    let says = |number, command| Ok(ClientLine { number, command });
    assert_eq!(parse(b"hi there"), says(None, ChatCommand::Say(b"hi there")));
    assert_eq!(parse(b"#17 hi"), says(Some(17), ChatCommand::Say(b"hi")));
    assert_eq!(parse(b"#18 /msg bob it's me"), {
        says(Some(18), ChatCommand::Private { to: bob.clone(), text: b"it's me" })
    });
    assert_eq!(parse(b"//who"), says(None, ChatCommand::Say(b"/who")));
    assert_eq!(parse(b"#0 x"), says(None, ChatCommand::Say(b"#0 x")));
    assert_eq!(ClientLine::parse(b"#1 x", false), says(None, ChatCommand::Say(b"#1 x")));
    assert_eq!(parse(b""), says(None, ChatCommand::Nothing));
    assert_eq!(
        parse(b"/hello 1 alice 00000000000000ff 41"),
        says(
            None,
            ChatCommand::Hello {
                name: alice.clone(),
                resume: Some(Resume { token: Token(255), handled: 41 }),
            }
        )
    );
    for (line, fault) in [
        (&b"/nick"[..], ChatFault::BadName),
        (b"/nick a b", ChatFault::BadName),
        (b"/msg", ChatFault::BadName),
        (b"/msg bob", ChatFault::UnknownCommand),
        (b"/me", ChatFault::UnknownCommand),
        (b"/shout x", ChatFault::UnknownCommand),
        (b"/", ChatFault::UnknownCommand),
        (b"/ack", ChatFault::UnknownCommand),
        (b"/ack -1", ChatFault::UnknownCommand),
        (b"/ack 4294967296", ChatFault::UnknownCommand),
        (b"/hello 2 alice", ChatFault::BadHello),
        (b"/hello 1", ChatFault::BadName),
        (b"/hello 1 alice xyz 1", ChatFault::BadHello),
        (b"/hello 1 alice 00000000000000ff", ChatFault::BadHello),
    ] {
        assert_eq!(parse(line), Err(fault), "{}", line.escape_ascii());
    }
    let long = vec![b'x'; TEXT_MAX + 1];
    assert_eq!(ClientLine::parse(&long, true), Err(ChatFault::TooLong));

    let line = |number, told| RoomLine { number, told };
    for (wanted, line) in [
        (&b"#42 alice: hi"[..], line(Some(42), Told::Said { name: alice.clone(), text: b"hi" })),
        (b"alice> hi", line(None, Told::Private { from: alice.clone(), text: b"hi" })),
        (b"* alice waves", line(None, Told::Acts { name: alice.clone(), text: b"waves" })),
        (b"/part bob", line(None, Told::Parted { name: bob.clone(), reason: b"" })),
        (b"/nick bob alice", line(None, Told::Renamed { from: bob, to: alice })),
        (b"/who 2 alice bob", line(None, Told::Who { total: 2, names: b"alice bob" })),
    ] {
        assert_eq!(told(&line), wanted, "{}", wanted.escape_ascii());
    }
    let names: Vec<_> = Told::names(b"alice bob").map(|name| name.as_bytes().to_vec()).collect();
    assert_eq!(names, [&b"alice"[..], b"bob"]);
}

#[test]
fn text_in_gbk_passes_as_it_is() {
    // Characters whose second byte is : or / in other encodings are none here: GBK's are 0x40 to 0xFE.
    let text = b"\xc4\xe3\xba\xc3 \x81\x40 \xfe\x7e";
    let line = ClientLine { number: Some(1), command: ChatCommand::Say(text) };
    assert_eq!(ClientLine::parse(&printed(&line), true), Ok(line));
}

#[test]
fn a_token_is_not_debugged() {
    let token = Token(0x0123_4567_89ab_cdef);
    assert_eq!(token.to_string(), "0123456789abcdef");
    assert!(!format!("{token:?}").contains("0123"));
    assert_eq!(Token::parse(b"0123456789abcdef"), Some(token));
    for bad in [&b""[..], b"123", b"+123456789abcdef", b"0123456789abcdefg"] {
        assert_eq!(Token::parse(bad), None);
    }
}

#[test]
fn half_a_line_can_be_taken_as_one() {
    let mut reader = LineReader::new();
    assert_eq!(reader.next(&mut &b"one\ntw"[..]), Some(ChatRead::Line(b"one")));
    let mut rest = &b"two"[..];
    assert_eq!(reader.next(&mut rest), None);
    assert_eq!((reader.pending().len(), reader.flush()), (3, Some(&b"two"[..])));
    assert_eq!((reader.pending().len(), reader.flush()), (0, None));
}
