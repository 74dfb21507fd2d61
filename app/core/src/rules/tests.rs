use std::time::Duration;

use super::*;
use crate::matching::PatternFormat;
use crate::view::EncodingName;
use crate::{PeerId, Position};

const ONE: PeerId = PeerId(1);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn rule(pattern: &str, place: PatternPlace, text: &str) -> Rule {
    let received = ReceivedTrigger {
        pattern: pattern.to_owned(),
        place,
        framing: MessageFraming::Line,
        ..ReceivedTrigger::default()
    };
    let answer = RuleAnswer { text: text.to_owned(), ..RuleAnswer::default() };
    Rule {
        when: Trigger::Received(received),
        actions: vec![RuleAction::Send(answer)],
        ..Rule::default()
    }
}

fn anywhere(pattern: &str, text: &str) -> Rule {
    rule(pattern, PatternPlace::Anywhere, text)
}

fn delayed(mut rule: Rule, delay_ms: u32) -> Rule {
    for action in &mut rule.actions {
        if let RuleAction::Send(answer) = action {
            answer.delay_ms = delay_ms;
        }
    }
    rule
}

fn run(rules: &[Rule]) -> RuleRun {
    RuleRun::new(rules, EncodingName("GBK".to_owned()), false)
}

/// What is done until then: the rule, the peer, what is done and what it matched.
fn done(run: &mut RuleRun, now: Duration) -> Vec<(usize, u32, String)> {
    let mut all = Vec::new();
    loop {
        match run.next(now) {
            RuleStep::Act(act) => {
                let what = match act.action() {
                    Some(RuleAction::Send(answer)) => answer.text.clone(),
                    Some(other) => format!("{other:?}"),
                    None => unreachable!("each act is of a rule"),
                };
                run.sent(act.index);
                all.push((act.index, act.peer.0, what));
            }
            RuleStep::Tell(_) => {}
            RuleStep::Wait(_) => return all,
        }
    }
}

fn texts(run: &mut RuleRun, now: Duration) -> Vec<String> {
    done(run, now).into_iter().map(|(.., text)| text).collect()
}

fn hear(run: &mut RuleRun, now: Duration, bytes: &[u8]) {
    run.received(ONE, now, Position(0), bytes);
}

#[test]
fn who_was_heard_and_never_stood_keeps_no_place_from_others() {
    let mut run = run(&[anywhere("a", "x")]);
    for number in (1..).take(RuleRun::PEERS) {
        let now = ms(u64::from(number) * 20);
        run.received(PeerId(number), now, Position(0), b"a");
        run.gone(PeerId(number), now);
    }
    run.received(PeerId(9999), ms(60_000), Position(0), b"a");
    assert_eq!(done(&mut run, ms(60_000)), [(0, 9999, "x".to_owned())]);
}

#[test]
fn a_request_cut_anywhere_is_answered_once() {
    let poll = b"\x01\x03\x00\x00\x00\x0A\xC5\xCD";
    let mut received =
        ReceivedTrigger { pattern: "01 03 ?? ?? 00 0A C5 CD".into(), ..Default::default() };
    received.format = PatternFormat::Hex;
    let rules = [Rule { when: Trigger::Received(received), ..anywhere("", "answer") }];
    for cut in 0..=poll.len() {
        let mut run = run(&rules);
        hear(&mut run, ms(1), &poll[..cut]);
        hear(&mut run, ms(500), &poll[cut..]);
        assert_eq!(texts(&mut run, ms(500)), ["answer"], "cut at {cut}");
        assert_eq!(run.tallies().next().unwrap().matches, 1);
    }
}

#[test]
fn text_is_matched_as_the_session_writes_it() {
    let mut utf8 = anywhere("你好", "utf");
    if let Trigger::Received(received) = &mut utf8.when {
        received.encoding = Some(EncodingName("UTF-8".to_owned()));
    }
    let mut run = run(&[anywhere("你好", "gbk"), utf8]);
    hear(&mut run, ms(1), b"\xC4\xE3\xBA\xC3");
    assert_eq!(texts(&mut run, ms(1)), ["gbk"]);
    hear(&mut run, ms(1), "你好".as_bytes());
    assert_eq!(texts(&mut run, ms(1)), ["utf"]);
}

#[test]
fn text_is_matched_as_each_peer_writes_it() {
    let gbk = EncodingName("GBK".to_owned());
    let mut whole = rule(r"世界\n", PatternPlace::Whole, "{{0}}");
    whole.name = "whole".to_owned();
    let mut regex = anywhere("你好|您好", "regex");
    if let Trigger::Received(received) = &mut regex.when {
        received.format = PatternFormat::Regex;
    }
    let rules = [regex, whole];
    let mut run = RuleRun::new(&rules, EncodingName::default(), false);
    // Before it is there, and while it is.
    run.speaks(ONE, Some(&gbk));
    run.connected(ONE, ms(0), Position(0));
    run.connected(PeerId(2), ms(0), Position(0));
    hear(&mut run, ms(1), b"\xC4\xE3\xBA\xC3\n\xCA\xC0\xBD\xE7\n");
    let sent = done(&mut run, ms(1));
    let texts_of = |sent: &[(usize, u32, String)]| {
        sent.iter().map(|(_, peer, text)| (*peer, text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(sent.len(), 2, "{:?}", texts_of(&sent));
    run.received(PeerId(2), ms(2), Position(0), "您好\n世界\n".as_bytes());
    assert_eq!(done(&mut run, ms(2)).len(), 2, "the other one has the session's");
    run.received(PeerId(2), ms(2), Position(0), b"\xC4\xE3\xBA\xC3\n");
    assert_eq!(done(&mut run, ms(2)).len(), 0);
    run.speaks(PeerId(2), Some(&gbk));
    run.received(PeerId(2), ms(3), Position(0), b"\xC4\xE3\xBA\xC3\n");
    assert_eq!(done(&mut run, ms(3)).len(), 1);
    // Rules that come later are looked for in it, too; and it is the session's again when it has gone.
    run.replace(&[rules[1].clone()], EncodingName::default(), ms(4));
    hear(&mut run, ms(5), b"\xCA\xC0\xBD\xE7\n");
    assert_eq!(done(&mut run, ms(5)).len(), 1);
    run.disconnected(ONE, ms(6), Position(0));
    run.connected(ONE, ms(6), Position(0));
    hear(&mut run, ms(7), b"\xCA\xC0\xBD\xE7\n");
    assert_eq!(done(&mut run, ms(7)).len(), 0);
}

#[test]
fn what_cannot_be_written_in_an_encoding_is_not_found_in_it() {
    let mut run = RuleRun::new(&[anywhere("你好", "x")], EncodingName::default(), false);
    run.speaks(ONE, Some(&EncodingName("windows-1252".to_owned())));
    hear(&mut run, ms(1), "你好".as_bytes());
    assert_eq!(done(&mut run, ms(1)).len(), 0);
    for number in 0..100 {
        // However many there are.
        run.speaks(PeerId(number), Some(&EncodingName(format!("none-{number}"))));
    }
    run.received(PeerId(99), ms(2), Position(0), "你好".as_bytes());
    assert_eq!(done(&mut run, ms(2)).len(), 1, "the session's");
}

#[test]
fn the_first_rule_takes_the_bytes_unless_it_goes_on() {
    let rules = [anywhere("PING", "pong"), rule("", PatternPlace::Any, "unknown")];
    let mut first = run(&rules);
    hear(&mut first, ms(1), b"xPINGy\r\nhello\r\n");
    assert_eq!(texts(&mut first, ms(1)), ["pong", "unknown"]);

    let mut both = run(&[Rule { go_on: true, ..rules[0].clone() }, rules[1].clone()]);
    hear(&mut both, ms(1), b"xPINGy\r\n");
    assert_eq!(texts(&mut both, ms(1)), ["pong", "unknown"]);

    let mut equal = run(&[anywhere("ab", "one"), anywhere("b", "two"), anywhere("bc", "three")]);
    hear(&mut equal, ms(1), b"abcb");
    assert_eq!(texts(&mut equal, ms(1)), ["one", "two"], "what is taken is no part of a match");
}

#[test]
fn a_message_is_tested_as_a_whole() {
    let places = [
        (PatternPlace::Whole, "AT"),
        (PatternPlace::Start, "AT starts"),
        (PatternPlace::End, "AT ends"),
        (PatternPlace::Absent, "none of it"),
    ];
    let rules = places.map(|(place, text)| rule(r"AT\r\n", place, text));
    let mut run = run(&rules);
    for (line, expected) in
        [("AT", "AT"), ("AT+X", "AT starts"), ("xAT", "AT ends"), ("x", "none of it")]
    {
        hear(&mut run, ms(1), format!("{line}\r").as_bytes());
        assert_eq!(texts(&mut run, ms(1)), [expected]);
    }
    hear(&mut run, ms(1), b"\nxATx\n");
    assert_eq!(texts(&mut run, ms(1)), [""; 0]);
}

#[test]
fn a_pause_ends_a_message_and_the_delay_counts_from_its_last_byte() {
    let mut whole = delayed(rule("hello", PatternPlace::Whole, "hi"), 100);
    if let Trigger::Received(received) = &mut whole.when {
        received.framing = MessageFraming::Auto;
    }
    let mut run = run(&[whole]);
    hear(&mut run, ms(1000), b"hel");
    hear(&mut run, ms(1015), b"lo");
    assert!(matches!(run.next(ms(1015)), RuleStep::Wait(Some(until)) if until == ms(1035)));
    assert!(matches!(run.next(ms(1035)), RuleStep::Wait(Some(until)) if until == ms(1115)));
    assert_eq!(texts(&mut run, ms(1115)), ["hi"]);
    // What comes after the pause is another message, though nobody asked in between.
    hear(&mut run, ms(2000), b"hello");
    hear(&mut run, ms(2500), b"!");
    assert_eq!(texts(&mut run, ms(9000)), ["hi"]);
}

#[test]
fn answers_to_one_peer_keep_their_order_and_others_do_not_wait() {
    let mut run = run(&[delayed(anywhere("slow", "slow"), 100), anywhere("fast", "fast")]);
    run.received(ONE, ms(0), Position(0), b"slow fast");
    run.received(PeerId(2), ms(1), Position(0), b"fast");
    assert_eq!(done(&mut run, ms(50)), [(1, 2, "fast".to_owned())]);
    assert_eq!(texts(&mut run, ms(100)), ["slow", "fast"]);
}

#[test]
fn a_rule_that_answers_itself_is_switched_off_and_one_word_arms_it() {
    let mut run = run(&[anywhere("x", "x")]);
    let mut answers = 0;
    for _ in 0..2000 {
        hear(&mut run, ms(1), b"x");
        answers += texts(&mut run, ms(1)).len();
    }
    assert_eq!(answers, 100);
    assert!(run.tallies().next().unwrap().tripped && !run.listens());
    run.arm(0);
    hear(&mut run, ms(1), b"x");
    assert_eq!(texts(&mut run, ms(1)), ["x"]);
}

#[test]
fn all_rules_together_have_a_limit_too() {
    let rules: Vec<Rule> = (0..20).map(|at| anywhere(&format!("<{at}>"), "y")).collect();
    let mut run = run(&rules);
    for _ in 0..99 {
        for at in 0..20 {
            hear(&mut run, ms(1), format!("<{at}>").as_bytes());
        }
        while !matches!(run.next(ms(1)), RuleStep::Wait(_)) {}
    }
    let matches: u64 = run.tallies().map(|tally| tally.matches).sum();
    assert!((1000..1100).contains(&matches), "{matches}");
}

#[test]
fn no_more_than_so_many_wait_and_it_is_told_once() {
    let mut run = run(&[delayed(anywhere("x", "y"), 60_000)]);
    let mut told = 0;
    for second in 0..30 {
        hear(&mut run, ms(1000 * second), &[b'x'; 90]);
        while let RuleStep::Tell(telling) = run.next(ms(1000 * second)) {
            assert_eq!(telling, RuleTelling::Full);
            told += 1;
        }
    }
    let tally = run.tallies().next().unwrap();
    assert_eq!((tally.matches, tally.refused, told), (30 * 90, 30 * 90 - 1024, 1));
    assert_eq!(texts(&mut run, ms(100_000)).len(), 1024);
}

#[test]
fn what_waits_is_bounded_by_the_size_of_its_matches() {
    let mut regex = delayed(anywhere("(?s)<(.{8000})>", "{{1}}"), 60_000);
    if let Trigger::Received(received) = &mut regex.when {
        received.format = PatternFormat::Regex;
    }
    let message = [&b"<"[..], &[b'x'; 8000], b">"].concat();
    let mut run = run(&[regex]);
    for second in 0..400 {
        hear(&mut run, ms(1000 * second), &message);
    }
    // Twice 8 KB each, of 4 MiB.
    let tally = run.tallies().next().unwrap();
    assert_eq!(tally.matches, 400);
    assert_eq!(400 - tally.refused, (4_u64 << 20).div_ceil(16_004), "{tally:?}");
    let told = matches!(run.next(ms(1)), RuleStep::Tell(RuleTelling::Full));
    assert!(told);
    let texts = texts(&mut run, ms(1_000_000));
    assert_eq!(texts.len() as u64, 400 - tally.refused);
}

#[test]
fn each_peer_s_time_is_its_own() {
    let mark =
        |rule: Rule| Rule { actions: vec![RuleAction::Mark { text: String::new() }], ..rule };
    let silent = |after_ms| mark(Rule { when: Trigger::Silence { after_ms }, ..anywhere("", "") });
    let mut run = run(&[silent(100), silent(70)]);
    for peer in 1..=50 {
        run.connected(PeerId(peer), ms(peer.into()), Position(0));
    }
    let mut told = Vec::new();
    for now in 0..=200 {
        if now == 40 {
            run.received(PeerId(3), ms(now), Position(0), b"x");
        }
        if now == 80 {
            run.disconnected(PeerId(4), ms(now), Position(0));
        }
        told.extend(done(&mut run, ms(now)).iter().map(|act| (now, act.0, act.1)));
    }
    let mut expected = Vec::new();
    for peer in (1..=50).filter(|it| *it != 4) {
        let begin = if peer == 3 { 40 } else { u64::from(peer) };
        expected.extend([(begin + 70, 1, peer), (begin + 100, 0, peer)]);
    }
    expected.push((74, 1, 4));
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn connections_and_silence_are_told() {
    let on = |when| Rule { when, ..anywhere("", "") };
    let named = |mut rule: Rule, text: &str| {
        rule.actions = vec![RuleAction::Mark { text: text.to_owned() }];
        rule
    };
    let mut run = run(&[
        named(on(Trigger::Connected), "came"),
        named(on(Trigger::Disconnected), "went"),
        named(on(Trigger::Silence { after_ms: 100 }), "silent"),
        delayed(anywhere("x", "late"), 1000),
    ]);
    run.connected(ONE, ms(0), Position(0));
    assert_eq!(done(&mut run, ms(50)).len(), 1);
    hear(&mut run, ms(60), b"x");
    assert_eq!(done(&mut run, ms(159)).len(), 0);
    assert_eq!(done(&mut run, ms(160))[0].0, 2);
    assert_eq!(done(&mut run, ms(700)).len(), 0, "once");
    run.disconnected(ONE, ms(800), Position(0));
    assert_eq!(done(&mut run, ms(5000)).iter().map(|it| it.0).collect::<Vec<_>>(), [1]);
    assert_eq!(run.tallies().nth(3).unwrap().refused, 1, "nobody is there for what waited");
}

#[test]
fn a_change_elsewhere_forgets_nothing() {
    let rules = [anywhere("one", "1"), anywhere("two", "2")];
    let mut run = run(&rules);
    hear(&mut run, ms(0), b"two tw");
    assert_eq!(texts(&mut run, ms(0)), ["2"]);
    let changed = [anywhere("new", "0"), rules[1].clone(), Rule { on: false, ..rules[0].clone() }];
    run.replace(&changed, EncodingName("GBK".to_owned()), ms(1));
    hear(&mut run, ms(1), b"o one");
    assert_eq!(texts(&mut run, ms(1)), ["2"]);
    assert_eq!(run.tallies().map(|tally| tally.matches).collect::<Vec<_>>(), [0, 2, 0]);
}

#[test]
fn what_waits_for_a_rule_that_is_gone_holds_up_no_other() {
    let rules = [delayed(anywhere("slow", "slow"), 60_000), anywhere("fast", "fast")];
    let mut run = run(&rules);
    hear(&mut run, ms(0), b"slow");
    run.replace(&rules[1..], EncodingName("GBK".to_owned()), ms(1));
    hear(&mut run, ms(2), b"fast");
    assert_eq!(texts(&mut run, ms(2)), ["fast"]);
}

#[test]
fn a_silence_that_is_switched_on_begins_when_somebody_listens() {
    let silent = Rule { when: Trigger::Silence { after_ms: 100 }, ..anywhere("", "") };
    let mut run = run(&[Rule { on: false, ..silent.clone() }]);
    run.present(ONE, ms(0));
    hear(&mut run, ms(950), b"x");
    run.replace(&[silent], EncodingName("GBK".to_owned()), ms(1000));
    assert_eq!(done(&mut run, ms(1099)).len(), 0);
    assert_eq!(done(&mut run, ms(1100)).len(), 1);
}

#[test]
fn random_cuts_give_the_answers_of_the_whole() {
    let mut regex = anywhere(r"n=(\d+);", "{{1}}");
    if let Trigger::Received(received) = &mut regex.when {
        received.format = PatternFormat::Regex;
    }
    let mut goes_on = anywhere("OK", "ok");
    goes_on.go_on = true;
    let rules = [
        regex,
        goes_on,
        rule("OK", PatternPlace::Start, "line"),
        anywhere(r"K\r", "kr"),
        rule("7", PatternPlace::Absent, "no 7"),
    ];
    let mut random = fastrand::Rng::with_seed(3);
    let answers = |reads: &mut dyn Iterator<Item = &[u8]>| {
        let mut run = RuleRun::trying(&rules, EncodingName::default(), false);
        reads.for_each(|read| hear(&mut run, ms(0), read));
        run.take_hits().into_iter().map(|hit| (hit.rule, hit.bytes)).collect::<Vec<_>>()
    };
    let mut cuts = 0;
    while cuts < 150_000 {
        let parts = [&b"OK"[..], b"\r\n", b"n=", b"7", b"12", b";", b"K\r", b"\n", b"O"];
        let text: Vec<u8> =
            (0..2000).flat_map(|_| parts[random.usize(..parts.len())]).copied().collect();
        let whole = answers(&mut std::iter::once(&text[..]));
        assert!(whole.len() > 100);
        for _ in 0..40 {
            let most = random.usize(1..8);
            let mut reads = Vec::new();
            let mut rest = &text[..];
            while !rest.is_empty() {
                let (read, behind) = rest.split_at(random.usize(1..=most).min(rest.len()));
                reads.push(read);
                rest = behind;
            }
            cuts += reads.len();
            assert!(answers(&mut reads.into_iter()) == whole);
        }
    }
}

#[test]
fn a_rule_reads_as_it_is_written() {
    let rule = Rule {
        name: "poll".to_owned(),
        actions: vec![
            RuleAction::Send(RuleAnswer::default()),
            RuleAction::Highlight { color: 3 },
            RuleAction::StopList,
        ],
        ..anywhere("x", "")
    };
    let text = serde_json::to_string(&rule).unwrap();
    assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), rule);
    let short = r#"{"when":{"event":"received","pattern":"AA ??","format":"hex","framing":{"pause":50}},
                    "action":[{"do":"send","text":"1"},{"do":"mark"},{"do":"run-list","group":"a"}]}"#;
    let read: Rule = serde_json::from_str(short).unwrap();
    assert!(read.on && !read.go_on && read.actions.len() == 3);
    assert_eq!(read.label(), "AA ??");
}

#[test]
fn a_datagram_is_a_message_of_its_own() {
    let whole = |framing| {
        let received = ReceivedTrigger {
            pattern: "AT".to_owned(),
            place: PatternPlace::Whole,
            framing,
            ..ReceivedTrigger::default()
        };
        Rule { when: Trigger::Received(received), ..anywhere("", "whole") }
    };
    let auto = whole(MessageFraming::Auto);
    let mut run = run(&[auto, whole(MessageFraming::Line), anywhere("split", "anywhere")]);
    let mut heard = |bytes: &[u8], at: u64| {
        run.received_datagram(ONE, ms(at), Position(0), bytes);
        done(&mut run, ms(at)).into_iter().map(|it| it.0).collect::<Vec<_>>()
    };
    // At once, though the next one may come within the pause that ends a message of a stream.
    assert_eq!(heard(b"AT", 1), [0]);
    assert_eq!(heard(b"AT", 2), [0]);
    assert_eq!(heard(b"A", 3), [0_usize; 0]);
    assert_eq!(heard(b"T", 4), [0_usize; 0], "what came before is no part of it");
    assert_eq!(heard(b"a split", 5), [2]);
    assert_eq!(heard(b"sp", 6), [0_usize; 0]);
    assert_eq!(heard(b"lit", 7), [0_usize; 0]);
}
