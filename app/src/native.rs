//! The window on this machine: eframe around [`espalier_ui::App`], with files, dialogs and the system's language.

mod ended;
mod fonts;
mod left;
mod missing;
mod platform;
mod priority;
mod settings;
mod window_slot;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use eframe::egui;
use espalier_core::say;
use espalier_engine::Engine;
use espalier_engine::capture::set_sync_policy;
use espalier_engine::workspace::ProgramPaths;
use espalier_ui::manual::Reference;
use espalier_ui::{App, Language, Toast, theme};

use platform::NativePlatform;
pub use window_slot::WindowSlot;

/// The window's icon.
const ICON: &[u8] = include_bytes!("../../assets/icons/espalier.png");

/// Opens the window, with these captures in tabs, and returns when it was closed. Sessions end in order then. `reference` is what
/// the command line says of itself, for the manual.
///
/// # Errors
/// One sentence: no display, a missing system library, no home for settings.
pub fn run(open: Vec<PathBuf>, reference: fn(Language) -> Reference) -> anyhow::Result<()> {
    let paths = ProgramPaths::of_user()
        .context("this user has no home folder: set ESPALIER_HOME to a folder for settings")?;
    let mut slot = WindowSlot::take(&paths).context("the window's state cannot be kept")?;
    let (paths, ended_badly) = (slot.paths().clone(), slot.ended_badly());
    let boards = Arc::new(crate::simulated::BoardSimulators::of_user());
    let engine = Engine::with_simulated_boards(&paths.captures, boards)
        .context("the engine cannot start")?;
    engine.keep_certificates_in(&paths.certificates);
    let engine = Arc::new(engine);
    missing::explain_panics();
    let state = paths.workspace.clone();
    let geometry = slot.geometry();
    let mut kept = settings::load(&paths);
    let taken_over = left::take_over(slot.take_left(), &paths, &mut kept);
    set_sync_policy(kept.window.settings.sync);
    let machine = Arc::new(NativePlatform::new(
        paths,
        engine.runtime().clone(),
        reference,
        kept.folder.take(),
    ));
    let (window_engine, window_machine) = (Arc::clone(&engine), Arc::clone(&machine));
    let window_engine_runtime = engine.runtime().clone();
    let signals_runtime = engine.runtime().clone();
    // Those of the engine are there; those of OpenGL are yet to come.
    priority::give_way();
    let opened = eframe::run_native(
        "Espalier",
        options(geometry),
        Box::new(move |creation| {
            let language = crate::language::chosen();
            let context = &creation.egui_ctx;
            fonts::install(context);
            theme::window_is_cleared(context);
            // Before the first session is open.
            let told = Arc::clone(&window_machine);
            ended::close_when_asked(&signals_runtime, context.clone(), move || told.end());
            let mut app =
                App::new(context, window_engine, window_machine.clone(), kept.window, language);
            if let Some(log) = crate::program_log::get() {
                // Not at once: who says something may hold what the window needs to be woken.
                let (runtime, context) = (window_engine_runtime, context.clone());
                log.on_line(Box::new(move || {
                    let context = context.clone();
                    runtime.spawn(async move { context.request_repaint() });
                }));
            }
            let notify = app.notifier();
            if ended_badly {
                tracing::info!("the last run did not end in order");
                notify(Toast::notice(say!(
                    "told-ended-badly",
                    "The last run did not end in order; all sessions and their history are here"
                )));
            }
            if taken_over > 0 {
                notify(Toast::notice(say!(
                    "told-taken-over",
                    "{count} sessions of a window that is closed came back here",
                    count = taken_over,
                )));
            }
            open.iter().for_each(|path| app.open_capture(path));
            app.store();
            tracing::info!("the window opens, with its state in {}", state.display());
            for trouble in kept.troubles {
                notify(Toast::failure(trouble));
            }
            window_machine.on_trouble(Box::new(move |what| notify(Toast::failure(what))));
            Ok(Box::new(NativeWindow { app }))
        }),
    );
    machine.finish();
    drop(engine);
    slot.end();
    opened.map_err(|error| anyhow::anyhow!(missing::sentence(&error.to_string())))
}

/// Says what failed in a box, where there is no console to say it on.
pub fn complain_in_a_box(what: &str) {
    #[cfg(windows)]
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title("Espalier")
        .set_description(what)
        .show();
    #[cfg(not(windows))]
    let _ = what;
}

fn options(persistence_path: std::path::PathBuf) -> eframe::NativeOptions {
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Espalier")
        .with_app_id("espalier")
        .with_inner_size([1200.0, 780.0])
        .with_min_inner_size([560.0, 400.0]);
    if let Ok(icon) = eframe::icon_data::from_png_bytes(ICON) {
        viewport = viewport.with_icon(icon);
    }
    eframe::NativeOptions {
        viewport,
        persistence_path: Some(persistence_path),
        // Ours ask after the bundled fonts: see `fonts`.
        system_font_fallback: false,
        // Nothing here has gradients; where a processor draws, noise on each pixel is a good part of its work.
        dithering: false,
        ..eframe::NativeOptions::default()
    }
}

struct NativeWindow {
    app: App,
}

impl eframe::App for NativeWindow {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        let seconds = frame.info().cpu_usage;
        if let Some(time) = seconds.and_then(|it| Duration::try_from_secs_f32(it).ok()) {
            self.app.frame_took(time);
        }
        self.app.ui(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::of(visuals.dark_mode).field.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.store();
    }

    // Only the window's size and place are eframe's to keep; all else is in our own settings.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}
