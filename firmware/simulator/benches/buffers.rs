//! What the buffers of a socket cost in speed: an echo through the network stack that the board has, over a model of an air, for
//! several sizes of buffers. Time is the model's own, so that every run prints the same. Prints, asserts nothing.

use std::collections::VecDeque;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{self, Device, DeviceCapabilities, Medium};
use smoltcp::socket::tcp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

/// Microseconds of air that each frame takes beside its bytes: waiting for a free channel, preamble, acknowledgement.
const FRAME_US: i64 = 350;
/// Bytes of a frame in a microsecond of air: 20 Mbit/s.
const BYTES_PER_US: f64 = 2.5;
/// Microseconds of the board's processor for each frame that comes.
const WORK_US: i64 = 400;
/// Frames that the radio library holds for the board's network stack; more are lost (`rx_queue_size` of esp-radio 1.0.0-beta.1).
const RING: usize = 5;
/// Bytes that an echo reads at once (`firmware/esp/src/sockets.rs`).
const ECHO: usize = 512;
/// Bytes of the other end's buffers.
const OTHER: usize = 64 << 10;
const PORT: u16 = 7681;
const BEGIN: i64 = 1_000_000;
const END: i64 = 6_000_000;

/// One end's network interface.
#[derive(Default)]
struct Port {
    inbox: VecDeque<Vec<u8>>,
    outbox: Vec<Vec<u8>>,
    /// Frames that may be taken now.
    may: usize,
}

struct Rx(Vec<u8>);
struct Tx<'a>(&'a mut Vec<Vec<u8>>);

impl phy::RxToken for Rx {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl phy::TxToken for Tx<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.push(frame);
        result
    }
}

impl Device for Port {
    type RxToken<'a> = Rx;
    type TxToken<'a> = Tx<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Rx, Tx<'_>)> {
        self.may = self.may.checked_sub(1)?;
        Some((Rx(self.inbox.pop_front()?), Tx(&mut self.outbox)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Tx<'_>> {
        Some(Tx(&mut self.outbox))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities
    }
}

/// One end.
struct Host {
    port: Port,
    interface: Interface,
    sockets: SocketSet<'static>,
    handles: Vec<SocketHandle>,
}

impl Host {
    fn new(ip: [u8; 4], sockets: usize, buffer: usize) -> Self {
        let mut port = Port::default();
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = u64::from(ip[3]);
        let mut interface = Interface::new(config, &mut port, Instant::ZERO);
        let [a, b, c, d] = ip;
        interface.update_ip_addrs(|all| {
            all.push(IpCidr::new(IpAddress::v4(a, b, c, d), 24)).expect("the first one fits");
        });
        let mut set = SocketSet::new(Vec::new());
        let handles = (0..sockets).map(|_| {
            let buffer = || tcp::SocketBuffer::new(vec![0; buffer]);
            let mut socket = tcp::Socket::new(buffer(), buffer());
            socket.set_nagle_enabled(false);
            set.add(socket)
        });
        let handles = handles.collect();
        Self { port, interface, sockets: set, handles }
    }

    fn poll(&mut self, now: i64) {
        let now = Instant::from_micros(now);
        self.interface.poll(now, &mut self.port, &mut self.sockets);
    }

    fn poll_at(&mut self, now: i64) -> Option<i64> {
        let delay = self.interface.poll_delay(Instant::from_micros(now), &self.sockets)?;
        Some(now + i64::try_from(delay.total_micros()).unwrap_or(i64::MAX).max(1))
    }
}

/// What one run came to.
struct Outcome {
    /// Bytes that came back, in a second, of all clients together.
    rate: f64,
    /// Frames that the board's radio lost.
    lost: usize,
}

/// Clients that send all they can to a board whose sockets have buffers of so many bytes; each frame is under way for so long.
fn echo(clients: usize, buffer: usize, latency: Duration) -> Outcome {
    let latency = i64::try_from(latency.total_micros()).unwrap_or(i64::MAX);
    let mut board = Host::new([10, 0, 0, 1], clients, buffer);
    let mut other = Host::new([10, 0, 0, 2], clients, OTHER);
    for handle in &board.handles {
        board.sockets.get_mut::<tcp::Socket<'_>>(*handle).listen(PORT).expect("it is new");
    }
    for (index, handle) in other.handles.iter().enumerate() {
        let socket = other.sockets.get_mut::<tcp::Socket<'_>>(*handle);
        let from = 50_000 + index as u16;
        let to = (IpAddress::v4(10, 0, 0, 1), PORT);
        socket.connect(other.interface.context(), to, from).expect("it is new");
    }
    // When it arrives, whether at the board, and what.
    let mut air: VecDeque<(i64, bool, Vec<u8>)> = VecDeque::new();
    let (mut air_free, mut board_free) = (0, 0);
    let (mut now, mut back, mut lost) = (0, 0_usize, 0);
    while now < END {
        while let Some((_, to_board, frame)) = air.pop_front_if(|(at, ..)| *at <= now) {
            match to_board {
                true if board.port.inbox.len() >= RING => lost += usize::from(now >= BEGIN),
                true => board.port.inbox.push_back(frame),
                false => other.port.inbox.push_back(frame),
            }
        }
        other.port.may = usize::MAX;
        other.poll(now);
        for handle in &other.handles {
            let socket = other.sockets.get_mut::<tcp::Socket<'_>>(*handle);
            while socket.can_recv() {
                let n = socket.recv(|bytes| (bytes.len(), bytes.len())).unwrap_or_default();
                back += if now >= BEGIN { n } else { 0 };
            }
            while socket.can_send() {
                socket.send(|room| (room.len(), ())).ok();
            }
        }
        other.poll(now);
        if board_free <= now {
            board.port.may = 1;
            board_free = now + if board.port.inbox.is_empty() { 0 } else { WORK_US };
            board.poll(now);
            for handle in &board.handles {
                let socket = board.sockets.get_mut::<tcp::Socket<'_>>(*handle);
                while socket.can_recv() && socket.can_send() {
                    let room = socket.send_capacity() - socket.send_queue();
                    let mut bytes = [0; ECHO];
                    let most = room.min(ECHO);
                    let n = socket.recv_slice(&mut bytes[..most]).unwrap_or_default();
                    socket.send_slice(&bytes[..n]).ok();
                }
            }
            board.port.may = 0;
            board.poll(now);
        }
        for (host, to_board) in [(&mut board, false), (&mut other, true)] {
            for frame in host.port.outbox.drain(..) {
                let bytes = (frame.len() as f64 / BYTES_PER_US) as i64;
                air_free = now.max(air_free) + FRAME_US + bytes;
                air.push_back((air_free + latency, to_board, frame));
            }
        }
        let arrives = air.front().map(|(at, ..)| *at);
        let works = (!board.port.inbox.is_empty()).then_some(board_free);
        let next = [arrives, works, board.poll_at(now), other.poll_at(now)].into_iter().flatten();
        now = next.min().unwrap_or(END).max(now + 1);
    }
    Outcome { rate: back as f64 / ((END - BEGIN) as f64 / 1e6), lost }
}

fn main() {
    let cases = [(1, 2), (1, 10), (4, 2), (4, 10)];
    println!("kB/s that an echo gives back (frames that the radio lost in 5 s)");
    print!("{:>8}", "buffer");
    for (clients, ms) in cases {
        print!("{:>20}", format!("{clients} x, {ms} ms"));
    }
    println!();
    for buffer in [512, 1024, 1460, 2048, 2920, 3072, 4096, 6144, 8192, 16_384] {
        print!("{buffer:>8}");
        for (clients, ms) in cases {
            let Outcome { rate, lost } = echo(clients, buffer, Duration::from_millis(ms));
            print!("{:>20}", format!("{:.0} ({lost})", rate / 1e3));
        }
        println!();
    }
}
