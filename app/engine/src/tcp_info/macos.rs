//! macOS: `TCP_CONNECTION_INFO`. Its times are in milliseconds; of a socket that listens nothing is told.

use std::mem::offset_of;
use std::os::fd::AsFd;

use espalier_core::figures::{TcpFigures, TcpState};
use libc::tcp_connection_info as Info;
use tokio::net::TcpStream;

use super::socket_option;

/// No congestion has been met yet: the largest window there is (`TCP_MAXWIN << TCP_MAX_WINSHIFT`, netinet/tcp.h).
const NO_THRESHOLD: u64 = 65_535 << 14;

pub fn connection(stream: &TcpStream) -> Option<TcpFigures> {
    let told =
        socket_option::read(stream.as_fd(), libc::IPPROTO_TCP, libc::TCP_CONNECTION_INFO).ok()?;
    let number = |offset| told.u32_at(offset);
    let time = |offset| number(offset).map(|ms| ms.saturating_mul(1000));
    Some(TcpFigures {
        state: told.u8_at(offset_of!(Info, tcpi_state)).and_then(state),
        round_trip_us: time(offset_of!(Info, tcpi_srtt)).filter(|us| *us > 0),
        round_trip_variation_us: time(offset_of!(Info, tcpi_rttvar)),
        least_round_trip_us: None,
        retransmission_timeout_us: time(offset_of!(Info, tcpi_rto)),
        retransmitted_segments: None,
        retransmitted_bytes: told.u64_at(offset_of!(Info, tcpi_txretransmitbytes)),
        congestion_window_bytes: number(offset_of!(Info, tcpi_snd_cwnd)),
        slow_start_threshold_bytes: number(offset_of!(Info, tcpi_snd_ssthresh))
            .filter(|threshold| *threshold < NO_THRESHOLD),
        send_window_bytes: number(offset_of!(Info, tcpi_snd_wnd)),
        receive_window_bytes: number(offset_of!(Info, tcpi_rcv_wnd)),
        unacknowledged_bytes: None,
        unsent_bytes: None,
        send_buffer_bytes: number(offset_of!(Info, tcpi_snd_sbbytes)),
        segment_size_bytes: number(offset_of!(Info, tcpi_maxseg)),
        path_mtu_bytes: None,
        delivery_rate: None,
        window_probes: None,
    })
}

/// `TCPS_CLOSED` is 0 (netinet/tcp_fsm.h).
const fn state(number: u8) -> Option<TcpState> {
    Some(match number {
        0 => TcpState::Closed,
        1 => TcpState::Listen,
        2 => TcpState::SynSent,
        3 => TcpState::SynReceived,
        4 => TcpState::Established,
        5 => TcpState::CloseWait,
        6 => TcpState::FinWait1,
        7 => TcpState::Closing,
        8 => TcpState::LastAck,
        9 => TcpState::FinWait2,
        10 => TcpState::TimeWait,
        _ => return None,
    })
}
