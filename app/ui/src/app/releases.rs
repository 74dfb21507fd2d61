//! Whether there is a newer version of the program: asked when the user wishes it, told by a line that can be sent away.

use egui::{Context, Frame, Margin, Panel, RichText, Ui};
use espalier_core::releases::{Release, ReleaseAnswer, ReleaseFault, ReleasesUrl};

use super::App;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::scene::Scene;
use crate::state::{ReleaseStanding, SavedReleases};
use crate::theme;
use crate::widgets;

/// What the window knows of releases.
#[derive(Debug)]
pub(super) struct Releases {
    pub saved: SavedReleases,
    pub standing: ReleaseStanding,
    /// Where the build says that its releases are.
    built_in: Option<ReleasesUrl>,
    /// The version that runs.
    ours: String,
}

impl Releases {
    pub fn new(saved: SavedReleases, built_in: Option<ReleasesUrl>, ours: String) -> Self {
        Self { saved, standing: ReleaseStanding::default(), built_in, ours }
    }

    /// The version to be told of.
    fn news(&self) -> Option<&Release> {
        let found = self.saved.found.as_ref()?;
        let is_wanted = found.version != self.saved.dismissed && found.is_newer_than(&self.ours);
        is_wanted.then_some(found)
    }
}

impl App {
    /// Seconds from one question to the next, when nobody asks by hand.
    const BETWEEN_QUESTIONS: i64 = 24 * 60 * 60;

    /// Asks, if the user has switched that on and a day has passed since the last time, however that went.
    pub(super) fn ask_for_releases_when_due(&mut self, ctx: &Context) {
        if !self.settings.ask_for_updates {
            return;
        }
        // A clock that was set back has it asked, too.
        let since = self.seconds() - self.releases.saved.asked;
        if !(0..Self::BETWEEN_QUESTIONS).contains(&since) {
            self.ask_for_releases(ctx);
        }
    }

    fn seconds(&self) -> i64 {
        self.platform.now().0 / 1_000_000_000
    }

    /// Asks now, unless an answer is awaited.
    pub(super) fn ask_for_releases(&mut self, ctx: &Context) {
        if self.releases.standing == ReleaseStanding::Asking {
            return;
        }
        self.releases.saved.asked = self.seconds();
        self.store_soon(ctx);
        let url = match self.settings.updates_url.as_str() {
            "" => self.releases.built_in.clone(),
            named => ReleasesUrl::parse(named),
        };
        let Some(url) = url else {
            self.releases.standing = ReleaseStanding::Answered(Err(ReleaseFault::no_source()));
            return;
        };
        self.releases.standing = ReleaseStanding::Asking;
        let inbox = self.inbox.clone();
        let done = move |answer| inbox.leave(InboxMessage::Release(Box::new(answer)));
        self.platform.ask_for_release(url, Box::new(done));
    }

    /// The answer is here. That there is none is told where it was asked for by hand, and nowhere else.
    pub(super) fn hear_of_release(
        &mut self,
        ctx: &Context,
        answer: Result<ReleaseAnswer, ReleaseFault>,
    ) {
        match &answer {
            Ok(ReleaseAnswer::Newer(release)) => self.releases.saved.found = Some(release.clone()),
            Ok(ReleaseAnswer::UpToDate(_)) => self.releases.saved.found = None,
            Err(_) => {}
        }
        self.releases.standing = ReleaseStanding::Answered(answer);
        self.store_soon(ctx);
    }

    /// No notice of this version any more.
    pub(super) fn dismiss_release(&mut self, version: String) {
        self.releases.saved.dismissed = version;
    }

    /// Shows a page in the system's browser.
    pub(super) fn open_page(&self, page: String) {
        let failed = self.outcome(&espalier_core::Progress::default());
        self.platform.open_page(page, Box::new(|fault| failed(Err(fault))));
    }
}

/// The line that tells of a newer version.
pub(super) fn bar(ui: &mut Ui, scene: &mut Scene<'_>, releases: &Releases) {
    let Some(Release { version, page }) = releases.news() else { return };
    let t = theme::tokens(ui);
    Panel::top("newer version")
        .frame(Frame::new().fill(t.panel).inner_margin(Margin::symmetric(10, 5)))
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                let told = scene.with("updates-newer", [("version", version.into())]);
                ui.label(RichText::new(told).color(t.muted));
                if ui.link(scene.text("updates-page")).on_hover_text(page).clicked() {
                    scene.ask(UiRequest::OpenPage(page.clone()));
                }
                let dismiss = scene.with("updates-dismiss", [("version", version.into())]);
                if widgets::icon_button(ui, Icon::Cross, &dismiss).clicked() {
                    scene.ask(UiRequest::DismissRelease(version.clone()));
                }
            });
        });
}
