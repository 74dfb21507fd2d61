//! The window's state in the program's own files: sessions and layout in the workspace, the rest in the settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::rules::Rule;
use espalier_core::send_list::SendList;
use espalier_core::session::SessionSpec;
use espalier_engine::workspace::{Document, ProgramPaths, Section, SettingsFile, Workspace};
use espalier_ui::{
    Dock, KnownElf, KnownNetwork, Layout, Recent, SavedBoard, SavedBoards, SavedReleases,
    SavedSession, SavedTimeline, SendState, UiState,
};
use serde::Serialize;

mod old;

/// What was read at the start.
pub struct LoadedState {
    /// The window.
    pub window: UiState,
    /// Where a file was picked last.
    pub folder: Option<PathBuf>,
    /// What the user must know: what could not be read.
    pub troubles: Vec<Sentence>,
}

/// What stands in the settings beside those of the engine.
#[derive(Serialize)]
struct WindowTable<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<&'a str>,
    recent: &'a [Recent],
    elf: &'a [KnownElf],
    network: &'a [KnownNetwork],
    board: BoardTable<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<&'a SavedTimeline>,
    #[serde(skip_serializing_if = "is_default")]
    releases: &'a SavedReleases,
}

fn is_default(releases: &&SavedReleases) -> bool {
    **releases == SavedReleases::default()
}

/// The boards, and their panel.
#[derive(Serialize)]
struct BoardTable<'a> {
    open: bool,
    dock: Dock,
    shown: usize,
    panel: Vec<PanelTable<'a>>,
}

/// One board.
#[derive(Serialize)]
struct PanelTable<'a> {
    tab: bool,
    session: SessionTable<'a>,
}

/// The whole workspace.
#[derive(Serialize)]
struct WorkspaceTable<'a> {
    session: Vec<SessionTable<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<&'a Layout>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: &'a BTreeMap<String, String>,
    #[serde(rename = "rule", skip_serializing_if = "<[Rule]>::is_empty")]
    rules: &'a [Rule],
    #[serde(rename = "send-list", skip_serializing_if = "SendList::is_empty")]
    send_list: &'a SendList,
}

/// A session, and its send box beside what a workspace file has of it.
#[derive(Serialize)]
struct SessionTable<'a> {
    #[serde(flatten)]
    spec: &'a SessionSpec,
    send: &'a SendState,
}

impl<'a> From<&'a SavedSession> for SessionTable<'a> {
    fn from(saved: &'a SavedSession) -> Self {
        Self { spec: &saved.spec, send: &saved.send }
    }
}

impl<'a> From<&'a SavedBoard> for PanelTable<'a> {
    fn from(saved: &'a SavedBoard) -> Self {
        Self { tab: saved.tab, session: SessionTable::from(&saved.session) }
    }
}

/// Reads both files. What cannot be read is left out by itself; then, and when the files are of 0.1.0, they are written anew.
pub fn load(paths: &ProgramPaths) -> LoadedState {
    let mut settings_file = Document::load(&paths.settings, SettingsFile::SCHEMA);
    let mut workspace_file = Document::load(&paths.workspace, Workspace::SCHEMA);
    let (file, workspace) = (settings_file.root(), workspace_file.root());
    let settings = SettingsFile::take(file);
    let folder: Option<PathBuf> = file.take("folder");
    let old = file.old_json("window");
    let old_layout = workspace.old_json("layout");
    let is_old = old.is_some() || old_layout.is_some();
    let (rest, sends, boards) = match old {
        Some(mut window) => {
            let sends: Option<Vec<SendState>> = window.take("send");
            let board = old::board(&mut window);
            let numbers: Vec<Option<usize>> = (0..board.boards.len()).map(Some).collect();
            (take_window(&mut window, board), sends.unwrap_or_default(), numbers)
        }
        None => {
            let (board, numbers) = board(file);
            (take_window(file, board), Vec::new(), numbers)
        }
    };
    let mut sends = sends.into_iter();
    let sessions: Vec<Option<SavedSession>> = workspace
        .tables("session")
        .into_iter()
        .map(|table| {
            let old = sends.next();
            let saved = session(table?)?;
            Some(SavedSession { send: old.unwrap_or(saved.send), ..saved })
        })
        .collect();
    let layout: Option<Layout> = match old_layout {
        Some(layout) => layout.rest(),
        None => workspace.take("layout"),
    };
    let send_list: Option<SendList> = workspace.take("send-list");
    let variables: Option<BTreeMap<String, String>> = workspace.take("variables");
    let rules: Option<Vec<Rule>> = workspace.take("rule");
    let session_number = |index: usize| number(&sessions, index);
    let board_number = |index: usize| boards.get(index).copied().flatten();
    let layout = layout.and_then(|layout| layout.renumbered(&session_number, &board_number));
    let window = UiState {
        settings,
        sessions: sessions.into_iter().flatten().collect(),
        layout,
        send_list: Arc::new(send_list.unwrap_or_default()),
        variables: Arc::new(variables.unwrap_or_default()),
        rules: Arc::new(rules.unwrap_or_default()),
        ..rest
    };
    let readings = [settings_file.finish(), workspace_file.finish()];
    let anew = is_old || readings.iter().any(|reading| reading.left_out);
    let mut troubles: Vec<_> = readings.into_iter().flat_map(|reading| reading.troubles).collect();
    if anew && let Err(trouble) = save(paths, &window, folder.as_deref()) {
        troubles.push(trouble);
    }
    LoadedState { window, folder, troubles }
}

/// The number of this one among those that could be read; the others have none.
fn number<T>(read: &[Option<T>], index: usize) -> Option<usize> {
    read.get(index)?.as_ref()?;
    Some(read.iter().take(index).flatten().count())
}

/// Takes what stands in the settings beside those of the engine.
fn take_window(file: &mut Section, board: SavedBoards) -> UiState {
    UiState {
        recent: file.take("recent").unwrap_or_default(),
        elfs: file.take("elf").unwrap_or_default(),
        board,
        timeline: file.take("timeline"),
        releases: file.take("releases").unwrap_or_default(),
        ..UiState::default()
    }
}

/// The boards, and for each that stands in the file its number among those that could be read.
fn board(file: &mut Section) -> (SavedBoards, Vec<Option<usize>>) {
    let networks = file.take("network").unwrap_or_default();
    let Some(mut table) = file.part("board") else {
        return (SavedBoards { networks, ..SavedBoards::default() }, Vec::new());
    };
    let open = table.take("open").unwrap_or_default();
    let dock = table.take("dock").unwrap_or_default();
    // Where there was one board.
    let one = SavedBoards::of_one(open, dock, table.part("session").and_then(session));
    let panels = table.tables("panel").into_iter().map(|table| panel(table?));
    let read: Vec<Option<SavedBoard>> = one.boards.into_iter().map(Some).chain(panels).collect();
    let numbers: Vec<_> = (0..read.len()).map(|index| number(&read, index)).collect();
    let shown = table.take("shown").and_then(|shown: usize| *numbers.get(shown)?);
    let boards = read.into_iter().flatten().collect();
    (SavedBoards { boards, shown: shown.unwrap_or_default(), networks, ..one }, numbers)
}

fn panel(mut table: Section) -> Option<SavedBoard> {
    let tab = table.take("tab").unwrap_or_default();
    Some(SavedBoard { session: session(table.part("session")?)?, tab })
}

fn session(mut table: Section) -> Option<SavedSession> {
    let send = table.take("send");
    let spec: SessionSpec = table.rest()?;
    Some(SavedSession { send: send.unwrap_or_else(|| SendState::new(&spec.transport)), spec })
}

/// Writes both files; `folder` is where a file was picked last.
///
/// # Errors
/// A sentence for the user.
pub fn save(paths: &ProgramPaths, state: &UiState, folder: Option<&Path>) -> Result<(), Sentence> {
    let board = &state.board;
    let window = WindowTable {
        folder: folder.and_then(Path::to_str),
        recent: &state.recent,
        elf: &state.elfs,
        network: &board.networks,
        board: BoardTable {
            open: board.open,
            dock: board.dock,
            shown: board.shown,
            panel: board.boards.iter().map(PanelTable::from).collect(),
        },
        timeline: state.timeline.as_ref(),
        releases: &state.releases,
    };
    let workspace = WorkspaceTable {
        session: state.sessions.iter().map(SessionTable::from).collect(),
        layout: state.layout.as_ref(),
        variables: &state.variables,
        rules: &state.rules,
        send_list: &state.send_list,
    };
    SettingsFile::save(&paths.settings, &state.settings, &window)
        .map_err(|error| error.sentence())?;
    Workspace::save_as(&paths.workspace, &workspace).map_err(|error| error.sentence())
}

#[cfg(test)]
mod tests {
    use espalier_core::board::UsbIdentity;
    use espalier_core::capture_list::KeepLimits;
    use espalier_core::releases::Release;
    use espalier_core::session::{SerialSpec, SessionSpec, TcpClientSpec, TransportSpec};

    use espalier_core::rules::RuleAction;
    use espalier_core::send_list::{SendEntry, SendGroup};
    use espalier_core::settings::{LanguageChoice, ThemeChoice, UserSettings};
    use espalier_ui::KnownNetwork;

    use super::*;

    fn board(port: &str, tab: bool) -> SavedBoard {
        let transport = TransportSpec::Serial(SerialSpec::new(port));
        let send = SendState::new(&transport);
        SavedBoard { session: SavedSession { spec: SessionSpec::new(transport), send }, tab }
    }

    #[test]
    fn the_window_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(folder.path());
        let client = TransportSpec::TcpClient(TcpClientSpec::new("fe80::1", 7681));
        let mut send = SendState { period_ms: 20, ..SendState::default() };
        send.history.push("你好\\r\\n".to_owned());
        let state = UiState {
            settings: UserSettings {
                language: LanguageChoice::Chinese,
                theme: ThemeChoice::Light,
                limits: KeepLimits { keep_gib: 3, keep_days: 0 },
                ..UserSettings::default()
            },
            recent: vec![Recent { host: "esp32.local".to_owned(), port: 7681 }],
            elfs: vec![KnownElf {
                port: "COM3".to_owned(),
                board: Some(UsbIdentity::default()),
                elf: "C:\\build\\花园.elf".into(),
            }],
            sessions: vec![SavedSession { spec: SessionSpec::new(client), send }],
            board: SavedBoards {
                open: true,
                dock: Dock::Below,
                boards: vec![board("COM3", false), board("COM4", true)],
                shown: 1,
                networks: vec![KnownNetwork { ssid: "Home".to_owned(), remembered: true }],
            },
            timeline: Some(SavedTimeline::default()),
            releases: SavedReleases {
                asked: 1_700_000_000,
                found: Some(Release {
                    version: "9.0.0".to_owned(),
                    page: "https://h/9".to_owned(),
                }),
                dismissed: "8.0.0".to_owned(),
            },
            send_list: Arc::new(SendList {
                groups: vec![SendGroup::new(
                    "modem",
                    [SendEntry { text: "AT\\r".to_owned(), ..SendEntry::default() }],
                )],
            }),
            rules: Arc::new(vec![Rule {
                name: "号7".to_owned(),
                actions: vec![RuleAction::StopList],
                ..Rule::default()
            }]),
            variables: Arc::new([("id".to_owned(), "号7".to_owned())].into()),
            layout: Some(Layout::Tabs {
                front: 1,
                children: vec![Layout::Session { index: 0 }, Layout::Timeline],
            }),
        };
        let picked = Path::new("C:\\logs\\花园");
        save(&paths, &state, Some(picked)).unwrap();
        let kept = load(&paths);
        assert_eq!(kept.window, state);
        assert_eq!(kept.folder.as_deref(), Some(picked));
        assert!(kept.troubles.is_empty(), "{:?}", kept.troubles);
    }

    #[test]
    fn files_of_the_first_version_come_back_and_are_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(folder.path());
        std::fs::write(&paths.settings, include_str!("settings/v0_1_0/settings.toml")).unwrap();
        std::fs::write(&paths.workspace, include_str!("settings/v0_1_0/workspace.toml")).unwrap();
        let kept = load(&paths);
        assert!(kept.troubles.is_empty(), "{:?}", kept.troubles);
        let window = &kept.window;
        assert_eq!(window.recent.len(), 2);
        assert_eq!(window.board.networks[0].ssid, "Simulated");
        let board = &window.board.boards[0];
        assert_eq!(board.session.send.history, ["help"]);
        assert_eq!(window.sessions.len(), 2);
        assert_eq!(window.sessions[0].send.history, ["你好\\r\\n", "second"]);
        assert_eq!(window.sessions[1].send.period_ms, 20);
        let leaf = |index| Layout::Session { index };
        let tabs = Layout::Tabs { front: 1, children: vec![leaf(0), leaf(1)] };
        assert_eq!(window.layout, Some(tabs));
        for (path, table) in [(&paths.settings, "[[recent]]"), (&paths.workspace, "[session.send]")]
        {
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains("schema = 2") && text.contains(table), "{text}");
            assert!(!text.contains(r#"{"recent"#), "{text}");
        }
        assert_eq!(load(&paths).window, *window);
    }

    #[test]
    fn the_one_board_of_earlier_versions_comes_back_where_it_stood() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(folder.path());
        let text = "schema = 2\n[board]\nopen = true\ndock = \"tab\"\n\
                    [board.session]\ntransport = { kind = \"serial\", port = \"COM3\" }\n";
        std::fs::write(&paths.settings, text).unwrap();
        let kept = load(&paths);
        assert!(kept.troubles.is_empty(), "{:?}", kept.troubles);
        let SavedBoards { open, dock, boards, .. } = kept.window.board;
        let serial = TransportSpec::Serial(SerialSpec::new("COM3"));
        let boards: Vec<_> =
            boards.iter().map(|board| (board.tab, &board.session.spec.transport)).collect();
        assert_eq!((open, dock, boards), (true, Dock::Right, vec![(true, &serial)]));
    }

    #[test]
    fn one_unknown_word_loses_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(folder.path());
        let sessions = [7, 8, 9].map(|port| {
            let transport = TransportSpec::TcpClient(TcpClientSpec::new("h", port));
            let mut send = SendState::new(&transport);
            send.history.push(format!("to {port}"));
            SavedSession { spec: SessionSpec::new(transport), send }
        });
        let leaf = |index| Layout::Session { index };
        let state = UiState {
            recent: vec![Recent { host: "esp32.local".to_owned(), port: 7681 }],
            sessions: sessions.into(),
            board: SavedBoards { open: true, dock: Dock::Below, ..SavedBoards::default() },
            layout: Some(Layout::Row {
                shares: vec![1.0, 2.0, 3.0],
                children: vec![leaf(0), leaf(1), leaf(2)],
            }),
            ..UiState::default()
        };
        save(&paths, &state, None).unwrap();
        let break_it = |path, from: &str, to: &str| {
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains(from), "{text}");
            std::fs::write(path, text.replacen(from, to, 1)).unwrap();
        };
        break_it(&paths.settings, "dock = \"below\"", "dock = \"aside\"");
        break_it(&paths.workspace, "port = 8", "port = \"eight\"");
        break_it(&paths.workspace, "encoding = \"UTF-8\"", "encoding = 8");
        let kept = load(&paths);
        assert_eq!(kept.troubles.len(), 3, "{:?}", kept.troubles);
        assert!(kept.troubles[1].contains("session[1].view.encoding"), "{:?}", kept.troubles);
        assert_eq!(kept.window.recent, state.recent);
        assert_eq!(kept.window.board, SavedBoards { dock: Dock::Right, ..state.board.clone() });
        let expected = [state.sessions[0].clone(), state.sessions[2].clone()];
        assert_eq!(kept.window.sessions, expected);
        let layout = Layout::Row { shares: vec![1.0, 3.0], children: vec![leaf(0), leaf(1)] };
        assert_eq!(kept.window.layout, Some(layout));
        let again = load(&paths);
        assert!(again.troubles.is_empty(), "told once: {:?}", again.troubles);
        assert_eq!(again.window, kept.window);
    }

    #[test]
    fn a_board_that_cannot_be_read_changes_no_other_ones_place() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(folder.path());
        let tabs = |front, count| {
            let children = (0..count).map(|index| Layout::Board { index }).collect();
            Some(Layout::Tabs { front, children })
        };
        let boards = ["COM3", "COM4", "COM5"].map(|port| board(port, true));
        let state = UiState {
            board: SavedBoards { boards: boards.to_vec(), shown: 2, ..SavedBoards::default() },
            layout: tabs(2, 3),
            ..UiState::default()
        };
        save(&paths, &state, None).unwrap();
        let text = std::fs::read_to_string(&paths.settings).unwrap();
        assert!(text.contains("\"COM4\""), "{text}");
        std::fs::write(&paths.settings, text.replacen("\"COM4\"", "4", 1)).unwrap();
        let kept = load(&paths);
        assert_eq!(kept.troubles.len(), 1, "{:?}", kept.troubles);
        assert_eq!(kept.window.board.boards, [boards[0].clone(), boards[2].clone()]);
        assert_eq!((kept.window.board.shown, kept.window.layout), (1, tabs(1, 2)));
    }

    #[test]
    fn broken_files_are_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(folder.path());
        std::fs::write(&paths.settings, "this is not toml").unwrap();
        let kept = load(&paths);
        assert_eq!(kept.troubles.len(), 1);
        assert_eq!(kept.window, UiState::default());
        let aside = paths.settings.with_extension("toml.bad");
        assert!(std::fs::read_to_string(aside).unwrap().contains("this is not toml"));
    }
}
