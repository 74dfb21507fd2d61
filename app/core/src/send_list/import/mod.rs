//! Lists of other programs.
//!
//! Each is told by what stands in it, not by its name. What cannot be taken is listed, never guessed.
//!
//! - `sscom`: SSCOM 5.x, 4.x and 3.x; `netassist`: NetAssist
//! - `xtools`, `llcom`, `comtool`, `packet_sender`: lists in JSON
//! - `docklight`: Docklight projects
//! - `answers`: what they answer to what they receive, as rules (`answer_text`)
//! - `text`: bytes as text, and texts as entries

mod answer_text;
mod answers;
mod comtool;
mod docklight;
mod llcom;
mod netassist;
mod packet_sender;
mod sscom;
mod text;
mod xtools;

use std::sync::Arc;

use serde_json::Value as Json;

pub use answers::{RuleImport, import_rules};
pub(super) use sscom::ENTRIES as SSCOM_ENTRIES;

use super::{SendEntry, SendGroup, SendList};
use crate::{Sentence, say};

/// A list that was taken from another program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListImport {
    /// Whose list it is.
    pub program: &'static str,
    /// What was taken.
    pub list: SendList,
    /// What was not taken, or not as it was: at most [`Self::TOLD`] sentences, and one that counts the others.
    pub left_out: Vec<Sentence>,
}

impl ListImport {
    /// How many sentences there are at most before the others are only counted.
    pub const TOLD: usize = 200;
}

/// Why a file cannot be taken as a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportFault {
    /// The file is too large.
    #[error("it is larger than {} MiB: no list is", LARGEST >> 20)]
    TooLarge,
    /// No program is known that writes such a file.
    #[error(
        "it is no list of SSCOM, xTools, LLCOM, COMTool, Packet Sender, Docklight or NetAssist"
    )]
    Unknown,
    /// The list has too many entries, or too long ones.
    #[error(
        "it has more than {} entries, or more than {} MiB of text",
        SendList::MOST,
        SendList::LONGEST >> 20
    )]
    TooMany,
    /// There is nothing in it that answers to what is received.
    #[error("it has no answers of xTools or Docklight to what is received")]
    NoRules,
    /// It has more rules than a session has.
    #[error("it has more than {} rules", crate::rules::Rule::MOST)]
    TooManyRules,
    /// Nothing can be sent in the list.
    #[error("it is a list of {0}, but there is nothing in it to send")]
    Empty(&'static str),
}

/// The largest file that is looked at, in bytes.
const LARGEST: usize = 16 << 20;

/// Takes a list of another program; `name` is that of the file, for the name of a group.
///
/// # Errors
/// [`ImportFault`] when it is no such list.
pub fn import(bytes: &[u8], name: &str) -> Result<ListImport, ImportFault> {
    if bytes.len() > LARGEST {
        return Err(ImportFault::TooLarge);
    }
    let mut draft = Draft::new(name);
    let program = read(bytes, &mut draft).ok_or(ImportFault::Unknown)?;
    if draft.list.is_too_large() {
        return Err(ImportFault::TooMany);
    }
    draft.list.groups.retain(|group| !group.entries.is_empty());
    if draft.list.is_empty() && draft.left_out.is_empty() {
        return Err(ImportFault::Empty(program));
    }
    Ok(ListImport { program, list: draft.list, left_out: more_left_out(draft.left_out) })
}

/// So many sentences as anybody reads, and one that counts the others.
fn more_left_out(mut left_out: Vec<Sentence>) -> Vec<Sentence> {
    let more = left_out.len().saturating_sub(ListImport::TOLD);
    left_out.truncate(ListImport::TOLD);
    if more > 0 {
        left_out.push(say!("import-more", "{count} more are not listed here", count = more));
    }
    left_out
}

/// Whose list it is, when it is one.
fn read(bytes: &[u8], draft: &mut Draft) -> Option<&'static str> {
    let json = serde_json::from_slice::<Json>(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    if let Ok(json) = json {
        return xtools::read(&json, draft)
            .or_else(|| packet_sender::read(&json, draft))
            .or_else(|| llcom::read(&json, draft))
            .or_else(|| comtool::read(&json, draft));
    }
    sscom::read(bytes, draft)
        .or_else(|| docklight::read(bytes, draft))
        .or_else(|| netassist::read(bytes, draft))
}

/// A list that is being taken.
struct Draft {
    list: SendList,
    left_out: Vec<Sentence>,
}

impl Draft {
    fn new(name: &str) -> Self {
        let first = SendGroup { name: name.to_owned(), entries: Vec::new() };
        Self { list: SendList { groups: vec![first] }, left_out: Vec::new() }
    }

    /// Adds an entry.
    fn push(&mut self, entry: SendEntry) {
        if let Some(group) = self.list.groups.last_mut() {
            group.entries.push(Arc::new(entry));
        }
    }

    /// Says that an entry was not taken. `label` is what it is called, or its number.
    fn skip(&mut self, label: &str, why: Sentence) {
        self.left_out.push(say!(
            "import-skipped",
            "not taken: {entry}: {why}",
            entry = label,
            why = why
        ));
    }

    fn tell(&mut self, what: Sentence) {
        self.left_out.push(what);
    }
}
