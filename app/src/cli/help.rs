//! `--help` in the user's language.

use clap::Command;

use crate::print::{speaks_english, translated};

/// The headings, in Chinese; clap has the English ones itself.
const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";
const COMMANDS: &str = "命令";
const ARGUMENTS: &str = "参数";
const OPTIONS: &str = "选项";

/// The commands with what stands in their help worded. What clap itself puts beside it (`[default: …]`) stays.
pub fn worded(mut command: Command) -> Command {
    if speaks_english() {
        return command;
    }
    // From here on it has its own options, too.
    command.build();
    in_chinese(command, &|text| translated(text))
}

fn in_chinese(command: Command, words: &dyn Fn(&str) -> String) -> Command {
    let about = command.get_about().map(ToString::to_string);
    let long_about = command.get_long_about().map(ToString::to_string);
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading(COMMANDS)
        .mut_args(|argument| {
            let (help, long) = (argument.get_help(), argument.get_long_help());
            let (help, long) = (help.map(ToString::to_string), long.map(ToString::to_string));
            let heading = if argument.is_positional() { ARGUMENTS } else { OPTIONS };
            let argument = argument.help_heading(heading);
            let argument = match help {
                Some(help) => argument.help(text(&help, words)),
                None => argument,
            };
            match long {
                Some(long) => argument.long_help(text(&long, words)),
                None => argument,
            }
        })
        .mut_subcommands(|below| in_chinese(below, words));
    if let Some(about) = about {
        command = command.about(text(&about, words));
    }
    if let Some(long) = long_about {
        command = command.long_about(text(&long, words));
    }
    command
}

/// What `words` makes of a text, paragraph by paragraph, and of a table of keys (`  mode=  …`) line by line.
pub fn text(english: &str, words: &dyn Fn(&str) -> String) -> String {
    let paragraphs = english.split("\n\n").map(|paragraph| {
        if let Some(table) = table(paragraph, words) {
            return table;
        }
        let whole = words(paragraph);
        if whole == paragraph { words(paragraph.trim_end_matches('.')) } else { whole }
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// A table of keys, with what stands behind them worded; `None`: it is none.
fn table(paragraph: &str, words: &dyn Fn(&str) -> String) -> Option<String> {
    let line = |line: &str| {
        let (key, meaning) = line.split_once("=  ").filter(|_| line.starts_with("  "))?;
        Some(format!("{key}=  {}", words(meaning)))
    };
    let lines = paragraph.lines().map(line).collect::<Option<Vec<_>>>()?;
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use espalier_ui::{Language, Locale};

    use super::*;

    /// Texts of a command and all below it.
    fn texts(command: &Command, all: &mut Vec<String>) {
        let own = [command.get_about(), command.get_long_about()].into_iter().flatten();
        let arguments = command.get_arguments().flat_map(|it| [it.get_help(), it.get_long_help()]);
        for text in own.chain(arguments.flatten()) {
            for paragraph in text.to_string().split("\n\n") {
                // Of a table of keys, what stands behind each.
                let is_table = table(paragraph, &str::to_owned).is_some();
                let meaning = |line: &str| line.split_once("=  ").map(|it| it.1.to_owned());
                match is_table {
                    true => all.extend(paragraph.lines().filter_map(meaning)),
                    false => all.push(paragraph.to_owned()),
                }
            }
        }
        command.get_subcommands().for_each(|below| texts(below, all));
    }

    #[test]
    fn every_help_text_is_worded_in_chinese() {
        let mut command = super::super::Cli::command();
        command.build();
        let mut all = Vec::new();
        texts(&command, &mut all);
        assert!(all.len() > 80, "they were found");
        let words = Locale::new(Language::Chinese);
        let translated = |text: &str| words.translate(text) != *text;
        let missing: std::collections::BTreeSet<&String> = all
            .iter()
            .filter(|text| !text.is_empty())
            .filter(|text| !translated(text) && !translated(text.trim_end_matches('.')))
            .collect();
        assert!(missing.is_empty(), "add them to locales/*/help.ftl: {missing:#?}");
    }
}
