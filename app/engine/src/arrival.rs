//! When bytes arrived, as the system knows it.
//!
//! Linux stamps each segment when it takes it from the network, before anybody is woken for it: that moment does not depend on how
//! busy the processors are. Of a read of a stream, it tells the stamp of the last segment of which there are bytes in it (`tcp_recvmsg`),
//! so a record's time is when the last of its bytes arrived. Elsewhere, and where there is no such stamp, it is when they were read.

use std::time::Duration;

use espalier_core::Timestamp;

#[cfg(target_os = "linux")]
pub use imp::address;
pub use imp::{receive, receive_datagram, stamp};

/// Stamps are taken by the system, and not when bytes are read.
pub const IS_STAMPED: bool = cfg!(target_os = "linux");

/// Bytes that waited for longer than this had to: their session reads slowly, or the clock was set meanwhile. Their record says when
/// they were read.
const LONGEST: Duration = Duration::from_millis(100);

/// The time of a record of bytes that were read now, and stamped by the system, or not.
pub fn time(stamped: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let longest = i64::try_from(LONGEST.as_nanos()).unwrap_or(i64::MAX);
    stamped.filter(|at| (0..=longest).contains(&now.0.saturating_sub(at.0))).unwrap_or(now)
}

#[cfg(target_os = "linux")]
mod imp {
    use std::cell::RefCell;
    use std::io::{self, ErrorKind, IoSliceMut};
    use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
    use std::os::fd::{AsFd, AsRawFd as _};

    use espalier_core::Timestamp;
    use nix_socket::sys::socket::{
        ControlMessageOwned, MsgFlags, RecvMsg, SockaddrStorage, recvmsg, setsockopt, sockopt,
    };
    use nix_socket::sys::time::TimeSpec;
    use tokio::io::Interest;
    use tokio::net::{TcpStream, UdpSocket};

    thread_local! {
        static CONTROL: RefCell<Vec<u8>> = RefCell::new(nix_socket::cmsg_space!(TimeSpec));
    }

    /// Has the system stamp what arrives from here on; what a listener accepts is stamped as it is. Where it does not, reads are.
    pub fn stamp(socket: &impl AsFd) {
        setsockopt(socket, sockopt::ReceiveTimestampns, &true).ok();
    }

    /// Reads what there is, and when the last of it arrived; `WouldBlock` when there is nothing, 0 at the end.
    pub fn receive(
        stream: &TcpStream,
        buffer: &mut [u8],
    ) -> io::Result<(usize, Option<Timestamp>)> {
        let mut taken = None;
        let whole = buffer.len();
        let read = stream.try_io(Interest::READABLE, || {
            let (count, stamped) = receive_once(stream, buffer)?;
            taken = Some((count, stamped));
            // There was no more: it is to be waited for, and not asked for once again in vain.
            if count > 0 && count < whole { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match taken {
            Some(taken) => Ok(taken),
            None => Err(read.err().unwrap_or_else(|| ErrorKind::WouldBlock.into())),
        }
    }

    fn receive_once(
        stream: &TcpStream,
        buffer: &mut [u8],
    ) -> io::Result<(usize, Option<Timestamp>)> {
        CONTROL.with_borrow_mut(|control| {
            let mut parts = [IoSliceMut::new(buffer)];
            let fd = stream.as_raw_fd();
            let message = recvmsg::<()>(fd, &mut parts, Some(control), MsgFlags::empty())?;
            Ok((message.bytes, stamp_of(&message)))
        })
    }

    /// Reads a datagram: how long it is, from whom, and when it arrived; `WouldBlock` when there is none.
    pub fn receive_datagram(
        socket: &UdpSocket,
        buffer: &mut [u8],
    ) -> io::Result<(usize, SocketAddr, Option<Timestamp>)> {
        socket.try_io(Interest::READABLE, || {
            CONTROL.with_borrow_mut(|control| {
                let mut parts = [IoSliceMut::new(buffer)];
                let fd = socket.as_raw_fd();
                let message =
                    recvmsg::<SockaddrStorage>(fd, &mut parts, Some(control), MsgFlags::empty())?;
                let from = message.address.as_ref().and_then(address);
                let from = from.ok_or_else(|| io::Error::other("a datagram without a sender"))?;
                Ok((message.bytes, from, stamp_of(&message)))
            })
        })
    }

    fn stamp_of<S>(message: &RecvMsg<'_, '_, S>) -> Option<Timestamp> {
        message.cmsgs().ok()?.find_map(|it| match it {
            ControlMessageOwned::ScmTimestampns(at) => Some(nanoseconds(at)),
            _ => None,
        })
    }

    /// An address of the internet, as the system writes it.
    pub fn address(address: &SockaddrStorage) -> Option<SocketAddr> {
        let v4 = address.as_sockaddr_in().map(|it| SocketAddrV4::from(*it).into());
        v4.or_else(|| address.as_sockaddr_in6().map(|it| SocketAddrV6::from(*it).into()))
    }

    fn nanoseconds(at: TimeSpec) -> Timestamp {
        Timestamp(at.tv_sec().saturating_mul(1_000_000_000).saturating_add(at.tv_nsec()))
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;
    use std::net::SocketAddr;

    use espalier_core::Timestamp;
    use tokio::net::{TcpStream, UdpSocket};

    /// Nothing is stamped here.
    pub fn stamp<S>(_: &S) {}

    /// Reads what there is; `WouldBlock` when there is nothing, 0 at the end.
    pub fn receive(
        stream: &TcpStream,
        buffer: &mut [u8],
    ) -> io::Result<(usize, Option<Timestamp>)> {
        Ok((stream.try_read(buffer)?, None))
    }

    /// Reads a datagram: how long it is, and from whom; `WouldBlock` when there is none.
    pub fn receive_datagram(
        socket: &UdpSocket,
        buffer: &mut [u8],
    ) -> io::Result<(usize, SocketAddr, Option<Timestamp>)> {
        let (count, from) = socket.try_recv_from(buffer)?;
        Ok((count, from, None))
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::Ipv4Addr;

    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::clock::now;

    /// Two ends of a connection, the second one stamped.
    async fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let sender = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (receiver, _) = listener.accept().await.unwrap();
        #[cfg(target_os = "linux")]
        stamp(&receiver);
        (sender, receiver)
    }

    /// What comes next, however often it has to be waited for.
    async fn next(stream: &TcpStream, buffer: &mut [u8]) -> (usize, Option<Timestamp>) {
        loop {
            stream.readable().await.unwrap();
            match receive(stream, buffer) {
                Ok(received) => return received,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
    }

    #[tokio::test]
    async fn a_stamp_says_when_bytes_came_and_not_when_they_were_read() {
        let (mut sender, receiver) = connection().await;
        let mut buffer = [0; 16];
        // Linux begins to stamp a while after it was asked to.
        for _ in 0..1000 {
            let before = now();
            sender.write_all(b"one").await.unwrap();
            receiver.readable().await.unwrap();
            let after = now();
            let (count, stamped) = next(&receiver, &mut buffer).await;
            assert_eq!(&buffer[..count], b"one");
            if let Some(stamped) = stamped {
                assert!((before..=after).contains(&stamped), "{before:?} {stamped:?} {after:?}");
                return;
            }
        }
        eprintln!("SKIPPED: this system stamps nothing");
    }

    #[tokio::test]
    async fn nothing_is_missed_of_what_comes_behind_a_short_read() {
        let (mut sender, receiver) = connection().await;
        let mut buffer = [0; 4];
        for piece in [b"a".as_slice(), b"bcdefghij", b"k"] {
            sender.write_all(piece).await.unwrap();
            let mut got = Vec::<u8>::new();
            while got.len() < piece.len() {
                let (count, _) = next(&receiver, &mut buffer).await;
                got.extend(&buffer[..count]);
            }
            assert_eq!(got, piece);
        }
        sender.write_all(b"end").await.unwrap();
        drop(sender);
        let mut got = Vec::<u8>::new();
        loop {
            match next(&receiver, &mut buffer).await {
                (0, _) => break,
                (count, _) => got.extend(&buffer[..count]),
            }
        }
        assert_eq!(got, b"end");
    }

    #[test]
    fn a_stamp_counts_unless_the_bytes_had_to_wait_or_the_clock_was_set() {
        let now = Timestamp(1_000_000_000_000);
        let ago = |ms: i64| Some(Timestamp(now.0 - ms * 1_000_000));
        assert_eq!(time(ago(3), now), ago(3).unwrap());
        assert_eq!(time(ago(101), now), now);
        assert_eq!(time(ago(-1), now), now);
        assert_eq!(time(None, now), now);
    }
}
