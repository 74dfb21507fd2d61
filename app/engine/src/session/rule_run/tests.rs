use std::sync::mpsc::{SyncSender, sync_channel};

use espalier_core::backend::Refusal;
use espalier_core::rules::Trigger;
use espalier_core::send::OutgoingBytes;

use super::super::beat_sink::BeatSink;
use super::super::tap::TapItem;
use super::*;
use crate::receipt::Receipt;

/// A session that fails when a rule marks something, and waits to be heard where one ends it.
struct FaultySession {
    told: Mutex<SyncSender<String>>,
}

impl BeatSink for FaultySession {
    fn deliver(
        &self,
        _: &PeerSelector,
        _: &OutgoingBytes,
        _: Option<&Receipt>,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    fn reach(&self, _: &PeerSelector) -> Result<(), Refusal> {
        Ok(())
    }

    fn compose(
        &self,
        _: &PeerSelector,
        session: &EncodingName,
        compose: &mut dyn FnMut(&EncodingName) -> Result<Vec<u8>, String>,
    ) -> Result<OutgoingBytes, String> {
        compose(session).map(Into::into)
    }

    fn address(&self, _: &PeerSelector) -> String {
        String::new()
    }

    fn note(&self, sentence: Sentence) {
        self.told.lock().send(sentence.to_string()).unwrap();
    }

    fn mark_dirty(&self) {}
}

impl RuleSink for FaultySession {
    fn event(&self, _: PeerId, event: SessionEvent) {
        assert!(!matches!(event, SessionEvent::Mark(_)), "a fault of ours");
    }

    fn run_list(self: Arc<Self>, _: ListRequest) {}

    fn stop_list(&self) {}

    fn end_session(&self) {
        self.told.lock().send("it is to end".to_owned()).unwrap();
    }
}

#[test]
fn rules_that_fail_say_so_and_the_session_goes_on() {
    let (tell, told) = sync_channel(8);
    let session = Arc::new(FaultySession { told: Mutex::new(tell) });
    let rule = Rule {
        when: Trigger::Connected,
        actions: vec![RuleAction::Mark { text: "x".to_owned() }],
        ..Rule::default()
    };
    let run = RuleRun::new(&[rule], EncodingName::default(), false);
    let runner =
        RuleRunner::start(Arc::downgrade(&session), run, Arc::default(), EncodingName::default());
    let runner = runner.unwrap();
    assert!(!runner.has_failed());
    runner.connected(PeerId(1), None, Position(0));
    let said = told.recv().unwrap();
    assert!(said.contains("the program failed in them (a fault of ours)"), "{said}");
    assert!(runner.has_failed());
    // What comes is not held up, and its counts are there still.
    runner.heard((PeerId(1), false), now(), Position(0), b"x");
    runner.connected(PeerId(2), None, Position(0));
    assert!(runner.status().tallies[0].matches >= 1);
}

#[test]
fn a_session_that_ended_by_itself_keeps_its_reason_when_a_rule_ends_it_too() {
    // What is told waits until it is heard.
    let (tell, told) = sync_channel(0);
    let session = Arc::new(FaultySession { told: Mutex::new(tell) });
    let rule = Rule {
        when: Trigger::Disconnected,
        actions: vec![RuleAction::EndSession],
        ..Rule::default()
    };
    let run = RuleRun::new(&[rule], EncodingName::default(), false);
    let runner =
        RuleRunner::start(Arc::downgrade(&session), run, Arc::default(), EncodingName::default());
    let runner = runner.unwrap();
    let tap = Tap::events();
    runner.disconnected(PeerId(1), Position(0));
    runner.ends(&tap, Some(EndReason::ResetByPeer));
    // The rule stops it.
    runner.ends(&tap, None);
    assert_eq!(told.recv().unwrap(), "it is to end");
    let ended = tap.next(None);
    assert!(matches!(ended, Some(TapItem::Ended(Some(EndReason::ResetByPeer)))), "{ended:?}");
    drop(runner);
    assert!(tap.next(Some(Instant::now())).is_none(), "it is told once");
}
