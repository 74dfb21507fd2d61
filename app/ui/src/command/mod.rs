//! Everything a user can ask for: [`UiCommand`]s are listed, named and have shortcuts; [`UiRequest`]s carry what they are
//! about. Drawing only collects requests; `app::handle` alone acts on them.

mod list;
mod listen;
mod request;

pub use list::{Group, UiCommand};
pub use listen::{listen, shortcut_text};
pub use request::{CaptureRequest, UiRequest};
