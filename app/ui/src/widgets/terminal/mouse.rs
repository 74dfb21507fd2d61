//! What a program is told of the mouse, where it has asked for that. With Shift the mouse is ours: it selects.

use egui::{Event, MouseWheelUnit, PointerButton, Response, Ui, Vec2};
use espalier_core::terminal::{
    GridPoint, KeyModifiers, MouseAction, MouseKey, MouseReports, TerminalModes, mouse_text,
};

use super::CellGrid;

/// What the program knows of the mouse.
#[derive(Debug, Default)]
pub(super) struct MouseState {
    /// The button that was told to be held.
    held: Option<MouseKey>,
    /// The cell that was told last.
    at: Option<GridPoint>,
    /// What the wheel has turned that is less than a notch.
    wheel: f32,
}

/// Whether what is done with the mouse is told to the program.
pub(super) fn is_told(ui: &Ui, modes: TerminalModes) -> bool {
    modes.mouse > MouseReports::None && !ui.input(|input| input.modifiers.shift)
}

/// What was done with the mouse since the last frame, as the program is told of it.
pub(super) fn report(
    state: &mut MouseState,
    ui: &Ui,
    response: &Response,
    grid: &CellGrid,
    modes: TerminalModes,
) -> String {
    if modes.mouse == MouseReports::None {
        *state = MouseState::default();
        return String::new();
    }
    let over = response.contains_pointer();
    let mut told = String::new();
    let (events, now) = ui.input(|input| (input.events.clone(), input.modifiers));
    let held = |modifiers: egui::Modifiers| KeyModifiers {
        shift: false,
        alt: modifiers.alt,
        ctrl: modifiers.ctrl || modifiers.command,
    };
    let mut tell = |action, at, modifiers| {
        told += mouse_text(action, at, held(modifiers), modes).as_deref().unwrap_or_default();
    };
    for event in &events {
        match event {
            Event::PointerButton { pos, button, pressed: true, modifiers }
                if over && !modifiers.shift && state.held.is_none() =>
            {
                let Some(key) = key(*button) else { continue };
                let (at, _) = grid.point(*pos);
                (state.held, state.at) = (Some(key), Some(at));
                tell(MouseAction::Press(key), at, *modifiers);
            }
            // One that was told is told to come up, wherever that is.
            Event::PointerButton { pos, button, pressed: false, modifiers }
                if key(*button).is_some() && state.held == key(*button) =>
            {
                let Some(key) = state.held.take() else { continue };
                tell(MouseAction::Release(key), grid.point(*pos).0, *modifiers);
            }
            Event::PointerMoved(pos) if state.held.is_some() || over && !now.shift => {
                let (at, _) = grid.point(*pos);
                if state.at.replace(at) != Some(at) {
                    tell(MouseAction::Move(state.held), at, now);
                }
            }
            _ => {}
        }
    }
    if !over || now.shift {
        return told;
    }
    // One for each notch: programs scroll by several rows for it.
    ui.input_mut(|input| input.smooth_scroll_delta = Vec2::ZERO);
    for event in &events {
        let Event::MouseWheel { unit, delta, .. } = event else { continue };
        state.wheel += match unit {
            MouseWheelUnit::Point => delta.y / (3.0 * grid.cell.y),
            MouseWheelUnit::Line | MouseWheelUnit::Page => delta.y,
        };
        let notches = state.wheel.trunc();
        state.wheel -= notches;
        let key = if notches > 0.0 { MouseKey::WheelUp } else { MouseKey::WheelDown };
        let at = ui.input(|input| input.pointer.hover_pos()).map(|at| grid.point(at).0);
        for _ in 0..(notches.abs() as u32).min(100) {
            tell(MouseAction::Press(key), at.unwrap_or_default(), now);
        }
    }
    told
}

const fn key(button: PointerButton) -> Option<MouseKey> {
    match button {
        PointerButton::Primary => Some(MouseKey::Left),
        PointerButton::Middle => Some(MouseKey::Middle),
        PointerButton::Secondary => Some(MouseKey::Right),
        PointerButton::Extra1 | PointerButton::Extra2 => None,
    }
}
