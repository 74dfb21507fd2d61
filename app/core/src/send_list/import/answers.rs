//! What other programs answer to what they receive, as rules.

use super::{Draft, ImportFault, LARGEST, docklight, more_left_out, xtools};
use crate::Sentence;
use crate::rules::Rule;

/// Rules that were taken from another program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleImport {
    /// Whose they are.
    pub program: &'static str,
    /// What was taken.
    pub rules: Vec<Rule>,
    /// What was not taken, or not as it was: at most [`super::ListImport::TOLD`] sentences, and one that counts the others.
    pub left_out: Vec<Sentence>,
}

/// Takes the answers of another program: xTools' responder, or what a Docklight project does on receiving.
///
/// # Errors
/// [`ImportFault`] when it has none.
pub fn import_rules(bytes: &[u8]) -> Result<RuleImport, ImportFault> {
    if bytes.len() > LARGEST {
        return Err(ImportFault::TooLarge);
    }
    let mut draft = Draft::new("");
    let json = serde_json::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    let (program, rules) = match json {
        Ok(json) => xtools::rules(&json, &mut draft),
        Err(_) => docklight::rules(bytes, &mut draft),
    }
    .ok_or(ImportFault::NoRules)?;
    if rules.len() > Rule::MOST {
        return Err(ImportFault::TooManyRules);
    }
    if rules.is_empty() && draft.left_out.is_empty() {
        return Err(ImportFault::NoRules);
    }
    Ok(RuleImport { program, rules, left_out: more_left_out(draft.left_out) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::{PatternPlace, ReceivedTrigger, RuleAction, RuleAnswer, Trigger};
    use crate::send_list::import;

    fn received(rule: &Rule) -> &ReceivedTrigger {
        let Trigger::Received(received) = &rule.when else { panic!("{rule:?}") };
        received
    }

    fn sends(rule: &Rule) -> &RuleAnswer {
        let RuleAction::Send(answer) = &rule.actions[0] else { panic!("{rule:?}") };
        answer
    }

    #[test]
    fn the_five_ways_of_xtools_are_rules() {
        let item = |option: u32, reference: &str, response: &str| {
            let text = |format: u32, text: &str| {
                format!(
                    r#"{{"textFormat":{format},"escapeCharacter":0,"prefix":0,"suffix":3,"text":"{text}","crcEnable":false}}"#
                )
            };
            format!(
                r#"{{"enable":true,"description":"d{option}","option":{option},"delay":50,"reference":{},"response":{}}}"#,
                text(8, reference),
                text(3, response)
            )
        };
        let items: Vec<_> = (0..=6).map(|option| item(option, r"好\\", "41 42")).collect();
        let file = format!(r#"{{"disableAll":false,"items":[{}]}}"#, items.join(","));
        let taken = import_rules(file.as_bytes()).unwrap();
        assert_eq!((taken.program, taken.rules.len(), taken.left_out.len()), ("xTools", 5, 2));
        let places: Vec<_> = taken.rules.iter().map(|rule| received(rule).place).collect();
        use PatternPlace as P;
        assert_eq!(places, [P::Any, P::Any, P::Whole, P::Anywhere, P::Absent]);
        assert!(taken.rules.iter().all(|rule| rule.go_on && rule.on));
        assert_eq!(
            (sends(&taken.rules[0]).text.as_str(), sends(&taken.rules[0]).placeholders),
            ("{{0}}", true)
        );
        let equal = received(&taken.rules[2]);
        assert_eq!(
            (equal.pattern.as_str(), equal.encoding.as_ref().unwrap().0.as_str()),
            (r"好\\\r\n", "GBK")
        );
        assert_eq!(
            (sends(&taken.rules[2]).text.as_str(), sends(&taken.rules[2]).delay_ms),
            ("41 42 0D 0A", 50)
        );
        assert!(taken.rules.iter().all(|rule| rule.fault(&Default::default()).is_none()));
        let list = import(file.as_bytes(), "x").unwrap();
        assert!(
            list.list.is_empty() && list.left_out[0].contains("7 answers"),
            "{:?}",
            list.left_out
        );
    }

    #[test]
    fn a_docklight_project_answers_what_it_receives() {
        let file = "VERSION\r\n8\r\n\r\nSEND\r\n0\r\nReply\r\n01 03 02 00 07 00 00\r\n0\r\n5\r\nCHECKSUM CRC-MODBUS L\r\n\r\n\
            RECEIVE\r\n0\r\nPoll\r\n01 03 ?? ??\r\n0\r\n1\r\n\r\nRECEIVE\r\n1\r\nMaybe\r\n01 ## 03\r\n-1\r\n1\r\nCOMMENT seen it\r\n\r\n\
            RECEIVE\r\n2\r\nWaits\r\n01 && 05\r\n0\r\n1\r\n\r\nRECEIVE\r\n3\r\nLost\r\n02\r\n9\r\n1\r\n";
        let taken = import_rules(file.as_bytes()).unwrap();
        assert_eq!((taken.program, taken.rules.len(), taken.left_out.len()), ("Docklight", 2, 2));
        assert_eq!(received(&taken.rules[0]).pattern, "01 03 ?? ??");
        assert_eq!(sends(&taken.rules[0]).text, "01 03 02 00 07");
        assert!(sends(&taken.rules[0]).spec.checksum.is_some());
        assert_eq!(received(&taken.rules[1]).pattern, r"(?s)\x01.?\x03");
        assert_eq!(taken.rules[1].actions, [RuleAction::Mark { text: "seen it".to_owned() }]);
        assert!(taken.rules.iter().all(|rule| rule.fault(&Default::default()).is_none()));
    }

    #[test]
    fn what_has_no_answers_is_told() {
        for none in ["", "[]", "{}", "VERSION\n8\n", r#"{"items":[]}"#, "\u{0}\u{1}"] {
            assert_eq!(import_rules(none.as_bytes()).err(), Some(ImportFault::NoRules), "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn no_file_is_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            lines in "(VERSION\n8\n\n)?((SEND|RECEIVE)\n[0-9]\n[a-z好]{0,3}\n[0-9A-F?#& ]{0,12}\n-?[0-9]\n[0-9]\n(COMMENT x\n|CHECKSUM [A-Z-]{0,6}\n)?\n){0,4}",
            option: u8,
            text in "[0-9A-F\\\\rn好 ]{0,8}",
            format in 0_u8..16,
        ) {
            let item = format!(r#"{{"textFormat":{format},"escapeCharacter":5,"prefix":4,"suffix":1,"text":{text:?}}}"#);
            let row = format!(r#"{{"items":[{{"option":{},"reference":{item},"response":{item}}}]}}"#, option % 8);
            for file in [&bytes[..], lines.as_bytes(), row.as_bytes()] {
                if let Ok(taken) = import_rules(file) {
                    // Whatever is taken can be looked at.
                    taken.rules.iter().for_each(|rule| drop(rule.fault(&Default::default())));
                }
            }
        }
    }
}
