//! What is known of the clients of a load test while it runs.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use espalier_core::figures::LatencyHistogram;
use espalier_core::load::{
    ClientWatch, ConnectionRest, LoadClient, LoadSpec, LoadStatus, LoadSum, LoadTraffic,
    PatternCheck,
};
use espalier_core::send_list::ListRun;
use espalier_core::session::EndReason;
use espalier_core::{PeerId, Sentence, Timestamp, say};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::clock::now;

/// What all clients of a load test have in common.
#[derive(Debug)]
pub struct LoadMeter {
    begun: Instant,
    began: Timestamp,
    connect: Mutex<LatencyHistogram>,
    handshake: Mutex<LatencyHistogram>,
    answer: Mutex<LatencyHistogram>,
    /// That the system had no port, or no descriptor, left was told.
    pub told_of_lack: AtomicBool,
}

/// One client, as its connection tells of it.
#[derive(Debug)]
pub struct ClientMeter {
    all: Arc<LoadMeter>,
    /// Its bytes are kept in the capture; otherwise they are counted and digested alone.
    pub keeps_bytes: bool,
    watch: Mutex<ClientWatch>,
    /// What it sends comes back.
    awaits_echo: bool,
    /// The messages that it sends, and the answers that they wait for; since when. Boxed: most clients have none.
    list: Mutex<Option<Box<(ListRun, Duration)>>>,
    /// Bytes that its connection had not sent when it ended.
    unsent: AtomicU64,
    /// Told when what came has changed what it does next.
    pub changed: Notify,
}

impl LoadMeter {
    /// One that begins now.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            began: now(),
            connect: Mutex::default(),
            handshake: Mutex::default(),
            answer: Mutex::default(),
            told_of_lack: AtomicBool::new(false),
        })
    }

    /// How all of them stand.
    pub fn status(&self, clients: &[Arc<ClientMeter>], over: Option<Timestamp>) -> LoadStatus {
        let clients: Vec<LoadClient> =
            clients.iter().map(|client| client.watch.lock().client()).collect();
        LoadStatus {
            began: self.began,
            over,
            sum: LoadSum::of(&clients),
            connect: self.connect.lock().summary(),
            handshake: self.handshake.lock().summary(),
            answer: self.answer.lock().summary(),
            clients: clients.into(),
            outside: None,
        }
    }
}

impl ClientMeter {
    /// The client of this number, from 1.
    pub fn new(all: &Arc<LoadMeter>, spec: &LoadSpec, number: u32) -> Arc<Self> {
        Arc::new(Self {
            all: all.clone(),
            keeps_bytes: number <= spec.kept_clients,
            watch: Mutex::new(ClientWatch::new(number, &spec.traffic)),
            awaits_echo: matches!(
                spec.traffic,
                LoadTraffic::Pattern { check: PatternCheck::Echo, .. }
            ),
            list: Mutex::default(),
            unsent: AtomicU64::new(0),
            changed: Notify::new(),
        })
    }

    /// What all of them have in common.
    pub fn all(&self) -> &LoadMeter {
        &self.all
    }

    /// Time since the test began.
    pub fn elapsed(&self) -> Duration {
        self.all.begun.elapsed()
    }

    /// Changes what is known of it.
    pub fn change(&self, change: impl FnOnce(&mut ClientWatch)) {
        change(&mut self.watch.lock());
    }

    /// Its connection stands, which took so long, and its handshake of TLS, where there was one, so long.
    pub fn connected(&self, took: Duration, handshake: Option<Duration>) {
        self.all.connect.lock().record(took);
        if let Some(handshake) = handshake {
            self.all.handshake.lock().record(handshake);
        }
        let now = self.elapsed();
        self.change(|watch| watch.connected(took, handshake, now));
    }

    /// The system took so many bytes just now. The caller holds the connection's meter, so that an answer comes after it.
    pub fn sent(&self, bytes: usize) {
        let now = self.elapsed();
        self.change(|watch| watch.sent(bytes as u64, now));
    }

    /// It received these bytes just now; what there is to be told of them.
    pub fn heard(&self, bytes: &[u8], peer: PeerId) -> Option<Sentence> {
        let now = self.elapsed();
        let heard = self.watch.lock().heard(bytes, now);
        if self.awaits_echo {
            self.changed.notify_one();
        }
        if let Some(took) = heard.answer {
            self.all.answer.lock().record(took);
        }
        if let Some(run) = &mut *self.list.lock()
            && run.0.listens()
        {
            let (list, begun) = &mut **run;
            list.heard(peer, bytes, now.saturating_sub(*begun));
            self.changed.notify_one();
        }
        heard.first_wrong.map(|place| {
            say!(
                "load-wrong-byte",
                "the check pattern is wrong from byte {place} on (counted from 0)",
                place = place,
            )
        })
    }

    /// Its connection is ending, and so many bytes that waited will never be sent.
    pub fn unsent(&self, bytes: u64) {
        self.unsent.store(bytes, Ordering::Release);
    }

    /// Its connection has ended; `is_unheard`: the other end has not acknowledged our end.
    pub fn ended(&self, why: EndReason, is_unheard: bool) {
        // Without an end of its own a list is as good as any when no answer is waited for.
        let cut = self
            .list
            .lock()
            .take()
            .is_some_and(|run| run.0.plan().rounds.is_some() || run.0.awaits_until().is_some());
        let unsent = self.unsent.swap(0, Ordering::AcqRel);
        let rest = ConnectionRest { unsent, is_unfinished: cut, is_unheard };
        let now = self.elapsed();
        self.change(|watch| watch.ended(why, rest, now));
    }

    /// What is on its way: how much is yet to come back, and how long the answer may take that is waited for.
    pub fn under_way(&self) -> (u64, Option<Duration>) {
        let answer = self.with_list(|list, now| Some(list.awaits_until()?.saturating_sub(now)));
        (self.watch.lock().outstanding(), answer.flatten())
    }

    /// Completes when fewer bytes than this have been sent and did not come back yet.
    pub async fn has_back(&self, most: u64) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.watch.lock().outstanding() < most {
                return;
            }
            changed.await;
        }
    }

    /// It sends these messages from now on.
    pub fn begin_list(&self, list: ListRun) {
        *self.list.lock() = Some(Box::new((list, self.elapsed())));
    }

    /// Asks its list, or tells it, with the time since that began; `None` when it has none.
    pub fn with_list<R>(&self, act: impl FnOnce(&mut ListRun, Duration) -> R) -> Option<R> {
        let now = self.elapsed();
        let mut run = self.list.lock();
        let (list, begun) = &mut **run.as_mut()?;
        Some(act(list, now.saturating_sub(*begun)))
    }

    /// All of its messages are sent and answered, or cannot be.
    pub fn end_list(&self) {
        *self.list.lock() = None;
    }
}
