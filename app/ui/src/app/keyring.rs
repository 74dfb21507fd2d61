//! Passwords of networks in the system's keyring, for users who ask for that; and which networks are known.

use egui::Context;

use super::App;
use crate::command::{KeyringAnswer, KeyringRequest, Toast};
use crate::inbox::InboxMessage;
use crate::state::KnownNetwork;
use crate::words;

impl App {
    pub(super) fn keyring(&mut self, request: KeyringRequest, ssid: String) {
        let (inbox, of) = (self.inbox.clone(), ssid.clone());
        match request {
            KeyringRequest::Recall => {
                let done = move |answer| {
                    inbox.leave(InboxMessage::Keyring(KeyringAnswer::Recalled(answer), of));
                };
                self.platform.recall_password(&ssid, Box::new(done));
            }
            KeyringRequest::Remember(password) => {
                let done = move |answer| {
                    inbox.leave(InboxMessage::Keyring(KeyringAnswer::Remembered(answer), of));
                };
                self.platform.remember_password(&ssid, password, Box::new(done));
            }
            KeyringRequest::Forget => {
                let done = move |answer| {
                    inbox.leave(InboxMessage::Keyring(KeyringAnswer::Forgotten(answer), of));
                };
                self.platform.forget_password(&ssid, Box::new(done));
            }
        }
    }

    pub(super) fn keyring_answer(&mut self, ctx: &Context, answer: KeyringAnswer, ssid: String) {
        match answer {
            KeyringAnswer::Recalled(answer) => self.boards.recalled(&ssid, &answer),
            KeyringAnswer::Remembered(Ok(())) => self.mark(&ssid, true),
            KeyringAnswer::Forgotten(Ok(())) => self.mark(&ssid, false),
            KeyringAnswer::Remembered(Err(fault)) | KeyringAnswer::Forgotten(Err(fault)) => {
                let sentence = self.locale.text(words::keyring_fault(&fault));
                self.toast(ctx, Toast::failure(format!("{sentence} ({fault})")));
            }
        }
    }

    fn mark(&mut self, ssid: &str, remembered: bool) {
        if let Some(known) = self.boards.shared.known.iter_mut().find(|known| known.ssid == ssid) {
            known.remembered = remembered;
        }
    }

    /// A board has joined this network.
    pub(super) fn joined(&mut self, ssid: &str) {
        let known = &mut self.boards.shared.known;
        let at = known.iter().position(|known| known.ssid == ssid);
        let network = at.map(|at| known.remove(at));
        let fresh = || KnownNetwork { ssid: ssid.to_owned(), remembered: false };
        known.insert(0, network.unwrap_or_else(fresh));
        known.truncate(KnownNetwork::MOST);
    }
}
