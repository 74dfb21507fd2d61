//! What the user has said of a server's clients, or of a datagram session's peers: kept by address, because a client has another port each time it comes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::send::OutgoingBytes;
use crate::view::EncodingName;

/// The clients of a server that the user has said something of. Addresses are told apart without their port, and an IPv4
/// address is the same when a socket for both families shows it as an IPv6 one (RFC 4291 section 2.5.5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KnownClients(Vec<ClientEntry>);

/// What the user has said of the clients that come from an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownClient {
    /// What it is called; empty: nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The encoding of what it sends and is sent; the session's when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<EncodingName>,
}

/// As it stands in a workspace file: in the order in which it was written, and of two for one address the later one holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ClientEntry {
    address: IpAddr,
    #[serde(flatten)]
    client: KnownClient,
}

impl KnownClients {
    /// Whether nothing was said of anybody.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any client has an encoding of its own.
    pub fn has_encodings(&self) -> bool {
        self.0.iter().any(|it| it.client.encoding.is_some())
    }

    /// What was said of the clients at this address.
    pub fn of(&self, address: IpAddr) -> Option<&KnownClient> {
        let address = address.to_canonical();
        self.0.iter().rev().find(|it| it.address.to_canonical() == address).map(|it| &it.client)
    }

    /// What the clients at this address are called, if they are.
    pub fn name(&self, address: IpAddr) -> Option<&str> {
        self.of(address).map(|client| client.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The encoding that the clients at this address have of their own.
    pub fn encoding(&self, address: IpAddr) -> Option<&EncodingName> {
        self.of(address)?.encoding.as_ref()
    }

    /// Says this of the clients at this address, in place of what was said before.
    pub fn set(&mut self, address: IpAddr, client: KnownClient) {
        let address = address.to_canonical();
        self.0.retain(|it| it.address.to_canonical() != address);
        if client != KnownClient::default() {
            self.0.push(ClientEntry { address, client });
        }
    }

    /// A message for the clients at these addresses: composed once in the encoding of the session, and once in each encoding
    /// that any of them has of its own.
    ///
    /// # Errors
    /// What `compose` says, when the message cannot be written in the encoding of one of them.
    pub fn compose<E>(
        &self,
        session: &EncodingName,
        to: impl IntoIterator<Item = IpAddr>,
        mut compose: impl FnMut(&EncodingName) -> Result<Vec<u8>, E>,
    ) -> Result<OutgoingBytes, E> {
        let mut composed: Vec<(&EncodingName, Arc<[u8]>)> = Vec::new();
        let (mut own, mut anybody_else) = (BTreeMap::new(), true);
        if self.has_encodings() {
            let mut meant = to.into_iter().peekable();
            anybody_else = meant.peek().is_none();
            for address in meant.map(|address| address.to_canonical()) {
                let Some(encoding) = self.encoding(address).filter(|it| *it != session) else {
                    anybody_else = true;
                    continue;
                };
                let bytes = match composed.iter().find(|(known, _)| *known == encoding) {
                    Some((_, bytes)) => bytes.clone(),
                    None => {
                        let bytes: Arc<[u8]> = compose(encoding)?.into();
                        composed.push((encoding, bytes.clone()));
                        bytes
                    }
                };
                own.insert(address, bytes);
            }
        }
        let common = match (compose(session), anybody_else) {
            (Ok(bytes), _) => bytes,
            (Err(error), true) => return Err(error),
            // Nobody is meant to whom it would go so.
            (Err(_), false) => Vec::new(),
        };
        Ok(OutgoingBytes::new(common, own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 5));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 6));

    fn known(name: &str, encoding: Option<&str>) -> KnownClients {
        let encoding = encoding.map(|name| EncodingName(name.to_owned()));
        let mut known = KnownClients::default();
        known.set(LAMP, KnownClient { name: name.to_owned(), encoding });
        known
    }

    #[test]
    fn an_address_is_the_same_in_both_families() {
        let mapped: IpAddr = "::ffff:192.168.1.5".parse().unwrap();
        let mut known = known("灯", None);
        assert_eq!(known.name(mapped), Some("灯"));
        known.set(mapped, KnownClient::default());
        assert!(known.is_empty(), "{known:?}");
    }

    #[test]
    fn a_message_is_composed_once_for_each_encoding_that_is_needed() {
        let utf8 = EncodingName::default();
        let known = known("灯", Some("GBK"));
        let composed = |to: &[IpAddr]| {
            let mut asked = Vec::new();
            let bytes = known.compose(&utf8, to.iter().copied(), |encoding| {
                asked.push(encoding.0.clone());
                Ok::<_, ()>(encoding.0.clone().into_bytes())
            });
            (bytes.unwrap(), asked)
        };
        let (bytes, asked) = composed(&[LAMP, OTHER, LAMP]);
        assert_eq!((&**bytes.of(LAMP), &**bytes.of(OTHER)), (&b"GBK"[..], &b"UTF-8"[..]));
        assert_eq!(asked, ["GBK", "UTF-8"]);
        assert_eq!(composed(&[OTHER]).1, ["UTF-8"]);
        assert_eq!(composed(&[]).1, ["UTF-8"]);
    }

    /// Nothing goes to anybody, rather than something else to one of them.
    #[test]
    fn what_one_of_them_cannot_be_written_in_is_for_none_of_them() {
        let big5 = EncodingName("Big5".to_owned());
        let known = known("", Some("GBK"));
        let refuses = |bad: &'static str, to: &[IpAddr]| {
            let compose = |it: &EncodingName| match it.0 == bad {
                true => Err(()),
                false => Ok(b"x".to_vec()),
            };
            known.compose(&big5, to.iter().copied(), compose).is_err()
        };
        assert!(refuses("GBK", &[LAMP, OTHER]));
        assert!(!refuses("GBK", &[OTHER]), "the other has nothing to do with it");
        assert!(refuses("Big5", &[LAMP, OTHER]));
        assert!(!refuses("Big5", &[LAMP]), "nobody needs the session's");
    }
}
