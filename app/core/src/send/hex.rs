//! Bytes written in hexadecimal.

use super::{SendError, SendFault};

/// Reads bytes from pairs of hexadecimal digits, separated or not by white space, commas, and `0x` before each.
pub(crate) fn parse(text: &str) -> Result<Vec<u8>, SendError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut rest = text.char_indices().peekable();
    while let Some((start, char)) = rest.next() {
        if is_separator(char) {
            continue;
        }
        // A group of digits up to the next separator; `0x` may begin it.
        let mut digits = Vec::new();
        let mut end = start + char.len_utf8();
        let mut next = Some((start, char));
        let prefixed = char == '0' && rest.next_if(|(_, it)| matches!(it, 'x' | 'X')).is_some();
        if prefixed {
            end += 1;
            next = rest.next_if(|(_, it)| !is_separator(*it));
        }
        while let Some((at, char)) = next {
            let digit = char
                .to_digit(16)
                .ok_or_else(|| SendError::new(at..at + char.len_utf8(), SendFault::NotHex(char)))?;
            digits.push(digit as u8);
            end = at + char.len_utf8();
            next = rest.next_if(|(_, it)| !is_separator(*it));
        }
        if digits.len() % 2 == 1 || digits.is_empty() {
            return Err(SendError::new(start..end, SendFault::HalfByte { digits: digits.len() }));
        }
        bytes.extend(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
    }
    Ok(bytes)
}

pub(super) const fn is_separator(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n' | ',' | '\u{3000}' | '，')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn separators_and_prefixes_do_not_matter() {
        for text in
            ["01 AB ff", "01ABff", "0x01, 0xAB,0xff", "01\nAB\r\n\tff", "0x01ABff", "01，AB　ff"]
        {
            assert_eq!(parse(text), Ok(vec![0x01, 0xAB, 0xFF]), "{text}");
        }
        assert_eq!(parse(" ,\n"), Ok(vec![]));
        assert_eq!(parse("00"), Ok(vec![0]));
    }

    #[test]
    fn a_bad_digit_is_pointed_at() {
        let error = parse("01 2G\n33").unwrap_err();
        assert_eq!((error.range, error.fault), (4..5, SendFault::NotHex('G')));
        let error = parse("01\n你2").unwrap_err();
        assert_eq!(error.line_and_column("01\n你2"), (2, 1));
        assert_eq!((error.range, error.fault), (3..6, SendFault::NotHex('你')));
    }

    #[test]
    fn half_a_byte_is_told_with_the_count() {
        for (text, range, digits) in
            [("01 2 03", 3..4, 1), ("012", 0..3, 3), ("0x", 0..2, 0), ("0x123", 0..5, 3)]
        {
            let error = parse(text).unwrap_err();
            assert_eq!(
                (error.range, error.fault),
                (range, SendFault::HalfByte { digits }),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let spaced: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(parse(&spaced.join(" ")), Ok(bytes.clone()));
            prop_assert_eq!(parse(&spaced.concat()), Ok(bytes.clone()));
            let prefixed: Vec<_> = bytes.iter().map(|byte| format!("0x{byte:02X}")).collect();
            prop_assert_eq!(parse(&prefixed.join(",\n")), Ok(bytes));
        }

        #[test]
        fn an_error_points_into_the_text(text in "[0-9a-gxX ,\n你]{0,20}") {
            if let Err(error) = parse(&text) {
                prop_assert!(text.get(error.range).is_some_and(|it| !it.is_empty()));
            }
        }
    }
}
