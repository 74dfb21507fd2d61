//! The SHA-256 of a certificate: what a user compares, and what a session can be pinned to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a certificate's DER form, as `openssl x509 -fingerprint -sha256` and browsers show it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// What is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a fingerprint is a SHA-256: 64 hexadecimal digits, with colons or spaces between them or without"
)]
pub struct NotAFingerprint;

impl Fingerprint {
    /// That of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    /// `12:AB:…`, as openssl writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    /// As it is displayed; colons and spaces may be missing, case does not count, and what openssl writes before it may stand there.
    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let text = text.trim();
        let digits = match text.rsplit_once('=') {
            Some((name, digits)) if name.to_ascii_lowercase().contains("fingerprint") => digits,
            Some(_) => return Err(NotAFingerprint),
            None => text.strip_prefix("sha256:").or(text.strip_prefix("SHA256:")).unwrap_or(text),
        };
        let digits: Option<Vec<u8>> = digits
            .bytes()
            .filter(|byte| !matches!(byte, b':' | b' '))
            .map(|byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(NotAFingerprint)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_people_paste_it() {
        let fingerprint = Fingerprint::of(b"abc");
        let written = fingerprint.to_string();
        assert!(written.starts_with("BA:78:16:BF:"), "{written}");
        let bare = written.replace(':', "").to_lowercase();
        for text in [
            written.clone(),
            format!(" {written}\n"),
            bare.clone(),
            bare.to_uppercase(),
            format!("sha256:{bare}"),
            format!("sha256 Fingerprint={written}"),
        ] {
            assert_eq!(text.parse(), Ok(fingerprint), "{text}");
        }
        let short = &bare[1..];
        for text in ["", "12:34", short, &format!("{short}g"), &format!("x={bare}")] {
            assert_eq!(text.parse::<Fingerprint>(), Err(NotAFingerprint), "{text}");
        }
    }
}
