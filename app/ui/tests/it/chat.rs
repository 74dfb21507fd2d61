//! A chat, as the window shows it, in both languages.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::chat::{
    ChatHistory, ChatLine, ChatLineKind, ChatMember, ChatSpec, ChatState, ChatStatus, MessageId,
    MessageState,
};
use espalier_core::session::{
    Behaviour, RoomMemberStatus, RoomStatus, SessionSpec, TcpClientSpec, TcpServerSpec,
    TransportSpec,
};
use espalier_core::{PeerId, Timestamp, say};
use espalier_ui::{Language, SavedSession, SendState, UiState};

use crate::harness::{Machine, Window};

fn window(language: Language, transport: TransportSpec) -> Window {
    let spec = SessionSpec { autostart: true, ..SessionSpec::new(transport.clone()) };
    let state = UiState {
        sessions: vec![SavedSession { spec, send: SendState::new(&transport) }],
        ..UiState::default()
    };
    Window::on(Arc::new(Machine::default()), language, state, egui::vec2(1100.0, 760.0))
}

fn client(chat: Option<ChatSpec>) -> TransportSpec {
    TransportSpec::TcpClient(TcpClientSpec { chat, ..TcpClientSpec::new("board.local", 7681) })
}

fn said(name: &str, text: &str, private: Option<&str>) -> ChatLine {
    let kind = ChatLineKind::Said { name: name.into(), text: text.into() };
    ChatLine { at: Timestamp(0), private: private.map(Into::into), kind, own: None }
}

fn chat(lines: Vec<ChatLine>) -> ChatStatus {
    let mut history = ChatHistory::default();
    lines.into_iter().for_each(|line| history.push(line));
    let member = |name: &str, is_away| ChatMember { name: name.into(), is_away };
    ChatStatus {
        state: ChatState::Live,
        name: "alice".into(),
        members: vec![member("alice", false), member("bob", false), member("carol", true)],
        waiting: 0,
        unknown: 0,
        typed: 0,
        unsaid: 0,
        lost: 0,
        history: Arc::new(history),
    }
}

fn asked(window: &Window, what: &str) -> bool {
    window.engine.commands.lock().iter().any(|(_, command)| command.contains(what))
}

#[test]
fn a_client_joins_a_room_by_its_name_and_goes_back_to_its_log() {
    let mut window = window(Language::English, client(None));
    window.click("Chat instead of the log");
    window.write("Nickname", "alice");
    window.click("Join");
    assert!(asked(&window, r#"SetChat(Some(ChatSpec { name: "alice""#));
    assert!(asked(&window, "SetReconnect(Exponential)"), "a member comes back");
    window.engine.chat(chat(Vec::new()));
    window.rest();
    assert_eq!(window.count("in the room"), 1);
    window.click("Chat instead of the log");
    assert_eq!(window.count("in the room"), 0, "the log is there");
}

#[test]
fn messages_say_how_far_they_came_and_private_ones_have_a_thread_of_their_own() {
    let mut window = window(Language::English, client(Some(ChatSpec::default())));
    let own = |text: &str, id, state| ChatLine {
        own: Some((MessageId(id), state)),
        ..said("alice", text, None)
    };
    let happened = ChatLine {
        kind: ChatLineKind::Happened(say!("room-back", "{name} is back", name = "bob")),
        ..said("", "", None)
    };
    window.engine.chat(ChatStatus {
        waiting: 1,
        unknown: 2,
        ..chat(vec![
            said("bob", "hello all", None),
            happened,
            own("first", 1, MessageState::Taken),
            own("second", 2, MessageState::Sent),
            said("bob", "psst", Some("bob")),
        ])
    });
    window.rest();
    for text in ["hello all", "bob is back", "first  taken", "second  sent", "carol (away)"] {
        assert_eq!(window.count(text), 1, "{text}");
    }
    assert_eq!(window.count("psst"), 0);
    window.click("Say again");
    assert!(asked(&window, "SayAgain"));
    window.write("Message to all, or /msg NAME text, /me text, /nick NAME, /who", "hi all");
    window.click("Say");
    assert!(asked(&window, r#"Chat("hi all")"#), "{:?}", window.engine.commands.lock());
    window.click("bob (1)");
    assert_eq!((window.count("psst"), window.count("hello all")), (1, 0));
    window.write("Message to bob alone", "hi");
    window.click("Say");
    assert!(asked(&window, r#"Chat("/msg bob hi")"#), "{:?}", window.engine.commands.lock());
}

#[test]
fn what_cannot_be_a_name_is_said_before_anybody_joins() {
    let mut window = window(Language::English, client(None));
    window.click("Chat instead of the log");
    window.write("Nickname", "a b");
    assert_eq!(window.count("A nickname has 1 to 16 bytes, no space and none of : > * / #."), 1);
    window.click("Join");
    assert!(!asked(&window, "SetChat"));
}

#[test]
fn of_a_long_chat_the_latest_lines_are_drawn_and_the_others_are_scrolled_to() {
    let mut window = window(Language::English, client(Some(ChatSpec::default())));
    let lines = (0..2_000).map(|n| said("bob", &format!("line {n}."), None));
    window.engine.chat(chat(lines.collect()));
    window.rest();
    assert_eq!(window.count("line 1999."), 1, "the latest is below");
    assert_eq!(window.count("line 1900."), 0, "what is not seen is not drawn");
    assert_eq!(window.count("Earlier lines are in the log."), 1);
    let more = (0..2_001).map(|n| said("bob", &format!("line {n}."), None));
    window.engine.chat(chat(more.collect()));
    window.rest();
    assert_eq!(window.count("line 2000."), 1);
}

#[test]
fn a_server_shows_who_is_in_its_room() {
    let mut spec = TcpServerSpec::new(7681);
    spec.behaviour = Behaviour::Room;
    let mut window = window(Language::English, TransportSpec::TcpServer(spec));
    let member = |name: &str, peer| RoomMemberStatus { name: name.into(), peer, is_numbered: true };
    window
        .engine
        .room(RoomStatus { members: vec![member("alice", Some(PeerId(1))), member("bob", None)] });
    window.rest();
    assert_eq!(window.count("2 members: alice #1, bob (away)"), 1);
    assert!(window.harness.query_by_label("Chat instead of the log").is_none());
}

#[test]
fn all_of_it_is_there_in_chinese() {
    let mut window = window(Language::Chinese, client(Some(ChatSpec::default())));
    window.engine.chat(ChatStatus { unknown: 1, ..chat(vec![said("小明", "你好", None)]) });
    window.rest();
    for text in ["已在聊天室中", "3 名成员", "carol（离开）", "重新发送", "退出聊天室"]
    {
        assert_eq!(window.count(text), 1, "{text}");
    }
}
