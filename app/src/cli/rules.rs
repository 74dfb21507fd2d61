//! Rules of files: read, tried on a capture, and their counts.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use espalier_core::backend::SharedRules;
use espalier_core::capture::Source;
use espalier_core::rules::{Rule, RuleAction, RuleTally, RuleTrial};
use espalier_core::send_list::SendList;
use espalier_core::session::KnownClients;
use espalier_core::view::{EncodingName, TimeZone};
use espalier_core::{Progress, hex};
use espalier_engine::rule_trial::try_rules;
use espalier_engine::session::Session;
use espalier_engine::workspace::RuleFile;

use super::exit::BadArgument;
use crate::print;

/// The rules of a file, whole and right.
pub fn read(path: &Path, encoding: &EncodingName) -> Result<Arc<SharedRules>, BadArgument> {
    let file = RuleFile::read(path).map_err(|error| BadArgument(error.to_string()))?;
    for sentence in &file.left_out {
        print::say(print::sentence(sentence));
    }
    check(&file.rules, &file.list, encoding)?;
    Ok(file.share())
}

/// Finds what cannot work before anything begins. What is switched off need not.
pub fn check(rules: &[Rule], list: &SendList, encoding: &EncodingName) -> Result<(), BadArgument> {
    for (number, rule) in (1..).zip(rules).filter(|(_, rule)| rule.on) {
        let label = rule.label();
        if let Some(fault) = rule.fault(encoding) {
            return Err(BadArgument(format!("rule {number} {label:?} cannot work: {fault}")));
        }
        for action in &rule.actions {
            if let RuleAction::RunList { group } = action
                && !list.groups.iter().any(|it| it.name == *group)
            {
                return Err(BadArgument(format!(
                    "rule {number} {label:?} cannot work: the file has no send list group {group:?}"
                )));
            }
        }
    }
    Ok(())
}

/// Says on stderr how often each rule of a session did what; `of` names the session, or is empty.
pub fn tell_tallies(of: &str, rules: &[Rule], session: &Session) {
    let tallies = session.rules().map(|status| status.tallies).unwrap_or_default();
    for (rule, tally) in rules.iter().zip(tallies) {
        tell_tally(of, rule.label(), &tally);
    }
}

/// One line about one rule.
pub fn tell_tally(of: &str, label: &str, tally: &RuleTally) {
    let RuleTally { matches, sent, refused, tripped } = *tally;
    let counts = print::translated(format_args!(
        "rule \"{label}\": matched: {matches}, sent: {sent}, not sent: {refused}"
    ));
    let off =
        if tripped { format!(" ({})", print::translated("switched off")) } else { String::new() };
    let between = if of.is_empty() { "" } else { " " };
    print::say(format_args!("{of}{between}{counts}{off}"));
}

/// Prints where the rules of a file would have matched in a capture, and says how often.
pub fn try_on(
    source: &dyn Source,
    path: &Path,
    encoding: EncodingName,
    zone: &TimeZone,
) -> anyhow::Result<()> {
    let rules = &read(path, &encoding)?.rules;
    let on: Vec<Rule> = rules.iter().filter(|rule| rule.on).cloned().collect();
    let trial = try_rules(source, &on, encoding, &KnownClients::default(), &Progress::default())
        .unwrap_or_default();
    match print_places(&on, &trial, zone) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            anyhow::bail!("cannot write to stdout: {error}")
        }
        _ => {}
    }
    let more = trial.total().saturating_sub(trial.places.len() as u64);
    if more > 0 {
        print::tell(format_args!("{more} more are not listed here"));
    }
    for (rule, matches) in on.iter().zip(&trial.matches) {
        let label = rule.label();
        print::tell(format_args!("rule \"{label}\": would have matched: {matches}"));
    }
    Ok(())
}

fn print_places(rules: &[Rule], trial: &RuleTrial, zone: &TimeZone) -> std::io::Result<()> {
    for place in &trial.places {
        let time = jiff::Timestamp::from_nanosecond(place.at.0.into()).unwrap_or_default();
        let time = time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string();
        let peer = if place.peer.0 > 0 { format!("#{} ", place.peer.0) } else { String::new() };
        let label = rules.get(place.rule).map_or("", Rule::label);
        print::line(format_args!("{time} {peer}{label:?} {}", hex::spaced(&place.bytes)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use espalier_core::rules::{ReceivedTrigger, Trigger};

    use super::*;

    #[test]
    fn a_rule_that_is_switched_off_need_not_work() {
        let nothing = Rule {
            when: Trigger::Received(ReceivedTrigger::default()),
            actions: vec![RuleAction::RunList { group: "none".to_owned() }],
            ..Rule::default()
        };
        let checked = |on| {
            let rule = Rule { on, ..nothing.clone() };
            check(&[rule], &SendList::default(), &EncodingName::default())
        };
        assert!(checked(true).is_err());
        assert!(checked(false).is_ok());
    }
}
