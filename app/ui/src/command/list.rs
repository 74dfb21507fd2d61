//! The listed commands.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::icon::Icon;

/// Under which heading a command is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Sessions and the window.
    Window,
    /// The connection of the focused session.
    Connection,
    /// The log of the focused session.
    Log,
    /// The board of the panel.
    Board,
}

impl Group {
    /// All groups, in the order they are listed.
    pub const ALL: [Self; 4] = [Self::Window, Self::Connection, Self::Log, Self::Board];

    /// The key of its heading.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Window => "command-group-window",
            Self::Connection => "command-group-connection",
            Self::Log => "command-group-log",
            Self::Board => "board",
        }
    }
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const COMMAND: Modifiers = Modifiers::COMMAND;
const COMMAND_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident: $group:ident, $key:literal, $icon:expr, [$(($modifiers:expr, $press:ident)),*];)*) => {
        /// A command without arguments: it means the window, or the focused session.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum UiCommand { $($(#[$doc])* $name,)* }

        impl UiCommand {
            /// All of them, in the order they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The heading under which the command stands.
            pub const fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)* }
            }

            /// The key of its name.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The command's icon, if it has one.
            pub const fn icon(self) -> Option<Icon> {
                match self { $(Self::$name => $icon,)* }
            }

            /// What can be pressed for it; the first is shown.
            pub const fn shortcuts(self) -> &'static [KeyboardShortcut] {
                match self {
                    $(Self::$name => {
                        const { &[$(KeyboardShortcut::new($modifiers, Key::$press)),*] }
                    })*
                }
            }
        }
    };
}

impl UiCommand {
    /// Whether it means something while a dialog is up.
    pub(crate) const fn works_above_a_dialog(self) -> bool {
        matches!(
            self,
            Self::Manual | Self::Palette | Self::ZoomIn | Self::ZoomOut | Self::ZoomReset
        )
    }
}

commands! {
    /// Ask for a new client.
    NewClient: Window, "command-new-client", Some(Icon::Client), [(COMMAND, N)];
    /// Ask for a new server.
    NewServer: Window, "command-new-server", Some(Icon::Server), [(COMMAND_SHIFT, N)];
    /// Ask for a new relay.
    NewRelay: Window, "command-new-relay", Some(Icon::Relay), [];
    /// Ask for a new session of datagrams.
    NewUdp: Window, "command-new-udp", Some(Icon::Datagram), [];
    /// Ask for a new load test.
    NewLoad: Window, "command-new-load", Some(Icon::Load), [];
    /// Ask for a new serial session.
    NewSerial: Window, "command-new-serial", Some(Icon::Serial), [(COMMAND_SHIFT, M)];
    /// Show or hide the board panel.
    Board: Window, "board-toggle", Some(Icon::Board), [(COMMAND, B)];
    /// Show the timeline of all sessions.
    Timeline: Window, "command-timeline", Some(Icon::Timeline), [(COMMAND, T)];
    /// Show or hide the log of the program.
    ProgramLog: Window, "command-program-log", Some(Icon::Info), [(NONE, F12)];
    /// The captures that are kept.
    Captures: Window, "command-captures", Some(Icon::History), [(COMMAND, H)];
    /// Open a capture file.
    OpenCapture: Window, "command-open-capture", Some(Icon::Folder), [(COMMAND_SHIFT, O)];
    /// Open a workspace file.
    OpenWorkspace: Window, "command-open-workspace", Some(Icon::Folder), [(COMMAND, O)];
    /// Save the open sessions as a workspace file.
    SaveWorkspace: Window, "command-save-workspace", Some(Icon::Save), [(COMMAND_SHIFT, S)];
    /// Close the focused tab.
    CloseTab: Window, "command-close-tab", Some(Icon::Cross), [(COMMAND, W)];
    /// Focus the next tab.
    NextTab: Window, "command-next-tab", None, [(COMMAND, PageDown)];
    /// Focus the previous tab.
    PreviousTab: Window, "command-previous-tab", None, [(COMMAND, PageUp)];
    /// Show the focused tab beside the others.
    SplitRight: Window, "command-split-right", Some(Icon::Split), [(COMMAND, Backslash)];
    /// Show the focused tab below the others.
    SplitDown: Window, "command-split-down", Some(Icon::Split), [(COMMAND_SHIFT, Backslash)];
    /// Give the focused tab another name.
    RenameTab: Window, "command-rename-tab", None, [(NONE, F2)];
    /// Open a session like the focused one.
    DuplicateTab: Window, "command-duplicate-tab", None, [(COMMAND_SHIFT, D)];
    /// Close the tabs that lie over each other with the focused one, but not it.
    CloseOtherTabs: Window, "command-close-other-tabs", None, [];
    /// Close those of them that are to the right of it.
    CloseTabsRight: Window, "command-close-tabs-right", None, [];
    /// Close the window, which may ask first.
    Quit: Window, "command-quit", None, [(COMMAND, Q)];
    /// Search among the commands.
    Palette: Window, "command-palette", Some(Icon::Command), [(COMMAND, P), (COMMAND, K)];
    /// The settings of the program.
    Settings: Window, "command-settings", Some(Icon::Gear), [(COMMAND, Comma)];
    /// Draw everything larger.
    ZoomIn: Window, "command-zoom-in", None, [(COMMAND, Plus), (COMMAND, Equals)];
    /// Draw everything smaller.
    ZoomOut: Window, "command-zoom-out", None, [(COMMAND, Minus)];
    /// Draw everything in its own size.
    ZoomReset: Window, "command-zoom-reset", None, [(COMMAND, Num0)];
    /// Show or hide the manual.
    Manual: Window, "command-manual", Some(Icon::Help), [(NONE, F1)];
    /// List the shortcuts.
    Shortcuts: Window, "command-shortcuts", Some(Icon::Command), [(NONE, Questionmark), (SHIFT, Questionmark)];
    /// What the program is, and of what it is made.
    About: Window, "command-about", Some(Icon::Info), [];
    /// The other language.
    SwitchLanguage: Window, "command-switch-language", Some(Icon::Globe), [(COMMAND_SHIFT, L)];
    /// The next theme.
    SwitchTheme: Window, "command-switch-theme", Some(Icon::Contrast), [(COMMAND_SHIFT, T)];

    /// Connect or listen.
    Start: Connection, "command-start", Some(Icon::Play), [(NONE, F5)];
    /// Close in order and stop trying.
    Stop: Connection, "command-stop", Some(Icon::Stop), [(SHIFT, F5)];
    /// Disconnect and connect again.
    Restart: Connection, "command-restart", Some(Icon::Repeat), [(COMMAND, F5)];
    /// Send FIN and go on receiving.
    HalfClose: Connection, "command-half-close", None, [(NONE, F6)];
    /// Close by RST.
    Reset: Connection, "command-reset", None, [(SHIFT, F6)];
    /// Change the session's options.
    Options: Connection, "command-options", Some(Icon::Sliders), [(ALT, Enter)];
    /// Write in the send box.
    FocusSend: Connection, "command-focus-send", Some(Icon::Send), [(COMMAND, E)];
    /// Play the history to a session.
    Replay: Connection, "command-replay", Some(Icon::Repeat), [];
    /// Bridge it with another session.
    Bridge: Connection, "command-bridge", Some(Icon::Relay), [];
    /// End its bridge.
    EndBridge: Connection, "command-end-bridge", None, [];
    /// Send a file.
    SendFile: Connection, "command-send-file", Some(Icon::Send), [];
    /// Receive to a file.
    ReceiveFile: Connection, "command-receive-file", Some(Icon::Save), [];
    /// Write the log to files.
    LogToFile: Connection, "command-log-to-file", Some(Icon::Save), [];
    /// Show the folder of the log file.
    LogFolder: Connection, "command-log-folder", Some(Icon::Folder), [];
    /// Show or hide the send list beside the session.
    SendList: Connection, "command-send-list", Some(Icon::List), [(COMMAND_SHIFT, E)];
    /// Show or hide the rules beside the session.
    Rules: Connection, "command-rules", Some(Icon::Bolt), [(COMMAND_SHIFT, R)];
    /// Show or hide what TCP knows, beside the session.
    Figures: Connection, "command-figures", Some(Icon::Chart), [(COMMAND_SHIFT, I)];
    /// Take the rules of a file.
    ImportRules: Connection, "command-import-rules", Some(Icon::Folder), [];
    /// Write the rules of all sessions to a file.
    ExportRules: Connection, "command-export-rules", Some(Icon::Save), [];
    /// Take the prepared messages of a file.
    ImportList: Connection, "command-import-list", Some(Icon::Folder), [];
    /// Run the send list from its beginning.
    ListRun: Connection, "command-list-run", Some(Icon::Play), [];
    /// Pause the run of the send list, or go on.
    ListPause: Connection, "command-list-pause", Some(Icon::Pause), [];
    /// Send the next message of the list, and pause behind it.
    ListStep: Connection, "command-list-step", None, [];
    /// End the run of the send list.
    ListStop: Connection, "command-list-stop", Some(Icon::Stop), [];
    /// Show or hide the clients of a server.
    Clients: Connection, "command-clients", Some(Icon::People), [];
    /// Show or hide what sends again and again.
    Cycle: Connection, "command-cycle", Some(Icon::Repeat), [];
    /// Set or clear Data Terminal Ready.
    LineDtr: Connection, "command-line-dtr", None, [];
    /// Set or clear Request To Send.
    LineRts: Connection, "command-line-rts", None, [];
    /// Send BREAK.
    LineBreak: Connection, "command-line-break", None, [];
    /// Write the prepared messages to a file.
    ExportList: Connection, "command-export-list", Some(Icon::Save), [];

    /// Show the session as a terminal, or its log again.
    Terminal: Log, "command-terminal", Some(Icon::Terminal), [(COMMAND_SHIFT, J)];
    /// Show the session as a chat, or its log again.
    Chat: Log, "command-chat", Some(Icon::Chat), [];
    /// Show text.
    ShowText: Log, "command-show-text", None, [(COMMAND, Num1)];
    /// Show hex.
    ShowHex: Log, "command-show-hex", None, [(COMMAND, Num2)];
    /// Show hex and text.
    ShowBoth: Log, "command-show-both", None, [(COMMAND, Num3)];
    /// Open the find bar.
    Find: Log, "command-find", Some(Icon::Search), [(COMMAND, F)];
    /// The next hit.
    FindNext: Log, "command-find-next", Some(Icon::Down), [(NONE, F3), (COMMAND, G)];
    /// The previous hit.
    FindPrevious: Log, "command-find-previous", Some(Icon::Up), [(SHIFT, F3), (COMMAND_SHIFT, G)];
    /// Open the filter bar.
    Filter: Log, "command-filter", Some(Icon::Funnel), [(COMMAND_SHIFT, F)];
    /// The next bookmark.
    BookmarkNext: Log, "bookmark-next", Some(Icon::Down), [(COMMAND_SHIFT, ArrowDown)];
    /// The previous bookmark.
    BookmarkPrevious: Log, "bookmark-previous", Some(Icon::Up), [(COMMAND_SHIFT, ArrowUp)];
    /// Follow the end of the log, or pause.
    Follow: Log, "command-follow", Some(Icon::Follow), [(COMMAND, End)];
    /// Wrap long rows, or scroll them sideways.
    Wrap: Log, "command-wrap", None, [(ALT, Z)];
    /// Hide what is there.
    Clear: Log, "command-clear", Some(Icon::Broom), [(COMMAND, L)];
    /// Save the log.
    SaveLog: Log, "command-save-log", Some(Icon::Save), [(COMMAND, S)];

    /// Put the selected rows, or all, on the clipboard as text.
    CopyText: Log, "command-copy-text", Some(Icon::Copy), [];
    /// Put their bytes there in hexadecimal.
    CopyHex: Log, "command-copy-hex", Some(Icon::Copy), [];
    /// Put their bytes there as a C array.
    CopyC: Log, "command-copy-c", Some(Icon::Copy), [];
    /// Put them there as text, behind the time.
    CopyTimed: Log, "command-copy-timed", Some(Icon::Copy), [];
    /// Show or hide what happened to the connection.
    Events: Log, "command-events", None, [];
    /// Show or hide control characters.
    Controls: Log, "command-controls", None, [];
    /// Fold crash reports, or not.
    FoldPanics: Log, "command-fold-panics", None, [];

    /// Provision the board and open a conversation.
    BoardGo: Board, "command-board-go", Some(Icon::Play), [];
    /// Cancel the provisioning run or the flashing under way.
    BoardCancel: Board, "command-board-cancel", Some(Icon::Stop), [];
    /// Flash the bundled firmware.
    BoardFlash: Board, "command-board-flash", Some(Icon::Save), [];
    /// Flash the build of the panel again.
    BoardFlashAgain: Board, "command-board-flash-again", Some(Icon::Repeat), [(NONE, F7)];
    /// Flash all boards with what the form of the shown one says.
    BoardFlashAll: Board, "command-board-flash-all", Some(Icon::Save), [];
    /// Cancel all that is under way with any board.
    BoardCancelAll: Board, "command-board-cancel-all", Some(Icon::Stop), [];
    /// Choose a port for one more board.
    BoardAdd: Board, "command-board-add", Some(Icon::Plus), [];
    /// Write the bundled firmware as plain files.
    ExportImages: Board, "command-export-images", Some(Icon::Save), [];
    /// Pulse EN.
    BoardReset: Board, "command-board-reset", Some(Icon::Repeat), [];
    /// Bring the chip into its loader.
    BoardDownload: Board, "command-board-download", None, [];
    /// Look for networks.
    BoardScan: Board, "command-board-scan", Some(Icon::Search), [];
    /// Open a conversation with the board.
    BoardTalk: Board, "command-board-talk", Some(Icon::Client), [];
    /// Open or close the board's port.
    BoardPort: Board, "command-board-port", Some(Icon::Serial), [];
    /// Read the board's partition table.
    BoardTable: Board, "command-board-table", Some(Icon::Search), [];
    /// Choose what is flashed.
    BoardFlashForm: Board, "command-board-flash-form", Some(Icon::Sliders), [];
    /// Back up or erase a part of the flash.
    BoardRegion: Board, "command-board-region", Some(Icon::Save), [];
    /// Choose how backtraces are decoded.
    BoardSymbols: Board, "command-board-symbols", None, [];
    /// Pick the ELF file that backtraces are decoded with.
    PickElf: Board, "command-pick-elf", Some(Icon::Folder), [];
    /// Give the board a network.
    BoardWifi: Board, "command-board-wifi", None, [];
    /// Show the clients of the board.
    BoardClients: Board, "command-board-clients", Some(Icon::People), [];
    /// Show what the display of the board shows.
    BoardScreen: Board, "command-board-screen", None, [];
    /// Show the settings of the board.
    BoardSettings: Board, "command-board-settings", Some(Icon::Gear), [];
    /// Show what the board measures.
    BoardTrends: Board, "command-board-trends", None, [];
    /// The boards that say on the network who they are.
    BoardNetwork: Board, "command-board-network", Some(Icon::Search), [];
    /// Tell credentials to boards without a cable.
    BoardTouch: Board, "command-board-touch", None, [];
    /// Close the board's port, and its pane.
    BoardClose: Board, "command-board-close", Some(Icon::Cross), [];
    /// Put the panel to the left.
    DockLeft: Board, "command-dock-left", None, [];
    /// Put the panel to the right.
    DockRight: Board, "command-dock-right", None, [];
    /// Put the panel below.
    DockBelow: Board, "command-dock-below", None, [];
    /// Put the panel among the tabs.
    DockTab: Board, "command-dock-tab", None, [];
}
