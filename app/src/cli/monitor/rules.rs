//! Rules on a board's port.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::backend::SharedRules;
use espalier_core::rules::{RuleAct, RuleAction, RuleRun, RuleStep, RuleTally, RuleTelling};
use espalier_core::send::PlaceholderValues;
use espalier_core::session::SessionEvent;
use espalier_core::view::{EncodingName, TimeZone};
use espalier_core::{PeerId, Position, Timestamp};
use espalier_engine::board::link::Link;
use espalier_engine::receipt::{Piece, Receipt, UnsentCounter};

use super::{Args, MonitorOutput, told_line};
use crate::cli::exit::BadArgument;
use crate::cli::rules;
use crate::print::translated;

/// What was read is at most so long ago: a clock that was set is no delay.
const LONGEST_AGO: Duration = Duration::from_secs(1);

/// Rules on a board's port.
#[derive(Debug)]
pub(super) struct MonitorRules {
    run: RuleRun,
    common: Arc<SharedRules>,
    encoding: EncodingName,
    begun: Instant,
    /// What the port did not take of what each rule has sent.
    unsent: Vec<UnsentCounter>,
}

/// What came of doing what is due.
pub(super) enum RulesDone {
    /// A rule ends the session.
    Ended,
    /// Nothing more until then.
    Until(Option<Instant>),
}

impl MonitorRules {
    /// The rules of a file.
    pub(super) fn read(path: &Path) -> Result<Self, BadArgument> {
        let encoding = EncodingName::default();
        let common = rules::read(path, &encoding)?;
        let runs_list = |action: &RuleAction| matches!(action, RuleAction::RunList { .. });
        let on = || common.rules.iter().filter(|rule| rule.on);
        if on().flat_map(|rule| &rule.actions).any(runs_list) {
            let why = "a rule of it runs a send list, which monitor does not: use `espalier run`";
            return Err(BadArgument(why.to_owned()));
        }
        let run = RuleRun::new(&common.rules, encoding.clone(), true);
        // On a port a message is a line, and its ending no part of it: less may be left to look for.
        for ((rule, fault), number) in run.rules().zip(1..) {
            if let Some(fault) = fault.filter(|_| rule.on) {
                let label = rule.label();
                return Err(BadArgument(format!("rule {number} {label:?} cannot work: {fault}")));
            }
        }
        let unsent = common.rules.iter().map(|_| UnsentCounter::default()).collect();
        Ok(Self { run, common, encoding, begun: Instant::now(), unsent })
    }

    pub(super) fn connected(&mut self) {
        self.run.connected(PeerId::SESSION, self.begun.elapsed(), Position(0));
    }

    pub(super) fn disconnected(&mut self) {
        self.run.disconnected(PeerId::SESSION, self.begun.elapsed(), Position(0));
    }

    /// Takes what came at this time: delays count from then.
    pub(super) fn heard(&mut self, at: Timestamp, bytes: &[u8]) {
        let ago = u64::try_from(now().0.saturating_sub(at.0)).unwrap_or(0);
        let ago = Duration::from_nanos(ago).min(LONGEST_AGO);
        let at = self.begun.elapsed().saturating_sub(ago);
        self.run.received(PeerId::SESSION, at, Position(0), bytes);
    }

    /// Does what is due.
    pub(super) fn act(
        &mut self,
        link: &Link,
        args: &Args,
        output: &mut MonitorOutput,
    ) -> anyhow::Result<RulesDone> {
        loop {
            match self.run.next(self.begun.elapsed()) {
                RuleStep::Wait(until) => {
                    return Ok(RulesDone::Until(until.map(|until| self.begun + until)));
                }
                RuleStep::Tell(RuleTelling::Full) => told_line(
                    "too much waits to be done by rules: what they do meanwhile is left out and counted",
                ),
                RuleStep::Tell(RuleTelling::Tripped { rule, by_all: false }) => {
                    let label = self.common.rules.get(rule).map_or("", |rule| rule.label());
                    let rate = RuleRun::RATE;
                    told_line(format_args!(
                        "rule \"{label}\" is switched off: it matched more than {rate} times a second, as rules do that answer each other"
                    ));
                }
                RuleStep::Tell(RuleTelling::Tripped { rule, by_all: true }) => {
                    let label = self.common.rules.get(rule).map_or("", |rule| rule.label());
                    let rate = RuleRun::RATE_OF_ALL;
                    told_line(format_args!(
                        "rule \"{label}\" is switched off: all rules together matched more than {rate} times a second"
                    ));
                }
                RuleStep::Act(act) => {
                    if self.done(&act, link, args, output)? {
                        return Ok(RulesDone::Ended);
                    }
                }
            }
        }
    }

    /// Does one thing; whether it ends all.
    fn done(
        &mut self,
        act: &RuleAct,
        link: &Link,
        args: &Args,
        output: &mut MonitorOutput,
    ) -> anyhow::Result<bool> {
        let label = act.rule.label();
        let or_label =
            |text: &str| if text.is_empty() { label.to_owned() } else { text.to_owned() };
        match act.action() {
            Some(RuleAction::Send(answer)) => {
                let counter = self.run.tallies().nth(act.index).map_or(0, |tally| tally.sent);
                let (at, zone) = (now(), TimeZone::system());
                let mut values =
                    PlaceholderValues::new(counter, at, zone, &args.port, &self.common.variables)
                        .with_captures(&act.captures);
                let sent = match answer.compose(&self.encoding, &mut values) {
                    Ok(bytes) => link
                        .write(Piece::new(bytes.into(), self.receipt(act.index)))
                        .map_err(|_| "too much waits already".to_owned()),
                    Err(error) => Err(error.to_string()),
                };
                match sent {
                    Ok(()) => self.run.sent(act.index),
                    Err(why) => {
                        self.run.refused(act.index);
                        told_line(format_args!("rule \"{label}\" could not send: {why}"));
                    }
                }
            }
            Some(RuleAction::Notify { text }) => {
                let text = or_label(text);
                told_line(format_args!("rule: {text}"));
            }
            Some(RuleAction::Mark { text }) => {
                let event = SessionEvent::Mark(or_label(text));
                told_line(translated(&event));
                output.event(now(), &event)?;
            }
            Some(RuleAction::EndSession) => {
                told_line(format_args!("rule \"{label}\" ends the session"));
                return Ok(true);
            }
            // There are neither rows nor a send list.
            Some(
                RuleAction::Highlight { .. } | RuleAction::StopList | RuleAction::RunList { .. },
            )
            | None => {}
        }
        Ok(false)
    }

    pub(super) fn tell_tallies(&self) {
        let all = self.run.rules().zip(self.run.tallies()).zip(&self.unsent);
        for (((rule, _), tally), unsent) in all {
            let missed = unsent.missed().min(tally.sent);
            let (sent, refused) = (tally.sent - missed, tally.refused + missed);
            rules::tell_tally("", rule.label(), &RuleTally { sent, refused, ..tally });
        }
    }

    fn receipt(&self, rule: usize) -> Option<Receipt> {
        self.unsent.get(rule).map(UnsentCounter::receipt)
    }
}

fn now() -> Timestamp {
    Timestamp(i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX))
}
