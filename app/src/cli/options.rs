//! Arguments that several subcommands share, and how their text is read.

use std::path::PathBuf;

use clap::Args;
use espalier_core::faults::ReceiveFaults;
use espalier_core::session::{Keepalive, LocalEndpoint, Reconnect, SocketOptions, ZonedIp};

use super::log_to_file::LogToFileArgs;

/// How data is read and shown, and where it goes: the same for `client`, `server` and `udp`.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// Text encoding of the other side: stdin (UTF-8) is sent in it, received bytes are shown as UTF-8
    ///
    /// Any label of the WHATWG standard: gbk, gb18030, big5, shift_jis, euc-kr, windows-1252 …
    /// Bytes that are no character are shown as \xNN. Without it, bytes pass unchanged both ways.
    #[arg(long, value_name = "E", value_parser = encoding)]
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// Show received bytes in hexadecimal, and read stdin as lines of hexadecimal (spaces, commas, 0x tolerated)
    #[arg(long, conflicts_with = "encoding")]
    pub hex: bool,
    /// Pass what is received to a terminal as it is: without it, control sequences other than colours are shown there
    /// and not obeyed. Into a pipe or a file everything goes unchanged anyway
    #[arg(long)]
    pub raw: bool,
    /// Keep everything that passes in FILE (pcapng; Wireshark opens it)
    #[arg(long, value_name = "FILE")]
    pub capture: Option<PathBuf>,
    #[command(flatten)]
    pub figures: FigureArgs,
    #[command(flatten)]
    pub log_to_file: LogToFileArgs,
    /// Answer by the rules of FILE: a workspace file with rules, or the answers of xTools or Docklight
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
}

/// Whether figures are told, and how often.
#[derive(Clone, Copy, Debug, Args)]
pub struct FigureArgs {
    /// Tell on stderr what TCP knows of each connection and of where it listens, once a second or as often as given, and at the end how long answers took
    #[arg(long, value_name = "EVERY", num_args = 0..=1, require_equals = true,
          default_missing_value = "1s", value_parser = interval)]
    pub figures: Option<std::time::Duration>,
}

/// Reads how often figures are told.
fn interval(text: &str) -> Result<std::time::Duration, String> {
    const LEAST: std::time::Duration = std::time::Duration::from_millis(100);
    let every = duration(text)?;
    (every >= LEAST).then_some(every).ok_or_else(|| "at least 100ms is needed".to_owned())
}

/// The same with the options of TCP sockets: for `client` and `server`.
#[derive(Debug, Args)]
pub struct TalkArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Probe an idle connection: seconds before the first probe, between probes, and probes before giving up
    #[arg(long, value_name = "IDLE,INTERVAL,COUNT", value_parser = keepalive)]
    pub keepalive: Option<Keepalive>,
    /// Let the system gather small segments (leave TCP_NODELAY off)
    #[arg(long)]
    pub nagle: bool,
    /// Close by RST instead of FIN
    #[arg(long)]
    pub close_by_reset: bool,
    /// When the peer sends FIN, stay half open instead of closing too
    #[arg(long)]
    pub stay_half_open: bool,
    /// Fault: read so many bytes of a connection in a second at most, such as 10k
    #[arg(long, value_name = "BYTES", value_parser = super::rate_count::at_least_one)]
    pub read_rate: Option<u64>,
    /// Fault: read nothing, so that the window of the other end closes
    #[arg(long)]
    pub stop_reading: bool,
    /// Receive buffer of the socket (SO_RCVBUF)
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    pub receive_buffer: Option<u32>,
    /// Send buffer of the socket (SO_SNDBUF)
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    pub send_buffer: Option<u32>,
}

impl TalkArgs {
    /// What is to be received wrongly on purpose.
    pub fn faults(&self) -> ReceiveFaults {
        ReceiveFaults {
            read_rate: self.read_rate,
            stop_reading: self.stop_reading,
            ..ReceiveFaults::default()
        }
    }

    /// The socket options asked for.
    pub const fn socket(&self) -> SocketOptions {
        SocketOptions {
            nodelay: !self.nagle,
            keepalive: self.keepalive,
            close_by_reset: self.close_by_reset,
            stay_half_open: self.stay_half_open,
            receive_buffer: self.receive_buffer,
            send_buffer: self.send_buffer,
        }
    }
}

/// Reads the name of an encoding.
pub fn encoding(label: &str) -> Result<&'static encoding_rs::Encoding, String> {
    encoding_rs::Encoding::for_label(label.as_bytes())
        .ok_or_else(|| "not the name of an encoding; try utf-8, gbk, gb18030, big5".to_owned())
}

/// Reads `IDLE,INTERVAL,COUNT`.
fn keepalive(text: &str) -> Result<Keepalive, String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let [idle, interval, count] = parts[..] else {
        return Err("three numbers are needed, such as 20,5,3".to_owned());
    };
    let seconds = |text: &str| text.parse().ok().filter(|s| (1..=32_767).contains(s));
    let idle = seconds(idle).ok_or("the idle time is 1 to 32767 seconds")?;
    let interval = seconds(interval).ok_or("the interval is 1 to 32767 seconds")?;
    let count = count.parse().ok().filter(|n| (1..=127).contains(n));
    let count = count.ok_or("the count is 1 to 127 probes")?;
    Ok(Keepalive { idle, interval, count })
}

/// Reads `off`, `exponential` or a fixed wait such as `2s` or `500ms`.
pub fn reconnect(text: &str) -> Result<Reconnect, String> {
    match text {
        "off" => Ok(Reconnect::Off),
        "exponential" => Ok(Reconnect::Exponential),
        fixed => {
            let wait = duration(fixed).map_err(|_| "off, exponential, or a wait such as 2s")?;
            let delay_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            Ok(Reconnect::Fixed { delay_ms })
        }
    }
}

/// Reads `10s`, `500ms`, `1h 30m` and whatever else jiff takes for a duration, or seconds without a unit; at most a year.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    const LONGEST: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);
    let text = text.trim();
    let seconds = text.ends_with(|last: char| last.is_ascii_digit()).then(|| format!("{text}s"));
    let parsed: Option<jiff::SignedDuration> = seconds.as_deref().unwrap_or(text).parse().ok();
    parsed
        .and_then(|duration| std::time::Duration::try_from(duration).ok())
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| "a time such as 10s, 500ms or 2m is needed".to_owned())
}

/// Reads a time in milliseconds.
pub fn millis(text: &str) -> Result<u32, String> {
    let time = duration(text)?;
    u32::try_from(time.as_millis()).map_err(|_| "at most 49 days".to_owned())
}

/// Reads `HOST:PORT`; an IPv6 address stands in brackets.
pub fn host_port(text: &str) -> Result<(String, u16), String> {
    let (host, port) =
        text.rsplit_once(':').ok_or("HOST:PORT is needed, such as localhost:8080")?;
    let port = port.parse().ok().filter(|port| *port != 0).ok_or("the port is 1 to 65535")?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match bare {
        Some(host) => host,
        None if host.contains(':') => {
            return Err("an IPv6 address stands in brackets: [::1]:8080".to_owned());
        }
        None => host,
    };
    if host.is_empty() {
        return Err("the host is missing; HOST:PORT is needed, such as localhost:8080".to_owned());
    }
    Ok((host.to_owned(), port))
}

/// Reads `ADDR:PORT`, or a port alone (127.0.0.1 then); port 0 takes any free one.
pub fn bind(text: &str) -> Result<LocalEndpoint, String> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("127.0.0.1", text));
    let port = port.parse().map_err(|_| "the port is 0 to 65535".to_owned())?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let address = ZonedIp::to_listen_on(bare).map_err(|_| {
        "ADDR is an address of this computer, such as 127.0.0.1, [::1] or [fe80::1%eth0]".to_owned()
    })?;
    Ok(LocalEndpoint { address, port })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn addresses_are_read_in_both_families() {
        assert_eq!(host_port("localhost:80"), Ok(("localhost".to_owned(), 80)));
        assert_eq!(host_port("[::1]:80"), Ok(("::1".to_owned(), 80)));
        for bad in ["localhost", "localhost:", "localhost:0", "localhost:65536", "::1:80", ":80"] {
            assert!(host_port(bad).is_err(), "{bad}");
        }
        assert_eq!(bind("0"), Ok("127.0.0.1:0".parse().unwrap()));
        assert_eq!(bind("[fe80::1%eth0]:7"), Ok("[fe80::1%eth0]:7".parse().unwrap()));
        assert_eq!(bind("[::]:7"), Ok("[::]:7".parse().unwrap()));
        assert_eq!(bind("*:7"), Ok("0.0.0.0:7".parse().unwrap()));
        assert!(bind("nowhere:7").is_err());
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for bad in ["", "s", "-1s", "2s ago", "ten", "NaN", "inf", "1e300s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn figures_are_told_ten_times_a_second_at_most() {
        assert_eq!(interval("100ms"), Ok(Duration::from_millis(100)));
        assert!(interval("0").is_err());
        assert!(interval("often").is_err());
    }

    #[test]
    fn keepalive_is_three_numbers_in_range() {
        assert_eq!(keepalive("20,5,3"), Ok(Keepalive { idle: 20, interval: 5, count: 3 }));
        for bad in ["20,5", "0,5,3", "20,5,128", "20,5,3,1", "a,b,c"] {
            assert!(keepalive(bad).is_err(), "{bad}");
        }
    }
}
