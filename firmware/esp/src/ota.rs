//! A new program over the network: the socket of `espalier_board::OtaSession`, which decides what is written.

use embassy_futures::yield_now;
use embassy_net::Stack;
use embassy_net::tcp::TcpSocket;
use embassy_time::{Duration, Timer, with_timeout};
use espalier_board::protocol::ota::PORT;
use espalier_board::{Event, OtaSession, SILENCE_MS};
use static_cell::ConstStaticCell;

use crate::flash::SharedFlash;
use crate::glue::Glue;

/// A sender that takes nothing, or says nothing, is left after this.
const SILENCE: Duration = Duration::from_millis(SILENCE_MS);
/// What is said last is given so long to arrive.
const FAREWELL: Duration = Duration::from_secs(1);

/// The memory of the conversation: one segment that comes, the longest line that goes.
struct Buffers {
    rx: [u8; 1536],
    tx: [u8; 320],
    session: OtaSession,
}

static BUFFERS: ConstStaticCell<Buffers> =
    ConstStaticCell::new(Buffers { rx: [0; 1536], tx: [0; 320], session: OtaSession::new() });

/// Serves whoever updates, one after the other.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, stack: Stack<'static>, mut flash: SharedFlash) -> ! {
    let Buffers { rx, tx, session } = BUFFERS.take();
    let rng = esp_hal::rng::Rng::new();
    loop {
        let mut socket = TcpSocket::new(stack, rx, tx);
        if socket.accept(PORT).await.is_err() {
            // Cannot happen, and must not spin.
            Timer::after(FAREWELL).await;
            continue;
        }
        socket.set_nagle_enabled(false);
        socket.set_timeout(Some(SILENCE));
        let mut nonce = [0; 16];
        rng.read(&mut nonce);
        glue.read(|board, now| session.open(&board.ota_permit(now), nonce));
        loop {
            if !speak(&mut socket, session).await {
                session.cut();
            }
            if let Some(event) = session.take_event() {
                if session.is_over() {
                    // The sender hears of it before a restart.
                    let _ = with_timeout(FAREWELL, socket.flush()).await;
                }
                glue.tell(Event::Ota(event));
            }
            if session.is_over() {
                break;
            }
            if glue.read(|board, now| session.step(&board.ota_permit(now), &mut flash)) {
                yield_now().await;
                continue;
            }
            if session.wants() == 0 {
                continue;
            }
            let take = |bytes: &mut [u8]| {
                let n = bytes.len().min(session.wants());
                glue.read(|board, now| {
                    session.received(&bytes[..n], &board.ota_permit(now), &mut flash, now);
                });
                (n, n)
            };
            if !matches!(with_timeout(SILENCE, socket.read_with(take)).await, Ok(Ok(1..))) {
                session.cut();
            }
            // A fast sender would otherwise leave no turn to the others.
            yield_now().await;
        }
        socket.close();
        // What comes after the end is read and forgotten: a reset would take the last answer away.
        let rest = async { while let Ok(1..) = socket.read_with(|b| (b.len(), b.len())).await {} };
        let _ = with_timeout(FAREWELL, rest).await;
        socket.abort();
        let _ = with_timeout(FAREWELL, socket.flush()).await;
    }
}

/// Sends what the session says; whether the sender takes it.
async fn speak(socket: &mut TcpSocket<'_>, session: &mut OtaSession) -> bool {
    while !session.output().is_empty() {
        let sent = with_timeout(SILENCE, socket.write(session.output())).await;
        let Ok(Ok(n)) = sent else {
            session.sent(usize::MAX);
            return false;
        };
        session.sent(n);
    }
    true
}
