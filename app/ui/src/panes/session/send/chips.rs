//! Whom it goes to, as chips above the field: all, or those that were chosen, each with a cross.

use egui::{
    Align2, FontId, PopupCloseBehavior, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};
use espalier_core::PeerId;
use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::session::{ConnectionState, PeerStatus};

use super::{SendContext, fault};
use crate::icon::{self, Icon};
use crate::panes::session::chosen::{self, ChosenEdit};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets;
use crate::words;

const HEIGHT: f32 = 22.0;

/// Draws them, and what keeps the message from one of them; nothing where there is no choice.
pub(super) fn ui(ui: &mut Ui, scene: &Scene<'_>, with: &SendContext<'_>) {
    let to = &with.to;
    if !to.server {
        return;
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
        let most = 3.0 * (HEIGHT + 4.0);
        let area = ScrollArea::vertical().id_salt("recipients").max_height(most);
        area.min_scrolled_height(most).auto_shrink([false, true]).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| row(ui, scene, with));
        });
        if let Some(refusal) = to.missing {
            let bad = theme::tokens(ui).bad;
            let text = egui::RichText::new(fault::refusal(scene, refusal)).small().color(bad);
            ui.add(egui::Label::new(text).wrap());
        }
    });
}

fn row(ui: &mut Ui, scene: &Scene<'_>, with: &SendContext<'_>) {
    let to = &with.to;
    let counterpart = to.target == PeerSelector::Counterpart;
    if to.chosen.len() == 0 {
        everybody(ui, &unchosen(scene, with, counterpart));
    }
    for (peer, remote) in to.chosen.iter() {
        let name = with.clients.name(remote.ip());
        let short = match name {
            Some(name) => format!("#{} {name}", peer.0),
            None => format!("#{} {remote}", peer.0),
        };
        let known = chosen::find(peer, with.status);
        let why =
            chosen::unreachable(peer, with.status).map(|refusal| reason(scene, known, refusal));
        if chip(ui, scene, peer, &short, why.as_deref()) {
            to.edit.set(Some(ChosenEdit::Remove(peer)));
        }
    }
    more(ui, scene, with);
    let is_all = to.target == PeerSelector::All;
    if !is_all && widgets::quiet_button(ui, None, scene.text("send-choose-all")).clicked() {
        to.edit.set(Some(ChosenEdit::Everybody));
    }
    // Where all is not what is meant as long as nobody is chosen.
    if with.datagrams
        && !counterpart
        && widgets::quiet_button(ui, None, scene.text("send-choose-counterpart")).clicked()
    {
        to.edit.set(Some(ChosenEdit::Nobody));
    }
}

/// To whom it goes when nobody was chosen.
fn unchosen(scene: &Scene<'_>, with: &SendContext<'_>, counterpart: bool) -> String {
    if !counterpart {
        let key = if with.datagrams { "send-to-all-peers" } else { "send-to-all" };
        return scene.with(key, [("count", with.to.open.into())]);
    }
    let peer = with.status.counterpart.and_then(|id| chosen::find(id, with.status));
    let Some(peer) = peer else { return scene.text("send-to-first").to_owned() };
    let title = words::client(peer.id, Some(peer.remote), with.clients);
    let key = if with.status.remote.is_some() { "send-to-remote" } else { "send-to-last" };
    scene.with(key, [("peer", title.into())])
}

/// What befell a chosen client, as far as it is remembered.
fn reason(scene: &Scene<'_>, peer: Option<&PeerStatus>, refusal: Refusal) -> String {
    match peer.map(|it| it.state) {
        Some(state @ (ConnectionState::Ended(_) | ConnectionState::HalfClosed)) => {
            scene.text(words::connection(state).0).to_owned()
        }
        _ => fault::refusal(scene, refusal),
    }
}

/// Nobody was chosen.
fn everybody(ui: &mut Ui, text: &str) {
    let t = theme::tokens(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::proportional(12.0), t.muted);
    let size = vec2(galley.size().x + 16.0, HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, enabled, text));
    let stroke = Stroke::new(1.0, t.outline);
    ui.painter().rect(rect, HEIGHT / 2.0, t.panel, stroke, StrokeKind::Inside);
    let place = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
    ui.painter().galley(place.min, galley, t.muted);
}

/// A client that was chosen, struck out when it cannot receive (`why`); `true` when its cross was pressed.
fn chip(ui: &mut Ui, scene: &Scene<'_>, peer: PeerId, text: &str, why: Option<&str>) -> bool {
    const CROSS: f32 = 16.0;
    let t = theme::tokens(ui);
    let (ink, line) = match why {
        Some(_) => (t.bad, t.bad),
        None => (t.text, t.peer(u64::from(peer.0))),
    };
    let wrap = egui::text::TextWrapping {
        break_anywhere: true,
        ..egui::text::TextWrapping::truncate_at_width(220.0)
    };
    let mut job = egui::text::LayoutJob { wrap, ..Default::default() };
    let strikethrough = if why.is_some() { Stroke::new(1.0, t.bad) } else { Stroke::NONE };
    let format = egui::TextFormat {
        strikethrough,
        ..egui::TextFormat::simple(FontId::proportional(12.0), ink)
    };
    job.append(text, 0.0, format);
    let galley = ui.painter().layout_job(job);
    let size = Vec2::new(9.0 + galley.size().x + 4.0 + CROSS + 4.0, HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let spoken = match why {
        Some(why) => {
            scene.with("send-chip-missing", [("client", text.into()), ("reason", why.into())])
        }
        None => scene.with("send-chip", [("client", text.into())]),
    };
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, enabled, &spoken));
    response.on_hover_text(&spoken);
    let stroke = Stroke::new(1.0, line.gamma_multiply(0.7));
    ui.painter().rect(rect, HEIGHT / 2.0, line.gamma_multiply(0.13), stroke, StrokeKind::Inside);
    let place = pos2(rect.left() + 9.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(place, galley, ink);
    let middle = pos2(rect.right() - 4.0 - CROSS / 2.0, rect.center().y);
    let cross = Rect::from_center_size(middle, Vec2::splat(CROSS));
    let remove = ui.interact(cross, ui.scope_id().with(("chosen", peer)), Sense::click());
    let name = scene.with("send-chip-remove", [("client", text.into())]);
    remove.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &name));
    let lit = remove.hovered() || remove.has_focus();
    if lit {
        ui.painter().rect_filled(cross, f32::from(space::RADIUS), t.control[1]);
    }
    icon::paint(ui.painter(), cross.shrink(3.0), Icon::Cross, if lit { t.strong } else { t.muted });
    remove.on_hover_text(name).clicked()
}

/// Chooses one more, also while the list of clients is hidden.
fn more(ui: &mut Ui, scene: &Scene<'_>, with: &SendContext<'_>) {
    let to = &with.to;
    let name = scene.text("send-choose");
    let close = PopupCloseBehavior::CloseOnClickOutside;
    widgets::menu_button(ui, Icon::Plus, "", name, close, |ui| {
        ui.set_min_width(230.0);
        let free: Vec<&PeerStatus> = with
            .status
            .peers
            .iter()
            .filter(|peer| chosen::receives(peer) && !to.chosen.contains(peer.id))
            .collect();
        if free.is_empty() {
            ui.weak(scene.text("send-choose-none"));
            return;
        }
        let area = ScrollArea::vertical().max_height(260.0);
        area.show_rows(ui, space::CONTROL, free.len(), |ui, range| {
            for peer in free.get(range).unwrap_or_default() {
                let title = words::client(peer.id, Some(peer.remote), with.clients);
                if widgets::quiet_button(ui, None, &title).clicked() {
                    to.edit.set(Some(ChosenEdit::Add(peer.id, peer.remote)));
                }
            }
        });
    });
}
