//! Sentences for users that are data: what they say in English, and by which key and with which words another language
//! says it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A sentence for a user. It reads as its English text; a window that speaks another language looks it up by its key.
///
/// Made by [`say!`](crate::say), or from a text that comes from elsewhere (the system, a library, a board) and stays as
/// it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence(Arc<Inner>);

/// Behind a pointer, because sentences travel in errors.
#[derive(Debug, Default, PartialEq, Eq)]
struct Inner {
    key: Option<Cow<'static, str>>,
    arguments: Vec<(Cow<'static, str>, String)>,
    english: String,
}

impl Sentence {
    /// What [`say!`](crate::say) makes.
    pub fn new(key: &'static str, english: String, arguments: Vec<(&'static str, String)>) -> Self {
        let arguments = arguments.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self(Arc::new(Inner { key: Some(key.into()), arguments, english }))
    }

    /// One that was kept in a file. Its key may be of another version of this program.
    pub fn restored(key: String, english: String, arguments: Vec<(String, String)>) -> Self {
        let arguments = arguments.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self(Arc::new(Inner { key: Some(key.into()), arguments, english }))
    }

    /// By which key it is looked up; `None`: it stays as it is.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The words that stand in it: name and value.
    pub fn arguments(&self) -> &[(Cow<'static, str>, String)] {
        &self.0.arguments
    }

    /// What it says in English.
    pub fn english(&self) -> &str {
        &self.0.english
    }
}

impl Deref for Sentence {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.english
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.english)
    }
}

impl PartialEq<&str> for Sentence {
    fn eq(&self, english: &&str) -> bool {
        self.0.english == *english
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.english)
    }
}

impl From<String> for Sentence {
    fn from(english: String) -> Self {
        Self(Arc::new(Inner { english, ..Inner::default() }))
    }
}

impl From<&str> for Sentence {
    fn from(english: &str) -> Self {
        english.to_owned().into()
    }
}

/// A [`Sentence`]: its key, its English text, and the words that stand in it.
///
/// ```
/// let path = std::path::Path::new("log.txt");
/// let saved = espalier_core::say!("told-saved", "Saved {path}", path = path.display());
/// assert_eq!(saved.english(), "Saved log.txt");
/// assert_eq!(saved.arguments(), [("path".into(), "log.txt".to_owned())]);
/// ```
#[macro_export]
macro_rules! say {
    ($key:literal, $english:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        $(let $name = ::std::string::ToString::to_string(&$value);)*
        let english = ::std::format!($english);
        $crate::Sentence::new($key, english, ::std::vec![$((stringify!($name), $name)),*])
    }};
}
