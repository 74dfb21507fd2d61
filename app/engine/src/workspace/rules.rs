//! Rules as files: of ours, and of other programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::backend::SharedRules;
use espalier_core::rules::Rule;
use espalier_core::send_list::{RuleImport, SendList, import_rules};

use super::{FileError, Workspace, file, send_list};

/// A file with rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleFile {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The list whose groups they run; only files of ours have that.
    pub list: SendList,
    /// What the user has named; only files of ours have that.
    pub variables: BTreeMap<String, String>,
    /// What was not taken, or not as it was.
    pub left_out: Vec<Sentence>,
}

impl RuleFile {
    /// Reads rules: those for all sessions of a workspace file of ours, or the answers of another program.
    ///
    /// # Errors
    /// [`FileError`]: it cannot be read, or has no rules.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let broken = |what: String| FileError::Broken { path: path.to_owned(), what };
        let bytes = file::read_bytes(path)?;
        if send_list::is_ours(&bytes) {
            let Workspace { rules, send_list: list, variables, sessions } = Workspace::read(path)?;
            let of_sessions = sessions.iter().any(|session| !session.rules.is_empty());
            return match rules.len() {
                0 if of_sessions => Err(broken(
                    "its rules are of single sessions: write those for all as [[rule]]".to_owned(),
                )),
                0 => Err(broken("it has no rules".to_owned())),
                1..=Rule::MOST => Ok(Self { rules, list, variables, ..Self::default() }),
                _ => Err(broken(format!("it has more than {} rules", Rule::MOST))),
            };
        }
        let RuleImport { rules, left_out, .. } =
            import_rules(&bytes).map_err(|fault| broken(fault.to_string()))?;
        Ok(Self { rules, left_out, ..Self::default() })
    }

    /// Writes rules, and the list whose groups they run, as a workspace file without sessions, whole or not at all.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn write(self, path: &Path) -> Result<(), FileError> {
        let Self { rules, list: send_list, variables, .. } = self;
        Workspace { rules, send_list, variables, ..Workspace::default() }.save(path)
    }

    /// As all sessions have them.
    pub fn share(self) -> Arc<SharedRules> {
        let Self { rules, list, variables, .. } = self;
        Arc::new(SharedRules { rules, list: Arc::new(list), variables })
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::rules::{
        MessageFraming, PatternPlace, ReceivedTrigger, RuleAction, RuleAnswer, Trigger,
    };
    use espalier_core::send_list::{SendEntry, SendGroup};

    use super::*;

    #[test]
    fn rules_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.toml");
        let received = ReceivedTrigger {
            pattern: "你好".to_owned(),
            place: PatternPlace::Whole,
            framing: MessageFraming::Pause(50),
            encoding: Some(espalier_core::view::EncodingName("GBK".to_owned())),
            ..ReceivedTrigger::default()
        };
        let actions = vec![
            RuleAction::Send(RuleAnswer { text: "{{1}}".to_owned(), ..RuleAnswer::default() }),
            RuleAction::RunList { group: "a".to_owned() },
            RuleAction::Highlight { color: 2 },
            RuleAction::Notify { text: String::new() },
            RuleAction::Mark { text: "x".to_owned() },
            RuleAction::StopList,
            RuleAction::EndSession,
        ];
        let rules = vec![
            Rule { when: Trigger::Received(received), actions, ..Rule::default() },
            Rule { when: Trigger::Silence { after_ms: 9 }, on: false, ..Rule::default() },
            Rule { when: Trigger::Connected, go_on: true, ..Rule::default() },
            Rule { when: Trigger::Disconnected, name: "n".to_owned(), ..Rule::default() },
        ];
        let entry = SendEntry { text: "{{name}}".to_owned(), ..SendEntry::default() };
        let list = SendList { groups: vec![SendGroup::new("a", [entry])] };
        let variables = [("name".to_owned(), "value".to_owned())].into();
        let file = RuleFile { rules, list, variables, left_out: Vec::new() };
        file.clone().write(&path).unwrap();
        assert_eq!(RuleFile::read(&path).unwrap(), file);
    }

    #[test]
    fn rules_written_by_hand_need_only_what_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.toml");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write(
            "schema = 2\n[[rule]]\nname = \"poll\"\n[rule.when]\nevent = \"received\"\nformat = \"hex\"\n\
             pattern = \"01 03\"\n[[rule.action]]\ndo = \"send\"\ntext = \"05\"\nspec = { format = \"hex\" }\n",
        );
        let rule = &RuleFile::read(&path).unwrap().rules[0];
        assert!(rule.on && rule.actions.len() == 1);
        let told = |text: &str| {
            write(text);
            RuleFile::read(&path).unwrap_err().to_string()
        };
        let misspelled = told("schema = 2\n[[rule]]\nnam = \"x\"\n");
        assert!(misspelled.contains("spelled wrong"), "{misspelled}");
        let misspelled =
            told("schema = 2\n[[rule]]\n[rule.when]\nevent = \"received\"\npatern = \"x\"\n");
        assert!(misspelled.contains("patern"), "{misspelled}");
        assert!(told("schema = 2\n").ends_with("it has no rules"));
        assert!(told("hello").contains("no answers of xTools or Docklight"));
    }
}
