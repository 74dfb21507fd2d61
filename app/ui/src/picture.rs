//! Pictures of the window without a GPU: for tests, and for the pictures in the README.
//!
//! A triangle loop over egui's own meshes with a bilinear texture and premultiplied blending in gamma space, as egui's
//! shaders do it. No threads and no fused arithmetic, so a picture is the same byte for byte in debug and release builds.

use std::collections::HashMap;

use egui::epaint::{ClippedPrimitive, ImageData, Primitive, Vertex};
use egui::{ColorImage, Context, FullOutput, Pos2, TextureId, TexturesDelta};

/// Draws frames into memory.
#[derive(Default)]
pub struct Painter {
    textures: HashMap<TextureId, ColorImage>,
}

/// A picture: rows from the top, each pixel red, green, blue, opacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Painter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Painter").field("textures", &self.textures.len()).finish()
    }
}

impl Painter {
    /// Takes the textures that a frame brought, made larger, or gave up.
    pub fn take(&mut self, delta: &mut TexturesDelta) {
        for (id, images) in delta.set.drain() {
            for update in images {
                let ImageData::Color(new) = &update.image;
                match update.pos {
                    None => {
                        self.textures.insert(id, ColorImage::clone(new));
                    }
                    Some(at) => {
                        if let Some(old) = self.textures.get_mut(&id) {
                            patch(old, new, at);
                        }
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    /// Draws what a frame showed.
    pub fn draw(&self, ctx: &Context, output: &FullOutput) -> Picture {
        let scale = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * scale;
        let (width, height) = (size.x.round() as usize, size.y.round() as usize);
        let mut canvas = Canvas { width, pixels: vec![[0.0; 4]; width * height] };
        let edge = |at: f32, most: usize| ((at * scale).round().max(0.0) as usize).min(most);
        for ClippedPrimitive { clip_rect, primitive } in
            ctx.tessellate(output.shapes.clone(), scale)
        {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(texture) = self.textures.get(&mesh.texture_id) else { continue };
            let clip = Clip {
                left: edge(clip_rect.min.x, width),
                top: edge(clip_rect.min.y, height),
                right: edge(clip_rect.max.x, width),
                bottom: edge(clip_rect.max.y, height),
            };
            for triangle in mesh.indices.chunks_exact(3) {
                let corner = |index: u32| {
                    mesh.vertices
                        .get(index as usize)
                        .map(|it| Vertex { pos: it.pos * scale, ..*it })
                };
                if let [Some(a), Some(b), Some(c)] =
                    [corner(triangle[0]), corner(triangle[1]), corner(triangle[2])]
                {
                    canvas.fill(clip, [a, b, c], texture);
                }
            }
        }
        let to_byte = |channel: f32| (channel.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        let rgba = canvas.pixels.iter().flat_map(|pixel| pixel.map(to_byte)).collect();
        Picture { width, height, rgba }
    }
}

fn patch(old: &mut ColorImage, new: &ColorImage, [x, y]: [usize; 2]) {
    let (old_width, width) = (old.width(), new.width());
    for row in 0..new.height() {
        let at = (y + row) * old_width + x;
        let from = &new.pixels[row * width..(row + 1) * width];
        if let Some(to) = old.pixels.get_mut(at..at + width) {
            to.copy_from_slice(from);
        }
    }
}

#[derive(Clone, Copy)]
struct Clip {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

struct Canvas {
    width: usize,
    pixels: Vec<[f32; 4]>,
}

impl Canvas {
    fn fill(&mut self, clip: Clip, [a, mut b, mut c]: [Vertex; 3], texture: &ColorImage) {
        let mut area = cross(a.pos, b.pos, c.pos.x, c.pos.y);
        if area == 0.0 {
            return;
        }
        if area < 0.0 {
            // egui does not keep one winding order.
            std::mem::swap(&mut b, &mut c);
            area = -area;
        }
        // Top-left rule: a pixel's centre on a shared edge belongs to exactly one triangle.
        let owns = |p: Pos2, q: Pos2| (p.y == q.y && q.x > p.x) || q.y < p.y;
        let inside = |weight: f32, owned: bool| weight > 0.0 || (weight == 0.0 && owned);
        let owned = [owns(b.pos, c.pos), owns(c.pos, a.pos), owns(a.pos, b.pos)];

        let low = |v: [f32; 3]| v[0].min(v[1]).min(v[2]).floor().max(0.0) as usize;
        let high = |v: [f32; 3]| v[0].max(v[1]).max(v[2]).ceil().max(0.0) as usize;
        let (xs, ys) = ([a.pos.x, b.pos.x, c.pos.x], [a.pos.y, b.pos.y, c.pos.y]);
        let colors = [a.color, b.color, c.color].map(|color| color.to_array().map(f32::from));
        for y in low(ys).max(clip.top)..high(ys).min(clip.bottom) {
            for x in low(xs).max(clip.left)..high(xs).min(clip.right) {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let weights = [
                    cross(b.pos, c.pos, px, py),
                    cross(c.pos, a.pos, px, py),
                    cross(a.pos, b.pos, px, py),
                ];
                if !(0..3).all(|k| inside(weights[k], owned[k])) {
                    continue;
                }
                let [wa, wb, wc] = weights.map(|weight| weight / area);
                let u = a.uv.x * wa + b.uv.x * wb + c.uv.x * wc;
                let v = a.uv.y * wa + b.uv.y * wb + c.uv.y * wc;
                let texel = sample(texture, u, v);
                let source: [f32; 4] = std::array::from_fn(|k| {
                    let color = colors[0][k] * wa + colors[1][k] * wb + colors[2][k] * wc;
                    texel[k] * color / 255.0
                });
                let pixel = &mut self.pixels[y * self.width + x];
                for (below, above) in pixel.iter_mut().zip(source) {
                    *below = above + *below * (1.0 - source[3]);
                }
            }
        }
    }
}

/// Twice the signed area of `a b (x, y)`.
fn cross(a: Pos2, b: Pos2, x: f32, y: f32) -> f32 {
    (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)
}

/// Bilinear, clamped to the edge.
fn sample(texture: &ColorImage, u: f32, v: f32) -> [f32; 4] {
    let (width, height) = (texture.width() as f32, texture.height() as f32);
    let (x, y) = (u * width - 0.5, v * height - 0.5);
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (x - x0, y - y0);
    let texel = |i: f32, j: f32| {
        let (i, j) = (i.clamp(0.0, width - 1.0) as usize, j.clamp(0.0, height - 1.0) as usize);
        texture.pixels[j * texture.width() + i].to_array().map(|channel| f32::from(channel) / 255.0)
    };
    let corners =
        [texel(x0, y0), texel(x0 + 1.0, y0), texel(x0, y0 + 1.0), texel(x0 + 1.0, y0 + 1.0)];
    std::array::from_fn(|k| {
        (corners[0][k] * (1.0 - fx) + corners[1][k] * fx) * (1.0 - fy)
            + (corners[2][k] * (1.0 - fx) + corners[3][k] * fx) * fy
    })
}

#[cfg(test)]
mod tests {
    use egui::{Rect, pos2, vec2};

    use super::*;

    /// A frame with a square from (2, 2) to (6, 6) and text, drawn twice from nothing.
    fn frame() -> Picture {
        let ctx = Context::default();
        crate::fonts::install(&ctx, crate::Language::English);
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(60.0, 30.0))),
            ..egui::RawInput::default()
        };
        let t = crate::theme::of(true);
        let mut painter = Painter::default();
        let mut picture = None;
        for _ in 0..2 {
            let mut output = ctx.run_ui(input.clone(), |ui| {
                let square = Rect::from_min_max(pos2(2.0, 2.0), pos2(6.0, 6.0));
                ui.painter().rect_filled(ui.ctx().content_rect(), 0.0, t.field);
                ui.painter().rect_filled(square, 0.0, t.accent);
                let font = egui::FontId::monospace(12.0);
                ui.painter().text(pos2(10.0, 8.0), egui::Align2::LEFT_TOP, "a你", font, t.text);
            });
            painter.take(&mut output.textures_delta);
            picture = Some(painter.draw(&ctx, &output));
        }
        picture.unwrap()
    }

    #[test]
    fn a_square_is_where_it_should_be_and_text_is_drawn() {
        let picture = frame();
        assert_eq!((picture.width, picture.height), (60, 30));
        let pixel = |x: usize, y: usize| &picture.rgba[(y * 60 + x) * 4..][..4];
        let t = crate::theme::of(true);
        assert_eq!(pixel(4, 4), t.accent.to_array());
        assert_eq!(pixel(1, 4), t.field.to_array());
        let inked = |from: usize, to: usize| {
            (8..24).any(|y| (from..to).any(|x| pixel(x, y) != t.field.to_array()))
        };
        assert!(inked(10, 17) && inked(18, 30) && !inked(40, 60));
    }

    #[test]
    fn the_same_frame_is_the_same_picture() {
        assert_eq!(frame(), frame());
    }
}
