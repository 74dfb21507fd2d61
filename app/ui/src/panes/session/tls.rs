//! How a session is secured: a chip in its header, and what can be done about a certificate that was refused.

use egui::{Label, RichText, Ui};
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::session::{SessionSpec, SessionState, SessionStatus};
use espalier_core::tls::{CertificateFacts, RefusedCertificate, TlsStatus};

use crate::command::UiRequest;
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, Tone};

/// The chip: red where the other end may be anyone. Nothing for plain text.
pub(super) fn chip(ui: &mut Ui, scene: &Scene<'_>, spec: &SessionSpec, status: &SessionStatus) {
    if !spec.transport.speaks_tls() && status.tls.is_none() {
        return;
    }
    let nothing = TlsStatus::default();
    let tls = status.tls.as_deref().unwrap_or(&nothing);
    let unverified = spec.transport.trusts_anyone() || (tls.unverified && tls.secured.is_some());
    let stands = match &status.state {
        SessionState::Connected(_) => true,
        // Of a load test some connections stand, which all are secured.
        SessionState::Listening | SessionState::Open => tls.secured.is_some(),
        _ => false,
    };
    let version = tls.secured.as_deref().filter(|_| stands);
    let short = version.and_then(|secured| secured.split(" · ").next()).unwrap_or("TLS");
    let (text, tone) = match (unverified, stands) {
        (true, _) => (scene.with("tls-chip-unverified", [("tls", short.into())]), Tone::Bad),
        (false, true) => (short.to_owned(), Tone::Good),
        (false, false) => (short.to_owned(), Tone::Calm),
    };
    let color = tone.color(theme::tokens(ui));
    let pill = widgets::pill(ui, color, |ui| {
        let size = egui::Vec2::splat(13.0);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        crate::icon::paint(ui.painter(), rect, Icon::Lock, color);
        ui.colored_label(color, text);
    });
    let mut tip = vec![match unverified {
        true => scene.text("tls-trust-any-caution").to_owned(),
        false => version.unwrap_or("TLS").to_owned(),
    }];
    if let Some(own) = tls.own {
        let fingerprint = own.to_string();
        tip.push(scene.with("tls-own-fingerprint", [("fingerprint", fingerprint.into())]));
    }
    if let Some(path) = &tls.key_log {
        tip.push(scene.with("tls-key-log-on", [("path", path.display().to_string().into())]));
    }
    pill.on_hover_text(tip.join("\n"));
    if tls.key_log.is_some() {
        let name = scene.text("tls-key-log-chip");
        widgets::badge(ui, Tone::Busy, name).on_hover_text(tip.join("\n"));
    }
}

/// The certificate that the latest attempt refused, while nothing stands; a relay listens all the same.
pub(super) fn refused(status: &SessionStatus) -> Option<&RefusedCertificate> {
    let rests = matches!(
        status.state,
        SessionState::Ended { .. } | SessionState::Waiting { .. } | SessionState::Listening
    );
    status.tls.as_ref()?.refused.as_ref().filter(|_| rests)
}

/// What the refused certificate says, why it was refused, and what can be done.
pub(super) fn bar(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    id: SessionId,
    RefusedCertificate { facts, why }: &RefusedCertificate,
) {
    let t = theme::tokens(ui);
    let (bad, muted) = (t.bad, t.muted);
    let why = scene.locale.translate(why);
    ui.add(Label::new(RichText::new(why).color(bad)).wrap().selectable(true));
    for line in lines(scene, facts) {
        ui.add(Label::new(RichText::new(line).small().color(muted)).wrap().selectable(true));
    }
    ui.horizontal_wrapped(|ui| {
        for (key, hint, sign, always) in [
            ("tls-trust-once", "tls-trust-once-hint", Icon::Play, false),
            ("tls-trust-always", "tls-trust-always-hint", Icon::Lock, true),
        ] {
            let button = widgets::button(ui, sign, scene.text(key));
            if button.on_hover_text(scene.text(hint)).clicked() {
                let fingerprint = facts.fingerprint;
                let command = SessionCommand::TrustCertificate { fingerprint, always };
                scene.ask(UiRequest::Session(id, command));
            }
        }
    });
}

fn lines(scene: &Scene<'_>, facts: &CertificateFacts) -> [String; 3] {
    let (subject, issuer) = (facts.holder(), facts.issuer.clone());
    [
        scene.with("tls-says-who", [("subject", subject.into()), ("issuer", issuer.into())]),
        scene.with(
            "tls-says-when",
            [
                ("names", facts.names_in_one().into()),
                ("from", facts.from().into()),
                ("until", facts.until().into()),
            ],
        ),
        format!("SHA-256 {}", facts.fingerprint),
    ]
}
