//! Boards, as the window asks for them.

use std::sync::Arc;

use espalier_core::backend::Boards;
use espalier_core::board::{
    BoardCommand, BoardRefusal, BoardSearchStatus, BoardStatus, BoardUpdateRequest,
    BoardUpdateStatus, EspTouchRequest, EspTouchStatus, ImageInfo, Networks, PortInfo,
    ProvisionStatus,
};
use espalier_core::session::SessionId;

use super::Engine;
use crate::board::images;
use crate::board::ports::Ports;

impl Boards for Engine {
    fn ports(&self) -> Arc<[PortInfo]> {
        if let Some(ports) = self.ports.get() {
            return ports.latest();
        }
        let waker = self.waker();
        match Ports::watch(self.simulated.clone(), move || waker.wake()) {
            // Of two that come at the same time, one thread ends again at once.
            Ok(ports) => self.ports.get_or_init(|| ports).latest(),
            Err(error) => {
                tracing::warn!("ports cannot be watched: {error}");
                Arc::default()
            }
        }
    }

    fn simulates_boards(&self) -> bool {
        self.simulated.are_possible()
    }

    fn images(&self) -> Arc<[ImageInfo]> {
        images::bundled().into()
    }

    fn board(&self, id: SessionId) -> Option<Arc<BoardStatus>> {
        self.session(id).and_then(|session| session.board())
    }

    fn board_command(&self, id: SessionId, command: BoardCommand) -> Result<(), BoardRefusal> {
        let session = self.board_session(id).ok_or(BoardRefusal::NoBoard)?;
        match command {
            BoardCommand::Provision(request) => self.provisioner.provision(session, request),
            BoardCommand::Scan { known } => self.provisioner.scan(session, known),
            BoardCommand::CancelProvision => {
                self.provisioner.cancel(id);
                Ok(())
            }
            command => session.board_command(command),
        }
    }

    fn provision_status(&self, id: SessionId) -> Option<Arc<ProvisionStatus>> {
        self.provisioner.status(id)
    }

    fn networks(&self, id: SessionId) -> Networks {
        self.provisioner.networks(id)
    }

    fn esp_touch(&self, request: EspTouchRequest) -> Result<(), BoardRefusal> {
        self.esp_touch.begin(request)
    }

    fn esp_touch_status(&self) -> Option<Arc<EspTouchStatus>> {
        self.esp_touch.status()
    }

    fn cancel_esp_touch(&self) {
        self.esp_touch.cancel();
    }

    fn search_boards(&self) -> Result<(), BoardRefusal> {
        self.board_search.begin()
    }

    fn board_search_status(&self) -> Option<Arc<BoardSearchStatus>> {
        self.board_search.status()
    }

    fn end_board_search(&self) {
        self.board_search.end();
    }

    fn update_board(&self, request: BoardUpdateRequest) -> Result<(), BoardRefusal> {
        self.updates.begin(request)
    }

    fn board_update_status(&self) -> Option<Arc<BoardUpdateStatus>> {
        self.updates.status()
    }

    fn cancel_board_update(&self) {
        self.updates.cancel();
    }
}
