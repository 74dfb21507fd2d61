//! The words of the window, in two languages, from the Fluent files in `locales/`.

mod system;
mod translate;

use std::collections::HashMap;
use std::sync::OnceLock;

use espalier_core::Sentence;
use espalier_core::settings::LanguageChoice;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};

/// A language of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// All languages, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// The one that fits a system locale such as `zh_CN.UTF-8` or `de-DE`: every Chinese one is Chinese, the rest English.
    pub fn of_system(locale: &str) -> Self {
        if locale.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("zh")) {
            Self::Chinese
        } else {
            Self::English
        }
    }

    /// What its speakers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        }
    }

    /// The locale's files, embedded: name and content.
    pub const fn sources(self) -> &'static [(&'static str, &'static str)] {
        macro_rules! files {
            ($folder:literal: $($name:literal)*) => {
                &[$(($name, include_str!(concat!("../locales/", $folder, "/", $name, ".ftl")))),*]
            };
            ($folder:literal) => {
                files!($folder: "app" "board" "chat" "chat-window" "cli" "command" "dialog" "engine" "figures"
                    "figures-window" "flow" "help" "load-window" "manual-window" "program" "replay" "replay-window"
                    "send" "session" "settings" "state" "system" "tls" "tls-window" "transfer" "transfer-window"
                    "udp" "udp-window" "view")
            };
        }
        match self {
            Self::English => files!("en"),
            Self::Chinese => files!("zh-CN"),
        }
    }

    /// The one that the user has chosen; `None`: as the system has it.
    pub const fn chosen(choice: LanguageChoice) -> Option<Self> {
        match choice {
            LanguageChoice::System => None,
            LanguageChoice::English => Some(Self::English),
            LanguageChoice::Chinese => Some(Self::Chinese),
        }
    }

    /// Its tag, as files and arguments have it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}

/// All messages of one language. A value, passed to what draws; there is no global one.
pub struct Locale {
    language: Language,
    plain: HashMap<String, String>,
    /// The English sentences, those that say most first; for other languages only.
    patterns: OnceLock<Vec<translate::SentencePattern>>,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Locale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Locale").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Locale {
    /// Reads the embedded files of a language.
    pub fn new(language: Language) -> Self {
        let tag = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // The isolation marks would be drawn as empty boxes; both languages run from left to right.
        bundle.set_use_isolating(false);
        // One way to write a count everywhere.
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) if number.value >= 0.0 && number.value.fract() == 0.0 => {
                Some(crate::number::grouped(number.value as u64))
            }
            _ => None,
        }));
        let mut ids = Vec::new();
        for (name, source) in language.sources() {
            // The files are embedded and tested to be sound, so an error here is ours and only shows in our tests.
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(
                |(resource, errors)| {
                    debug_assert!(errors.is_empty(), "{name}.ftl: {errors:?}");
                    resource
                },
            );
            ids.extend(resource.entries().filter_map(message_id).map(str::to_owned));
            let added = bundle.add_resource(resource);
            debug_assert!(added.is_ok(), "{name}.ftl: {added:?}");
        }
        let (plain, patterns) = (HashMap::new(), OnceLock::new());
        let mut locale = Self { language, plain, patterns, bundle };
        locale.plain = ids
            .into_iter()
            .map(|id| {
                let text = locale.format(&id, None);
                (id, text)
            })
            .collect();
        locale
    }

    /// Which language this is.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// A message without arguments. A key that does not exist is a mistake of ours and shows itself.
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        match self.plain.get(key) {
            Some(text) => text,
            None => {
                debug_assert!(false, "no message {key:?}");
                key
            }
        }
    }

    /// A message with arguments.
    pub fn with<'a, const N: usize>(&self, key: &str, args: [(&'a str, Value<'a>); N]) -> String {
        let mut fluent = FluentArgs::with_capacity(N);
        for (name, value) in args {
            fluent.set(name, value.0);
        }
        self.format(key, Some(&fluent))
    }

    /// A sentence of the engine. One without a key comes from elsewhere, one with another key from a file that another version
    /// wrote: they are told as far as they are known.
    pub fn sentence(&self, sentence: &Sentence) -> String {
        let Some(key) = sentence.key().filter(|key| self.plain.contains_key(*key)) else {
            return self.translate(sentence);
        };
        let mut fluent = FluentArgs::with_capacity(sentence.arguments().len());
        for (name, value) in sentence.arguments() {
            match count(name, value) {
                Some(count) => fluent.set(&**name, FluentValue::from(count)),
                None => fluent.set(&**name, self.translate(value)),
            }
        }
        self.format(key, Some(&fluent))
    }

    /// The keys of all messages.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.plain.keys().map(String::as_str)
    }

    fn patterns(&self) -> &[translate::SentencePattern] {
        self.patterns.get_or_init(patterns)
    }

    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            debug_assert!(false, "no message {key:?}");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors).into_owned();
        debug_assert!(args.is_none() || errors.is_empty(), "{key:?}: {errors:?}");
        text
    }
}

/// The files of sentences that come as data, and are known by their English.
const TOLD: [&str; 9] =
    ["engine", "chat", "figures", "replay", "tls", "transfer", "udp", "cli", "help"];

/// Those sentences, those that say most first.
fn patterns() -> Vec<translate::SentencePattern> {
    let mut patterns = Vec::new();
    let sources = Language::English.sources().iter();
    for (_, source) in sources.filter(|(name, _)| TOLD.contains(name)) {
        let parsed = fluent_syntax::parser::parse(*source).unwrap_or_else(|(parsed, _)| parsed);
        patterns.extend(parsed.body.iter().filter_map(|entry| match entry {
            fluent_syntax::ast::Entry::Message(message) => translate::SentencePattern::of(message),
            _ => None,
        }));
    }
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.weight()));
    patterns
}

/// Arguments of the engine's sentences that count something, and are no port, process or pin: they are written in groups, and
/// plural rules look at them.
const COUNTS: &[&str] = &["beats", "bytes", "count", "lines", "records", "rows", "sessions"];

/// What an argument of this name counts, if it counts something.
fn count(name: &str, value: &str) -> Option<u64> {
    COUNTS.contains(&name).then(|| value.parse().ok()).flatten()
}

fn message_id<'a>(entry: &fluent_syntax::ast::Entry<&'a str>) -> Option<&'a str> {
    match entry {
        fluent_syntax::ast::Entry::Message(message) => Some(message.id.name),
        _ => None,
    }
}

/// An argument of a message: text, or a number that plural rules look at.
#[derive(Clone, Debug)]
pub struct Value<'a>(FluentValue<'a>);

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self(FluentValue::String(text.into()))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self(FluentValue::String(text.as_str().into()))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self(FluentValue::String(text.into()))
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self(FluentValue::from(number))
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Self(FluentValue::from(number as u64))
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self(FluentValue::from(u64::from(number)))
    }
}
