//! The board and its door: every task tells it what happened here, and is woken when it may have something new
//! to do. All tasks run on one executor, so nothing here is locked.

use core::cell::{Cell, RefCell};
use core::net::SocketAddrV4;

use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::{Instant, Timer};
use espalier_board::protocol::RecordFault;
use espalier_board::protocol::command::{Addressing, Credentials};
use espalier_board::{
    Action, Board, Duty, Event, Identity, JoinId, SettingsRecord, SniffedFrame, SocketIndex, Time,
};

use crate::chip::SOCKETS;

/// Wakes one task.
type TaskSignal = Signal<NoopRawMutex, ()>;

/// What the radio should do; a newer command replaces an older one.
pub enum RadioCommand {
    /// Join this network.
    Join {
        /// Repeated in the answer.
        id: JoinId,
        /// What to join.
        credentials: Credentials,
        /// How to come to an address.
        addressing: Addressing,
    },
    /// Leave the network.
    Leave,
}

/// The board, and a signal for every task that serves it.
pub struct Glue {
    board: RefCell<Board>,
    /// For the radio.
    pub command: Signal<NoopRawMutex, RadioCommand>,
    /// For the radio: look for networks.
    pub scan: TaskSignal,
    /// For the radio: the board may want to listen elsewhere.
    pub channel: TaskSignal,
    /// A datagram to be sent.
    pub answer: Signal<NoopRawMutex, (SocketAddrV4, [u8; 11])>,
    /// For the store: a record is to be kept.
    pub save: TaskSignal,
    /// For the store: the running program is to be kept.
    pub confirm: TaskSignal,
    /// For the console: there is something to print.
    pub output: TaskSignal,
    restart: Cell<bool>,
    clock: TaskSignal,
    sockets: [TaskSignal; SOCKETS],
}

/// The board's time.
pub fn now() -> Time {
    Time::from_ms(Instant::now().as_millis())
}

impl Glue {
    /// A board that has not started, with its door.
    pub const fn new() -> Self {
        Self {
            board: RefCell::new(Board::unstarted()),
            command: Signal::new(),
            scan: Signal::new(),
            channel: Signal::new(),
            answer: Signal::new(),
            save: Signal::new(),
            confirm: Signal::new(),
            output: Signal::new(),
            restart: Cell::new(false),
            clock: Signal::new(),
            sockets: [const { Signal::new() }; SOCKETS],
        }
    }

    /// Starts the board. What it wants to have done waits until somebody is there to do it.
    pub fn start(&self, identity: Identity, stored: Result<&[u8], RecordFault>) {
        self.board.borrow_mut().start(identity, stored, now());
    }

    /// Tells the board what happened.
    pub fn tell(&self, event: Event<'_>) {
        self.with(|board, now| board.on(event, now));
    }

    /// Lets the board do something, then hands out what follows from it.
    pub fn with<R>(&self, act: impl FnOnce(&mut Board, Time) -> R) -> R {
        let mut board = self.board.borrow_mut();
        let channel = board.channel();
        let result = act(&mut board, now());
        while let Some(action) = board.next_action() {
            match action {
                Action::Join { id, credentials, addressing } => {
                    self.command.signal(RadioCommand::Join { id, credentials, addressing });
                }
                Action::Leave => self.command.signal(RadioCommand::Leave),
                Action::Scan => self.scan.signal(()),
                Action::Save => self.save.signal(()),
                Action::Confirm => self.confirm.signal(()),
                Action::Answer { to, bytes } => self.answer.signal((to, bytes)),
                Action::Restart => self.restart.set(true),
                _ => {}
            }
        }
        if board.channel() != channel {
            self.channel.signal(());
        }
        if !board.output().is_empty() || self.restart.get() {
            self.output.signal(());
        }
        self.clock.signal(());
        for signal in &self.sockets {
            signal.signal(());
        }
        result
    }

    /// Tells the board of a frame. Most lead to nothing, and then nobody is woken.
    pub fn heard(&self, frame: SniffedFrame) {
        let follows = self.board.borrow_mut().heard(frame, now());
        if follows {
            self.channel.signal(());
            self.with(|_, _| ());
        }
    }

    /// Reads something off the board; nothing follows from it.
    pub fn read<R>(&self, look: impl FnOnce(&Board, Time) -> R) -> R {
        look(&self.board.borrow(), now())
    }

    /// What a socket should do now.
    pub fn duty<R>(&self, socket: SocketIndex, look: impl FnOnce(Duty<'_>) -> R) -> R {
        self.read(|board, now| look(board.duty(socket, now)))
    }

    /// Until a socket's duty may have changed.
    pub async fn changed(&self, socket: SocketIndex) {
        match self.sockets.get(usize::from(socket.0)) {
            Some(signal) => signal.wait().await,
            None => core::future::pending().await,
        }
    }

    /// The settings as they are to be stored.
    pub fn record(&self) -> SettingsRecord {
        self.read(|board, _| board.record())
    }

    /// Moves the next bytes to print into `bytes`; how many.
    pub fn printed(&self, bytes: &mut [u8]) -> usize {
        self.with(|board, _| {
            let output = board.output();
            let n = output.len().min(bytes.len());
            bytes[..n].copy_from_slice(&output[..n]);
            board.printed(n);
            n
        })
    }

    /// Whether the chip is to be restarted when everything is printed.
    pub fn restarts(&self) -> bool {
        self.restart.get()
    }
}

/// Tells the board the time when it wants to know it.
#[embassy_executor::task]
pub async fn clock(glue: &'static Glue) -> ! {
    loop {
        match glue.read(|board, now| board.poll_at(now)) {
            Some(due) if now() >= due => {
                glue.tell(Event::Tick);
                // Were it due again at once, the others would still have their turn.
                Timer::after_millis(1).await;
            }
            Some(due) => {
                select(Timer::at(Instant::from_millis(due.ms())), glue.clock.wait()).await;
            }
            None => glue.clock.wait().await,
        }
    }
}
