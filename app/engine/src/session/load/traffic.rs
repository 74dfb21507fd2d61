//! What a client of a load test sends while it is connected.

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use espalier_core::load::{ClientWatch, LoadSpec, LoadTraffic, PatternCheck};
use espalier_core::send::PlaceholderValues;
use espalier_core::send_list::{ListPlan, ListRun, PlannedEntry, RunAction, RunEnd};
use espalier_core::view::{EncodingName, TimeZone};
use espalier_core::{Sentence, say};
use espalier_protocol::pattern;
use tokio::time::{Instant, sleep, sleep_until};

use super::meter::ClientMeter;
use crate::clock::now;
use crate::session::outbox::PushError;
use crate::session::peer::Peer;
use crate::session::shared::SessionShared;
use crate::session::stream::Stream;
use crate::tcp_info;

/// Bytes of the pattern that wait to be sent, of all clients together, and of one of few.
const WAITING: usize = 64 << 20;
const MOST_WAITING: usize = 64 << 10;
const LEAST_WAITING: usize = 2 << 10;

/// How many times as much may be on its way, where it comes back.
const ON_ITS_WAY: usize = 4;

/// How often a client sends its share of the pattern, when it has a rate.
const BEAT: Duration = Duration::from_millis(100);

/// Who is later than this catches up with nothing: the computer slept, or the other end took nothing.
const TOO_LATE: Duration = Duration::from_secs(1);

/// How often a client that is to leave looks whether anything is still on its way; so long nothing may move.
const LOOK: Duration = Duration::from_millis(50);
const QUIET: Duration = Duration::from_secs(1);

/// The variable that is the number of the client, from 1.
const CLIENT: &str = "client";

/// The messages of a load test, the same for all clients.
#[derive(Debug)]
pub struct LoadMessages {
    plan: ListPlan,
    encoding: EncodingName,
    variables: BTreeMap<String, String>,
    zone: TimeZone,
}

impl LoadMessages {
    /// Those that a load test sends; `None` where it sends none.
    ///
    /// # Errors
    /// There are none, or they cannot be sent: why.
    pub fn of(shared: &SessionShared, spec: &LoadSpec) -> Result<Option<Arc<Self>>, Sentence> {
        let LoadTraffic::List { group, rounds } = &spec.traffic else { return Ok(None) };
        let common = shared.shared_rules.read().clone();
        let group = match group {
            None => None,
            Some(name) => {
                let found = common.list.groups.iter().position(|group| group.name == *name);
                Some(found.ok_or_else(|| {
                    say!("load-no-group", "the send list has no group \"{name}\"", name = name)
                })?)
            }
        };
        let plan = ListPlan::of_all(&common.list, group, (*rounds > 0).then_some(*rounds));
        if plan.entries.is_empty() {
            return Err(say!(
                "load-no-messages",
                "the load test has no messages to send: the send list is empty, or none of its messages takes part in runs"
            ));
        }
        let encoding = shared.spec.read().view.encoding.clone();
        if let Some((planned, fault)) = plan.fault(&encoding) {
            let entry = planned.entry.label();
            return Err(say!(
                "load-unsendable",
                "the message \"{entry}\" cannot be sent: {why}",
                entry = entry,
                why = fault,
            ));
        }
        let (variables, zone) = (common.variables.clone(), TimeZone::system());
        let messages = Self { plan, encoding, variables, zone };
        for planned in messages.plan.entries.iter() {
            messages.compose(planned, 0, 1, "").map_err(|why| {
                let entry = planned.entry.label();
                say!(
                    "load-unsendable",
                    "the message \"{entry}\" cannot be sent: {why}",
                    entry = entry,
                    why = why,
                )
            })?;
        }
        Ok(Some(Arc::new(messages)))
    }

    /// What the client of this number sends of an entry, after so many messages, to this address.
    fn compose(
        &self,
        planned: &PlannedEntry,
        sent: u64,
        number: u32,
        address: &str,
    ) -> Result<Vec<u8>, String> {
        let mut variables = self.variables.clone();
        variables.entry(CLIENT.to_owned()).or_insert_with(|| number.to_string());
        let zone = self.zone.clone();
        let mut values = PlaceholderValues::new(sent, now(), zone, address, &variables);
        planned.entry.compose(&self.encoding, &mut values).map_err(|error| error.to_string())
    }
}

/// What a client does while it is connected. Boxed: who sends nothing pays nothing for those who do.
type Work<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Sends what the client has to send; completes when all of it is sent and answered. The connection may end before.
pub fn work<'a>(
    shared: &'a SessionShared,
    spec: &'a LoadSpec,
    messages: Option<&'a LoadMessages>,
    (number, client): (u32, &'a ClientMeter),
    peer: &'a Peer,
) -> Work<'a> {
    match (&spec.traffic, messages) {
        (LoadTraffic::List { .. }, Some(messages)) => {
            Box::pin(send_list(shared, messages, (number, client), peer))
        }
        (LoadTraffic::Pattern { check: PatternCheck::Echo | PatternCheck::None, rate }, _) => {
            let rate = *rate;
            Box::pin(async move {
                send_pattern(client, peer, rate, spec.clients).await;
                // Our half is closed: the connection says what is to become of it.
                pending().await
            })
        }
        (LoadTraffic::Pattern { .. } | LoadTraffic::Nothing | LoadTraffic::List { .. }, _) => {
            Box::pin(pending())
        }
    }
}

/// Sends the pattern until nothing more can be sent.
async fn send_pattern(client: &ClientMeter, peer: &Peer, rate: u64, clients: u32) {
    let window = (WAITING / clients.max(1) as usize).clamp(LEAST_WAITING, MOST_WAITING);
    let largest = window / 2;
    let mut place = 0;
    if rate == 0 {
        while push(client, peer, &mut place, largest, window).await.is_ok() {}
        return;
    }
    // What is due, from here on, by absolute time: it does not drift. Each share goes ahead of its time, so that who stays for a
    // moment has sent something, too.
    let (mut since, mut base) = (Instant::now(), 0);
    loop {
        let due = base + share(rate, since.elapsed() + BEAT);
        while place < due {
            let length = usize::try_from(due - place).unwrap_or(largest).min(largest);
            if push(client, peer, &mut place, length, window).await.is_err() {
                return;
            }
        }
        if share(rate, since.elapsed()).saturating_add(base) > place + share(rate, TOO_LATE) {
            (since, base) = (Instant::now(), place);
        }
        sleep(BEAT).await;
    }
}

/// How many bytes a rate is in this time.
fn share(rate: u64, time: Duration) -> u64 {
    u64::try_from(u128::from(rate) * time.as_micros() / 1_000_000).unwrap_or(u64::MAX)
}

/// Hands the next bytes of the pattern over as soon as there is room, and not too much is yet to come back: what is on its way when
/// the client leaves would have to be waited for.
async fn push(
    client: &ClientMeter,
    peer: &Peer,
    place: &mut u64,
    length: usize,
    window: usize,
) -> Result<(), PushError> {
    client.has_back((window * ON_ITS_WAY) as u64).await;
    let mut bytes = vec![0; length];
    pattern::fill(*place, &mut bytes);
    peer.outbox.push_within(&bytes.into(), window).await?;
    *place += length as u64;
    Ok(())
}

/// Waits for what is on its way when the client is to leave, and for what it has handed over: echoes and an answer to come, bytes to
/// be sent and acknowledged. As long as any of that moves, or the answer may still come.
pub async fn settle(client: &ClientMeter, peer: &Peer, stream: &Stream) {
    let mut seen = None;
    let mut since = Instant::now();
    loop {
        let (outstanding, answer) = client.under_way();
        let told = tcp_info::of_connection(stream.tcp(), true);
        let held = told.and_then(|told| told.held_bytes()).unwrap_or_default();
        let rest = (peer.outbox.queued(), outstanding, held);
        if rest == (0, 0, 0) && answer.is_none() {
            return;
        }
        if seen != Some(rest) {
            (seen, since) = (Some(rest), Instant::now());
        }
        match answer {
            // It did not come in time.
            Some(answer) if answer.is_zero() => {
                client.change(|watch| watch.unanswered(1));
                return client.end_list();
            }
            None if since.elapsed() >= QUIET => return,
            Some(_) | None => {}
        }
        sleep(answer.map_or(LOOK, |answer| answer.min(LOOK))).await;
    }
}

/// Sends the messages in order, as a send list is run.
async fn send_list(
    shared: &SessionShared,
    messages: &LoadMessages,
    (number, client): (u32, &ClientMeter),
    peer: &Peer,
) {
    let begun = Instant::now();
    client.begin_list(ListRun::new(messages.plan.clone(), messages.encoding.clone()));
    let mut missing = 0;
    loop {
        let mut changed = pin!(client.changed.notified());
        changed.as_mut().enable();
        let next = client.with_list(|list, now| (list.next(now), list.progress()));
        let Some((action, progress)) = next else { return };
        if progress.missing > missing {
            client.change(|watch| watch.unanswered(progress.missing - missing));
            missing = progress.missing;
        }
        match action {
            RunAction::Send(at) => {
                let Some(planned) = messages.plan.entries.get(at) else { return };
                let address = peer.ends.remote.to_string();
                match messages.compose(planned, progress.sent, number, &address) {
                    Ok(bytes) => {
                        if peer.outbox.push_when_room(&bytes.into(), None).await.is_err() {
                            // Our half is closed: the connection says why, and the list is one that was not finished.
                            return pending().await;
                        }
                        client.change(ClientWatch::sent_message);
                        client.with_list(ListRun::sent);
                    }
                    Err(why) => {
                        // It was looked at before: this is a value that it got just now.
                        client.change(|watch| watch.unanswered(1));
                        client.with_list(|list, _| list.end(RunEnd::Unsendable(why)));
                    }
                }
            }
            RunAction::Wait(None) => changed.await,
            RunAction::Wait(Some(until)) => {
                tokio::select! {
                    () = changed => {}
                    () = sleep_until(begun + until) => {}
                }
            }
            RunAction::Over(end) => {
                client.end_list();
                tell(shared, peer, &end);
                return;
            }
        }
    }
}

/// What the log says of the end of a list that did not come to its own.
fn tell(shared: &SessionShared, peer: &Peer, end: &RunEnd) {
    let sentence = match end {
        RunEnd::NoAnswer => say!("load-no-answer", "no answer in time: its messages end here"),
        RunEnd::Unsendable(why) => {
            say!("load-message-unsendable", "a message cannot be sent: {why}", why = why)
        }
        RunEnd::Done | RunEnd::Stopped | RunEnd::TargetGone(_) => return,
    };
    shared.note(Some(peer), sentence);
}
