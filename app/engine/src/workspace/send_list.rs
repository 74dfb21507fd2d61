//! Send lists as files: of ours, and of other programs.

use std::collections::BTreeMap;
use std::path::Path;

use espalier_core::Sentence;
use espalier_core::send_list::{ImportFault, ListImport, SendList, export, import};

use super::{FileError, Workspace, file};

/// A file with a send list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListFile {
    /// The list.
    pub list: SendList,
    /// What the user has named; only files of ours have that.
    pub variables: BTreeMap<String, String>,
    /// What was not taken, or not as it was.
    pub left_out: Vec<Sentence>,
}

/// How a send list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendListFormat {
    /// A workspace file without sessions.
    #[default]
    Workspace,
    /// `sscom51.ini` of SSCOM 5.x, in GBK.
    Sscom,
    /// CSV, for a spreadsheet.
    Csv,
}

impl ListFile {
    /// Reads a list: a workspace file of ours, or one of another program.
    ///
    /// # Errors
    /// [`FileError`]: it cannot be read, or nothing in it can be sent.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let broken = |what: String| FileError::Broken { path: path.to_owned(), what };
        let bytes = file::read_bytes(path)?;
        if is_ours(&bytes) {
            let Workspace { send_list: list, variables, .. } = Workspace::read(path)?;
            return match (list.is_too_large(), list.is_empty()) {
                (true, _) => Err(broken(ImportFault::TooMany.to_string())),
                (_, true) => Err(broken("it has no send list".to_owned())),
                _ => Ok(Self { list, variables, ..Self::default() }),
            };
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let ListImport { list, left_out, .. } =
            import(&bytes, &name).map_err(|fault| broken(fault.to_string()))?;
        Ok(Self { list, left_out, ..Self::default() })
    }

    /// Writes a list, whole or not at all; gives back what the format has nothing like.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn write(
        path: &Path,
        list: &SendList,
        variables: &BTreeMap<String, String>,
        format: SendListFormat,
    ) -> Result<Vec<Sentence>, FileError> {
        let (bytes, left_out) = match format {
            SendListFormat::Workspace => {
                let (send_list, variables) = (list.clone(), variables.clone());
                let workspace = Workspace { send_list, variables, ..Workspace::default() };
                return workspace.save(path).map(|()| Vec::new());
            }
            SendListFormat::Sscom => export::sscom(list),
            SendListFormat::Csv => export::csv(list),
        };
        file::write_whole(path, &bytes)?;
        Ok(left_out)
    }
}

impl SendListFormat {
    /// The format that the name of a file says.
    pub fn of(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("ini") => Self::Sscom,
            Some("csv") => Self::Csv,
            _ => Self::Workspace,
        }
    }
}

/// Every workspace file says its schema before anything else; comments and blank lines may stand before it.
pub(super) fn is_ours(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64 << 10)]);
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        line.strip_prefix("schema").is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}

#[cfg(test)]
mod tests {
    use espalier_core::send_list::{SendEntry, SendGroup};

    use super::*;

    #[test]
    fn a_list_comes_back_from_each_format_that_can_hold_it() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |text: &str| SendEntry { text: text.to_owned(), ..SendEntry::default() };
        let entries = vec![entry("AT"), entry("a,b")];
        let list = SendList { groups: vec![SendGroup::new("l", entries)] };
        let variables = [("id".to_owned(), "7".to_owned())].into();
        for name in ["l.toml", "l.ini"] {
            let path = folder.path().join(name);
            let left_out =
                ListFile::write(&path, &list, &variables, SendListFormat::of(&path)).unwrap();
            assert!(left_out.is_empty(), "{left_out:?}");
            let back = ListFile::read(&path).unwrap();
            assert_eq!(back.list, list, "{name}");
            assert_eq!(back.variables.is_empty(), name != "l.toml");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_no_list_is_told_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let told = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            ListFile::read(&path).unwrap_err().to_string()
        };
        assert!(told(b"hello").contains("no list of SSCOM"));
        assert!(told(b"schema = 2\n").ends_with("it has no send list"));
        assert!(told(b"schema = 2\n[[send-list.group]]\nnam = \"x\"\n").contains("spelled wrong"));
        assert!(
            ListFile::read(&folder.path().join("none"))
                .unwrap_err()
                .to_string()
                .starts_with("cannot read")
        );
    }

    #[test]
    fn a_list_written_by_hand_may_say_what_is_so_anyway() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        let text = "# by hand\nschema = 2\n[[send-list.group]]\nname = \"a\"\n[[send-list.group.entry]]\ntext = \"x\"\n\
                    order = 1\nrepeat = 1\nplaceholders = false\nshortcut = \"f5\"\nspec = { format = \"text\" }\n\
                    answer = { pattern = \"OK\", otherwise = { repeat = 3 } }\n";
        std::fs::write(&path, text).unwrap();
        let entry = &ListFile::read(&path).unwrap().list.groups[0].entries[0];
        assert_eq!(entry.shortcut.unwrap().to_string(), "F5");
        assert!(entry.spec.escapes, "a spec that does not say it has escapes, as everywhere");
    }
}
