//! What is known of the clients of a load test while it runs.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use espalier_core::figures::LatencyHistogram;
use espalier_core::load::{
    ClientWatch, LoadClient, LoadSpec, LoadStatus, LoadSum, LoadTraffic, PatternCheck,
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
    /// The messages that it sends, and the answers that they wait for; since when.
    list: Mutex<Option<(ListRun, Duration)>>,
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

    /// Its connection stands, which took so long.
    pub fn connected(&self, took: Duration) {
        self.all.connect.lock().record(took);
        let now = self.elapsed();
        self.change(|watch| watch.connected(took, now));
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
        if let Some((list, begun)) = &mut *self.list.lock()
            && list.listens()
        {
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

    /// Its connection has ended.
    pub fn ended(&self, why: EndReason) {
        let now = self.elapsed();
        self.change(|watch| watch.ended(why, now));
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

    /// The other end sent FIN.
    pub fn heard_all(&self) {
        self.change(ClientWatch::heard_all);
    }

    /// It sends these messages from now on.
    pub fn begin_list(&self, list: ListRun) {
        *self.list.lock() = Some((list, self.elapsed()));
    }

    /// Asks its list, or tells it, with the time since that began; `None` when it has none.
    pub fn with_list<R>(&self, act: impl FnOnce(&mut ListRun, Duration) -> R) -> Option<R> {
        let now = self.elapsed();
        self.list.lock().as_mut().map(|(list, begun)| act(list, now.saturating_sub(*begun)))
    }

    /// It sends no messages any more.
    pub fn end_list(&self) {
        *self.list.lock() = None;
    }
}
