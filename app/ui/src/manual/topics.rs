//! Which page has more to say of what was told: one table.

use crate::command::Topic;

/// By the key of a sentence, or its beginning where it ends in `-`.
const TOPICS: &[(&str, Topic)] = &[
    // Why a connection ended.
    ("advice-closed-by-peer", ("tcp", "closed")),
    ("advice-reset-by-peer", ("tcp", "reset")),
    ("advice-reset-by-us", ("tcp", "reset")),
    ("advice-keepalive-lost", ("tcp", "lost")),
    ("advice-board-restarted", ("drivers", "gone")),
    ("advice-refused", ("tcp", "refused")),
    ("advice-timed-out", ("tcp", "timed-out")),
    ("advice-unreachable", ("tcp", "unreachable")),
    ("advice-name-not-found", ("tcp", "unreachable")),
    ("advice-bind-failed", ("tcp", "bind")),
    ("advice-over-limit", ("sessions", "server")),
    ("advice-tls-failed", ("secure", "failed")),
    ("advice-truncated", ("secure", "failed")),
    ("advice-capture-failed", ("captures", "unwritable")),
    ("advice-port-gone", ("drivers", "gone")),
    ("advice-port-busy", ("drivers", "busy")),
    ("advice-port-forbidden", ("drivers", "linux")),
    ("advice-idle", ("sessions", "udp")),
    ("advice-forbidden", ("sessions", "udp")),
    // What a notice tells.
    ("told-port-busy", ("drivers", "busy")),
    ("told-port-taken", ("drivers", "busy")),
    ("told-port-forbidden", ("drivers", "linux")),
    ("told-not-allowed", ("drivers", "linux")),
    ("told-port-gone", ("drivers", "gone")),
    ("told-port-not-opened", ("drivers", "chips")),
    ("told-board-gone", ("drivers", "gone")),
    ("told-went-away", ("drivers", "gone")),
    ("told-no-sync", ("drivers", "loader")),
    ("told-link-breaks", ("drivers", "loader")),
    ("told-loader-failed", ("drivers", "loader")),
    ("told-no-simulator", ("start", "")),
    ("told-no-symbols", ("board", "crashes")),
    ("told-file-", ("files", "")),
    ("told-set-aside", ("files", "")),
    ("told-left-out", ("files", "")),
    ("told-save-", ("captures", "")),
];

/// Where the manual has more to say of the sentence of this key.
pub fn topic(key: &str) -> Option<Topic> {
    let is_meant = |(known, _): &&(&str, Topic)| {
        *known == key || (known.ends_with('-') && key.starts_with(known))
    };
    TOPICS.iter().find(is_meant).map(|(_, topic)| *topic)
}

#[cfg(test)]
mod tests {
    use super::super::{Block, Manual, Reference};
    use super::*;
    use crate::locale::{Language, Locale};

    #[test]
    fn every_topic_is_of_a_sentence_and_leads_to_a_heading() {
        let locale = Locale::new(Language::English);
        let manual = Manual::new(&locale, &Reference::default());
        for (key, (page, id)) in TOPICS {
            let is_meant =
                |known: &str| known == *key || (key.ends_with('-') && known.starts_with(key));
            assert!(locale.keys().any(is_meant), "{key} is no sentence");
            let page = manual.pages().iter().find(|it| it.name == *page);
            let page = page.unwrap_or_else(|| panic!("{key} leads to no page"));
            let is_there =
                |block: &Block| matches!(block, Block::Heading { id: it, .. } if it == id);
            assert!(
                id.is_empty() || page.blocks.iter().any(is_there),
                "{key}: {} has no {id}",
                page.name
            );
        }
    }
}
