//! Multicast DNS: the socket of `espalier_board::Mdns`, which decides what is said.

use core::net::{IpAddr, SocketAddr};

use embassy_futures::select::{Either, select};
use embassy_net::udp::{PacketMetadata, SendError, UdpSocket};
use embassy_net::{IpAddress, IpEndpoint, Stack};
use embassy_time::Timer;
use espalier_board::{AnswerTo, MDNS_GROUP, MDNS_MAX, MDNS_PORT, Mdns, MdnsPacket};
use static_cell::ConstStaticCell;

use crate::glue::{self, Glue};

/// How often it is looked whether there is something new to say, milliseconds.
const LOOK_MS: u64 = 250;

/// The memory of the socket: one query of the longest frame, one answer.
struct Buffers {
    rx_meta: [PacketMetadata; 2],
    rx: [u8; 1536],
    tx_meta: [PacketMetadata; 1],
    tx: [u8; MDNS_MAX],
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    rx_meta: [PacketMetadata::EMPTY; 2],
    rx: [0; 1536],
    tx_meta: [PacketMetadata::EMPTY; 1],
    tx: [0; MDNS_MAX],
});

/// Says who the board is, and answers who asks.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, stack: Stack<'static>) -> ! {
    let Buffers { rx_meta, rx, tx_meta, tx } = BUFFERS.take();
    let mut socket = UdpSocket::new(stack, rx_meta, rx, tx_meta, tx);
    // Neither can fail: the port is nobody else's, and there is room for a group. That nobody is told of the joining while the
    // board has no address does no harm: 224.0.0.0/24 goes to all (RFC 4541, section 2.1.2).
    let _ = socket.bind(MDNS_PORT);
    let _ = stack.join_multicast_group(MDNS_GROUP);
    // From this network, and not from elsewhere (RFC 6762, section 11).
    socket.set_hop_limit(Some(255));
    let group = IpEndpoint::new(IpAddress::Ipv4(MDNS_GROUP), MDNS_PORT);
    let (mut mdns, mut packet) = (Mdns::new(), MdnsPacket::new());
    loop {
        let advert = glue.read(|board, _| board.advert());
        if mdns.tell(advert, glue::now(), &mut packet) {
            send(&socket, &packet, group).await;
            continue;
        }
        let answered = socket.recv_from_with(|query, from| {
            let IpAddress::Ipv4(ip) = from.endpoint.addr;
            let sender = SocketAddr::new(IpAddr::V4(ip), from.endpoint.port);
            let to = mdns.answer(query, sender, glue::now(), &mut packet)?;
            Some(if to == AnswerTo::Asker { from.endpoint } else { group })
        });
        if let Either::First(Some(to)) = select(answered, Timer::after_millis(LOOK_MS)).await {
            send(&socket, &packet, to).await;
        }
    }
}

async fn send(socket: &UdpSocket<'_>, packet: &MdnsPacket, to: IpEndpoint) {
    // What is lost is said again to whoever asks.
    let _: Result<(), SendError> = socket.send_to(packet, to).await;
}
