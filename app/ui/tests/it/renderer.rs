//! The window drawn on the CPU, and pictures of it for the README, which `SCREENSHOTS=1 cargo test pictures` writes.

use std::path::Path;

use egui::{Context, FullOutput, TexturesDelta};
use egui_kittest::{Harness, TestRenderer};
use espalier_ui::picture::Painter;

/// Our painter as kittest wants it.
#[derive(Default)]
pub struct Renderer(Painter);

impl TestRenderer for Renderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.0.take(delta);
    }

    fn render(&mut self, ctx: &Context, output: &FullOutput) -> Result<image::RgbaImage, String> {
        let picture = self.0.draw(ctx, output);
        let (width, height) = (picture.width as u32, picture.height as u32);
        image::RgbaImage::from_raw(width, height, picture.rgba).ok_or_else(|| "size".to_owned())
    }
}

/// Whether pictures are asked for; says so when they are not.
pub fn wanted() -> bool {
    let wanted = std::env::var_os("SCREENSHOTS").is_some();
    if !wanted {
        eprintln!("SKIPPED: pictures are only written with SCREENSHOTS=1");
    }
    wanted
}

/// Writes what the window shows into the folder of the README's pictures.
pub fn save<State>(harness: &mut Harness<'_, State>, name: &str) {
    let picture = harness.render().expect("a picture");
    // Kittest leaves a margin around what it draws.
    let (width, height) = (picture.width() - 16, picture.height() - 16);
    let picture = image::imageops::crop_imm(&picture, 8, 8, width, height).to_image();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut folders = folder.map(|folder| folder.join("assets/screenshots"));
    let folder = folders.find(|folder| folder.is_dir()).expect("the pictures' folder");
    picture.save(folder.join(name)).expect("a file");
}
