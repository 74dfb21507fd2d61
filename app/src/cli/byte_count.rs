//! How many bytes, as arguments say it.

/// Reads a number of bytes: `1500`, `64K`, `1M`, `2G`.
pub fn bytes(text: &str) -> Result<u64, String> {
    let needed = || "a number of bytes such as 1500, 64K or 1M is needed".to_owned();
    let (digits, shift) = match text.trim().to_ascii_uppercase() {
        text if text.ends_with('K') => (text[..text.len() - 1].to_owned(), 10),
        text if text.ends_with('M') => (text[..text.len() - 1].to_owned(), 20),
        text if text.ends_with('G') => (text[..text.len() - 1].to_owned(), 30),
        text => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| needed())?;
    number.checked_mul(1 << shift).ok_or_else(needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        assert_eq!(bytes("1500"), Ok(1500));
        assert_eq!(bytes("64k"), Ok(64 << 10));
        assert_eq!(bytes("1M"), Ok(1 << 20));
        assert_eq!(bytes("4G"), Ok(4 << 30));
        for bad in ["", "K", "-1", "1.5M", "99999999999G", "1T"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }
}
