//! A new program over the network: the sockets of `espalier_board::OtaSession`, which decides what is written.

use embassy_futures::select::select;
use embassy_futures::yield_now;
use embassy_net::Stack;
use embassy_net::tcp::TcpSocket;
use embassy_time::{Duration, Instant, Timer, with_deadline, with_timeout};
use espalier_board::protocol::ota::{BUSY, PORT};
use espalier_board::{Event, OtaSession};
use static_cell::ConstStaticCell;

use crate::flash::SharedFlash;
use crate::glue::{self, Glue};

/// What is said last is given so long to arrive.
const FAREWELL: Duration = Duration::from_secs(1);

/// The memory of the conversation: one segment that comes, the longest line that goes; and of a sender who is turned away.
struct Buffers {
    rx: [u8; 1536],
    tx: [u8; 320],
    session: OtaSession,
    other_rx: [u8; 64],
    other_tx: [u8; 64],
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    rx: [0; 1536],
    tx: [0; 320],
    session: OtaSession::new(),
    other_rx: [0; 64],
    other_tx: [0; 64],
});

/// Serves whoever updates, one after the other.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, stack: Stack<'static>, mut flash: SharedFlash) -> ! {
    let Buffers { rx, tx, session, other_rx, other_tx } = BUFFERS.take();
    loop {
        let mut socket = TcpSocket::new(stack, rx, tx);
        if socket.accept(PORT).await.is_err() {
            // Cannot happen, and must not spin.
            Timer::after(FAREWELL).await;
            continue;
        }
        // Of two sockets that listen on one port the network stack would choose one: the other listens only meanwhile.
        let others = turn_away(stack, other_rx, other_tx);
        select(converse(&mut socket, glue, session, &mut flash), others).await;
    }
}

/// Serves one sender until it is done, or has had its time.
async fn converse(
    socket: &mut TcpSocket<'_>,
    glue: &Glue,
    session: &mut OtaSession,
    flash: &mut SharedFlash,
) {
    socket.set_nagle_enabled(false);
    let mut nonce = [0; 16];
    esp_hal::rng::Rng::new().read(&mut nonce);
    glue.read(|board, now| session.open(&board.ota_permit(now), nonce, now));
    loop {
        if !speak(socket, session).await {
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
        if glue.read(|board, now| session.step(&board.ota_permit(now), flash)) {
            yield_now().await;
            continue;
        }
        if session.wants() == 0 {
            continue;
        }
        let until = until(session);
        let take = |bytes: &mut [u8]| {
            let n = bytes.len().min(session.wants());
            glue.read(|board, now| {
                session.received(&bytes[..n], &board.ota_permit(now), flash, now);
            });
            (n, n)
        };
        if !matches!(with_deadline(until, socket.read_with(take)).await, Ok(Ok(1..))) {
            session.cut();
        }
        // A fast sender would otherwise leave no turn to the others.
        yield_now().await;
    }
    farewell(socket).await;
}

/// Tells whoever comes that another sender is being served.
async fn turn_away(stack: Stack<'_>, rx: &mut [u8], tx: &mut [u8]) {
    loop {
        let mut socket = TcpSocket::new(stack, rx, tx);
        if socket.accept(PORT).await.is_err() {
            Timer::after(FAREWELL).await;
            continue;
        }
        // All of it has room.
        let _ = with_timeout(FAREWELL, socket.write(BUSY.as_bytes())).await;
        farewell(&mut socket).await;
    }
}

/// Closes in order, as far as the other end goes along.
async fn farewell(socket: &mut TcpSocket<'_>) {
    socket.close();
    // What comes after the end is read and forgotten: a reset would take the last answer away.
    let rest = async { while let Ok(1..) = socket.read_with(|b| (b.len(), b.len())).await {} };
    let _ = with_timeout(FAREWELL, rest).await;
    socket.abort();
    let _ = with_timeout(FAREWELL, socket.flush()).await;
}

/// Sends what the session says; whether the sender takes it.
async fn speak(socket: &mut TcpSocket<'_>, session: &mut OtaSession) -> bool {
    while !session.output().is_empty() {
        // Whose time is over hears of it, if he listens.
        let until = until(session).max(Instant::now() + FAREWELL);
        let Ok(Ok(n)) = with_deadline(until, socket.write(session.output())).await else {
            session.sent(usize::MAX, glue::now());
            return false;
        };
        session.sent(n, glue::now());
    }
    true
}

/// When the sender is left.
fn until(session: &OtaSession) -> Instant {
    Instant::from_millis(session.until().ms())
}
