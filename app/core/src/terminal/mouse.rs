//! The mouse as a terminal tells of it, where a program has asked for that: as xterm does (ctlseqs, "Mouse Tracking").

use super::{GridPoint, KeyModifiers, MouseReports, TerminalModes};

/// What was done with the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAction {
    /// A button went down.
    Press(MouseKey),
    /// It came up.
    Release(MouseKey),
    /// The pointer came to another cell while this button, or none, was held.
    Move(Option<MouseKey>),
}

/// A button, or a step of the wheel, which only goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say all there is to say.
pub enum MouseKey {
    Left,
    Middle,
    Right,
    WheelUp,
    WheelDown,
}

impl MouseKey {
    const fn code(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Middle => 1,
            Self::Right => 2,
            Self::WheelUp => 64,
            Self::WheelDown => 65,
        }
    }
}

/// What is sent for it, before it is encoded; `None`: nothing was asked for. Without mode 1006 a cell beyond the 94th column or row
/// cannot be told in a character of ASCII, which alone is the same in every encoding: then nothing is.
pub fn mouse_text(
    action: MouseAction,
    at: GridPoint,
    held: KeyModifiers,
    modes: TerminalModes,
) -> Option<String> {
    let wanted = match action {
        MouseAction::Press(_) | MouseAction::Release(_) => MouseReports::Buttons,
        MouseAction::Move(Some(_)) => MouseReports::Drags,
        MouseAction::Move(None) => MouseReports::Motion,
    };
    if modes.mouse < wanted {
        return None;
    }
    const NONE: u8 = 3;
    let (button, is_up) = match action {
        MouseAction::Press(key) => (key.code(), false),
        MouseAction::Release(key) if modes.sgr_mouse => (key.code(), true),
        MouseAction::Release(_) => (NONE, true),
        MouseAction::Move(key) => (32 + key.map_or(NONE, MouseKey::code), false),
    };
    let keys = u8::from(held.shift) << 2 | u8::from(held.alt) << 3 | u8::from(held.ctrl) << 4;
    let (button, column, row) = (button | keys, at.column + 1, at.row + 1);
    if modes.sgr_mouse {
        let end = if is_up { 'm' } else { 'M' };
        return Some(format!("\x1B[<{button};{column};{row}{end}"));
    }
    let sign = |value: u16| {
        let value = u8::try_from(value).ok().filter(|value| *value <= 94)?;
        Some(char::from(b' ' + value))
    };
    Some(format!("\x1B[M{}{}{}", sign(u16::from(button))?, sign(column)?, sign(row)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mouse_is_told_of_as_it_was_asked_for() {
        use MouseAction::{Move, Press, Release};
        use MouseKey::{Left, Right, WheelDown, WheelUp};
        let at = GridPoint { row: 4, column: 9 };
        let ctrl = KeyModifiers { ctrl: true, ..KeyModifiers::default() };
        let none = KeyModifiers::default();
        let told = |action, held, mouse, sgr_mouse| {
            let modes = TerminalModes { mouse, sgr_mouse, ..TerminalModes::default() };
            mouse_text(action, at, held, modes)
        };
        let some = |text: &str| Some(text.to_owned());
        let buttons = MouseReports::Buttons;
        assert_eq!(told(Press(Left), none, buttons, true), some("\x1B[<0;10;5M"));
        assert_eq!(told(Release(Right), ctrl, buttons, true), some("\x1B[<18;10;5m"));
        assert_eq!(told(Press(WheelUp), none, buttons, true), some("\x1B[<64;10;5M"));
        assert_eq!(told(Press(Left), none, buttons, false), some("\x1B[M *%"));
        assert_eq!(told(Release(Left), none, buttons, false), some("\x1B[M#*%"));
        assert_eq!(told(Press(WheelDown), none, buttons, false), some("\x1B[Ma*%"));
        assert_eq!(told(Press(Left), none, MouseReports::None, true), None);
        assert_eq!(told(Move(Some(Left)), none, buttons, true), None);
        assert_eq!(told(Move(Some(Left)), none, MouseReports::Drags, true), some("\x1B[<32;10;5M"));
        assert_eq!(told(Move(None), none, MouseReports::Drags, true), None);
        assert_eq!(told(Move(None), none, MouseReports::Motion, true), some("\x1B[<35;10;5M"));
        let far = GridPoint { row: 0, column: 200 };
        let modes = TerminalModes { mouse: buttons, ..TerminalModes::default() };
        assert_eq!(mouse_text(Press(Left), far, none, modes), None);
        let modes = TerminalModes { sgr_mouse: true, ..modes };
        assert_eq!(mouse_text(Press(Left), far, none, modes), some("\x1B[<0;201;1M"));
    }
}
