//! The followed log in a flood: a real socket, the real engine, and what can be read in each frame.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_ui::Language;

use crate::window::Window;

/// Lines that are sent between two frames, 70 bytes each.
const PER_FRAME: u64 = 10_000;
const FRAMES: u64 = 100;

/// A peer that sends so many more lines each time it is told to.
struct Peer {
    more: Option<SyncSender<u64>>,
    writer: Option<JoinHandle<()>>,
}

impl Peer {
    fn new(port: u16) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        let (more, told) = sync_channel::<u64>(1);
        let thread = std::thread::Builder::new().name("flood".to_owned());
        let writer = thread.spawn(move || {
            let mut next = 0;
            for count in told {
                let lines = (next..next + count)
                    .map(|number| format!("{:-<69}\n", format!("line {number:08} ")));
                next += count;
                if stream.write_all(lines.collect::<String>().as_bytes()).is_err() {
                    return;
                }
            }
        });
        Self { more: Some(more), writer: Some(writer.expect("a thread")) }
    }

    /// Sends more, as soon as what was told before is in the socket.
    fn send(&self, lines: u64) {
        self.more.as_ref().expect("a peer that is there").send(lines).expect("a peer that sends");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.more = None;
        if let Some(writer) = self.writer.take() {
            writer.join().ok();
        }
    }
}

/// The rows of a frame from top to bottom: their numbers, and whether they fill the log. Of the last one, a part may have come.
fn rows(window: &Window) -> (Vec<u64>, bool) {
    let number = |text: &str| text.strip_prefix("line ")?.get(..8)?.parse::<u64>().ok();
    let Some(log) = window.harness.query_by_label(window.words.text("log")) else {
        return (Vec::new(), false);
    };
    let log = log.rect();
    let mut rows: Vec<_> = window
        .harness
        .query_all_by_role(egui::Role::Label)
        .map(|node| (node.rect(), node.accesskit_node().value().unwrap_or_default()))
        .filter(|(rect, _)| rect.left() == log.left() && rect.width() > log.width() / 2.0)
        .filter(|(rect, _)| rect.intersects(log.shrink(1.0)))
        .collect();
    rows.sort_by(|a, b| a.0.top().total_cmp(&b.0.top()));
    let edges = rows.first().zip(rows.last()).map(|(first, last)| (first.0.top(), last.0.bottom()));
    let full = edges.is_some_and(|(top, bottom)| top <= log.top() && bottom >= log.bottom());
    let numbers: Vec<_> = rows.iter().map_while(|row| number(&row.1)).collect();
    let whole = numbers.len() + 1 >= rows.len();
    (numbers, full && whole)
}

#[test]
fn every_frame_of_a_followed_flood_is_full_and_in_order() {
    let mut window = Window::new(Language::English);
    window.press(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::N);
    window.click("listen");
    window.until("listening", |window| window.port().is_some());
    let peer = Peer::new(window.port().expect("it listens"));
    peer.send(100);
    window.until("the first rows", |window| rows(window).1);
    let mut newest = 0;
    for frame in 0..FRAMES {
        peer.send(PER_FRAME);
        window.harness.step();
        let (rows, full) = rows(&window);
        assert!(full, "frame {frame}: {rows:?}");
        assert!(rows.windows(2).all(|it| it[1] == it[0] + 1), "frame {frame}: {rows:?}");
        // In part it was there before.
        let last = rows.last().copied().expect("a row");
        assert!(last + 1 >= newest, "frame {frame} goes back from {newest}: {rows:?}");
        newest = last;
    }
    let last = 100 + FRAMES * PER_FRAME - 1;
    window.until("its last row", |window| rows(window).0.last() == Some(&last));
    assert!(rows(&window).1);
}
