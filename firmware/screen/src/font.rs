//! The glyphs: GNU Unifont 15.0.01 (`../font/README.md`), 16 pixels high, 8 or 16 wide.

/// A glyph's columns from left to right, first of its upper eight pixels, then of its lower eight. The
/// lowest bit is the highest pixel, as in the memory of the displays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) upper: &'static [u8],
    pub(crate) lower: &'static [u8],
}

/// Code point (little end first) and glyph, in the order of the code points.
static HALF: &[u8] = include_bytes!("../font/half.bin");
static FULL: &[u8] = include_bytes!("../font/full.bin");

/// What stands for a character that the font lacks.
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// The glyph of a character; that of an unknown one when there is none.
pub(crate) fn glyph(c: char) -> Option<Glyph> {
    find(c).or_else(|| find(UNKNOWN))
}

fn find(c: char) -> Option<Glyph> {
    let code = u16::try_from(u32::from(c)).ok()?;
    // Two bytes of code, and two for each column.
    search::<18>(HALF, code).or_else(|| search::<34>(FULL, code))
}

fn search<const RECORD: usize>(table: &'static [u8], code: u16) -> Option<Glyph> {
    let (records, _) = table.as_chunks::<RECORD>();
    let code_of =
        |record: &[u8; RECORD]| record.first_chunk().map_or(0, |code| u16::from_le_bytes(*code));
    let at = records.binary_search_by_key(&code, code_of).ok()?;
    let (upper, lower) = records.get(at)?.get(2..)?.split_at_checked((RECORD - 2) / 2)?;
    Some(Glyph { upper, lower })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_are_whole_and_in_order() {
        fn codes<const RECORD: usize>(table: &'static [u8]) -> usize {
            let (records, rest) = table.as_chunks::<RECORD>();
            assert!(rest.is_empty());
            let codes = records.iter().map(|record| u16::from_le_bytes([record[0], record[1]]));
            assert!(codes.is_sorted_by(|one, next| one < next));
            records.len()
        }
        assert_eq!((codes::<18>(HALF), codes::<34>(FULL)), (591, 7149));
    }

    #[test]
    fn there_is_a_glyph_for_whatever_is_asked() {
        for c in ['A', 'é', '字', '。', '你', UNKNOWN] {
            assert!(find(c).is_some(), "{c}");
        }
        for c in ['\u{1f600}', '\u{e000}', '\0'] {
            assert!(find(c).is_none() && glyph(c).is_some(), "{c:?}");
        }
    }
}
