//! `--figures`: what TCP knows of the connections, on stderr while they stand; at the end how long answers took.

use std::thread::JoinHandle;

use espalier_core::backend::PeerSelector;
use espalier_core::figures::{
    FIGURES, LatencySummary, ListenerFigures, SessionFigures, TcpFigures, milliseconds,
};
use espalier_core::{PeerId, Sentence, say};
use espalier_engine::session::Session;
use espalier_ui::words;
use tokio::runtime::Handle;

use super::options::FigureArgs;
use crate::print;

/// What tells the figures of a session.
#[derive(Debug)]
pub struct FigureTeller(Option<(Session, JoinHandle<()>)>);

/// Connections told at a time; of more, how many there are.
const MOST: usize = 16;

/// What of a connection stands in its line.
const SHORT: [&str; 9] = [
    "figure-round-trip",
    "figure-round-trip-variation",
    "figure-retransmitted-segments",
    "figure-retransmitted-bytes",
    "figure-unacknowledged",
    "figure-unsent",
    "figure-send-buffer",
    "figure-send-window",
    "figure-congestion-window",
];

impl FigureArgs {
    /// Begins to tell the figures of a session, where that is asked for.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn tell(self, runtime: &Handle, session: &Session) -> std::io::Result<FigureTeller> {
        let Some(every) = self.figures else { return Ok(FigureTeller(None)) };
        let (runtime, told) = (runtime.clone(), session.clone());
        let work = move || {
            let ended = || {
                runtime.block_on(async { tokio::time::timeout(every, told.ended()).await.is_ok() })
            };
            let mut knows = true;
            while !ended() {
                let figures = told.look(&PeerSelector::All);
                if std::mem::replace(&mut knows, figures.is_told) && !figures.is_told {
                    tell(&say!(
                        "told-figures-none",
                        "this system tells nothing of its connections"
                    ));
                }
                tell_now(&figures);
            }
        };
        let thread = std::thread::Builder::new().name("espalier-figures".to_owned()).spawn(work)?;
        Ok(FigureTeller(Some((session.clone(), thread))))
    }
}

impl FigureTeller {
    /// The session has left: says how long answers and connections took.
    pub fn finish(self) {
        let Some((session, thread)) = self.0 else { return };
        // Where it has not left in time, what is known by now is told.
        if thread.is_finished() || session.is_over() {
            thread.join().ok();
        }
        let figures = session.look(&PeerSelector::Peers(Vec::new()));
        let spelled =
            |of: &LatencySummary| [of.p50_us, of.p90_us, of.p99_us, of.max_us].map(milliseconds);
        if figures.connects.count > 0 {
            let [p50, p90, p99, max] = spelled(&figures.connects);
            tell(&say!(
                "told-figures-connects",
                "connections made: {count}; p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, longest {max} ms",
                count = figures.connects.count,
                p50 = p50,
                p90 = p90,
                p99 = p99,
                max = max,
            ));
        }
        let [p50, p90, p99, max] = spelled(&figures.answers);
        tell(&match figures.answers.count {
            0 => say!("told-figures-no-answers", "answers: none"),
            count => say!(
                "told-figures-answers",
                "answers: {count}; p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, longest {max} ms",
                count = count,
                p50 = p50,
                p90 = p90,
                p99 = p99,
                max = max,
            ),
        });
    }
}

fn tell_now(figures: &SessionFigures) {
    if let Some(listener) = &figures.listener {
        tell(&backlog(listener));
    }
    let open = || figures.connections.iter().filter(|connection| !connection.is_over);
    for connection in open().take(MOST) {
        if let Some(sample) = connection.series.last() {
            print::say(format_args!("-- {}", line(connection.peer, &sample.figures)));
        }
    }
    let more = open().count().saturating_sub(MOST);
    if more > 0 {
        tell(&say!("told-figures-more", "and more connections: {count}", count = more));
    }
}

/// Who waits where it listens. What was dropped is told where the system tells it: none is not the same as nobody knows.
fn backlog(&ListenerFigures { waiting, limit, dropped }: &ListenerFigures) -> Sentence {
    match dropped {
        Some(dropped) => say!(
            "told-figures-listener",
            "listener: {waiting} waiting in the backlog of {limit}, {dropped} dropped",
            waiting = waiting,
            limit = limit,
            dropped = dropped,
        ),
        None => say!(
            "told-figures-listener-waiting",
            "listener: {waiting} waiting in the backlog of {limit}",
            waiting = waiting,
            limit = limit,
        ),
    }
}

/// A connection in one line.
fn line(peer: PeerId, told: &TcpFigures) -> String {
    let mut parts = vec![format!("#{}", peer.0)];
    parts.extend(told.state.map(|state| state.name().to_owned()));
    let figures = FIGURES.iter().filter(|figure| SHORT.contains(&figure.key));
    let figures = figures.filter_map(|figure| {
        let value = words::figure_value(figure.unit, (figure.get)(told)?);
        Some(format!("{} {value}", print::word(figure.key)))
    });
    parts.push(figures.collect::<Vec<_>>().join(", "));
    parts.join(" ")
}

fn tell(sentence: &Sentence) {
    print::say(format_args!("-- {}", print::sentence(sentence)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_does_not_tell_is_not_in_the_line() {
        let told = TcpFigures {
            round_trip_us: Some(1234),
            unsent_bytes: Some(2048),
            ..TcpFigures::default()
        };
        assert_eq!(line(PeerId(3), &told), "#3 round-trip time 1.23 ms, not sent yet 2,048 B");
    }
}
