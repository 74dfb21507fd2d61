//! Linux: `TCP_INFO`, and `SO_MEMINFO` of a socket that listens.

use std::os::fd::AsFd;

use espalier_core::figures::{ListenerFigures, TcpFigures, TcpState};
use tokio::net::{TcpListener, TcpStream};

use super::socket_option;

/// Where the members of `struct tcp_info` are (linux/tcp.h). They never move; later versions have more of them behind, which the C
/// libraries' own headers, and the crate `libc` with them, do not know.
mod offset {
    pub const STATE: usize = 0;
    pub const PROBES: usize = 3;
    pub const RTO: usize = 8;
    pub const SND_MSS: usize = 16;
    pub const UNACKED: usize = 24;
    pub const SACKED: usize = 28;
    pub const PMTU: usize = 60;
    pub const RTT: usize = 68;
    pub const RTTVAR: usize = 72;
    pub const SND_SSTHRESH: usize = 76;
    pub const SND_CWND: usize = 80;
    pub const TOTAL_RETRANS: usize = 100;
    /// Since Linux 4.1.
    pub const BYTES_ACKED: usize = 120;
    /// Since Linux 4.6, as the next one.
    pub const NOTSENT_BYTES: usize = 144;
    pub const MIN_RTT: usize = 148;
    /// Since Linux 4.9.
    pub const DELIVERY_RATE: usize = 160;
    /// Since Linux 4.19, as the next one.
    pub const BYTES_SENT: usize = 200;
    pub const BYTES_RETRANS: usize = 208;
    /// Since Linux 5.4.
    pub const SND_WND: usize = 228;
    /// Since Linux 6.2.
    pub const RCV_WND: usize = 232;
}

/// No congestion has been met yet (`TCP_INFINITE_SSTHRESH`, net/tcp.h).
const NO_THRESHOLD: u64 = 0x7fff_ffff;

/// No round trip was measured yet: `min_rtt` is then all ones (`tcp_min_rtt`, net/tcp.h).
const UNMEASURED: u64 = 0xffff_ffff;

pub fn connection(stream: &TcpStream, made_by_us: bool) -> Option<TcpFigures> {
    let told = socket_option::read(stream.as_fd(), libc::IPPROTO_TCP, libc::TCP_INFO).ok()?;
    let number = |offset| told.u32_at(offset);
    let state = told.u8_at(offset::STATE).and_then(state);
    let segment = number(offset::SND_MSS);
    let segments = |offset| Some(number(offset)?.saturating_mul(segment?));
    let bytes_again = told.u64_at(offset::BYTES_RETRANS);
    let unacknowledged = || {
        // An idle connection has nothing on its way, whatever else counts as acknowledged: our SYN does, and our FIN. A
        // connection that is over has its queue emptied, and only the counts still tell.
        if state != Some(TcpState::Closed) && number(offset::UNACKED)? == 0 {
            return Some(0);
        }
        let acknowledged = told.u64_at(offset::BYTES_ACKED)?.saturating_sub(made_by_us.into());
        let sent_once = told.u64_at(offset::BYTES_SENT)?.saturating_sub(bytes_again?);
        Some(sent_once.saturating_sub(acknowledged))
    };
    Some(TcpFigures {
        state,
        round_trip_us: number(offset::RTT).filter(|us| *us > 0),
        round_trip_variation_us: number(offset::RTTVAR),
        least_round_trip_us: number(offset::MIN_RTT).filter(|us| *us != UNMEASURED),
        retransmission_timeout_us: number(offset::RTO),
        retransmitted_segments: number(offset::TOTAL_RETRANS),
        retransmitted_bytes: bytes_again,
        congestion_window_bytes: segments(offset::SND_CWND),
        slow_start_threshold_bytes: number(offset::SND_SSTHRESH)
            .filter(|threshold| *threshold < NO_THRESHOLD)
            .and_then(|_| segments(offset::SND_SSTHRESH)),
        send_window_bytes: number(offset::SND_WND),
        receive_window_bytes: number(offset::RCV_WND),
        unacknowledged_bytes: unacknowledged(),
        unsent_bytes: number(offset::NOTSENT_BYTES),
        send_buffer_bytes: None,
        segment_size_bytes: segment,
        path_mtu_bytes: number(offset::PMTU).filter(|mtu| *mtu > 0),
        delivery_rate: told.u64_at(offset::DELIVERY_RATE).filter(|rate| *rate > 0),
        window_probes: told.u8_at(offset::PROBES).map(u64::from),
    })
}

/// Of a socket that listens, two members have another meaning: the length of its queue and the limit of that (`tcp_get_info`,
/// net/ipv4/tcp.c). What it drops is counted for each socket (`tcp_listendrop`), and told by `SO_MEMINFO` since Linux 4.12.
pub fn listener(listener: &TcpListener) -> Option<ListenerFigures> {
    let told = socket_option::read(listener.as_fd(), libc::IPPROTO_TCP, libc::TCP_INFO).ok()?;
    let memory = socket_option::read(listener.as_fd(), libc::SOL_SOCKET, libc::SO_MEMINFO);
    let drops = 4 * libc::SK_MEMINFO_DROPS as usize;
    Some(ListenerFigures {
        waiting: told.u32_at(offset::UNACKED)?,
        limit: told.u32_at(offset::SACKED)?,
        dropped: memory.ok().and_then(|memory| memory.u32_at(drops)),
    })
}

/// `TCP_ESTABLISHED` is 1 (net/tcp_states.h).
const fn state(number: u8) -> Option<TcpState> {
    Some(match number {
        1 => TcpState::Established,
        2 => TcpState::SynSent,
        3 | 12 => TcpState::SynReceived,
        4 => TcpState::FinWait1,
        5 => TcpState::FinWait2,
        6 => TcpState::TimeWait,
        7 => TcpState::Closed,
        8 => TcpState::CloseWait,
        9 => TcpState::LastAck,
        10 => TcpState::Listen,
        11 => TcpState::Closing,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn members_that_others_know_are_where_they_say() {
        use libc::tcp_info;
        for (ours, theirs) in [
            (offset::STATE, offset_of!(tcp_info, tcpi_state)),
            (offset::PROBES, offset_of!(tcp_info, tcpi_probes)),
            (offset::RTO, offset_of!(tcp_info, tcpi_rto)),
            (offset::SND_MSS, offset_of!(tcp_info, tcpi_snd_mss)),
            (offset::UNACKED, offset_of!(tcp_info, tcpi_unacked)),
            (offset::SACKED, offset_of!(tcp_info, tcpi_sacked)),
            (offset::PMTU, offset_of!(tcp_info, tcpi_pmtu)),
            (offset::RTT, offset_of!(tcp_info, tcpi_rtt)),
            (offset::RTTVAR, offset_of!(tcp_info, tcpi_rttvar)),
            (offset::SND_SSTHRESH, offset_of!(tcp_info, tcpi_snd_ssthresh)),
            (offset::SND_CWND, offset_of!(tcp_info, tcpi_snd_cwnd)),
            (offset::TOTAL_RETRANS, offset_of!(tcp_info, tcpi_total_retrans)),
        ] {
            assert_eq!(ours, theirs);
        }
    }

    /// What the system does by itself, it does soon.
    async fn until(mut is_so: impl FnMut() -> bool) {
        let soon = async {
            while !is_so() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), soon).await.unwrap();
    }

    /// The accept queue of a socket that nobody accepts from, and what it drops when that is full.
    #[tokio::test]
    async fn a_listener_tells_who_waits_and_whom_it_dropped() {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(1).unwrap();
        socket.set_nonblocking(true).unwrap();
        let socket = TcpListener::from_std(socket.into()).unwrap();
        let at = socket.local_addr().unwrap();
        let told = || listener(&socket).unwrap();
        assert_eq!(told(), ListenerFigures { waiting: 0, limit: 1, dropped: Some(0) });
        // One more than the limit may wait.
        let mut waiting = Vec::new();
        for count in 1..=2 {
            waiting.push(TcpStream::connect(at).await.unwrap());
            until(|| told().waiting == count).await;
        }
        // A SYN that comes now is dropped.
        let refused =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        refused.set_nonblocking(true).unwrap();
        refused.connect(&at.into()).unwrap_err();
        until(|| told().dropped >= Some(1)).await;
        assert_eq!(told().waiting, 2);
    }
}
