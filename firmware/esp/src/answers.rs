//! Datagrams to whoever sent credentials by SmartConfig.

use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{IpEndpoint, Stack};
use embassy_time::{Duration, with_timeout};
use espalier_board::Event;

use crate::glue::Glue;

/// A datagram that the radio does not take for so long is given up.
const PATIENCE: Duration = Duration::from_millis(500);

/// Sends what the board wants to have sent.
#[embassy_executor::task]
pub async fn run(glue: &'static Glue, stack: Stack<'static>) -> ! {
    loop {
        let (to, bytes) = glue.answer.wait().await;
        let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY], [PacketMetadata::EMPTY]);
        // Nothing is read.
        let (mut rx, mut tx) = ([0; 16], [0; 64]);
        let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
        let to = IpEndpoint::new((*to.ip()).into(), to.port());
        let sent = async {
            socket.bind(0).ok()?;
            socket.send_to(&bytes, to).await.ok()?;
            socket.flush().await;
            Some(())
        };
        let sent = with_timeout(PATIENCE, sent).await;
        glue.tell(Event::Answered(matches!(sent, Ok(Some(())))));
    }
}
