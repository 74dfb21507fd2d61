//! Newer versions of the program: where is asked for them, what an answer says, and why there is none.

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Sentence, say};

/// The address at which somebody tells of the newest version, in the form of GitHub's `releases/latest`. Secured, or on this very computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasesUrl(String);

impl ReleasesUrl {
    /// More bytes has no address that is meant.
    const LONGEST: usize = 2048;

    /// What is written, if it is such an address: `https://`, or `http://` to this computer, and no user in it.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Self(text.to_owned());
        let is_plain =
            text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
        if text.len() > Self::LONGEST || !is_plain {
            return None;
        }
        let host = url.host();
        let is_meant = !host.is_empty() && !url.authority().contains('@');
        (is_meant && (url.is_secured() || (text.starts_with("http://") && is_here(host))))
            .then_some(url)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether TLS secures it; if not, it is on this computer.
    pub fn is_secured(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Who is asked, without the port.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.find(']') {
            Some(end) if authority.starts_with('[') => &authority[..=end],
            _ => authority.split(':').next().unwrap_or_default(),
        }
    }

    fn authority(&self) -> &str {
        let behind = self.0.split_once("://").map_or("", |(_, behind)| behind);
        behind.split(['/', '?', '#']).next().unwrap_or_default()
    }

    /// Where this leads on to; `None` where that is nothing to follow: once secured it stays so.
    pub fn follow(&self, location: &str) -> Option<Self> {
        let next = match location.starts_with('/') && !location.starts_with("//") {
            true => {
                let (scheme, _) = self.0.split_once("://")?;
                Self::parse(&format!("{scheme}://{}{location}", self.authority()))?
            }
            false => Self::parse(location)?,
        };
        (next.is_secured() || !self.is_secured()).then_some(next)
    }
}

fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A version of the program that can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its version, by the rules of semver.
    pub version: String,
    /// The page that tells of it.
    pub page: String,
}

impl Release {
    /// Whether it comes after this version. One that is tried out still (0.3.0-rc.1) is for those alone who try out one already.
    pub fn is_newer_than(&self, ours: &str) -> bool {
        let (Ok(its), Ok(ours)) = (Version::parse(&self.version), Version::parse(ours)) else {
            return false;
        };
        its.cmp_precedence(&ours).is_gt() && (its.pre.is_empty() || !ours.pre.is_empty())
    }
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseAnswer {
    /// There is a newer version.
    Newer(Release),
    /// There is none; the one that was named.
    UpToDate(String),
}

/// Of what kind a fault is, for who has to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseFaultKind {
    /// Nobody knows where to ask.
    NoSource,
    /// Nobody listens there.
    Refused,
    /// No whole answer in time.
    TimedOut,
    /// The name has no address.
    NameNotFound,
    /// No way leads there.
    Unreachable,
    /// The certificate, or something else of TLS.
    TlsFailed,
    /// Something else, such as an answer that makes no sense.
    Other,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ReleaseFault {
    /// Of what kind.
    pub kind: ReleaseFaultKind,
    /// One sentence.
    pub what: Sentence,
}

impl ReleaseFault {
    /// Neither the build nor the settings name a place.
    pub fn no_source() -> Self {
        let what = say!(
            "release-no-source",
            "this build does not know where its releases are: the setting updates.url can name the place"
        );
        Self { kind: ReleaseFaultKind::NoSource, what }
    }

    fn garbled(error: &dyn std::fmt::Display) -> Self {
        let what = say!("release-garbled", "the answer names no release: {error}", error = error);
        Self { kind: ReleaseFaultKind::Other, what }
    }
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Told {
    tag_name: String,
    html_url: String,
}

/// What an answer says to who runs `ours`.
///
/// # Errors
/// It names no version, or a page that is not to be opened.
pub fn judge(answer: &[u8], ours: &str) -> Result<ReleaseAnswer, ReleaseFault> {
    let told: Told =
        serde_json::from_slice(answer).map_err(|error| ReleaseFault::garbled(&error))?;
    let version = told.tag_name.strip_prefix('v').unwrap_or(&told.tag_name);
    let version = Version::parse(version).map_err(|error| ReleaseFault::garbled(&error))?;
    let release = Release { version: version.to_string(), page: told.html_url };
    if !release.is_newer_than(ours) {
        return Ok(ReleaseAnswer::UpToDate(release.version));
    }
    match ReleasesUrl::parse(&release.page) {
        Some(_) => Ok(ReleaseAnswer::Newer(release)),
        None => Err(ReleaseFault::garbled(&"its page has no address that could be opened")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tag: &str) -> Result<ReleaseAnswer, ReleaseFault> {
        judge(
            format!(r#"{{"tag_name":"{tag}","html_url":"https://host/r","more":[1]}}"#).as_bytes(),
            "0.2.0",
        )
    }

    #[test]
    fn versions_are_compared_by_the_rules_of_semver() {
        for (tag, newer) in [
            ("v0.2.1", true),
            ("0.10.0", true),
            ("v1.0.0+build.5", true),
            ("v0.2.0", false),
            ("v0.2.0+later", false),
            ("v0.1.9", false),
            ("v0.3.0-rc.1", false),
        ] {
            let answer = told(tag).expect("a version");
            assert_eq!(matches!(answer, ReleaseAnswer::Newer(_)), newer, "{tag}");
        }
        let release = |version: &str| Release { version: version.to_owned(), page: String::new() };
        assert!(release("0.3.0-rc.2").is_newer_than("0.3.0-rc.1"), "who tries out goes on");
        assert!(release("0.3.0").is_newer_than("0.3.0-rc.2"));
        assert!(!release("garbage").is_newer_than("0.2.0"));
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_a_fault() {
        let evil_page = br#"{"tag_name":"v9.0.0","html_url":"file:///etc/passwd"}"#;
        for answer in [
            &b"<html>"[..],
            b"",
            b"{}",
            b"\xFF",
            br#"{"tag_name":"nightly","html_url":"https://a"}"#,
            evil_page,
        ] {
            let fault = judge(answer, "0.2.0").expect_err("no sense");
            assert_eq!(fault.kind, ReleaseFaultKind::Other);
            assert_eq!(fault.to_string().lines().count(), 1, "{fault}");
        }
    }

    #[test]
    fn only_what_is_secured_or_here_is_asked() {
        for (text, is_one) in [
            ("https://api.github.com/repos/o/r/releases/latest", true),
            ("https://host:8443/x?y=1", true),
            ("http://127.0.0.1:8000/", true),
            ("http://[::1]:8000/", true),
            ("http://localhost/", true),
            ("http://host/", false),
            ("http://127.0.0.1.host/", false),
            ("http://127.0.0.1@host/", false),
            ("https://user:secret@host/", false),
            ("https://", false),
            ("https://host/ x", false),
            ("ftp://host/", false),
            ("host", false),
            ("", false),
        ] {
            assert_eq!(ReleasesUrl::parse(text).is_some(), is_one, "{text}");
        }
        let url = |text| ReleasesUrl::parse(text).expect("an address");
        let secured = url("https://host:1/a/b");
        assert_eq!(secured.follow("/c"), Some(url("https://host:1/c")));
        assert_eq!(secured.follow("https://other/"), Some(url("https://other/")));
        assert_eq!(secured.follow("http://127.0.0.1/"), None, "once secured it stays so");
        assert_eq!(secured.follow("//other/"), None);
        assert_eq!(url("http://localhost/").follow("http://other/"), None);
    }
}
