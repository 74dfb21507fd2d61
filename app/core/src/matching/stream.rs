//! Looks for a pattern anywhere in streams.
//!
//! A match ends at the first byte where the pattern is whole, and the next one begins behind it: what comes later cannot
//! change that, so it is the same however the stream is cut. At each byte the end of what has come counts as an end: `OK$`
//! is `OK`. A match has at most [`HeldBytes::longest`] bytes.

use std::ops::Range;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use super::{BytePattern, HeldBytes, MatchGroups, PatternFault};

/// Looks for one pattern in any number of streams.
#[derive(Clone, Debug)]
pub struct StreamMatcher {
    pattern: BytePattern,
    dfa: DFA,
    /// States made so far, for all streams; emptied when there are too many.
    cache: Cache,
    looks_around: bool,
}

/// How far a pattern was looked for in one stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamCursor {
    /// Where the earliest possible match begins.
    since: u64,
    /// The place behind the last byte that was looked at.
    at: u64,
    /// What is known there, as long as the cache was not emptied since.
    state: Option<(LazyStateID, usize)>,
}

impl StreamCursor {
    /// Looks for matches from this place on only.
    pub const fn restart(&mut self, place: u64) {
        *self = Self { since: place, at: place, state: None };
    }
}

impl StreamMatcher {
    /// Memory for states, in bytes.
    const CACHE: usize = 256 << 10;

    /// Makes ready to look for a pattern.
    ///
    /// # Errors
    /// [`PatternFault::NoRegex`]: it has what cannot be looked for in a stream.
    pub fn new(pattern: BytePattern) -> Result<Self, PatternFault> {
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(Self::CACHE)
            .skip_cache_capacity_check(true);
        let limits = thompson::Config::new().utf8(false).nfa_size_limit(Some(BytePattern::LARGEST));
        let dfa = DFA::builder()
            .configure(config)
            .syntax(pattern.syntax())
            .thompson(limits)
            .build(pattern.source())
            .map_err(|error| PatternFault::NoRegex(error.to_string()))?;
        let (cache, looks_around) = (dfa.create_cache(), pattern.looks_around());
        Ok(Self { pattern, dfa, cache, looks_around })
    }

    /// The next match in what is held and was not looked at yet: its places.
    pub fn next(&mut self, cursor: &mut StreamCursor, held: &HeldBytes) -> Option<Range<u64>> {
        while cursor.at < held.end() {
            let window = held.window(cursor.since, cursor.at);
            let Some(mut state) = self.state_at(cursor, window, held) else {
                cursor.restart(held.end());
                return None;
            };
            let (bytes, from) = held.until(held.end(), cursor.at);
            let begin = held.end() - bytes.len() as u64;
            let place = |index: usize| begin + index as u64;
            // Behind which byte the match ends, and how many bytes were looked at to know.
            let mut ended = None;
            for (index, byte) in bytes.iter().enumerate().skip(from) {
                let Some(next) = self.step(state, *byte) else {
                    cursor.restart(place(index + 1));
                    break;
                };
                // Of matches the automaton knows one byte later.
                if next.is_match() {
                    ended = Some((place(index), place(index + 1)));
                    break;
                }
                state = next;
                let last = index + 1 == bytes.len();
                if (last || self.looks_around) && self.ends(state) {
                    ended = Some((place(index + 1), place(index + 1)));
                    break;
                }
                if last {
                    cursor.at = place(index + 1);
                    cursor.state = Some((state, self.cache.clear_count()));
                }
            }
            let Some((end, looked)) = ended else { continue };
            let window = held.window(cursor.since, end);
            let (bytes, start) = held.until(end, window);
            match self.pattern.find(bytes, start) {
                Some(found) if found.end == bytes.len() && !found.is_empty() => {
                    cursor.restart(end);
                    return Some(end - found.len() as u64..end);
                }
                // It began longer ago than a match may. Others have begun since.
                _ if !self.looks_around => {
                    *cursor = StreamCursor { since: window + 1, at: looked, state: None };
                }
                _ => cursor.restart(looked),
            }
        }
        None
    }

    /// What a match is made of; its places as [`Self::next`] gave them.
    pub fn captures(&self, found: &Range<u64>, held: &HeldBytes) -> MatchGroups {
        let (bytes, start) = held.until(found.end, found.start);
        self.pattern.captures(bytes, start).unwrap_or_default()
    }

    /// The automaton's state at a cursor, made anew from what is held when it is not known any more.
    fn state_at(
        &mut self,
        cursor: &StreamCursor,
        window: u64,
        held: &HeldBytes,
    ) -> Option<LazyStateID> {
        if let Some((state, clears)) = cursor.state
            && clears == self.cache.clear_count()
        {
            return Some(state);
        }
        let config = start::Config::new().anchored(Anchored::No).look_behind(held.before(window));
        let mut state = self.dfa.start_state(&mut self.cache, &config).ok()?;
        let (bytes, start) = held.until(cursor.at, window);
        for byte in &bytes[start..] {
            state = self.step(state, *byte)?;
        }
        Some(state)
    }

    fn step(&mut self, state: LazyStateID, byte: u8) -> Option<LazyStateID> {
        let next = self.dfa.next_state(&mut self.cache, state, byte).ok()?;
        (!next.is_quit() && !next.is_dead()).then_some(next)
    }

    /// Whether the pattern is whole when nothing follows.
    fn ends(&mut self, state: LazyStateID) -> bool {
        self.dfa.next_eoi_state(&mut self.cache, state).is_ok_and(|state| state.is_match())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::PatternFormat;
    use crate::view::EncodingName;

    /// All matches in these reads.
    fn found<'a>(
        pattern: &str,
        longest: usize,
        reads: impl Iterator<Item = &'a [u8]>,
    ) -> Vec<(u64, u64)> {
        let compiled =
            BytePattern::new(pattern, PatternFormat::Regex, &EncodingName::default()).unwrap();
        let mut matcher = StreamMatcher::new(compiled).unwrap();
        let (mut cursor, mut held) = (StreamCursor::default(), HeldBytes::new(longest));
        let mut all = Vec::new();
        for read in reads {
            for read in read.chunks(longest) {
                held.push(read);
                while let Some(found) = matcher.next(&mut cursor, &held) {
                    all.push((found.start, found.end));
                }
            }
        }
        all
    }

    fn whole(pattern: &str, bytes: &[u8]) -> Vec<(u64, u64)> {
        found(pattern, 64, std::iter::once(bytes))
    }

    #[test]
    fn a_match_ends_as_soon_as_it_is_one_and_the_next_begins_behind_it() {
        assert_eq!(whole("ab*", b"xabbab"), [(1, 2), (4, 5)]);
        assert_eq!(whole("aa", b"aaaaa"), [(0, 2), (2, 4)]);
        assert_eq!(whole("abcd|bc", b"abcd"), [(1, 3)]);
        assert_eq!(whole("(?m)^OK$", b"NOK\nOK\n"), [(4, 6)]);
        assert_eq!(whole("^a", b"aa"), [(0, 1)], "the stream has one beginning");
    }

    #[test]
    fn a_match_longer_than_what_is_held_is_none() {
        let near = [b"S".as_slice(), &[b'x'; 62], b"E"].concat();
        assert_eq!(whole("S.*E", &near), [(0, 64)]);
        let far = [b"S".as_slice(), &[b'x'; 63], b"E S.E"].concat();
        assert_eq!(whole("S.*E", &far), [(66, 69)]);
    }

    #[test]
    fn every_byte_of_many_is_looked_at_though_states_are_let_go() {
        // A row of wildcards needs more states than are kept.
        let pattern = format!("a{}b", ".".repeat(40));
        let mut random = fastrand::Rng::with_seed(7);
        let bytes: Vec<u8> = (0..200_000).map(|_| b"aab"[random.usize(..3)]).collect();
        let at_once = found(&pattern, 4096, std::iter::once(&bytes[..]));
        assert!(at_once.len() > 1000);
        assert_eq!(found(&pattern, 4096, bytes.chunks(1)), at_once);
    }

    #[test]
    fn a_million_random_cuts_change_nothing() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut cuts = 0;
        let patterns =
            ["ab", "a.?b", "a+b*c", "(?m)^b", r"\bc", r"a\B", "a.{3}b", "S.*E", "c$", "ab|bcd|d"];
        while cuts < 1_000_000 {
            let bytes: Vec<u8> = (0..2000).map(|_| b"abcdSE\n"[random.usize(..7)]).collect();
            for pattern in patterns {
                let expected = found(pattern, 16, std::iter::once(&bytes[..]));
                for _ in 0..5 {
                    let most = random.usize(1..24);
                    let mut rest = &bytes[..];
                    let mut reads = Vec::new();
                    while !rest.is_empty() {
                        let (read, behind) = rest.split_at(random.usize(1..=most).min(rest.len()));
                        reads.push(read);
                        rest = behind;
                    }
                    cuts += reads.len() - 1;
                    assert_eq!(found(pattern, 16, reads.into_iter()), expected, "{pattern}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_a_search_of_the_whole_finds(bytes in "[ab]{0,60}", pattern in "[ab.]{1,4}") {
            // Patterns of one length: the first to end is the first to begin.
            let regex = regex::bytes::Regex::new(&pattern).unwrap();
            let expected: Vec<_> = regex.find_iter(bytes.as_bytes()).map(|it| (it.start() as u64, it.end() as u64)).collect();
            prop_assert_eq!(whole(&pattern, bytes.as_bytes()), expected);
        }
    }
}
