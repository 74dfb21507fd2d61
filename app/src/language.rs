//! Which language the program speaks: on stderr, in `--help`, and in the window until another is chosen there.

use std::ffi::OsString;

use espalier_ui::Language;

/// The environment variable that chooses.
const VARIABLE: &str = "ESPALIER_LANG";

/// What `--lang` or the environment asks for, else the system's. The arguments are looked at before they are parsed, because
/// what is wrong with them is told in this language.
pub fn chosen() -> Language {
    argument(std::env::args_os().skip(1))
        .or_else(|| std::env::var(VARIABLE).ok())
        .and_then(|tag| of_tag(&tag).ok())
        .or_else(|| posix(|name| std::env::var(name).ok()))
        .unwrap_or_else(|| Language::of_system(&sys_locale::get_locale().unwrap_or_default()))
}

/// The language of a tag such as `en` or `zh-CN`.
///
/// # Errors
/// There is none of it: a sentence for the user.
pub fn of_tag(tag: &str) -> Result<Language, String> {
    match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("en") => Ok(Language::English),
        Some("zh") => Ok(Language::Chinese),
        _ => Err("there are en and zh-CN".to_owned()),
    }
}

fn argument(arguments: impl IntoIterator<Item = OsString>) -> Option<String> {
    let mut arguments = arguments.into_iter().map_while(|argument| argument.into_string().ok());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--" => return None,
            "--lang" => return arguments.next(),
            other => {
                if let Some(tag) = other.strip_prefix("--lang=") {
                    return Some(tag.to_owned());
                }
            }
        }
    }
    None
}

/// Who asks for the C locale wants what scripts can rely on, whatever LANGUAGE says (as GNU gettext has it).
fn posix(variable: impl Fn(&str) -> Option<String>) -> Option<Language> {
    if cfg!(windows) {
        return None;
    }
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let locale = names.into_iter().filter_map(variable).find(|value| !value.is_empty())?;
    let name = locale.split(['.', '@']).next().unwrap_or_default();
    matches!(name, "C" | "POSIX").then_some(Language::English)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_is_found_wherever_it_stands() {
        let find = |line: &str| argument(line.split_whitespace().map(OsString::from));
        assert_eq!(find("client a:1 --lang zh-CN").as_deref(), Some("zh-CN"));
        assert_eq!(find("--lang=en ports").as_deref(), Some("en"));
        assert_eq!(find("client -- --lang zh-CN"), None);
        assert_eq!(find("client --lang"), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_c_locale_is_english_and_the_first_variable_that_is_set_counts() {
        let of = |set: &[(&str, &str)]| {
            posix(|name| set.iter().find(|(known, _)| *known == name).map(|(_, to)| (*to).into()))
        };
        assert_eq!(of(&[("LC_ALL", "C.UTF-8"), ("LANG", "zh_CN.UTF-8")]), Some(Language::English));
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "POSIX")]), Some(Language::English));
        assert_eq!(of(&[("LC_MESSAGES", "zh_CN.UTF-8"), ("LANG", "C")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn tags_are_of_one_of_two_languages() {
        assert_eq!(of_tag("zh_CN.UTF-8"), Ok(Language::Chinese));
        assert_eq!(of_tag("EN"), Ok(Language::English));
        assert!(of_tag("de").is_err() && of_tag("").is_err());
    }
}
