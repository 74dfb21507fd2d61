//! What is sent.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The bytes of a message: the same for every connection, but for clients that are written to in an encoding of their own
/// ([`KnownClients::compose`](crate::session::KnownClients::compose)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingBytes {
    common: Arc<[u8]>,
    /// By the address of the other end, as it is in its own family.
    own: BTreeMap<IpAddr, Arc<[u8]>>,
}

impl OutgoingBytes {
    /// `common` for all, except for these addresses.
    pub fn new(common: impl Into<Arc<[u8]>>, own: BTreeMap<IpAddr, Arc<[u8]>>) -> Self {
        Self { common: common.into(), own }
    }

    /// What everybody gets who has nothing else.
    pub const fn common(&self) -> &Arc<[u8]> {
        &self.common
    }

    /// What the other end at this address gets.
    pub fn of(&self, address: IpAddr) -> &Arc<[u8]> {
        self.own.get(&address.to_canonical()).unwrap_or(&self.common)
    }

    /// What those get who get something else than the others.
    pub fn own(&self) -> impl Iterator<Item = (IpAddr, &Arc<[u8]>)> {
        self.own.iter().map(|(address, bytes)| (*address, bytes))
    }

    /// Whether nobody gets anything.
    pub fn is_empty(&self) -> bool {
        self.common.is_empty() && self.own.values().all(|bytes| bytes.is_empty())
    }
}

impl From<Arc<[u8]>> for OutgoingBytes {
    fn from(common: Arc<[u8]>) -> Self {
        Self { common, own: BTreeMap::new() }
    }
}

impl From<Vec<u8>> for OutgoingBytes {
    fn from(common: Vec<u8>) -> Self {
        Arc::<[u8]>::from(common).into()
    }
}

impl From<&[u8]> for OutgoingBytes {
    fn from(common: &[u8]) -> Self {
        Arc::<[u8]>::from(common).into()
    }
}

impl<const N: usize> From<[u8; N]> for OutgoingBytes {
    fn from(common: [u8; N]) -> Self {
        Arc::<[u8]>::from(common).into()
    }
}
