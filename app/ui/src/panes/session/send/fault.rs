//! What cannot be sent as it is written, in words.

use espalier_core::backend::Refusal;
use espalier_core::send::{SendError, SendFault};

use crate::scene::Scene;

/// One sentence: what is wrong and what to do.
pub(in crate::panes::session) fn sentence(scene: &Scene<'_>, error: &SendError) -> String {
    match &error.fault {
        SendFault::NotHex(character) => {
            scene.with("fault-not-hex", [("character", character.to_string().into())])
        }
        SendFault::HalfByte { digits } => {
            scene.with("fault-half-byte", [("digits", (*digits).into())])
        }
        SendFault::UnknownEscape => scene.text("fault-escape").to_owned(),
        SendFault::ByteEscape => scene.text("fault-byte-escape").to_owned(),
        SendFault::CharacterEscape => scene.text("fault-character-escape").to_owned(),
        SendFault::Unencodable { character, encoding } => scene.with(
            "fault-unencodable",
            [("character", character.to_string().into()), ("encoding", (*encoding).into())],
        ),
        SendFault::ChecksumRange { skipped, bytes } => scene.with(
            "fault-checksum-range",
            [("skipped", (*skipped).into()), ("bytes", (*bytes).into())],
        ),
        other => scene.locale.translate(&other.to_string()),
    }
}

/// Why nothing was sent, and what to do.
pub(in crate::panes::session) fn refusal(scene: &Scene<'_>, refusal: Refusal) -> String {
    match refusal {
        Refusal::Gone(peer) => scene.with("send-gone", [("number", peer.0.into())]),
        Refusal::Closed(peer) => scene.with("send-closed", [("number", peer.0.into())]),
        Refusal::Full => scene.text("send-full").to_owned(),
        Refusal::TooLong { most } => scene.with("send-too-long", [("most", most.into())]),
        Refusal::Transferring => scene.text("send-transferring").to_owned(),
        _ => scene.text("send-nobody").to_owned(),
    }
}
