//! What is under way with boards, and what can be asked of them now.

use std::sync::Arc;

use espalier_core::SessionId;
use espalier_core::backend::Backend;
use espalier_core::board::{BoardCommand, FlashStatus, LinkState, ProvisionStatus};

/// What is under way with a board.
pub(super) enum UnderWay {
    /// It is flashed, perhaps as a part of a provisioning run.
    Flashing(Arc<FlashStatus>),
    /// It is provisioned, and not flashed at the moment.
    Provisioning(Arc<ProvisionStatus>),
}

/// What is under way with the board on this session, if anything is.
pub(super) fn under_way(backend: &dyn Backend, id: SessionId) -> Option<UnderWay> {
    let flash = backend.board(id).and_then(|status| status.flash.clone());
    let going = || backend.provision_status(id).filter(|going| going.outcome.is_none());
    match flash.filter(|flash| flash.outcome.is_none()) {
        Some(flash) => Some(UnderWay::Flashing(flash)),
        None => going().map(UnderWay::Provisioning),
    }
}

/// The words for what is under way with the board on this session, if anything is.
pub(crate) fn board_work(backend: &dyn Backend, id: SessionId) -> Option<&'static str> {
    Some(match under_way(backend, id)? {
        UnderWay::Flashing(_) => "closing-flashing",
        UnderWay::Provisioning(_) => "closing-provisioning",
    })
}

/// What cancels that; `None` where nothing is under way, or it is cancelled already. Flashing that is a part of a provisioning
/// run is cancelled with it.
pub(super) fn cancels(backend: &dyn Backend, id: SessionId) -> Option<BoardCommand> {
    let going = backend.provision_status(id).filter(|going| going.outcome.is_none());
    match (going, under_way(backend, id)) {
        (Some(going), _) => (!going.cancelling).then_some(BoardCommand::CancelProvision),
        (None, Some(UnderWay::Flashing(flash))) => {
            (!flash.cancelling).then_some(BoardCommand::CancelFlash)
        }
        _ => None,
    }
}

/// Whether the board on this session could be flashed now.
pub(super) fn is_ready(backend: &dyn Backend, id: SessionId) -> bool {
    let link = backend.board(id).map(|status| status.link);
    link == Some(LinkState::Monitoring) && under_way(backend, id).is_none()
}

/// How many boards are under way, have done what was asked, and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub under_way: usize,
    pub good: usize,
    pub bad: usize,
}

impl Tally {
    /// Of the boards on these sessions.
    pub fn of(backend: &dyn Backend, ids: &[SessionId]) -> Self {
        let mut tally = Self::default();
        for id in ids {
            let flash = backend.board(*id).and_then(|status| status.flash.clone());
            let outcome = flash.as_ref().and_then(|flash| flash.outcome.as_ref());
            match (under_way(backend, *id), outcome) {
                (Some(_), _) => tally.under_way += 1,
                (None, Some(Ok(_))) => tally.good += 1,
                (None, Some(Err(_))) => tally.bad += 1,
                (None, None) => {}
            }
        }
        tally
    }
}
