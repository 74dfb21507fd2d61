//! egui's style, made from the tokens.

use egui::style::{NumericColorSpace, Selection, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, FontId, Margin, Stroke, Style, TextStyle, Theme, Visuals};

use super::{Tokens, of};

/// Distances and radii in points.
pub mod space {
    /// Between an icon and its word.
    pub const XS: f32 = 4.0;
    /// Between controls.
    pub const S: f32 = 6.0;
    /// Between groups, and inside panes.
    pub const M: f32 = 10.0;
    /// Inside dialogs and cards.
    pub const L: f32 = 18.0;
    /// Radius of controls.
    pub const RADIUS: u8 = 5;
    /// Radius of dialogs and cards.
    pub const RADIUS_LARGE: u8 = 9;
    /// Height of a control.
    pub const CONTROL: f32 = 24.0;
    /// Side of an icon.
    pub const ICON: f32 = 15.0;
    /// Height of the tab bar.
    pub const TAB: f32 = 32.0;
}

/// Sizes of text, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FontSizes {
    /// Of what is read as prose; what is smaller or larger goes with it.
    pub prose: f32,
    /// Of the log, and of what is written in fixed width.
    pub fixed: f32,
}

impl Default for FontSizes {
    fn default() -> Self {
        Self { prose: 13.5, fixed: 12.5 }
    }
}

/// The font of prose that is this large when the window's font has its usual size; it grows and shrinks with that.
pub fn prose(ui: &egui::Ui, size: f32) -> FontId {
    let body = TextStyle::Body.resolve(ui.style()).size;
    FontId::proportional(size / FontSizes::default().prose * body)
}

/// Gives both of egui's themes our look; which one is used stays the user's choice.
pub fn apply(ctx: &egui::Context, sizes: FontSizes) {
    ctx.set_style_of(Theme::Dark, style(of(true), sizes));
    ctx.set_style_of(Theme::Light, style(of(false), sizes));
}

fn style(t: &Tokens, sizes: FontSizes) -> Style {
    let mut style = Style { visuals: visuals(t), ..Style::default() };
    let prose = |size: f32| FontId::proportional(size / FontSizes::default().prose * sizes.prose);
    style.text_styles = [
        (TextStyle::Small, prose(11.5)),
        (TextStyle::Body, prose(13.5)),
        (TextStyle::Button, prose(13.5)),
        (TextStyle::Monospace, FontId::monospace(sizes.fixed)),
        (TextStyle::Heading, prose(19.0)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = egui::vec2(space::S, space::S);
    spacing.button_padding = egui::vec2(8.0, 3.0);
    spacing.interact_size = egui::vec2(28.0, space::CONTROL);
    spacing.window_margin = Margin::same(space::L as i8);
    spacing.menu_margin = Margin::same(6);
    spacing.combo_width = 72.0;
    spacing.combo_height = 320.0;
    spacing.icon_width = 15.0;
    spacing.icon_width_inner = 9.0;
    spacing.tooltip_width = 420.0;
    spacing.scroll = egui::style::ScrollStyle::thin();
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style.animation_time = 0.08;
    style.number_formatter = egui::style::NumberFormatter::new(|value, decimals| {
        let places = *decimals.start();
        format!("{value:.places$}")
    });
    style
}

fn visuals(t: &Tokens) -> Visuals {
    let base = if t.dark { Visuals::dark() } else { Visuals::light() };
    let shadow = egui::Shadow { offset: [0, 6], blur: 20, spread: 0, color: t.shadow };
    Visuals {
        dark_mode: t.dark,
        weak_text_color: Some(t.muted),
        widgets: widgets(t),
        selection: Selection { bg_fill: t.selection, stroke: Stroke::new(1.0, t.accent) },
        hyperlink_color: t.received,
        faint_bg_color: t.stripe,
        extreme_bg_color: t.field,
        text_edit_bg_color: Some(t.field),
        code_bg_color: t.control[0],
        warn_fg_color: t.busy,
        error_fg_color: t.bad,
        window_corner_radius: CornerRadius::same(space::RADIUS_LARGE),
        window_shadow: shadow,
        window_fill: t.float,
        window_stroke: Stroke::new(1.0, t.outline),
        window_highlight_topmost: false,
        menu_corner_radius: CornerRadius::same(space::RADIUS_LARGE - 2),
        panel_fill: t.panel,
        popup_shadow: shadow,
        indent_has_left_vline: false,
        slider_trailing_fill: true,
        numeric_color_space: NumericColorSpace::GammaByte,
        text_cursor: egui::style::TextCursorStyle {
            stroke: Stroke::new(1.5, t.accent),
            blink: false,
            ..base.text_cursor.clone()
        },
        ..base
    }
}

fn widgets(t: &Tokens) -> Widgets {
    let look = |fill: Color32, line: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(space::RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: look(t.panel, t.line, t.text),
        // A little darker inside check boxes, so that empty ones are seen.
        inactive: WidgetVisuals {
            bg_fill: t.control[2],
            ..look(t.control[0], t.control[0], t.text)
        },
        hovered: look(t.control[1], t.outline, t.strong),
        active: look(t.control[2], t.accent, t.strong),
        open: look(t.control[1], t.outline, t.strong),
    }
}
