//! The window's state in the program's own files: sessions and layout in the workspace, the rest in the settings.

use espalier_core::Sentence;
use espalier_engine::workspace::{Places, Settings, Theme, Workspace};
use espalier_ui::theme::ThemeChoice;
use espalier_ui::{
    Language, Layout, Recent, SavedBoard, SavedSession, SavedTimeline, UiState,
    panes::session::SendState,
};
use serde::{Deserialize, Serialize};

/// What was read at the start.
pub struct Kept {
    /// The window.
    pub window: UiState,
    /// Captures stay when sessions are closed.
    pub keep_captures: bool,
    /// What the user must know: files that were set aside.
    pub troubles: Vec<Sentence>,
}

/// What the engine keeps for us without looking inside.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Rest {
    recent: Vec<Recent>,
    send: Vec<SendState>,
    board: SavedBoard,
    timeline: Option<SavedTimeline>,
}

const LANGUAGES: [(Language, &str); 2] = [(Language::English, "en"), (Language::Chinese, "zh-CN")];
const THEMES: [(ThemeChoice, Theme); 3] = [
    (ThemeChoice::System, Theme::System),
    (ThemeChoice::Light, Theme::Light),
    (ThemeChoice::Dark, Theme::Dark),
];

/// Reads both files.
pub fn load(places: &Places) -> Kept {
    let settings = Settings::load(&places.settings);
    let workspace = Workspace::load(&places.workspace);
    let troubles = settings.trouble.into_iter().chain(workspace.trouble).collect();
    let (settings, workspace) = (settings.value, workspace.value);
    // Both texts are ours; should one not be readable, only comfort is lost.
    let rest: Rest = serde_json::from_str(&settings.window).unwrap_or_default();
    let layout: Option<Layout> = serde_json::from_str(&workspace.layout).ok();
    let sends = rest.send.into_iter().map(Some).chain(std::iter::repeat(None));
    let sessions = workspace.sessions.into_iter().zip(sends);
    let language = settings.language.as_deref();
    let window = UiState {
        language: LANGUAGES.iter().find(|(_, tag)| Some(*tag) == language).map(|found| found.0),
        theme: THEMES
            .iter()
            .find(|(_, theme)| *theme == settings.theme)
            .map_or_else(Default::default, |found| found.0),
        recent: rest.recent,
        sessions: sessions
            .map(|(spec, send)| SavedSession { spec, send: send.unwrap_or_default() })
            .collect(),
        board: rest.board,
        timeline: rest.timeline,
        layout,
    };
    Kept { window, keep_captures: settings.keep_captures, troubles }
}

/// Writes both files.
///
/// # Errors
/// A sentence for the user.
pub fn save(places: &Places, state: &UiState, keep_captures: bool) -> Result<(), Sentence> {
    let rest = Rest {
        recent: state.recent.clone(),
        send: state.sessions.iter().map(|saved| saved.send.clone()).collect(),
        board: state.board.clone(),
        timeline: state.timeline.clone(),
    };
    let tag = |language| LANGUAGES.iter().find(|(other, _)| *other == language);
    let settings = Settings {
        language: state.language.and_then(tag).map(|found| found.1.to_owned()),
        theme: THEMES
            .iter()
            .find(|(choice, _)| *choice == state.theme)
            .map_or_else(Default::default, |found| found.1),
        keep_captures,
        window: json(&rest)?,
    };
    let workspace = Workspace {
        layout: state.layout.as_ref().map(json).transpose()?.unwrap_or_default(),
        sessions: state.sessions.iter().map(|saved| saved.spec.clone()).collect(),
    };
    settings.save(&places.settings).map_err(|error| error.sentence())?;
    workspace.save(&places.workspace).map_err(|error| error.sentence())
}

fn json(value: &impl Serialize) -> Result<String, Sentence> {
    serde_json::to_string(value).map_err(|error| error.to_string().into())
}

#[cfg(test)]
mod tests {
    use espalier_core::session::{SessionSpec, TcpClientSpec, TransportSpec};

    use espalier_ui::KnownNetwork;

    use super::*;

    #[test]
    fn the_window_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::within(folder.path());
        let client = TransportSpec::TcpClient(TcpClientSpec::new("fe80::1", 7681));
        let mut send = SendState { period_ms: 20, ..SendState::default() };
        send.history.push("你好\\r\\n".to_owned());
        let state = UiState {
            language: Some(Language::Chinese),
            theme: ThemeChoice::Light,
            recent: vec![Recent { host: "esp32.local".to_owned(), port: 7681 }],
            sessions: vec![SavedSession { spec: SessionSpec::new(client), send }],
            board: SavedBoard {
                open: true,
                networks: vec![KnownNetwork { ssid: "Home".to_owned(), remembered: true }],
                ..SavedBoard::default()
            },
            timeline: Some(SavedTimeline::default()),
            layout: Some(Layout::Tabs {
                front: 1,
                children: vec![Layout::Session { index: 0 }, Layout::Timeline],
            }),
        };
        save(&places, &state, true).unwrap();
        let kept = load(&places);
        assert_eq!(kept.window, state);
        assert!(kept.keep_captures);
        assert!(kept.troubles.is_empty(), "{:?}", kept.troubles);
    }

    #[test]
    fn broken_files_are_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::within(folder.path());
        std::fs::write(&places.settings, "schema = 1\nthis is not toml").unwrap();
        let kept = load(&places);
        assert_eq!(kept.troubles.len(), 1);
        assert_eq!(kept.window, UiState::default());
        let aside = places.settings.with_extension("toml.bad");
        assert!(std::fs::read_to_string(aside).unwrap().contains("this is not toml"));
    }
}
