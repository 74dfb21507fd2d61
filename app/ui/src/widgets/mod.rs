//! The small parts that panes and dialogs are made of. Every one has a name for AccessKit.

mod badge;
mod button;
mod choice;
pub mod encoding;
pub mod form;
pub mod log_view;

pub use badge::{Tone, badge, dot, pill};
pub use button::{button, icon_button, icon_toggle, menu_button, primary_button};
pub use choice::{CODE, choice, segmented};
