//! What tabs hold. The tree of tiles holds only names of panes; their state lives in the app, so closing a tab is a
//! command and not a drop.

pub mod board;
mod board_menu;
mod known_peers;
pub mod log;
pub mod manual;
pub mod program_log;
pub mod session;
mod tab_labels;
mod tab_rename;
mod tabs;
pub mod timeline;
mod welcome;

pub(crate) use tab_labels::TabLabels;
pub(crate) use tab_rename::TabRename;
pub(crate) use tabs::Tabs;
pub(crate) use welcome::welcome;
