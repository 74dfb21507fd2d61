//! Which member a connection is of.

use super::RoomLink;
use heapless::Vec;

/// The places of members by their connections, in the order of these: a room of a thousand is asked for
/// one with each line.
#[derive(Debug, Clone)]
pub(super) struct Places<const MEMBERS: usize>(Vec<(RoomLink, u16), MEMBERS>);

impl<const MEMBERS: usize> Places<MEMBERS> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The place of the member that has this connection.
    pub(super) fn find(&self, link: RoomLink) -> Option<usize> {
        let at = self.index(link).ok()?;
        self.0.get(at).map(|(_, place)| usize::from(*place))
    }

    /// The member at this place has this connection from now on.
    pub(super) fn set(&mut self, link: RoomLink, place: usize) {
        // No room has more members than that.
        let Ok(place) = u16::try_from(place) else { return };
        match self.index(link) {
            Ok(at) => {
                if let Some((_, found)) = self.0.get_mut(at) {
                    *found = place;
                }
            }
            // There is one for each member at most, and so a place for it.
            Err(at) => {
                self.0.insert(at, (link, place)).ok();
            }
        }
    }

    /// Nobody has this connection any more.
    pub(super) fn unset(&mut self, link: RoomLink) {
        if let Ok(at) = self.index(link) {
            self.0.remove(at);
        }
    }

    /// The member at this place is taken out: those behind it move up.
    pub(super) fn close_up(&mut self, place: usize) {
        self.0.retain(|(_, found)| usize::from(*found) != place);
        for (_, found) in &mut self.0 {
            *found -= u16::from(usize::from(*found) > place);
        }
    }

    /// Nobody is there.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn index(&self, link: RoomLink) -> Result<usize, usize> {
        self.0.binary_search_by_key(&link, |(link, _)| *link)
    }
}
