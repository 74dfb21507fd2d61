//! How much of the log is taken in, and from whom.

use espalier_core::program_log::Level;

/// A level for each part of the program that has one, the longest name first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Vec<(String, Option<Level>)>);

/// A text that says no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no level: write error, warn, info, debug, trace or off, or PART=LEVEL, separated by commas"
)]
pub struct BadFilter(String);

/// How parts of this program begin.
const OURS: &str = "espalier";
/// What others are heard with unless they are named: at their debug levels, flashing alone says megabytes.
const OTHERS: Level = Level::Warn;

impl Default for Filter {
    fn default() -> Self {
        Self::of(Some(Level::Info), Vec::new())
    }
}

impl Filter {
    fn of(ours: Option<Level>, mut named: Vec<(String, Option<Level>)>) -> Self {
        // A quieter program makes the others quieter, too.
        let others = ours.map(|level| level.min(OTHERS));
        named.push((OURS.to_owned(), ours));
        named.push((String::new(), others));
        // Stable: what was named stands before what is so by itself.
        named.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
        Self(named)
    }

    /// `debug` is the level of this program's own parts; `espflash=debug,espalier_engine::capture=trace` are those of others.
    ///
    /// # Errors
    /// When a word is no level.
    pub fn parse(text: &str) -> Result<Self, BadFilter> {
        let level = |word: &str| match word.trim() {
            off if off.eq_ignore_ascii_case("off") => Ok(None),
            other => Level::named(other).map(Some).ok_or_else(|| BadFilter(other.to_owned())),
        };
        let (mut ours, mut named) = (Some(Level::Info), Vec::new());
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                Some((part, word)) => named.push((part.trim().to_owned(), level(word)?)),
                None => ours = level(word)?,
            }
        }
        Ok(Self::of(ours, named))
    }

    /// Whether a line of this level from this part is taken in.
    pub fn takes(&self, level: Level, target: &str) -> bool {
        let found = self.0.iter().find(|(part, _)| target.starts_with(part.as_str()));
        found.and_then(|(_, most)| *most).is_some_and(|most| level <= most)
    }

    /// The most that anybody is heard with.
    pub fn most(&self) -> Option<Level> {
        self.0.iter().filter_map(|(_, level)| *level).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_quiet_unless_they_are_named() {
        let debug = Filter::parse("debug").unwrap();
        assert!(debug.takes(Level::Debug, "espalier_engine::board"));
        assert!(!debug.takes(Level::Info, "espflash::connection"));
        assert!(debug.takes(Level::Warn, "winit"));
        let named = Filter::parse("warn, espflash=debug,espalier_engine::capture=trace").unwrap();
        assert!(named.takes(Level::Debug, "espflash::connection"));
        assert!(named.takes(Level::Trace, "espalier_engine::capture::live"));
        assert!(!named.takes(Level::Info, "espalier_engine::board"));
        assert_eq!(named.most(), Some(Level::Trace));
        let off = Filter::parse("off").unwrap();
        assert!(!off.takes(Level::Error, "espalier") && !off.takes(Level::Error, "winit"));
    }

    #[test]
    fn what_is_no_level_is_named() {
        let error = Filter::parse("info,espflash=loud").unwrap_err();
        assert!(error.to_string().contains("\"loud\""), "{error}");
        assert_eq!(Filter::parse(" "), Ok(Filter::default()));
    }
}
