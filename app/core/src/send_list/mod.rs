//! Send lists: prepared messages in groups, run in order, taken from and given to other programs.
//!
//! - [`SendList`]: groups of entries, as a file keeps them
//! - [`ListRun`]: which entry is sent when; told the time and what happened, it says what to do next
//! - [`AnswerSpec`]: what an entry waits for before the next one is sent
//! - [`import_rules`]: what xTools and Docklight answer to what they receive
//! - [`import()`]: lists of SSCOM, xTools, LLCOM, COMTool, Packet Sender, Docklight and NetAssist
//! - [`export`]: lists as those of SSCOM, and as CSV

mod answer;
mod edit;
pub mod export;
mod import;
mod list;
mod plan;
mod run;

pub use answer::{AnswerMatcher, AnswerSpec, OnNoAnswer};
pub use edit::ListEdit;
pub use import::{ImportFault, ListImport, RuleImport, import, import_rules};
pub use list::{SendEntry, SendGroup, SendList, Shortcut, UnknownShortcut};
pub use plan::{ListPlan, PlannedEntry};
pub use run::{ListRun, RunAction, RunEnd, RunPhase, RunProgress};
