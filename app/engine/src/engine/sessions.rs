//! Sessions, as the window asks for them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use espalier_core::Progress;
use espalier_core::backend::{
    CommandRefusal, OnRulesTried, PeerSelector, Refusal, SessionCommand, Sessions, SharedRules,
    TerminalView, View,
};
use espalier_core::figures::SessionFigures;
use espalier_core::replay::ReplayRequest;
use espalier_core::rules::Rule;
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{
    NoBridge, SessionId, SessionSpec, SessionStatus, TransportSpec, ZonedIp,
};
use espalier_core::view::EncodingName;

use super::{Engine, end_session};
use crate::rule_trial::try_rules;
use crate::session::{CaptureTarget, Session};

impl Sessions for Engine {
    fn open(&self, mut spec: SessionSpec) -> SessionId {
        // It is bridged when the other one is there.
        spec.bridge = None;
        let id = SessionId(self.next.fetch_add(1, Ordering::Relaxed));
        let store = if let TransportSpec::Capture(capture) = &spec.transport {
            spec.capture = None;
            CaptureTarget::Saved(capture.path.clone())
        } else {
            let claimed = self.captures.claim(spec.capture.as_ref());
            spec.capture = Some(claimed.clone());
            CaptureTarget::Kept(self.captures.clone(), claimed)
        };
        let publisher = self.shared.publisher.clone();
        let surroundings = self.surroundings();
        self.add(Session::spawn(self.runtime(), id, spec, store, None, publisher, surroundings));
        id
    }

    fn forget(&self, id: SessionId) {
        self.provisioner.forget(id);
        let Some(session) = self.take(id) else { return };
        self.shared.views.forget(id);
        self.shared.terminals.close(id);
        self.runtime().spawn(end_session(session, self.captures.clone()));
        self.shared.waker.wake();
    }

    fn sessions(&self) -> Vec<SessionId> {
        self.shared.sessions.read().iter().map(Session::id).collect()
    }

    fn spec(&self, id: SessionId) -> Option<Arc<SessionSpec>> {
        self.session(id).map(|session| session.spec())
    }

    fn status(&self, id: SessionId) -> Option<Arc<SessionStatus>> {
        self.session(id).map(|session| session.status())
    }

    fn command(&self, id: SessionId, command: SessionCommand) -> Result<(), CommandRefusal> {
        let session = self.session(id).ok_or(CommandRefusal::Gone)?;
        Ok(session.command(command)?)
    }

    fn start_replay(
        &self,
        id: SessionId,
        to: &PeerSelector,
        of: SessionId,
        request: ReplayRequest,
    ) -> Result<(), CommandRefusal> {
        let session = self.session(id).ok_or(CommandRefusal::Gone)?;
        let capture = self.session(of).and_then(|of| of.capture()).ok_or(CommandRefusal::Gone)?;
        session.start_replay(to.clone(), Arc::new(capture), request, (None, false));
        Ok(())
    }

    fn bridge(&self, one: SessionId, other: SessionId) -> Result<(), NoBridge> {
        let (one, other) = self.session(one).zip(self.session(other)).ok_or(NoBridge::Gone)?;
        let names: Vec<String> =
            self.shared.sessions.read().iter().map(|it| it.spec().name.clone()).collect();
        let free = |wanted: &str| {
            let further = (2..).map(|number| format!("{wanted} {number}"));
            let mut all = std::iter::once(wanted.to_owned()).chain(further);
            all.find(|name| !names.contains(name)).unwrap_or_default()
        };
        let done = one.bridge(self.runtime(), &other, free);
        self.shared.publisher.notify_one();
        done
    }

    fn end_bridge(&self, id: SessionId) {
        if let Some(session) = self.session(id) {
            session.end_bridge();
        }
    }

    fn send(&self, id: SessionId, to: &PeerSelector, bytes: OutgoingBytes) -> Result<(), Refusal> {
        self.session(id).map_or(Err(Refusal::Nobody), |session| session.send(to, &bytes))
    }

    fn figures(&self, id: SessionId, of: &PeerSelector) -> Option<Arc<SessionFigures>> {
        let session = self.session(id)?;
        if session.begins_look(of) {
            let (looked, of, waker) = (session.clone(), of.clone(), self.waker());
            self.runtime().spawn(async move {
                looked.look(&of);
                waker.wake();
            });
        }
        Some(session.figures())
    }

    fn share_rules(&self, shared: Arc<SharedRules>) {
        *self.shared.rules.write() = shared;
        let engine = self.shared.clone();
        // They are made ready to match: not in the window's thread.
        self.runtime().spawn_blocking(move || {
            // Of several at once, the last one finds what was said last.
            let _one = engine.sharing_rules.lock();
            let shared = engine.rules.read().clone();
            let sessions = engine.sessions.read().clone();
            sessions.iter().for_each(|session| session.share_rules(shared.clone()));
        });
    }

    fn try_rules(
        &self,
        id: SessionId,
        rules: Vec<Rule>,
        encoding: EncodingName,
        progress: Progress,
        done: OnRulesTried,
    ) {
        let session = self.session(id);
        let waker = self.waker();
        let work = move || {
            let trial = session.and_then(|session| {
                let (capture, spec) = (session.capture()?, session.spec());
                try_rules(&capture, &rules, encoding, spec.transport.clients(), &progress)
            });
            drop(progress);
            done(trial);
            waker.wake();
        };
        // Without a thread nobody calls `done`: as if it was cancelled.
        if let Err(error) =
            std::thread::Builder::new().name("espalier-trial".to_owned()).spawn(work)
        {
            tracing::error!(%error, "rules are not tried");
        }
    }

    fn view(&self, id: SessionId) -> Option<Arc<dyn View>> {
        let view = self.shared.views.of(&self.session(id)?, &self.shared.waker)?;
        if self.shared.views.any_empty() {
            self.shared.publisher.notify_one();
        }
        Some(view)
    }

    fn terminal(&self, id: SessionId) -> Option<Arc<dyn TerminalView>> {
        let terminal = self.shared.terminals.open(&self.session(id)?, &self.shared.waker)?;
        if self.shared.terminals.any_empty() {
            self.shared.publisher.notify_one();
        }
        Some(terminal)
    }

    fn close_terminal(&self, id: SessionId) {
        self.shared.terminals.close(id);
    }

    fn local_addresses(&self) -> Vec<ZonedIp> {
        let waker = self.waker();
        self.shared.addresses.get(self.runtime(), move || waker.wake())
    }
}
