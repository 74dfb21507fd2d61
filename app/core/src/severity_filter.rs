//! How much of the log is taken in, and from whom.

use crate::program_log::Severity;

/// A level for each part of the program that has one, the longest name first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityFilter(Vec<(String, Option<Severity>)>);

/// A text that says no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no level: write error, warn, info, debug, trace or off, or PART=LEVEL, separated by commas"
)]
pub struct UnknownSeverity(String);

/// How parts of this program begin.
const OURS: &str = "espalier";
/// What others are heard with unless they are named: at their debug levels, flashing alone says megabytes.
const OTHERS: Severity = Severity::Warn;

/// A part that logs as errors what a session's log tells the user already.
const TOLD_ELSEWHERE: &str = "rustls_platform_verifier";

impl Default for SeverityFilter {
    fn default() -> Self {
        Self::of(Some(Severity::Info), Vec::new())
    }
}

impl SeverityFilter {
    fn of(ours: Option<Severity>, mut named: Vec<(String, Option<Severity>)>) -> Self {
        // A quieter program makes the others quieter, too.
        let others = ours.map(|level| level.min(OTHERS));
        named.push((OURS.to_owned(), ours));
        named.push((String::new(), others));
        named.push((TOLD_ELSEWHERE.to_owned(), None));
        // Stable: what was named stands before what is so by itself.
        named.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
        Self(named)
    }

    /// `debug` is the level of this program's own parts; `espflash=debug,espalier_engine::capture=trace` are those of others.
    ///
    /// # Errors
    /// When a word is no level.
    pub fn parse(text: &str) -> Result<Self, UnknownSeverity> {
        let level = |word: &str| match word.trim() {
            off if off.eq_ignore_ascii_case("off") => Ok(None),
            other => {
                Severity::named(other).map(Some).ok_or_else(|| UnknownSeverity(other.to_owned()))
            }
        };
        let (mut ours, mut named) = (Some(Severity::Info), Vec::new());
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                Some((part, word)) => named.push((part.trim().to_owned(), level(word)?)),
                None => ours = level(word)?,
            }
        }
        Ok(Self::of(ours, named))
    }

    /// Whether a line of this level from this part is taken in.
    pub fn takes(&self, level: Severity, target: &str) -> bool {
        let found = self.0.iter().find(|(part, _)| target.starts_with(part.as_str()));
        found.and_then(|(_, most)| *most).is_some_and(|most| level <= most)
    }

    /// The most that anybody is heard with.
    pub fn most(&self) -> Option<Severity> {
        self.0.iter().filter_map(|(_, level)| *level).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_quiet_unless_they_are_named() {
        let debug = SeverityFilter::parse("debug").unwrap();
        assert!(debug.takes(Severity::Debug, "espalier_engine::board"));
        assert!(!debug.takes(Severity::Info, "espflash::connection"));
        assert!(debug.takes(Severity::Warn, "winit"));
        assert!(!debug.takes(Severity::Error, "rustls_platform_verifier::verification"));
        let named = SeverityFilter::parse("rustls_platform_verifier=warn").unwrap();
        assert!(named.takes(Severity::Error, "rustls_platform_verifier::verification"));
        let named =
            SeverityFilter::parse("warn, espflash=debug,espalier_engine::capture=trace").unwrap();
        assert!(named.takes(Severity::Debug, "espflash::connection"));
        assert!(named.takes(Severity::Trace, "espalier_engine::capture::live"));
        assert!(!named.takes(Severity::Info, "espalier_engine::board"));
        assert_eq!(named.most(), Some(Severity::Trace));
        let off = SeverityFilter::parse("off").unwrap();
        assert!(!off.takes(Severity::Error, "espalier") && !off.takes(Severity::Error, "winit"));
    }

    #[test]
    fn what_is_no_level_is_named() {
        let error = SeverityFilter::parse("info,espflash=loud").unwrap_err();
        assert!(error.to_string().contains("\"loud\""), "{error}");
        assert_eq!(SeverityFilter::parse(" "), Ok(SeverityFilter::default()));
    }
}
