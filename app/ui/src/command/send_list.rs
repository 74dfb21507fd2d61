//! What is asked of the send list.

use std::collections::BTreeMap;
use std::path::PathBuf;

use espalier_core::send_list::ListEdit;

/// What is asked of the send list, which is the same beside every session.
#[derive(Debug)]
pub enum SendListRequest {
    /// Change it.
    Edit(ListEdit),
    /// What placeholders in it stand for.
    Variables(BTreeMap<String, String>),
    /// Take the entries of this file, too.
    Import(PathBuf),
    /// Write it to this file.
    Export(PathBuf),
    /// What could not be taken was read.
    DismissNotes,
}
