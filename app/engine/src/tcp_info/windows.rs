//! Windows: `SIO_TCP_INFO`, since Windows 10 1703. Of a socket that listens nothing is told.

use std::mem::offset_of;
use std::os::windows::io::AsRawSocket as _;
use std::ptr;

use espalier_core::figures::{TcpFigures, TcpState};
use tokio::net::TcpStream;
use windows_sys::Win32::Networking::WinSock::{
    SIO_TCP_INFO, SOCKET, TCP_INFO_v0 as Info, TCPSTATE_CLOSE_WAIT, TCPSTATE_CLOSED,
    TCPSTATE_CLOSING, TCPSTATE_ESTABLISHED, TCPSTATE_FIN_WAIT_1, TCPSTATE_FIN_WAIT_2,
    TCPSTATE_LAST_ACK, TCPSTATE_LISTEN, TCPSTATE_SYN_RCVD, TCPSTATE_SYN_SENT, TCPSTATE_TIME_WAIT,
    WSAIoctl,
};

use super::answer::Answer;

pub fn connection(stream: &TcpStream) -> Option<TcpFigures> {
    let told = read(stream)?;
    let number = |offset| told.u32_at(offset);
    Some(TcpFigures {
        state: number(offset_of!(Info, State)).and_then(state),
        round_trip_us: number(offset_of!(Info, RttUs)).filter(|us| *us > 0),
        round_trip_variation_us: None,
        // All ones until one was measured.
        least_round_trip_us: number(offset_of!(Info, MinRttUs))
            .filter(|us| *us > 0 && *us != u64::from(u32::MAX)),
        retransmission_timeout_us: None,
        retransmitted_segments: None,
        retransmitted_bytes: number(offset_of!(Info, BytesRetrans)),
        congestion_window_bytes: number(offset_of!(Info, Cwnd)),
        slow_start_threshold_bytes: None,
        send_window_bytes: number(offset_of!(Info, SndWnd)),
        receive_window_bytes: number(offset_of!(Info, RcvWnd)),
        unacknowledged_bytes: number(offset_of!(Info, BytesInFlight)),
        unsent_bytes: None,
        send_buffer_bytes: None,
        segment_size_bytes: number(offset_of!(Info, Mss)),
        path_mtu_bytes: None,
        delivery_rate: None,
        window_probes: None,
    })
}

/// The structure of version 0, which later systems know as well.
#[expect(unsafe_code, reason = "WSAIoctl writes into memory that it is given")]
fn read(stream: &TcpStream) -> Option<Answer> {
    let version = 0_u32;
    let mut bytes = [0_u8; Answer::ROOM];
    let mut filled = 0_u32;
    // SAFETY: the socket is open as long as it is borrowed; all pointers are to live memory of our own, with its length beside
    // each, and without an overlapped structure all is done when the call returns.
    let done = unsafe {
        WSAIoctl(
            stream.as_raw_socket() as SOCKET,
            SIO_TCP_INFO,
            (&raw const version).cast(),
            size_of_val(&version) as u32,
            bytes.as_mut_ptr().cast(),
            size_of::<Info>() as u32,
            &raw mut filled,
            ptr::null_mut(),
            None,
        )
    };
    (done == 0).then(|| Answer::new(bytes, filled as usize))
}

fn state(number: u64) -> Option<TcpState> {
    Some(match i32::try_from(number).ok()? {
        TCPSTATE_CLOSED => TcpState::Closed,
        TCPSTATE_LISTEN => TcpState::Listen,
        TCPSTATE_SYN_SENT => TcpState::SynSent,
        TCPSTATE_SYN_RCVD => TcpState::SynReceived,
        TCPSTATE_ESTABLISHED => TcpState::Established,
        TCPSTATE_FIN_WAIT_1 => TcpState::FinWait1,
        TCPSTATE_FIN_WAIT_2 => TcpState::FinWait2,
        TCPSTATE_CLOSE_WAIT => TcpState::CloseWait,
        TCPSTATE_CLOSING => TcpState::Closing,
        TCPSTATE_LAST_ACK => TcpState::LastAck,
        TCPSTATE_TIME_WAIT => TcpState::TimeWait,
        _ => return None,
    })
}
