//! How a vocabulary of lines is declared: each row gives an event its level, its words and its fields.

use crate::words::Level;

/// One row of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventGrammar {
    /// How loud the board says it.
    pub level: Level,
    /// The part of the firmware.
    pub tag: &'static str,
    /// The words after the tag.
    pub head: &'static str,
    /// What it means.
    pub text: &'static str,
    /// The fields, in the order in which the board prints them.
    pub fields: &'static [FieldGrammar],
}

/// One field of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldGrammar {
    /// Its key; empty for the value that stands alone.
    pub key: &'static str,
    /// What it means.
    pub text: &'static str,
    /// Whether it may be missing.
    pub optional: bool,
}

/// Whether a type, as it is written here, may be absent.
pub(super) const fn is_optional(ty: &str) -> bool {
    matches!(ty.as_bytes(), [b'O', b'p', b't', b'i', b'o', b'n', ..])
}

/// Declares [`super::LineEvent`] and all that follows from it: printing, parsing, documentation, samples.
macro_rules! events {
    ($lt:lifetime $($(#[doc = $doc:literal])+ $level:ident $tag:literal $head:literal $name:ident
      { $($(#[doc = $fdoc:literal])+ $field:ident: $ty:ty = $key:literal),* $(,)? })+) => {
        /// What a line of the board says.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum LineEvent<$lt> {
            $($(#[doc = $doc])+ $name { $($(#[doc = $fdoc])+ $field: $ty),* },)+
        }

        /// Every event there is, for documentation and tests.
        pub const EVENTS: &[EventGrammar] = &[$(EventGrammar {
            level: Level::$level,
            tag: $tag,
            head: $head,
            text: concat!($($doc),+),
            fields: &[$(FieldGrammar {
                key: $key,
                text: concat!($($fdoc),+),
                optional: is_optional(stringify!($ty)),
            }),*],
        }),+];

        impl<$lt> LineEvent<$lt> {
            /// How loud it is.
            pub const fn level(&self) -> Level {
                match self { $(Self::$name { .. } => Level::$level),+ }
            }

            /// Which part of the firmware says it.
            pub const fn tag(&self) -> &'static str {
                match self { $(Self::$name { .. } => $tag),+ }
            }

            /// The words between the tag and the fields.
            pub const fn head(&self) -> &'static str {
                match self { $(Self::$name { .. } => $head),+ }
            }

            pub(super) fn print_fields(&self, out: &mut Fields<'_, '_>) -> fmt::Result {
                match self {
                    $(Self::$name { $($field),* } => { $(out.field($key, $field)?;)* })+
                }
                let _ = out;
                Ok(())
            }

            pub(super) fn parse(tag: &str, message: &$lt str) -> Option<Self> {
                $(if let Some(rest) = after_head($tag, $head, tag, message)
                    && let Some(tokens) = Tokens::new(rest)
                {
                    let _ = &tokens;
                    return Some(Self::$name { $($field: tokens.field($key)?),* });
                })+
                None
            }

            /// The same event, owning its text.
            pub fn into_static(self) -> LineEvent<'static> {
                match self {
                    $(Self::$name { $($field),* } => LineEvent::$name {
                        $($field: Field::into_static($field)),*
                    },)+
                }
            }

            #[cfg(test)]
            pub(super) fn samples(rng: &mut crate::sample::Rng) -> alloc::vec::Vec<LineEvent<'static>> {
                alloc::vec![$(LineEvent::$name { $($field: crate::sample::Sample::sample(rng)),* }),+]
            }
        }
    };
}

pub(super) use events;

/// What follows the head, if tag and head are these. A head ends where the message ends, or at a
/// space that starts a field; so `lost` does not swallow `lost ip`.
pub(super) fn after_head<'a>(
    tag: &str,
    head: &str,
    found_tag: &str,
    message: &'a str,
) -> Option<&'a str> {
    if tag != found_tag {
        return None;
    }
    let rest = message.strip_prefix(head)?;
    let positional = head.ends_with(':');
    let first = rest.trim_start_matches(' ').split(' ').next().unwrap_or("");
    (rest.is_empty() || rest.starts_with(' ') && (positional || first.contains('=')))
        .then_some(rest)
}
