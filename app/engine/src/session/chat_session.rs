//! A session as a chat room, or as a member of one.

use std::pin::pin;
use std::sync::{Arc, Weak};

use encoding_rs::Encoding;
use espalier_core::session::{Behaviour, TransportSpec};
use espalier_core::{PeerId, Sentence, say};
use tokio::time::timeout;

use super::chat_host::ChatHost;
use super::chat_run::ChatRun;
use super::peer::Peer;
use super::room::RoomHost;
use super::shared::SessionShared;

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
            if let Some(room) = current.take() {
                room.changed().notify_one();
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
        *current = Some(room.clone());
        drop(current);
        for peer in self.open_peers() {
            room.join(&**self, &peer);
        }
        tokio::spawn(drive_room(Arc::downgrade(self), room));
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
            if let Some(chat) = chat {
                chat.leave(&**self);
            }
            return;
        };
        if current.is_some() {
            return;
        }
        let chat = Arc::new(ChatRun::new(&spec, self.encoding()));
        *current = Some(chat.clone());
        drop(current);
        if let Some(peer) = self.open_peers().first() {
            chat.connected(&**self, peer);
        }
        tokio::spawn(drive_chat(Arc::downgrade(self), chat));
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
}

/// Lives as long as the session has this room.
async fn drive_room(session: Weak<SessionShared>, room: Arc<RoomHost>) {
    loop {
        let mut changed = pin!(room.changed().notified());
        changed.as_mut().enable();
        let Some(shared) = session.upgrade() else { return };
        if !shared.room().is_some_and(|current| Arc::ptr_eq(&current, &room)) {
            return;
        }
        let due = room.step(&*shared);
        SessionShared::mark_dirty(&shared);
        drop(shared);
        match due {
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
        if !shared.chat().is_some_and(|current| Arc::ptr_eq(&current, &chat)) {
            return;
        }
        let due = chat.step(&*shared);
        drop(shared);
        match due {
            Some(due) if due.is_zero() => {}
            Some(due) => drop(timeout(due, changed).await),
            None => changed.await,
        }
    }
}
