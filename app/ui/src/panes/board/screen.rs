//! What the board's display shows, pixel by pixel: drawn by the code that draws on the chip.

use egui::{Mesh, Pos2, Rect, Role, Sense, Ui, Vec2, WidgetInfo};
use espalier_protocol::{ErrorCode, Panel};
use espalier_screen::{HEIGHT, Picture, WIDTH};

use super::BoardContext;
use crate::scene::Scene;
use crate::theme::display::{DARK, LIT};

/// Dark pixels around the picture.
const EDGE: usize = 2;

/// The section; whether the board is to be asked for what its display shows.
pub(super) fn ui(ui: &mut Ui, scene: &Scene<'_>, context: &BoardContext<'_>) -> bool {
    let reported = context.reported();
    let Some(screen) = &reported.screen else {
        let is_older = matches!(&reported.refusal, Some((ErrorCode::Unknown, _)));
        ui.weak(scene.text(if is_older { "screen-older" } else { "screen-none" }));
        return !is_older;
    };
    let says = screen.lines.join("\n");
    picture(ui, &Picture::of(&screen.lines))
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &says));
    let told = match screen.panel {
        Panel::None => scene.text("screen-absent").to_owned(),
        panel => scene.with("screen-panel", [("panel", panel.word().to_uppercase().into())]),
    };
    ui.weak(told);
    true
}

/// Draws it as large as there is room, up to three points for each pixel.
fn picture(ui: &mut Ui, picture: &Picture) -> egui::Response {
    let (columns, rows) = ((WIDTH + 2 * EDGE) as f32, (HEIGHT + 2 * EDGE) as f32);
    // Whole points: pixels of different sizes would look like another font.
    let pixel = (ui.available_width() / columns).floor().clamp(1.0, 3.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(columns, rows) * pixel, Sense::hover());
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, DARK);
    for y in 0..HEIGHT {
        let mut x = 0;
        while x < WIDTH {
            let lit = (x..WIDTH).take_while(|x| picture.is_lit(*x, y)).count();
            if lit > 0 {
                let at =
                    Pos2::new((EDGE + x) as f32, (EDGE + y) as f32) * pixel + rect.min.to_vec2();
                let size = Vec2::new(lit as f32, 1.0) * pixel;
                mesh.add_colored_rect(Rect::from_min_size(at, size), LIT);
            }
            x += lit + 1;
        }
    }
    ui.painter().add(mesh);
    response
}
