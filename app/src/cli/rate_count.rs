//! Numbers of bytes, and of bytes in a second, as they are counted on networks: in thousands.

/// Reads `1500`, `100k`, `1M`, `2G`: thousands, as rates are counted.
pub fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "a number of bytes is needed, such as 1500, 100k or 1M".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" => 1,
        "k" | "K" => 1000,
        "m" | "M" => 1_000_000,
        "g" | "G" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

/// Reads a number of bytes that is not 0.
pub fn at_least_one(text: &str) -> Result<u64, String> {
    bytes(text)?.checked_sub(1).map(|it| it + 1).ok_or_else(|| "at least 1".to_owned())
}
