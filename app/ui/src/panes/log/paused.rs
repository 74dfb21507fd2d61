//! How much has come into a log since it stopped following.

use egui::{Button, Rect, RichText, Ui, WidgetInfo, vec2};
use espalier_core::view::ViewStatus;

use crate::number;
use crate::scene::Scene;
use crate::theme;

/// Since when a log does not follow its end. What came since is told; while nothing does, there is nothing to say.
#[derive(Debug, Default)]
pub(super) struct PausedBar {
    since: Option<Paused>,
}

#[derive(Debug)]
struct Paused {
    /// The numbering that `shown` is of.
    revision: u64,
    /// How much of the capture there was.
    bytes: u64,
    /// The rows of that which are shown.
    shown: u64,
    /// All of them have been counted.
    counted: bool,
}

impl PausedBar {
    /// Shown rows that came since the log stopped following, or since they were numbered anew (a filter was changed): what an
    /// index finds in the history that was there is not new.
    fn count(&mut self, status: &ViewStatus, follows: bool) -> u64 {
        if follows {
            self.since = None;
            return 0;
        }
        let ViewStatus { revision, shown, indexed: (done, bytes), .. } = *status;
        let now = || Paused { revision, bytes, shown, counted: false };
        let since = self.since.get_or_insert_with(now);
        if since.revision != revision {
            *since = now();
        }
        if !since.counted {
            since.shown = shown;
            since.counted = done >= since.bytes;
        }
        shown.saturating_sub(since.shown)
    }

    /// The bar over the lower edge of a log, once there is anything new; `true` when it was clicked.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        status: &ViewStatus,
        follows: bool,
        rows: Rect,
    ) -> bool {
        let count = self.count(status, follows);
        if count == 0 {
            return false;
        }
        let t = theme::tokens(ui);
        let text = scene.with("log-paused", [("count", number::grouped(count).into())]);
        let size = vec2((rows.width() - 40.0).clamp(80.0, 300.0), 24.0);
        let at = rows.center_bottom() - vec2(0.0, size.y / 2.0 + 14.0);
        let label = RichText::new(&text).color(t.on_accent);
        let button = Button::new(label).fill(t.accent).corner_radius(size.y / 2.0).truncate();
        let bar = ui.put(Rect::from_center_size(at, size), button);
        let enabled = ui.is_enabled();
        bar.widget_info(|| WidgetInfo::labeled(egui::Role::Button, enabled, &text));
        bar.on_hover_text(scene.text("follow")).clicked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(revision: u64, shown: u64, indexed: (u64, u64)) -> ViewStatus {
        ViewStatus { revision, shown, indexed, ..ViewStatus::default() }
    }

    #[test]
    fn what_came_since_the_pause_is_counted_and_no_more() {
        let mut bar = PausedBar::default();
        assert_eq!(bar.count(&status(1, 100, (900, 1000)), true), 0);
        // A tenth of the capture had not been cut when it was paused: its rows are not new.
        for (shown, indexed, new) in [
            (100, (900, 1000), 0),
            (105, (950, 1100), 0),
            (110, (1000, 1100), 0),
            (130, (1200, 1200), 20),
        ] {
            assert_eq!(bar.count(&status(1, shown, indexed), false), new, "{shown}");
        }
        assert_eq!(bar.count(&status(1, 140, (1300, 1300)), true), 0);
        assert_eq!(bar.count(&status(1, 140, (1300, 1300)), false), 0, "paused anew");
    }

    #[test]
    fn what_another_filter_finds_in_the_history_is_not_new() {
        let mut bar = PausedBar::default();
        bar.count(&status(1, 100, (1000, 1000)), false);
        assert_eq!(bar.count(&status(1, 140, (1400, 1400)), false), 40);
        for (shown, indexed, new) in
            [(0, (0, 1400), 0), (50, (700, 1450), 0), (70, (1400, 1500), 0), (73, (1500, 1500), 3)]
        {
            assert_eq!(bar.count(&status(2, shown, indexed), false), new, "{shown}");
        }
    }
}
