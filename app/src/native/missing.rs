//! What keeps a window from opening, in one sentence instead of a page.

/// One sentence about why there is no window.
pub fn sentence(message: &str) -> String {
    if let Some(library) = library(message) {
        let install = package(library)
            .map_or_else(String::new, |package| format!(" (on Debian: apt install {package})"));
        return format!("the window cannot open: {library} is missing, install it{install}");
    }
    let lower = message.to_lowercase();
    if lower.contains("wayland_display") || lower.contains("no display") {
        return "the window cannot open: there is no display; the subcommands work without one, \
                see espalier --help"
            .to_owned();
    }
    // In the words of eframe, glutin and glow.
    if ["opengl", "glutin", "glow"].iter().any(|word| lower.contains(word)) {
        return "the window cannot open: this system offers no OpenGL 2.0; install its graphics driver, or see \
                espalier manual troubleshooting; the subcommands work without it"
            .to_owned();
    }
    let line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or(message);
    format!("the window cannot open: {}", line.trim())
}

/// The name of a shared library in a message.
fn library(message: &str) -> Option<&str> {
    message
        .split(|c: char| !(c.is_ascii_alphanumeric() || "._+-".contains(c)))
        .map(|word| word.trim_end_matches(['.', '-']))
        .find(|word| word.starts_with("lib") && word.contains(".so"))
}

/// Debian's package of a library.
fn package(library: &str) -> Option<&'static str> {
    const PACKAGES: &[(&str, &str)] = &[
        ("libX11-xcb", "libx11-xcb1"),
        ("libX11", "libx11-6"),
        ("libXcursor", "libxcursor1"),
        ("libXi", "libxi6"),
        ("libXrandr", "libxrandr2"),
        ("libxkbcommon-x11", "libxkbcommon-x11-0"),
        ("libxkbcommon", "libxkbcommon0"),
        ("libEGL", "libegl1"),
        ("libGL", "libgl1"),
        ("libwayland", "libwayland-client0"),
    ];
    PACKAGES.iter().find(|(start, _)| library.starts_with(start)).map(|(_, package)| *package)
}

/// The thread in which egui's provider looks for the system's fonts.
const FONT_THREAD: &str = "egui_system_font_provider";

/// Some libraries are only missed in the middle of winit, which panics then: say one sentence and end. Other panics are
/// told as ever.
pub fn explain_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        // The window lives without the system's fonts, as on a computer that has none.
        if std::thread::current().name() == Some(FONT_THREAD) {
            tracing::warn!("the system's fonts are not used: {message}");
            return;
        }
        if library(message).is_some() {
            crate::print::complain(sentence(message));
            std::process::exit(1);
        }
        before(panic);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_its_package() {
        let winit = "winit EventLoopError: os error at x11/mod.rs:114: \
            Library libXcursor.so.1 could not be loaded.";
        let said = sentence(winit);
        assert_eq!(
            said,
            "the window cannot open: libXcursor.so.1 is missing, install it \
             (on Debian: apt install libxcursor1)"
        );
        assert!(sentence("libxkbcommon-x11.so: cannot open").contains("libxkbcommon-x11-0"));
    }

    #[test]
    fn a_missing_display_points_to_the_subcommands() {
        let winit = "neither WAYLAND_DISPLAY nor WAYLAND_SOCKET nor DISPLAY is set.";
        assert!(sentence(winit).contains("--help"));
    }

    #[test]
    fn a_missing_graphics_driver_is_named_and_leads_to_the_manual() {
        let no_driver = "egui_glow: egui_glow requires opengl 2.0+. ";
        let no_config = "Found no glutin configs matching the template: ConfigTemplate { .. }";
        for message in [no_driver, no_config] {
            assert!(sentence(message).contains("espalier manual troubleshooting"), "{message}");
        }
    }

    #[test]
    fn anything_else_is_told_in_its_first_line() {
        assert_eq!(sentence("\nboom\nmore"), "the window cannot open: boom");
    }
}
