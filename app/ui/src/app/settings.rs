//! Settings of the program: changed, and used at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, FontData};
use espalier_core::Sentence;
use espalier_core::settings::{SettingValue, UserSetting, UserSettings};

use super::App;
use crate::command::{Toast, UiCommand};
use crate::inbox::InboxMessage;
use crate::locale::{Language, Locale};
use crate::theme::{self, FontSizes};

impl App {
    /// Changes the setting of this name; what it cannot be is told.
    pub(super) fn set(&mut self, ctx: &Context, key: &str, value: &SettingValue) {
        let Some(setting) = UserSetting::named(key) else {
            debug_assert!(false, "no setting {key:?}");
            return;
        };
        let mut settings = self.settings.clone();
        match setting.set(&mut settings, value) {
            Ok(()) => self.use_settings(ctx, settings),
            Err(fault) => self.toast(ctx, Toast::failure(self.locale.sentence(&fault))),
        }
    }

    fn use_settings(&mut self, ctx: &Context, settings: UserSettings) {
        let before = std::mem::replace(&mut self.settings, settings);
        if self.settings.language != before.language {
            let chosen = Language::chosen(self.settings.language);
            self.locale = Locale::new(chosen.unwrap_or(self.system_language));
            self.install_fonts(ctx);
        }
        if self.settings.log_font != before.log_font {
            self.log_font = None;
            self.install_fonts(ctx);
            self.read_log_font();
        }
        if self.settings.limits != before.limits {
            self.backend.keep_captures(self.settings.limits);
        }
        self.dress(ctx);
    }

    /// Makes everything as large and as light or dark as it is to be.
    pub(super) fn dress(&self, ctx: &Context) {
        let settings = &self.settings;
        theme::choose(settings.theme, ctx);
        theme::apply(ctx, FontSizes { prose: settings.font_size, fixed: settings.log_font_size });
        ctx.set_zoom_factor(settings.zoom as f32 / 100.0);
    }

    pub(super) fn install_fonts(&self, ctx: &Context) {
        crate::fonts::install_with(ctx, self.locale.language(), self.log_font.as_ref());
    }

    /// Asks for the file of the log's font, where the user has chosen one.
    pub(super) fn read_log_font(&self) {
        if self.settings.log_font.is_empty() {
            return;
        }
        let path = PathBuf::from(&self.settings.log_font);
        let (inbox, asked) = (self.inbox.clone(), path.clone());
        let done = move |font| inbox.leave(InboxMessage::LogFont(asked, font));
        self.platform.read_font(path, Box::new(done));
    }

    /// The file of a font was read; another one may have been chosen meanwhile.
    pub(super) fn log_font_was_read(
        &mut self,
        ctx: &Context,
        path: &Path,
        font: Result<Vec<u8>, Sentence>,
    ) {
        if Path::new(&self.settings.log_font) != path {
            return;
        }
        match font {
            Ok(bytes) => {
                self.log_font = Some(Arc::new(FontData::from_owned(bytes)));
                self.install_fonts(ctx);
            }
            Err(fault) => self.toast(ctx, Toast::failure(self.locale.sentence(&fault))),
        }
    }

    pub(super) fn zoom(&mut self, ctx: &Context, command: UiCommand) {
        let now = self.settings.zoom;
        let next = match command {
            UiCommand::ZoomIn => now + UserSettings::ZOOM_STEP,
            UiCommand::ZoomOut => now.saturating_sub(UserSettings::ZOOM_STEP),
            _ => UserSettings::default().zoom,
        };
        let setting = UserSetting::named("interface.zoom");
        // At its ends it stays as it is.
        if setting.is_some_and(|it| it.parse(&next.to_string()).is_ok()) {
            self.set(ctx, "interface.zoom", &next.into());
        }
    }
}
