//! Small line icons on a 16 × 16 grid, drawn as strokes so that they take any colour and stay sharp at any scale.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// A piece of an icon.
#[derive(Clone, Copy, Debug)]
pub enum IconPiece {
    /// A line through these points.
    Line(&'static [(f32, f32)]),
    /// A circle: centre and radius.
    Ring(f32, f32, f32),
    /// A filled circle: centre and radius.
    Dot(f32, f32, f32),
    /// A filled shape, convex.
    Fill(&'static [(f32, f32)]),
}

use IconPiece::{Dot, Fill, Line, Ring};

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident: [$($piece:expr),* $(,)?],)*) => {
        /// An icon.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon { $($(#[$doc])* $name,)* }

        impl Icon {
            /// All icons.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What it is drawn of.
            pub const fn pieces(self) -> &'static [IconPiece] {
                match self { $(Self::$name => &[$($piece),*],)* }
            }
        }
    };
}

icons! {
    /// Add.
    Plus: [Line(&[(8.0, 3.0), (8.0, 13.0)]), Line(&[(3.0, 8.0), (13.0, 8.0)])],
    /// Close.
    Cross: [Line(&[(4.0, 4.0), (12.0, 12.0)]), Line(&[(12.0, 4.0), (4.0, 12.0)])],
    /// Done.
    Check: [Line(&[(3.0, 8.5), (6.5, 12.0), (13.0, 4.5)])],
    /// A menu opens.
    Down: [Line(&[(4.5, 6.5), (8.0, 10.0), (11.5, 6.5)])],
    /// Something is folded.
    Right: [Line(&[(6.5, 4.5), (10.0, 8.0), (6.5, 11.5)])],
    /// Prepared messages.
    List: [Dot(3.5, 4.0, 1.2), Line(&[(6.5, 4.0), (13.5, 4.0)]), Dot(3.5, 8.0, 1.2), Line(&[(6.5, 8.0), (13.5, 8.0)]), Dot(3.5, 12.0, 1.2), Line(&[(6.5, 12.0), (13.5, 12.0)])],
    /// Datagrams.
    Datagram: [Line(&[(2.0, 4.0), (14.0, 4.0), (14.0, 12.5), (2.0, 12.5), (2.0, 4.0)]), Line(&[(2.0, 4.5), (8.0, 9.0), (14.0, 4.5)])],
    /// Figures over time.
    Chart: [Line(&[(2.5, 2.5), (2.5, 13.5), (13.5, 13.5)]), Line(&[(4.5, 10.5), (7.0, 6.5), (9.5, 8.5), (13.0, 3.5)])],
    /// Rules.
    Bolt: [Line(&[(9.5, 2.0), (4.0, 9.0), (8.0, 9.0), (6.5, 14.0), (12.0, 7.0), (8.0, 7.0), (9.5, 2.0)])],
    /// Take from the clipboard.
    Paste: [Line(&[(6.0, 3.5), (3.5, 3.5), (3.5, 13.5), (12.5, 13.5), (12.5, 3.5), (10.0, 3.5)]), Line(&[(6.0, 2.0), (10.0, 2.0), (10.0, 5.0), (6.0, 5.0), (6.0, 2.0)])],
    /// A terminal.
    Terminal: [Line(&[(2.0, 3.0), (14.0, 3.0), (14.0, 13.0), (2.0, 13.0), (2.0, 3.0)]), Line(&[(4.5, 6.0), (6.8, 8.2), (4.5, 10.4)]), Line(&[(8.0, 10.4), (11.5, 10.4)])],
    /// The previous one.
    Up: [Line(&[(4.5, 9.5), (8.0, 6.0), (11.5, 9.5)])],
    /// A relay.
    Relay: [Ring(8.0, 8.0, 2.5), Line(&[(1.5, 8.0), (5.5, 8.0)]), Line(&[(10.5, 8.0), (14.5, 8.0)]), Line(&[(12.0, 5.5), (14.5, 8.0), (12.0, 10.5)])],
    /// A load test.
    Load: [Dot(13.0, 8.0, 1.8), Line(&[(2.0, 3.0), (10.0, 7.0)]), Line(&[(2.0, 8.0), (9.5, 8.0)]), Line(&[(2.0, 13.0), (10.0, 9.0)])],
    /// More actions.
    More: [Dot(3.5, 8.0, 1.2), Dot(8.0, 8.0, 1.2), Dot(12.5, 8.0, 1.2)],
    /// Connect, start.
    Play: [Fill(&[(5.0, 3.0), (13.0, 8.0), (5.0, 13.0)])],
    /// Stop.
    Stop: [Fill(&[(4.0, 4.0), (12.0, 4.0), (12.0, 12.0), (4.0, 12.0)])],
    /// Pause.
    Pause: [Fill(&[(4.0, 3.5), (6.5, 3.5), (6.5, 12.5), (4.0, 12.5)]), Fill(&[(9.5, 3.5), (12.0, 3.5), (12.0, 12.5), (9.5, 12.5)])],
    /// Follow the end.
    Follow: [Line(&[(8.0, 2.5), (8.0, 10.0)]), Line(&[(4.5, 7.0), (8.0, 10.5), (11.5, 7.0)]), Line(&[(3.5, 13.5), (12.5, 13.5)])],
    /// Find.
    Search: [Ring(7.0, 7.0, 4.2), Line(&[(10.2, 10.2), (13.8, 13.8)])],
    /// Filter.
    Funnel: [Line(&[(2.5, 3.5), (13.5, 3.5), (9.5, 8.5), (9.5, 13.0), (6.5, 11.5), (6.5, 8.5), (2.5, 3.5)])],
    /// Highlight rules.
    Marker: [Line(&[(9.8, 2.8), (13.2, 6.2), (7.0, 12.4), (3.6, 9.0), (9.8, 2.8)]), Line(&[(5.2, 10.8), (2.8, 13.2), (6.0, 13.2)])],
    /// Clear.
    Broom: [Line(&[(3.0, 4.5), (13.0, 4.5)]), Line(&[(6.0, 4.5), (6.5, 2.5), (9.5, 2.5), (10.0, 4.5)]), Line(&[(4.2, 4.5), (5.0, 13.5), (11.0, 13.5), (11.8, 4.5)])],
    /// Copy.
    Copy: [Line(&[(5.5, 5.5), (13.0, 5.5), (13.0, 13.5), (5.5, 13.5), (5.5, 5.5)]), Line(&[(5.5, 10.5), (3.0, 10.5), (3.0, 2.5), (10.5, 2.5), (10.5, 5.5)])],
    /// Save.
    Save: [Line(&[(8.0, 2.5), (8.0, 9.5)]), Line(&[(5.0, 6.8), (8.0, 9.8), (11.0, 6.8)]), Line(&[(2.8, 10.5), (2.8, 13.3), (13.2, 13.3), (13.2, 10.5)])],
    /// Options.
    Sliders: [Line(&[(2.5, 5.0), (8.3, 5.0)]), Line(&[(11.7, 5.0), (13.5, 5.0)]), Ring(10.0, 5.0, 1.7), Line(&[(2.5, 11.0), (4.3, 11.0)]), Line(&[(7.7, 11.0), (13.5, 11.0)]), Ring(6.0, 11.0, 1.7)],
    /// Settings of the program.
    Gear: [Ring(8.0, 8.0, 2.0), Ring(8.0, 8.0, 4.4), Line(&[(12.4, 8.0), (14.2, 8.0)]), Line(&[(11.1, 11.1), (12.4, 12.4)]), Line(&[(8.0, 12.4), (8.0, 14.2)]), Line(&[(4.9, 11.1), (3.6, 12.4)]), Line(&[(3.6, 8.0), (1.8, 8.0)]), Line(&[(4.9, 4.9), (3.6, 3.6)]), Line(&[(8.0, 3.6), (8.0, 1.8)]), Line(&[(11.1, 4.9), (12.4, 3.6)])],
    /// Back to what it was.
    Undo: [Line(&[(5.5, 3.0), (2.8, 5.8), (5.5, 8.6)]), Line(&[(2.8, 5.8), (10.0, 5.8), (12.6, 7.2), (13.2, 9.4), (12.6, 11.6), (10.0, 13.0), (6.0, 13.0)])],
    /// Clients of a server.
    People: [Ring(6.0, 5.5, 2.4), Line(&[(1.8, 13.0), (2.2, 11.2), (4.0, 10.0), (8.0, 10.0), (9.8, 11.2), (10.2, 13.0)]), Line(&[(10.0, 3.4), (11.6, 4.2), (11.9, 6.0), (10.8, 7.6)]), Line(&[(11.6, 10.0), (13.4, 11.2), (13.9, 13.0)])],
    /// Send.
    Send: [Line(&[(13.5, 2.5), (2.5, 7.0), (7.0, 9.0), (9.0, 13.5), (13.5, 2.5)]), Line(&[(13.5, 2.5), (7.0, 9.0)])],
    /// Again and again.
    Repeat: [Line(&[(3.0, 7.5), (3.0, 5.0), (12.5, 5.0)]), Line(&[(10.5, 2.8), (12.8, 5.0), (10.5, 7.2)]), Line(&[(13.0, 8.5), (13.0, 11.0), (3.5, 11.0)]), Line(&[(5.5, 8.8), (3.2, 11.0), (5.5, 13.2)])],
    /// What was sent before.
    History: [Ring(8.0, 8.0, 5.3), Line(&[(8.0, 4.8), (8.0, 8.2), (10.6, 9.6)])],
    /// A password is needed.
    Lock: [Line(&[(4.0, 7.0), (12.0, 7.0), (12.0, 13.5), (4.0, 13.5), (4.0, 7.0)]), Line(&[(5.5, 7.0), (5.5, 4.5), (6.5, 3.0), (9.5, 3.0), (10.5, 4.5), (10.5, 7.0)])],
    /// A client: we go out.
    Client: [Line(&[(2.5, 8.0), (10.0, 8.0)]), Line(&[(7.2, 5.2), (10.2, 8.0), (7.2, 10.8)]), Line(&[(13.2, 3.0), (13.2, 13.0)])],
    /// A server: others come in.
    Server: [Line(&[(2.5, 3.0), (13.5, 3.0), (13.5, 7.0), (2.5, 7.0), (2.5, 3.0)]), Line(&[(2.5, 9.0), (13.5, 9.0), (13.5, 13.0), (2.5, 13.0), (2.5, 9.0)]), Dot(5.0, 5.0, 0.9), Dot(5.0, 11.0, 0.9)],
    /// A serial port.
    Serial: [Line(&[(2.0, 5.0), (14.0, 5.0), (12.6, 11.0), (3.4, 11.0), (2.0, 5.0)]), Dot(5.6, 7.0, 0.7), Dot(8.0, 7.0, 0.7), Dot(10.4, 7.0, 0.7), Dot(6.8, 9.2, 0.7), Dot(9.2, 9.2, 0.7)],
    /// A board.
    Board: [Line(&[(4.5, 4.5), (11.5, 4.5), (11.5, 11.5), (4.5, 11.5), (4.5, 4.5)]), Line(&[(6.5, 2.0), (6.5, 4.5)]), Line(&[(9.5, 2.0), (9.5, 4.5)]), Line(&[(6.5, 11.5), (6.5, 14.0)]), Line(&[(9.5, 11.5), (9.5, 14.0)]), Line(&[(2.0, 6.5), (4.5, 6.5)]), Line(&[(2.0, 9.5), (4.5, 9.5)]), Line(&[(11.5, 6.5), (14.0, 6.5)]), Line(&[(11.5, 9.5), (14.0, 9.5)])],
    /// The timeline of several sessions.
    Timeline: [Line(&[(3.0, 2.0), (3.0, 14.0)]), Dot(3.0, 4.0, 1.3), Dot(3.0, 8.0, 1.3), Dot(3.0, 12.0, 1.3), Line(&[(6.0, 4.0), (13.5, 4.0)]), Line(&[(6.0, 8.0), (10.5, 8.0)]), Line(&[(6.0, 12.0), (12.5, 12.0)])],
    /// The light theme.
    Sun: [Ring(8.0, 8.0, 2.8), Line(&[(8.0, 1.5), (8.0, 3.0)]), Line(&[(8.0, 13.0), (8.0, 14.5)]), Line(&[(1.5, 8.0), (3.0, 8.0)]), Line(&[(13.0, 8.0), (14.5, 8.0)]), Line(&[(3.4, 3.4), (4.5, 4.5)]), Line(&[(11.5, 11.5), (12.6, 12.6)]), Line(&[(3.4, 12.6), (4.5, 11.5)]), Line(&[(11.5, 4.5), (12.6, 3.4)])],
    /// The dark theme.
    Moon: [Line(&[(13.0, 9.6), (11.2, 12.2), (8.2, 13.3), (5.0, 12.5), (2.9, 9.8), (2.8, 6.6), (4.6, 3.8), (7.0, 2.8), (6.4, 5.6), (7.6, 8.4), (10.2, 9.8), (13.0, 9.6)])],
    /// The system's theme.
    Contrast: [Ring(8.0, 8.0, 5.5), Fill(&[(8.0, 2.5), (8.0, 13.5), (5.2, 12.6), (3.2, 10.6), (2.5, 8.0), (3.2, 5.4), (5.2, 3.4)])],
    /// The language.
    Globe: [Ring(8.0, 8.0, 5.5), Line(&[(2.5, 8.0), (13.5, 8.0)]), Line(&[(8.0, 2.5), (5.8, 5.0), (5.3, 8.0), (5.8, 11.0), (8.0, 13.5), (10.2, 11.0), (10.7, 8.0), (10.2, 5.0), (8.0, 2.5)])],
    /// Help.
    Help: [Ring(8.0, 8.0, 5.5), Line(&[(6.3, 6.6), (6.8, 5.3), (8.1, 4.8), (9.4, 5.4), (9.7, 6.6), (9.0, 7.7), (8.0, 8.5), (8.0, 9.4)]), Dot(8.0, 11.2, 0.8)],
    /// Take care.
    Warning: [Line(&[(8.0, 2.5), (14.2, 13.3), (1.8, 13.3), (8.0, 2.5)]), Line(&[(8.0, 6.4), (8.0, 9.6)]), Dot(8.0, 11.4, 0.8)],
    /// To know.
    Info: [Ring(8.0, 8.0, 5.5), Line(&[(8.0, 7.4), (8.0, 11.2)]), Dot(8.0, 5.1, 0.8)],
    /// Beside each other.
    Split: [Line(&[(2.5, 3.0), (13.5, 3.0), (13.5, 13.0), (2.5, 13.0), (2.5, 3.0)]), Line(&[(8.0, 3.0), (8.0, 13.0)])],
    /// Open a file.
    Folder: [Line(&[(2.0, 12.8), (2.0, 3.5), (6.2, 3.5), (7.6, 5.2), (14.0, 5.2), (14.0, 12.8), (2.0, 12.8)])],
    /// How the text looks.
    Eye: [Line(&[(1.5, 8.0), (4.2, 5.0), (8.0, 3.8), (11.8, 5.0), (14.5, 8.0), (11.8, 11.0), (8.0, 12.2), (4.2, 11.0), (1.5, 8.0)]), Ring(8.0, 8.0, 2.0)],
    /// All commands.
    Command: [Line(&[(3.0, 4.5), (6.5, 8.0), (3.0, 11.5)]), Line(&[(8.0, 12.0), (13.0, 12.0)])],
    /// Proof of what passed.
    Shield: [Line(&[(8.0, 2.0), (13.0, 3.8), (13.0, 8.0), (11.2, 11.6), (8.0, 14.0), (4.8, 11.6), (3.0, 8.0), (3.0, 3.8), (8.0, 2.0)]), Line(&[(5.8, 7.8), (7.4, 9.5), (10.4, 6.2)])],
}

/// Paints an icon into the largest square in the middle of `rect`.
pub fn paint(painter: &Painter, rect: Rect, icon: Icon, color: Color32) {
    let side = rect.width().min(rect.height());
    let square = Rect::from_center_size(rect.center(), egui::Vec2::splat(side));
    let scale = side / 16.0;
    let place = |x: f32, y: f32| -> Pos2 { square.min + egui::vec2(x, y) * scale };
    let points = |of: &[(f32, f32)]| of.iter().map(|&(x, y)| place(x, y)).collect::<Vec<_>>();
    let stroke = Stroke::new(1.25 * scale.max(0.9), color);
    for piece in icon.pieces() {
        painter.add(match *piece {
            Line(of) => Shape::line(points(of), stroke),
            Ring(x, y, r) => Shape::circle_stroke(place(x, y), r * scale, stroke),
            Dot(x, y, r) => Shape::circle_filled(place(x, y), r * scale, color),
            Fill(of) => Shape::convex_polygon(points(of), color, Stroke::NONE),
        });
    }
}

/// Paints Espalier's mark: a stem with branches trained on two wires.
pub fn mark(painter: &Painter, rect: Rect, color: Color32) {
    const BRANCHES: &[&[(f32, f32)]] = &[
        &[(8.0, 15.0), (8.0, 1.5)],
        &[(1.5, 3.0), (1.5, 4.6), (3.0, 6.0), (8.0, 6.0)],
        &[(14.5, 3.0), (14.5, 4.6), (13.0, 6.0), (8.0, 6.0)],
        &[(1.5, 8.0), (1.5, 9.6), (3.0, 11.0), (8.0, 11.0)],
        &[(14.5, 8.0), (14.5, 9.6), (13.0, 11.0), (8.0, 11.0)],
    ];
    let scale = rect.width() / 16.0;
    for branch in BRANCHES {
        let points = branch.iter().map(|&(x, y)| rect.min + egui::vec2(x, y) * scale).collect();
        painter.add(Shape::line(points, Stroke::new(1.5 * scale, color)));
    }
    for (x, y) in [(1.5, 2.2), (14.5, 2.2), (8.0, 1.2), (1.5, 7.4), (14.5, 7.4)] {
        let leaf = rect.min + pos2(x, y).to_vec2() * scale;
        painter.circle_filled(leaf, 1.5 * scale, color);
    }
}
