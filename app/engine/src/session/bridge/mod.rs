//! Two sessions that are bridged: what one receives the other sends, both ways, and both captures show it.
//!
//! - `carry`: one direction; `ends`: half-close; `circles`: what would go around

mod carry;
mod circles;
mod ends;

use std::sync::{Arc, LazyLock, Weak};

use espalier_core::session::{NoBridge, SessionSpec, TransportSpec, host_and_port};
use espalier_core::{Sentence, say};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::bridge_end::BridgeEnd;
use super::peer::Peer;
use super::shared::SessionShared;
pub use ends::{pass_fin, pass_over};

/// Both sessions of a bridge.
type Pair = [Weak<SessionShared>; 2];

/// The bridges of this program.
static BRIDGES: LazyLock<Mutex<Vec<Pair>>> = LazyLock::new(Mutex::default);

/// Bridges two sessions. The second one is called `name` from now on, if it has no name: by that the bridge is kept.
pub fn begin(
    runtime: &Handle,
    one: &Arc<SessionShared>,
    other: &Arc<SessionShared>,
    name: impl FnOnce(&SessionSpec) -> String,
) -> Result<(), NoBridge> {
    if Arc::ptr_eq(one, other) {
        return Err(NoBridge::Itself);
    }
    // One at a time: two that begin at once would not see each other.
    let mut bridges = BRIDGES.lock();
    for session in [one, other] {
        let spec = session.spec.read().clone();
        if !spec.transport.can_be_bridged() {
            return Err(NoBridge::OtherKind(called(&spec)));
        }
        if session.bridge.read().is_some() {
            return Err(NoBridge::Bridged(called(&spec)));
        }
    }
    bridges.retain(|pair| pair.iter().all(|it| it.strong_count() > 0));
    let pair = [one, other].map(Arc::downgrade);
    let all: Vec<Pair> = bridges.iter().cloned().chain([pair.clone()]).collect();
    if circles::goes_around(&all, one) {
        return Err(NoBridge::Circle);
    }
    let unnamed = other.spec.read().name.is_empty();
    if unnamed {
        let name = name(&other.spec.read().clone());
        other.change_spec(|spec| spec.name = name);
    }
    let kept = other.spec.read().name.clone();
    one.change_spec(|spec| spec.bridge = Some(kept));
    for (from, to) in [(one, other), (other, one)] {
        let (end, queue) = BridgeEnd::to(to.id);
        *from.bridge.write() = Some(Arc::new(end));
        let begun = say!(
            "bridge-begun",
            "bridged with {session}: what is received here is sent there, and the other way round",
            session = called(&to.spec.read().clone()),
        );
        runtime.spawn(carry::run(Arc::downgrade(from), Arc::downgrade(to), queue, begun));
    }
    bridges.push(pair);
    Ok(())
}

/// Ends the bridge of a session because somebody wants that; nothing happens when it has none.
pub fn end(session: &Arc<SessionShared>) {
    over(session, |with, _| {
        say!("bridge-ended", "the bridge with {session} is ended", session = with)
    });
}

/// Ends the bridge of a session that is closed.
pub fn leave(session: &Arc<SessionShared>) {
    over(session, |with, is_other| match is_other {
        true => say!(
            "bridge-left",
            "the bridge with {session} is over: that session is closed",
            session = with,
        ),
        false => say!("bridge-ended", "the bridge with {session} is ended", session = with),
    });
}

/// Somebody new is there: what the session sends there may come back to it over a bridge.
pub fn met(session: &Arc<SessionShared>, peer: &Peer) {
    if session.bridge.read().is_none() {
        return;
    }
    let goes_around = {
        let bridges = BRIDGES.lock();
        circles::is_heard(&bridges, peer) && circles::goes_around(&bridges, session)
    };
    if goes_around {
        over(session, |with, _| {
            say!(
                "bridge-circle",
                "the bridge with {session} is ended: these two talk with each other, themselves or over others, and what one receives would go around without end",
                session = with,
            )
        });
    }
}

/// A session has another name: its bridge is kept by that.
pub fn renamed(session: &Arc<SessionShared>) {
    let Some(other) = partner(&BRIDGES.lock(), session) else { return };
    let name = session.spec.read().name.clone();
    let is_kept = other.spec.read().bridge.is_some();
    if is_kept && !name.is_empty() {
        other.change_spec(|spec| spec.bridge = Some(name));
    }
}

/// Ends a bridge, and has both say why: to whom it was, and whether that one is why.
fn over(session: &Arc<SessionShared>, why: impl Fn(String, bool) -> Sentence) {
    let other = {
        let mut bridges = BRIDGES.lock();
        let Some(other) = partner(&bridges, session) else { return };
        bridges
            .retain(|pair| !pair.iter().any(|it| std::ptr::eq(it.as_ptr(), Arc::as_ptr(session))));
        other
    };
    for (from, to, is_other) in [(session, &other, false), (&other, session, true)] {
        if let Some(end) = from.bridge.write().take() {
            end.close();
        }
        from.change_spec(|spec| spec.bridge = None);
        ends::finish_halves(from);
        let with = called(&to.spec.read().clone());
        from.note(None, why(with, is_other));
    }
}

/// Who is at the other end.
fn partner(bridges: &[Pair], session: &Arc<SessionShared>) -> Option<Arc<SessionShared>> {
    bridges.iter().find_map(|[one, other]| match Arc::as_ptr(session) {
        it if std::ptr::eq(it, one.as_ptr()) => other.upgrade(),
        it if std::ptr::eq(it, other.as_ptr()) => one.upgrade(),
        _ => None,
    })
}

/// What a session is called: by its name, or by what it talks with.
pub fn called(spec: &SessionSpec) -> String {
    if !spec.name.is_empty() {
        return spec.name.clone();
    }
    match &spec.transport {
        TransportSpec::TcpClient(client) => host_and_port(&client.host, client.port),
        TransportSpec::TcpServer(server) => host_and_port(&server.bind.to_string(), server.port),
        TransportSpec::Relay(relay) => format!("{} → {}", relay.listen, relay.target),
        TransportSpec::Udp(udp) => match &udp.remote {
            Some(remote) => remote.to_string(),
            None => match &udp.bind {
                Some(bind) => host_and_port(&bind.to_string(), udp.port),
                None => format!("UDP {}", udp.port),
            },
        },
        TransportSpec::Load(load) => host_and_port(&load.host, load.port),
        TransportSpec::Serial(serial) => serial.port.clone(),
        TransportSpec::Capture(capture) => capture.path.display().to_string(),
    }
}
