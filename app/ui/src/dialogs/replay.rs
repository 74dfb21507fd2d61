//! Which part of a history is played, to whom, and how fast.

use std::ops::Range;

use egui::Ui;
use espalier_core::replay::{IgnoreFault, ReplayChoice, ReplayPace, ReplayRequest};
use espalier_core::session::TransportSpec;
use espalier_core::{Direction, PeerId, Position, SessionId};

use super::frame;
use crate::command::{ReplayAsk, ReplayOrder, UiRequest};
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, Focus, form};
use crate::words;

/// Which rows are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlayedRows {
    All,
    Chosen,
    FromThere,
}

/// How fast, without the factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlayedPace {
    Recorded,
    Fast,
    ByAnswer,
}

const PACES: [(PlayedPace, &str); 3] = [
    (PlayedPace::Recorded, "replay-recorded"),
    (PlayedPace::Fast, "replay-fast"),
    (PlayedPace::ByAnswer, "replay-by-answer"),
];

/// What is asked of a replay so far.
#[derive(Debug)]
pub struct ReplayDialog {
    of: SessionId,
    /// Where the chosen rows stand in the history.
    chosen: Option<Range<Position>>,
    to: Option<SessionId>,
    direction: Direction,
    rows: PlayedRows,
    /// 0: the only one.
    peer: u32,
    pace: PlayedPace,
    factor: f64,
    timeout_s: u32,
    ignore: String,
    /// What was written there when it was compiled last, and what is wrong with it.
    compiled: (String, Option<IgnoreFault>),
    damaged: bool,
    /// The keyboard is in the field of several lines, where Enter makes a new one.
    writes: bool,
    focus: Focus,
}

impl ReplayDialog {
    /// Asks how this is played.
    pub fn new(ask: ReplayAsk) -> Self {
        let ReplayAsk { of, chosen, is_one, peer } = ask;
        Self {
            of,
            rows: match (&chosen, is_one) {
                (None, _) => PlayedRows::All,
                (Some(_), true) => PlayedRows::FromThere,
                (Some(_), false) => PlayedRows::Chosen,
            },
            chosen,
            to: None,
            direction: Direction::Out,
            peer: peer.map_or(0, |peer| peer.0),
            pace: PlayedPace::ByAnswer,
            factor: 1.0,
            timeout_s: 5,
            ignore: String::new(),
            compiled: (String::new(), None),
            damaged: false,
            writes: false,
            focus: Focus::wanted(),
        }
    }

    /// Draws it; `false` when it is over.
    pub(super) fn ui(&mut self, ui: &Ui, scene: &mut Scene<'_>) -> bool {
        let (mut go, mut cancelled) = (frame::enter(ui) && !self.writes, false);
        let targets = targets(scene);
        let is_there = |to: Option<SessionId>| targets.iter().any(|(id, _)| Some(*id) == to);
        if !is_there(self.to) {
            // Where it came from, if that moves anything at all.
            self.to = Some(self.of).filter(|of| is_there(Some(*of)));
            self.to = self.to.or_else(|| targets.first().map(|(id, _)| *id));
        }
        if self.compiled.0 != self.ignore {
            self.compiled = (self.ignore.clone(), self.request().ignored().err());
        }
        let fault = self.compiled.1.clone();
        let can = self.to.is_some() && fault.is_none();
        let open = frame::dialog(ui, scene.locale, scene.text("replay-title"), 520.0, |ui| {
            let focus = self.focus.is_due(ui);
            form::hint(ui, scene.text("replay-hint"));
            ui.add_space(space::S);
            self.what(ui, scene, &targets);
            ui.add_space(space::S);
            self.how(ui, scene);
            if let Some(fault) = &fault {
                form::problem(ui, &scene.locale.sentence(&fault.0));
            }
            frame::actions(ui, None, |ui| {
                cancelled = ui.button(scene.text("cancel")).clicked();
                ui.add_enabled_ui(can, |ui| {
                    let text = scene.text("replay-play");
                    let button = widgets::primary_button(ui, None, text);
                    if focus {
                        button.request_focus();
                    }
                    go |= button.clicked();
                });
            });
        });
        if let (true, false, true, Some(to)) = (go, cancelled, can, self.to) {
            let order = ReplayOrder { of: self.of, to, request: self.request() };
            scene.ask(UiRequest::Replay(Box::new(order)));
            return false;
        }
        open && !cancelled
    }

    /// What is played, and to whom.
    fn what(&mut self, ui: &mut Ui, scene: &Scene<'_>, targets: &[(SessionId, String)]) {
        let name = scene.text("replay-to");
        if targets.is_empty() {
            form::problem(ui, scene.text("replay-no-target"));
        }
        let targets: Vec<_> = targets.iter().map(|(id, title)| (Some(*id), title)).collect();
        form::row(ui, name, |ui| {
            widgets::choice(ui, "replay target", name, &mut self.to, &targets).1
        });
        let sides = [(Direction::Out, "replay-sent"), (Direction::In, "replay-received")];
        let sides = sides.map(|(it, key)| (it, scene.text(key)));
        let name = scene.text("replay-side");
        form::row(ui, name, |ui| {
            widgets::choice(ui, "replay side", name, &mut self.direction, &sides).1
        });
        if self.chosen.is_some() {
            let rows = [
                (PlayedRows::All, "replay-all-rows"),
                (PlayedRows::Chosen, "replay-chosen-rows"),
                (PlayedRows::FromThere, "replay-from-there"),
            ];
            let rows = rows.map(|(it, key)| (it, scene.text(key)));
            let name = scene.text("replay-rows");
            form::row(ui, name, |ui| {
                widgets::choice(ui, "replay rows", name, &mut self.rows, &rows).1
            });
        }
        let name = scene.text("replay-connection");
        form::row(ui, name, |ui| form::named_number(ui, name, &mut self.peer, 0..=u32::MAX, ""))
            .on_hover_text(scene.text("replay-connection-hint"));
    }

    /// How fast, and what counts.
    fn how(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let paces = PACES.map(|(it, key)| (it, scene.text(key)));
        let name = scene.text("replay-pace");
        form::row(ui, name, |ui| {
            widgets::choice(ui, "replay pace", name, &mut self.pace, &paces).1
        });
        if self.pace == PlayedPace::Recorded {
            let name = scene.text("replay-factor");
            form::row(ui, name, |ui| {
                form::named_number(ui, name, &mut self.factor, ReplayPace::FACTORS, "×")
            });
        }
        let name = scene.text("replay-timeout");
        form::row(ui, name, |ui| form::named_number(ui, name, &mut self.timeout_s, 1..=3600, "s"))
            .on_hover_text(scene.text("replay-timeout-hint"));
        form::hint(ui, scene.text("replay-ignore-hint"));
        let name = scene.text("replay-ignore");
        self.writes = form::named_lines(ui, name, &mut self.ignore, 2).has_focus();
        ui.checkbox(&mut self.damaged, scene.text("replay-accept-damage"));
    }

    fn request(&self) -> ReplayRequest {
        let places = self.chosen.clone().filter(|_| self.rows != PlayedRows::All);
        let places = places.map(|places| match self.rows {
            PlayedRows::FromThere => places.start..Position(u64::MAX),
            PlayedRows::All | PlayedRows::Chosen => places,
        });
        let lines = self.ignore.lines().filter(|line| !line.trim().is_empty());
        ReplayRequest {
            choice: ReplayChoice {
                direction: self.direction,
                peer: (self.peer > 0).then_some(PeerId(self.peer)),
                places,
                since: None,
                until: None,
            },
            pace: match self.pace {
                PlayedPace::Recorded => ReplayPace::Recorded(self.factor),
                PlayedPace::Fast => ReplayPace::Fast,
                PlayedPace::ByAnswer => ReplayPace::ByAnswer,
            },
            ignore: lines.map(str::to_owned).collect(),
            timeout_ms: self.timeout_s.saturating_mul(1000),
            damaged: self.damaged,
        }
    }
}

/// The sessions that something can be sent to, by their titles.
fn targets(scene: &Scene<'_>) -> Vec<(SessionId, String)> {
    let titled = |id: SessionId| {
        let (spec, status) = (scene.backend.spec(id)?, scene.backend.status(id)?);
        let moves = !matches!(
            spec.transport,
            TransportSpec::Capture(_) | TransportSpec::Relay(_) | TransportSpec::Load(_)
        );
        moves.then(|| (id, words::title(&spec, status.local, scene.locale)))
    };
    scene.backend.sessions().into_iter().filter_map(titled).collect()
}
