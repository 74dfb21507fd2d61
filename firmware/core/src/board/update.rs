//! What the board says and permits when its program is replaced.

use super::{Board, Restart};
use crate::{
    answer::PendingAnswer,
    api::Identity,
    ota::{ALLOWED_S, BootSlots, OtaBoot, OtaEvent, OtaPermit, TRIAL_S, Trial},
    time::Time,
};
use espalier_protocol::{
    ErrorCode, OtaState, Secret, command::Token, line::LineEvent, ota::TokenKey,
};

impl Board {
    /// Tells what was found about the running program; once, after the start.
    pub fn set_boot(&mut self, boot: OtaBoot, now: Time) {
        self.boot = boot;
        self.printer.say(self.slot_line(), now);
        if self.boot.state == OtaState::Trial {
            self.trial = Trial::begin(now);
            self.printer.say(LineEvent::OtaTrial { seconds: TRIAL_S }, now);
        }
        self.settle(now);
    }

    /// Updates reach the board at this port, because something between forwards it (the simulator does): that is the one
    /// to tell.
    pub const fn set_ota_forward(&mut self, outer: u16) {
        self.ota_port = outer;
    }

    /// What [`crate::OtaSession`] has to know.
    pub fn ota_permit(&self, now: Time) -> OtaPermit<'_> {
        let Identity { app, version, chip, .. } = self.identity;
        OtaPermit {
            chip,
            app,
            version,
            slots: self.boot.slots.as_ref(),
            image: self.boot.image,
            state: self.boot.state,
            allowed: self.ota_allowed.is_some_and(|until| now < until),
            token: self.settings.ota_token.as_ref(),
            restarts: self.restart != Restart::Unwanted,
        }
    }

    /// The line about the slots.
    pub(super) fn slot_line(&self) -> LineEvent<'static> {
        let slots = self.boot.slots.as_ref();
        LineEvent::OtaSlot {
            slot: slots.map_or(0, BootSlots::running),
            slots: if slots.is_some() { 2 } else { 1 },
            room: slots.map_or(0, |slots| slots.target().len() as u32),
            state: self.boot.state,
            port: slots.map(|_| self.ota_port),
            token: if self.settings.ota_token.is_some() { Secret::Set } else { Secret::Unset },
        }
    }

    /// Takes one update without a token for some minutes.
    pub(super) fn allow_ota(&mut self, pending: PendingAnswer, now: Time) {
        if !self.may_update(pending, now) {
            return;
        }
        self.ota_allowed = Some(now + u64::from(ALLOWED_S) * 1_000);
        self.printer.say(LineEvent::OtaAllowed { seconds: ALLOWED_S }, now);
        pending.ok(&mut self.printer, now);
    }

    /// Sets or forgets the token; whether that is to be stored.
    pub(super) fn set_token(
        &mut self,
        token: Option<&Token>,
        pending: PendingAnswer,
        now: Time,
    ) -> bool {
        if token.is_some() && !self.may_update(pending, now) {
            return false;
        }
        self.settings.ota_token = token.map(|token| TokenKey::of(token.reveal()));
        true
    }

    fn may_update(&mut self, pending: PendingAnswer, now: Time) -> bool {
        let may = self.boot.slots.is_some();
        if !may {
            let text = "there is one slot for a program; flash the board over the cable, which makes two where 4 MB are";
            pending.error(ErrorCode::Unsupported, text, &mut self.printer, now);
        }
        may
    }

    pub(super) fn on_ota(&mut self, event: OtaEvent, now: Time) {
        let slot = self.boot.slots.as_ref().map_or(0, BootSlots::other);
        match event {
            OtaEvent::Receiving { bytes } => {
                self.printer.say(LineEvent::OtaReceiving { bytes, slot }, now);
            }
            OtaEvent::Refused { reason, bytes } => {
                self.printer.say(LineEvent::OtaRefused { reason, bytes }, now);
            }
            OtaEvent::Written { bytes } => {
                self.ota_allowed = None;
                self.printer.say(LineEvent::OtaWritten { bytes, slot }, now);
                self.printer.say(LineEvent::Restarting {}, now);
                self.begin_restart(now);
            }
        }
    }

    /// The running program is marked as one to keep, or could not be.
    pub(super) fn confirmed(&mut self, done: bool, now: Time) {
        self.trial = Trial::Over;
        if done {
            self.boot.state = OtaState::Confirmed;
        }
        let line = if done { LineEvent::OtaConfirmed {} } else { LineEvent::OtaNotConfirmed {} };
        self.printer.say(line, now);
    }

    /// Restarts into the program before, if the new one has had its time.
    pub(super) fn give_up_trial(&mut self, now: Time) {
        if self.trial.given_up(now) {
            self.printer.say(LineEvent::OtaGivenUp {}, now);
            self.begin_restart(now);
        }
    }
}
