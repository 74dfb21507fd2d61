//! A rule made ready to match.

use std::time::Duration;

use super::message::Framing;
use super::{MessageFraming, PatternPlace, ReceivedTrigger, Rule, RuleAction, Trigger};
use crate::Timestamp;
use crate::matching::{BytePattern, MatchGroups, PatternFault, PatternFormat, StreamMatcher};
use crate::send::{PlaceholderValues, SendError, SendFault};
use crate::view::{EncodingName, TimeZone};

/// Why a rule does nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleFault {
    /// What it looks for makes no sense.
    #[error(transparent)]
    Pattern(#[from] PatternFault),
    /// What it sends makes no sense.
    #[error("what it sends: {0}")]
    Answer(SendError),
    /// A time of no length.
    #[error("a pause or a silence lasts 1 ms at least")]
    NoTime,
    /// It does more than is done.
    #[error("it has more than {} actions", Rule::ACTIONS)]
    TooManyActions,
}

/// A rule made ready to match.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) matching: Matching,
    /// What the match is made of is asked for.
    pub(super) wants_captures: bool,
}

#[derive(Debug)]
pub(super) enum Matching {
    /// Anywhere in the stream.
    Stream(Box<StreamMatcher>),
    /// In messages.
    Message { framing: Framing, test: MessageTest },
    /// When nothing comes for so long.
    Silence(Duration),
    /// When a connection comes.
    Connected,
    /// When a connection goes.
    Disconnected,
}

/// What a message has to be.
#[derive(Debug)]
pub(super) enum MessageTest {
    Has(BytePattern),
    HasNot(BytePattern),
    Any,
}

impl Compiled {
    pub(super) fn new(
        rule: &Rule,
        session: &EncodingName,
        is_serial: bool,
    ) -> Result<Self, RuleFault> {
        if rule.actions.len() > Rule::ACTIONS {
            return Err(RuleFault::TooManyActions);
        }
        let (compiled, pattern) = Self::matching(rule, session, is_serial)?;
        let whole = || [("0".to_owned(), b"?".to_vec())].into();
        let sample = pattern.map_or_else(whole, |pattern| pattern.sample());
        for action in &rule.actions {
            if let RuleAction::Send(answer) = action {
                let none = Default::default();
                let mut values = PlaceholderValues::new(0, Timestamp(0), TimeZone::UTC, "", &none)
                    .with_captures(&sample);
                match answer.compose(session, &mut values) {
                    // A variable of the workspace, which is known only when it is sent.
                    Err(error) if is_variable(&error, &sample) => {}
                    composed => drop(composed.map_err(RuleFault::Answer)?),
                }
            }
        }
        Ok(compiled)
    }

    /// The same for what comes in an encoding that a peer has of its own; `None` where that has no such characters. What is
    /// sent is composed, and refused, when it is sent.
    pub(super) fn of_peer(rule: &Rule, encoding: &EncodingName, is_serial: bool) -> Option<Self> {
        Self::matching(rule, encoding, is_serial).ok().map(|(compiled, _)| compiled)
    }

    /// What it waits for, and the pattern of that.
    fn matching(
        rule: &Rule,
        encoding: &EncodingName,
        is_serial: bool,
    ) -> Result<(Self, Option<BytePattern>), RuleFault> {
        let (matching, pattern) = match &rule.when {
            Trigger::Connected => (Matching::Connected, None),
            Trigger::Disconnected => (Matching::Disconnected, None),
            Trigger::Silence { after_ms: 0 } => return Err(RuleFault::NoTime),
            Trigger::Silence { after_ms } => {
                (Matching::Silence(Duration::from_millis(u64::from(*after_ms))), None)
            }
            Trigger::Received(received) => received_matching(received, encoding, is_serial)?,
        };
        let wants_captures = rule.actions.iter().any(RuleAction::wants_captures);
        Ok((Self { matching, wants_captures }, pattern))
    }
}

impl Rule {
    /// What is wrong with it: then it does nothing. `session` is the encoding of a session, for what has none of its own.
    pub fn fault(&self, session: &EncodingName) -> Option<RuleFault> {
        Compiled::new(self, session, false).err()
    }
}

impl MessageTest {
    /// What a message is made of that passes; nothing when `wanted` is not.
    pub(super) fn passes(&self, message: &[u8], wanted: bool) -> Option<MatchGroups> {
        let whole = || match wanted {
            true => [("0".to_owned(), message.to_vec())].into(),
            false => MatchGroups::new(),
        };
        match self {
            Self::Any => Some(whole()),
            Self::Has(pattern) if wanted => pattern.captures(message, 0),
            Self::Has(pattern) => pattern.find(message, 0).map(|_| MatchGroups::new()),
            Self::HasNot(pattern) => pattern.find(message, 0).is_none().then(whole),
        }
    }
}

/// A name that is no number: what a match is made of is known.
fn is_variable(error: &SendError, sample: &MatchGroups) -> bool {
    matches!(&error.fault, SendFault::UnknownPlaceholder(name)
        if !sample.contains_key(name) && !name.bytes().all(|it| it.is_ascii_digit()))
}

fn received_matching(
    received: &ReceivedTrigger,
    session: &EncodingName,
    is_serial: bool,
) -> Result<(Matching, Option<BytePattern>), RuleFault> {
    let framing = match received.framing {
        MessageFraming::Auto if is_serial => Framing::Line,
        MessageFraming::Auto => Framing::pause(MessageFraming::PAUSE_MS),
        MessageFraming::Line => Framing::Line,
        MessageFraming::Pause(0) => return Err(RuleFault::NoTime),
        MessageFraming::Pause(pause) => Framing::pause(pause),
    };
    if received.place == PatternPlace::Any {
        return Ok((Matching::Message { framing, test: MessageTest::Any }, None));
    }
    let encoding = received.encoding.as_ref().unwrap_or(session);
    let in_lines = framing == Framing::Line && received.place != PatternPlace::Anywhere;
    let written = match in_lines {
        // The ending is no part of a line.
        true => without_ending(&received.pattern, received.format),
        false => &received.pattern,
    };
    let pattern = BytePattern::new(written, received.format, encoding)?;
    let found = pattern.clone();
    let test = match received.place {
        PatternPlace::Anywhere => {
            let matcher = StreamMatcher::new(pattern)?;
            return Ok((Matching::Stream(Box::new(matcher)), Some(found)));
        }
        PatternPlace::Whole => MessageTest::Has(pattern.anchored(true, true)?),
        PatternPlace::Start => MessageTest::Has(pattern.anchored(true, false)?),
        PatternPlace::End => MessageTest::Has(pattern.anchored(false, true)?),
        PatternPlace::Absent => {
            return Ok((Matching::Message { framing, test: MessageTest::HasNot(pattern) }, None));
        }
        PatternPlace::Any => MessageTest::Any,
    };
    Ok((Matching::Message { framing, test }, Some(found)))
}

/// A pattern without the line ending that stands last in it.
fn without_ending(pattern: &str, format: PatternFormat) -> &str {
    let endings: &[&str] = match format {
        PatternFormat::Text => &[r"\r", r"\n", r"\x0D", r"\x0A", r"\x0d", r"\x0a", "\r", "\n"],
        // With what stands before the digits, or half of a byte would be left.
        PatternFormat::Hex => &[
            "0x0D", "0x0A", "0x0d", "0x0a", "0X0D", "0X0A", "0X0d", "0X0a", "0D", "0A", "0d", "0a",
            " ", ",", "\t", "\r", "\n", "\u{3000}", "，",
        ],
        PatternFormat::Regex => &[],
    };
    let mut rest = pattern;
    loop {
        let shorter = endings.iter().find_map(|ending| rest.strip_suffix(ending));
        match shorter {
            // A backslash before it is an escaped one.
            Some(shorter)
                if shorter.bytes().rev().take_while(|it| *it == b'\\').count() % 2 == 0 =>
            {
                rest = shorter;
            }
            _ => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleAnswer;

    #[test]
    fn the_ending_of_a_line_is_no_part_of_what_is_looked_for() {
        let text = |pattern| without_ending(pattern, PatternFormat::Text);
        assert_eq!((text(r"AT\r\n"), text("AT\n"), text(r"AT\\n")), ("AT", "AT", r"AT\\n"));
        assert_eq!((text(r"AT\x0d\x0A"), text(r"AT\\x0d")), ("AT", r"AT\\x0d"));
        for written in ["41 54 0D 0A", "41 54\t0d\n0a", "41 540D0A", "41 54，0x0D, 0X0A"] {
            let rest = without_ending(written, PatternFormat::Hex);
            assert_eq!(rest, "41 54", "{written}");
        }
        assert_eq!(without_ending("0x0D0A", PatternFormat::Hex), "");
        assert_eq!(without_ending(r"AT\r", PatternFormat::Regex), r"AT\r");
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said() {
        let fault = |pattern: &str, text: &str| {
            let received = ReceivedTrigger { pattern: pattern.to_owned(), ..Default::default() };
            let answer = RuleAnswer { text: text.to_owned(), ..RuleAnswer::default() };
            Rule {
                when: Trigger::Received(ReceivedTrigger {
                    format: PatternFormat::Regex,
                    ..received
                }),
                actions: vec![RuleAction::Send(answer)],
                ..Rule::default()
            }
            .fault(&EncodingName::default())
        };
        assert_eq!(fault("a(b)(?P<c>d)", "{{0}}{{1}}{{c}}{{variable}}{{n}}"), None);
        assert_eq!(fault("", "x"), Some(RuleFault::Pattern(PatternFault::Empty)));
        assert!(matches!(fault("a", "{{1}}"), Some(RuleFault::Answer(_))));
        assert!(matches!(fault("a", r"\q"), Some(RuleFault::Answer(_))));
        let silent = Rule { when: Trigger::Silence { after_ms: 0 }, ..Rule::default() };
        assert_eq!(silent.fault(&EncodingName::default()), Some(RuleFault::NoTime));
    }
}
