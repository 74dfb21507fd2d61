//! Which rows pass a filter.

use std::sync::Arc;

use super::improv_packet::is_packet;
use super::pattern::Pattern;
use super::render::RowRenderer;
use super::row_bounds::RowHead;
use super::scan::RawRow;
use super::{Filter, ViewSpec};
use crate::timeline::LanePeer;
use crate::{PeerId, Position};

/// A filter that has been checked, with everything it needs to test a row.
#[derive(Clone, Debug)]
pub(super) struct RowFilter {
    filter: Filter,
    text: Option<Pattern>,
    cleared_before: Position,
}

impl RowFilter {
    /// A text that is not a valid expression lets everything pass; the second value says why.
    pub(super) fn new(spec: &ViewSpec) -> (Self, Option<Arc<str>>) {
        let filter = spec.filter.clone();
        let (text, error) = match Pattern::new(&filter.needle()) {
            Ok(text) => (text, None),
            Err(error) => (None, Some(error)),
        };
        (Self { filter, text, cleared_before: spec.cleared_before }, error)
    }

    /// Whether all rows that begin at or after a place pass.
    pub(super) fn passes_all_from(&self, position: Position) -> bool {
        let Filter {
            direction,
            peers,
            hidden_lanes,
            text: _,
            regex: _,
            hex: _,
            case_sensitive: _,
            whole_word: _,
            not: _,
            since,
            until,
            log,
            hide_events,
            hide_improv,
        } = &self.filter;
        position >= self.cleared_before
            && direction.is_none()
            && peers.is_empty()
            && hidden_lanes.is_empty()
            && since.is_none()
            && until.is_none()
            && log.is_open()
            && !hide_events
            && !hide_improv
            && self.text.is_none()
    }

    /// What all rows that pass have in their text.
    pub(super) fn needed(&self) -> Option<&Pattern> {
        self.text.as_ref().filter(|_| !self.filter.not)
    }

    /// The first place where a row may pass.
    pub(super) const fn from(&self) -> Position {
        self.cleared_before
    }

    /// Whether a row of data that begins like this may pass; that only its text can tell otherwise.
    pub(super) fn may_pass(&self, head: &RowHead) -> bool {
        let Filter { direction, peers, .. } = &self.filter;
        head.position >= self.cleared_before
            && self.filter.passes_time(head.at)
            && direction.is_none_or(|it| it == head.direction())
            && (peers.is_empty() || peers.contains(&head.stream.peer))
            && !self.is_in_hidden_lane(head.stream.peer)
    }

    pub(super) fn passes(&self, row: &RawRow<'_>, renderer: &RowRenderer) -> bool {
        let Filter { peers, log, hide_events, hide_improv, .. } = &self.filter;
        let peer = row.head.stream.peer;
        let event = row.event.is_some();
        row.head.position >= self.cleared_before
            && self.filter.passes_time(row.head.at)
            && !(event && *hide_events)
            && !(*hide_improv && is_packet(row.bytes))
            && (event || self.may_pass(&row.head))
            && !(event && self.is_in_hidden_lane(peer))
            && (event && peer == PeerId::SESSION || peers.is_empty() || peers.contains(&peer))
            && self.passes_text(row, renderer, !event && !log.is_open())
    }

    fn is_in_hidden_lane(&self, peer: PeerId) -> bool {
        let hidden = &self.filter.hidden_lanes;
        !hidden.is_empty() && LanePeer::of(peer).is_some_and(|it| hidden.contains(&it.lane))
    }

    fn passes_text(&self, row: &RawRow<'_>, renderer: &RowRenderer, log: bool) -> bool {
        let has_text = |pattern| renderer.has(row, pattern) != self.filter.not;
        self.text.as_ref().is_none_or(has_text)
            && (!log || self.filter.log.passes(&renderer.plain_text(row)))
    }
}
