//! Boards and the ports they hang on.

use std::sync::Arc;

use crate::SessionId;
use crate::board::{
    BoardCommand, BoardRefusal, BoardSearchStatus, BoardStatus, BoardUpdateRequest,
    BoardUpdateStatus, EspTouchRequest, EspTouchStatus, ImageInfo, Networks, PortInfo,
    ProvisionStatus,
};

/// Boards, by the serial sessions they hang on, and those without a cable.
pub trait Boards {
    /// The serial ports there are, likely boards first, simulated ones included; refreshed in the background about once
    /// a second.
    fn ports(&self) -> Arc<[PortInfo]>;

    /// Whether there can be simulated boards on this system: they need pseudo-terminals, which Windows has not.
    fn simulates_boards(&self) -> bool;

    /// The firmware images that this program carries.
    fn images(&self) -> Arc<[ImageInfo]>;

    /// The board on a serial session; `None` for other sessions.
    fn board(&self, id: SessionId) -> Option<Arc<BoardStatus>>;

    /// Asks something of the board on a serial session. What the board's thread cannot do at the moment (it is away, it is
    /// being flashed) is told in the session's log.
    ///
    /// # Errors
    /// [`BoardRefusal`]; nothing was done then.
    fn board_command(&self, id: SessionId, command: BoardCommand) -> Result<(), BoardRefusal>;

    /// How provisioning is going, or how it ended the last time; `None` before the first time.
    fn provision_status(&self, id: SessionId) -> Option<Arc<ProvisionStatus>>;

    /// What the board heard the last time, and whether it is listening now.
    fn networks(&self, id: SessionId) -> Networks;

    /// Tells credentials to boards without a cable by ESP-TOUCH, in the background, for at most a minute.
    ///
    /// # Errors
    /// [`BoardRefusal`]: that is under way already, or the system has no thread left.
    fn esp_touch(&self, request: EspTouchRequest) -> Result<(), BoardRefusal>;

    /// How the ESP-TOUCH sending goes, or how it ended the last time; `None` before the first one.
    fn esp_touch_status(&self) -> Option<Arc<EspTouchStatus>>;

    /// Cancels the ESP-TOUCH sending under way.
    fn cancel_esp_touch(&self);

    /// Looks for boards on the network by multicast DNS, in the background, for a minute.
    ///
    /// # Errors
    /// [`BoardRefusal`]: that is under way already, or the system has no thread left.
    fn search_boards(&self) -> Result<(), BoardRefusal>;

    /// How the search goes, or how it ended the last time; `None` before the first one.
    fn board_search_status(&self) -> Option<Arc<BoardSearchStatus>>;

    /// Ends the search under way.
    fn end_board_search(&self);

    /// Gives a board on the network the bundled program, in the background.
    ///
    /// # Errors
    /// [`BoardRefusal`]: one is under way already, or the system has no thread left.
    fn update_board(&self, request: BoardUpdateRequest) -> Result<(), BoardRefusal>;

    /// How the update goes, or how it ended the last time; `None` before the first one.
    fn board_update_status(&self) -> Option<Arc<BoardUpdateStatus>>;

    /// Cancels the update under way; the board keeps its program.
    fn cancel_board_update(&self);
}
