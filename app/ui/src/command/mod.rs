//! Everything a user can ask for: [`UiCommand`]s are listed, named and have shortcuts; [`UiRequest`]s carry what they are
//! about. Data alone, below all that is drawn: drawing only collects requests; `app::handle` alone acts on them.

mod closing;
mod dialog;
mod keyring;
mod list;
mod listen;
mod request;
mod rules;
mod send_list;
mod toast;
mod topic;

pub use closing::ClosingSubject;
pub use dialog::{DialogRequest, ReplayAsk, SessionRole, TransferAsk};
pub use keyring::{KeyringAnswer, KeyringRequest};
pub use list::{Group, UiCommand};
pub use listen::{are_keys_given, give_keys, listen, shortcut_names, shortcut_text};
pub use request::{CaptureRequest, ReplayOrder, UiRequest};
pub use rules::RulesRequest;
pub use send_list::SendListRequest;
pub use toast::{Toast, ToastKind};
pub use topic::Topic;
