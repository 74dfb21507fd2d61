//! The bundled firmware as plain files, for other tools.

use espalier_core::{Progress, Sentence};

use super::App;

impl App {
    /// Asks where to, and writes them there.
    pub(super) fn export_images(&self) {
        let platform = self.platform.clone();
        let told = self.outcome(&Progress::default());
        let written = move |path: Option<std::path::PathBuf>| {
            let Some(path) = path else { return };
            platform
                .export_images(path, Box::new(move |done: Result<Sentence, Sentence>| told(done)));
        };
        let title = self.locale.text("command-export-images").to_owned();
        self.platform.pick_folder(title, Box::new(written));
    }
}
