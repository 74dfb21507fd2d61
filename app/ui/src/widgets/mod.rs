//! The small parts that panes and dialogs are made of. Every one has a name for AccessKit.

mod badge;
mod button;
mod choice;
pub mod encoding;
mod focus;
pub mod form;
pub mod log_view;
mod row_tail;
mod search;
mod sequence;
mod small_plot;
mod split;
pub mod terminal;
mod tip;

pub use badge::{Tone, badge, dot, pill};
pub(crate) use button::icon_alone;
pub use button::{
    button, command_button, command_item, command_toggle, danger_button, icon_button, icon_toggle,
    menu_button, primary_button, quiet_button,
};
pub use choice::{CODE, choice, segmented, segmented_with_tips};
pub use focus::Focus;
pub use row_tail::RowTail;
pub use search::Search;
pub use sequence::sequence;
pub use small_plot::{PlotLine, small_plot};
pub use split::{Edge, Split};
pub use tip::tip;
