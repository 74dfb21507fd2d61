//! From stdin to a session.

use std::sync::Arc;

use espalier_engine::receipt::Receipt;
use espalier_engine::session::Session;
use tokio::runtime::Handle;

use super::progress::InputProgress;

/// Gives to the session what was read, and counts it.
pub struct Feeder {
    pub runtime: Handle,
    pub session: Session,
    pub progress: Arc<InputProgress>,
    /// Nothing can be sent any more.
    pub is_over: bool,
}

impl Feeder {
    /// Whether the session took it.
    pub fn feed(&mut self, bytes: &[u8], receipt: &Receipt) -> bool {
        self.is_over = self.is_over
            || self.runtime.block_on(self.session.feed(Arc::from(bytes), receipt)).is_err();
        !self.is_over
    }
}
