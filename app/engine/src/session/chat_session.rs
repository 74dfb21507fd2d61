//! A session as a chat room, or as a member of one.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use encoding_rs::Encoding;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{Behaviour, TransportSpec};
use espalier_core::{PeerId, Sentence, say};
use tokio::sync::mpsc::WeakSender;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::chat_host::ChatHost;
use super::chat_run::ChatRun;
use super::connection;
use super::driven::Driven;
use super::outbox::PushError;
use super::peer::Peer;
use super::room::RoomHost;
use super::shared::SessionShared;

/// Bytes of which no more lines are made at once than may wait for whoever takes them.
const CHAT_PIECE: usize = 1 << 10;

impl ChatHost for SessionShared {
    fn encoding(&self) -> &'static Encoding {
        self.spec.read().view.encoding.encoding_or_utf8()
    }

    fn note(&self, peer: Option<PeerId>, sentence: Sentence) {
        let peer = peer.and_then(|peer| self.peers.read().find(peer));
        Self::note(self, peer.as_deref(), sentence);
    }

    fn open_peers(&self) -> Vec<Arc<Peer>> {
        self.peers.read().open()
    }

    fn is_occupied(&self, peer: PeerId) -> bool {
        self.is_transferring(peer)
    }

    fn is_running(&self) -> bool {
        self.state().is_running()
    }

    fn push(&self, peer: &Peer, bytes: &Arc<[u8]>) -> Result<(), PushError> {
        connection::push_now(self, peer, bytes, None)
    }

    fn stop(&self) -> bool {
        let orders = self.orders.get().and_then(WeakSender::upgrade);
        // Who commands nothing any more has ended it.
        orders.is_none_or(|orders| orders.try_send(SessionCommand::Stop).is_ok())
    }

    fn mark_dirty(&self) {
        Self::mark_dirty(self);
    }
}

impl SessionShared {
    /// Is a room, or is none, as the specification says; whoever is connected is a member.
    pub fn settle_room(self: &Arc<Self>) {
        let is_room = self.behaviour() == Behaviour::Room;
        let mut current = self.room.lock();
        if !is_room {
            let room = current.take();
            drop(current);
            if let Some(room) = room {
                room.it().end(&**self);
            }
            return;
        }
        if current.is_some() {
            return;
        }
        let Some(room) = RoomHost::new().map(Arc::new) else {
            drop(current);
            let sentence = say!(
                "room-no-chance",
                "the system gives no random numbers or no thread, so there is no room"
            );
            return Self::note(self, None, sentence);
        };
        let session = Arc::downgrade(self);
        *current = Some(Driven::new(room.clone(), |room| drive_room(session, room)));
        drop(current);
        for peer in self.open_peers() {
            room.join(&**self, &peer);
        }
    }

    /// Is a member of a room, or of none, as the specification says.
    pub fn settle_chat(self: &Arc<Self>) {
        let spec = match &self.spec.read().transport {
            TransportSpec::TcpClient(client) => client.chat.clone(),
            _ => None,
        };
        let mut current = self.chat.lock();
        let Some(spec) = spec else {
            let chat = current.take();
            drop(current);
            let untaken = chat.map_or(0, |chat| chat.it().leave(&**self));
            if untaken > 0 {
                let sentence = say!(
                    "told-not-taken",
                    "{count} messages were not taken by the room",
                    count = untaken,
                );
                Self::note(self, None, sentence);
            }
            return;
        };
        if let Some(chat) = &*current {
            let chat = chat.it().clone();
            drop(current);
            return chat.set(&**self, &spec);
        }
        let chat = Arc::new(ChatRun::new(&spec, self.encoding()));
        let session = Arc::downgrade(self);
        *current = Some(Driven::new(chat.clone(), |chat| drive_chat(session, chat)));
        drop(current);
        if let Some(peer) = self.open_peers().first() {
            chat.connected(&**self, peer);
        }
    }

    /// Whether it can be a room; why not is told.
    pub fn may_be_room(&self) -> bool {
        if matches!(self.spec.read().transport, TransportSpec::Udp(_)) {
            let sentence = say!(
                "room-needs-tcp",
                "a chat room needs TCP: it knows its members by their connections"
            );
            Self::note(self, None, sentence);
            return false;
        }
        self.may_chat()
    }

    /// Whether nothing else has one of its connections for itself; that something has is told.
    pub fn may_chat(&self) -> bool {
        let is_free = self.transfer().is_none_or(|transfer| transfer.is_over());
        if !is_free {
            let sentence = say!(
                "chat-transfer",
                "no chat while a file is being transferred: its bytes are a file's"
            );
            Self::note(self, None, sentence);
        }
        is_free
    }

    /// A connection stands: it is a member, or carries one.
    pub fn chat_joined(&self, peer: &Arc<Peer>) {
        if let Some(room) = self.room() {
            room.join(self, peer);
        }
        if let Some(chat) = self.chat() {
            chat.connected(self, peer);
        }
    }

    /// A member of a room reads what has come, as fast as it is taken by those who take it line by line.
    pub async fn chat_received(&self, chat: &ChatRun, bytes: &[u8]) {
        for piece in bytes.chunks(CHAT_PIECE) {
            chat.has_room(&self.chat_taken).await;
            chat.received(self, piece);
        }
    }
}

/// Lives as long as the session has this room.
async fn drive_room(session: Weak<SessionShared>, room: Arc<RoomHost>) {
    loop {
        let mut changed = pin!(room.changed().notified());
        changed.as_mut().enable();
        let Some(shared) = session.upgrade() else { return };
        let due = room.step(&*shared);
        SessionShared::mark_dirty(&shared);
        drop(shared);
        match due {
            // There is more to be sent, and others have their turn first.
            Some(Duration::ZERO) => yield_now().await,
            Some(due) => drop(timeout(due, changed).await),
            None => changed.await,
        }
    }
}

/// Lives as long as the session has this chat.
async fn drive_chat(session: Weak<SessionShared>, chat: Arc<ChatRun>) {
    loop {
        let mut changed = pin!(chat.changed().notified());
        changed.as_mut().enable();
        let Some(shared) = session.upgrade() else { return };
        let due = chat.step(&*shared);
        drop(shared);
        match due {
            Some(due) => drop(timeout(due, changed).await),
            None => changed.await,
        }
    }
}
