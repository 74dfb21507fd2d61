//! What the command line says of itself, as Markdown for the manual: made from the very definition by which it is parsed, so
//! that no command, option or exit code is missing there.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};
use espalier_ui::manual::Reference;
use espalier_ui::{Language, Locale};

use super::exit::Exit;
use super::{Cli, help};

/// All of it in a language.
pub fn reference(language: Language) -> Reference {
    let locale = Locale::new(language);
    let words = |text: &str| match language {
        Language::English => text.to_owned(),
        Language::Chinese => locale.translate(text),
    };
    let mut command = Cli::command();
    command.build();
    let mut commands = String::new();
    describe(&command, &[], &words, &mut commands);
    Reference { commands, exit_codes: Exit::table(&words) }
}

/// Words a text of ours.
type Words<'a> = &'a dyn Fn(&str) -> String;

/// Writes what there is to say of a command and of those below it. What `before` has is said with those above.
fn describe(command: &Command, before: &[&Arg], words: Words<'_>, text: &mut String) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    writeln!(text, "## {name} {{#{}}}\n", name.replace(' ', "-")).ok();
    let about = command.get_long_about().or_else(|| command.get_about());
    for paragraph in about.map(ToString::to_string).unwrap_or_default().split("\n\n") {
        match paragraph.starts_with([' ', '\n']) {
            true => writeln!(text, "```text\n{}\n```\n", paragraph.trim_matches('\n')).ok(),
            false => writeln!(text, "{}\n", plain(&help::text(paragraph, words))).ok(),
        };
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).trim();
    writeln!(text, "```text\n{usage}\n```\n").ok();
    let known = |argument: &&Arg| {
        let is_above = before.iter().any(|it| it.get_id() == argument.get_id());
        !is_above && !argument.is_hide_set() && argument.get_id() != "help"
    };
    let arguments: Vec<&Arg> = command.get_arguments().filter(known).collect();
    for argument in &arguments {
        describe_argument(argument, words, text);
    }
    text.push('\n');
    let above: Vec<&Arg> = before.iter().chain(&arguments).copied().collect();
    let shared: Vec<&Arg> = above.into_iter().filter(|it| it.is_global_set()).collect();
    for below in command.get_subcommands().filter(|it| it.get_name() != "help" && !it.is_hide_set())
    {
        describe(below, &shared, words, text);
    }
}

fn describe_argument(argument: &Arg, words: Words<'_>, text: &mut String) {
    let short = argument.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    write!(text, "- {short}`{argument}`: ").ok();
    let said = argument.get_long_help().or_else(|| argument.get_help());
    let said = help::text(&said.map(ToString::to_string).unwrap_or_default(), words);
    text.push_str(&plain(&one_paragraph(&said)));
    let defaults = argument.get_default_values();
    if !argument.is_hide_default_value_set()
        && !defaults.is_empty()
        && argument.get_action().takes_values()
    {
        let values: Vec<_> = defaults.iter().map(|it| it.to_string_lossy()).collect();
        let values = values.join(",");
        if !values.is_empty() {
            write!(text, " \\[default: `{values}`\\]").ok();
        }
    }
    let possible: Vec<String> = match argument.get_action().takes_values() {
        true => {
            argument.get_possible_values().iter().map(|it| format!("`{}`", it.get_name())).collect()
        }
        false => Vec::new(),
    };
    if !possible.is_empty() {
        write!(text, " \\[possible values: {}\\]", possible.join(", ")).ok();
    }
    text.push('\n');
}

/// What belongs to an item is one paragraph, in which sentences end that were paragraphs.
fn one_paragraph(text: &str) -> String {
    let mut all = String::new();
    for paragraph in text.split("\n\n") {
        match all.chars().next_back() {
            Some(last) if last >= '\u{2E80}' => {
                all.push_str(if last == '。' { "" } else { "。" })
            }
            Some(last) if last.is_alphanumeric() => all.push_str(". "),
            Some(_) => all.push(' '),
            None => {}
        }
        all.push_str(&paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    all
}

/// A text in which nothing but code between backticks means anything to Markdown.
fn plain(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let has_code = parts.len() % 2 == 1;
    let mut all = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            all.push_str(if has_code { "`" } else { "\\`" });
        }
        if has_code && index % 2 == 1 {
            all.push_str(part);
            continue;
        }
        for c in part.chars() {
            if "\\*_<>[]{}#|".contains(c) {
                all.push('\\');
            }
            all.push(c);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use espalier_ui::manual::{Block, Manual};

    use super::*;

    /// The arguments of `espalier` in a line, as a shell takes it; without what is before and behind the command.
    fn arguments(line: &str) -> Option<Vec<String>> {
        let line = line.split(" | ").find(|part| part.trim().starts_with("espalier"))?;
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.trim().chars().chain([' ']) {
            match (c, quote) {
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (' ', None) => {
                    words.extend(Some(std::mem::take(&mut word)).filter(|it| !it.is_empty()));
                }
                _ => word.push(c),
            }
        }
        let end = words.iter().position(|it| it == "<" || it == ">").unwrap_or(words.len());
        words.truncate(end);
        Some(words)
    }

    #[test]
    fn every_command_line_of_the_manual_is_understood() {
        let locale = Locale::new(Language::English);
        let manual = Manual::new(&locale, &Reference::default());
        let blocks = manual.pages().iter().flat_map(|page| &page.blocks);
        let code = blocks.filter_map(|block| match block {
            Block::Code { language, text } if language == "sh" => Some(text),
            _ => None,
        });
        let lines: Vec<&str> = code.flat_map(|text| text.lines()).collect();
        assert!(lines.len() > 30, "they were found");
        let faults = lines.into_iter().filter_map(|line| {
            let arguments = arguments(line).unwrap_or_else(|| panic!("{line} is none of ours"));
            let fault = Cli::command().try_get_matches_from(arguments).err()?;
            Some(format!("{line}: {fault}"))
        });
        assert_eq!(faults.collect::<Vec<_>>(), Vec::<String>::new());
    }

    #[test]
    fn what_is_said_means_nothing_to_markdown_but_its_code() {
        assert_eq!(plain("a `<b>` [c] *"), "a `<b>` \\[c\\] \\*");
        assert_eq!(plain("one ` alone"), "one \\` alone");
    }

    #[test]
    fn every_command_stands_there_once_in_either_language() {
        for language in Language::ALL {
            let reference = reference(language);
            for command in Cli::command().get_subcommands() {
                let heading = format!("## espalier {} {{#", command.get_name());
                assert_eq!(reference.commands.matches(&heading).count(), 1, "{heading}");
            }
            assert!(reference.commands.contains("`--capture <FILE>`"));
            assert!(reference.exit_codes.contains("| `130` |"));
        }
    }
}
