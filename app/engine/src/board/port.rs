//! Opening a port, and what can be told of one without opening it.

use std::time::Duration;

use espalier_core::board::{BoardFault, FaultKind, ModemLines, PortAccess, UsbIdentity};
use espalier_core::say;
use espalier_core::session::{DataBits, FlowControl, Parity, SerialSpec, StopBits};
use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
use serialport::{SerialPort as _, UsbPortInfo};

use super::character_frame;
use super::ports::access;

/// The handle of an open port; a concrete type because the flasher needs one.
pub type Port = espflash::connection::Port;

/// How long one read waits: what a command has to wait at most.
pub const POLL: Duration = Duration::from_millis(10);

/// Opens a port for this program alone, without resetting the board on it.
///
/// # Errors
/// Busy, forbidden and gone are told apart; the rest is the system's own text.
pub fn open(path: &str, spec: &SerialSpec) -> Result<(Port, ModemLines), BoardFault> {
    character_frame::check(spec)?;
    let builder = serialport::new(path, spec.baud)
        .data_bits(data_bits(spec.data_bits))
        .parity(parity(spec.parity))
        .stop_bits(stop_bits(spec.stop_bits))
        .flow_control(flow_control(spec.flow_control))
        .timeout(POLL);
    let mut port = builder.open_native().map_err(|error| open_fault(path, &error))?;
    never_block(&port).map_err(|error| open_fault(path, &error))?;
    character_frame::finish(&port, spec).map_err(|error| open_fault(path, &error))?;
    let lines = set_lines(&mut port, spec.dtr, spec.rts);
    Ok((port, lines))
}

/// Has a write take what there is room for. The library waits until there is room for a byte and then writes in blocking mode:
/// flow control, or a device that does not read, would hold the port's thread for ever.
#[cfg(unix)]
fn never_block(port: &Port) -> serialport::Result<()> {
    use std::os::fd::AsRawFd as _;

    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(port.as_raw_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
        .map_err(|error| std::io::Error::from(error).into())
        .map(drop)
}

/// Writes end after the port's time-out here.
#[cfg(not(unix))]
const fn never_block(_port: &Port) -> serialport::Result<()> {
    Ok(())
}

/// Applies speed and framing to an open port.
///
/// # Errors
/// What the system says; settings before the failing one are applied.
pub fn configure(port: &mut Port, spec: &SerialSpec) -> serialport::Result<()> {
    character_frame::check(spec).map_err(|fault| {
        serialport::Error::new(serialport::ErrorKind::InvalidInput, fault.what.to_string())
    })?;
    port.set_baud_rate(spec.baud)?;
    port.set_data_bits(data_bits(spec.data_bits))?;
    port.set_parity(parity(spec.parity))?;
    port.set_stop_bits(stop_bits(spec.stop_bits))?;
    port.set_flow_control(flow_control(spec.flow_control))?;
    character_frame::finish(port, spec)?;
    port.set_timeout(POLL)
}

/// Sets both lines, RTS first: from the "both on" that systems open a port with, this order never pulls EN low on a board
/// with the two-transistor circuit.
pub fn set_lines(port: &mut Port, dtr: bool, rts: bool) -> ModemLines {
    let present =
        port.write_request_to_send(rts).is_ok() & port.write_data_terminal_ready(dtr).is_ok();
    look_at_lines(port, ModemLines { present, dtr, rts, ..ModemLines::default() })
}

/// The lines with what the other side has on theirs now; as they were where the system does not tell.
pub fn look_at_lines(port: &mut Port, lines: ModemLines) -> ModemLines {
    if !lines.present {
        return lines;
    }
    ModemLines {
        cts: port.read_clear_to_send().unwrap_or(lines.cts),
        dsr: port.read_data_set_ready().unwrap_or(lines.dsr),
        dcd: port.read_carrier_detect().unwrap_or(lines.dcd),
        ri: port.read_ring_indicator().unwrap_or(lines.ri),
        ..lines
    }
}

/// Holds the line at zero, or lets it go.
///
/// # Errors
/// What the system says.
pub fn hold_break(port: &Port, on: bool) -> serialport::Result<()> {
    if on { port.set_break() } else { port.clear_break() }
}

/// A loader's side of the port, with nothing sent yet.
pub fn connection(port: Port, usb: Option<&UsbIdentity>, baud: u32) -> Connection {
    // Only the product number is ever read. All of Espressif's own USB devices want the sequence of the built-in one.
    let pid = match usb {
        Some(UsbIdentity { vid: 0x303a, .. }) => 0x1001,
        Some(usb) => usb.pid,
        None => 0,
    };
    let info = UsbPortInfo {
        vid: usb.map_or(0, |usb| usb.vid),
        pid,
        serial_number: None,
        manufacturer: None,
        product: None,
    };
    Connection::new(
        port,
        info,
        ResetAfterOperation::NoResetNoStub,
        ResetBeforeOperation::NoReset,
        baud,
    )
}

/// Pulses EN by RTS. `false`: the port has no such lines.
pub fn reset_by_lines(port: Port, usb: Option<&UsbIdentity>, baud: u32) -> (Port, bool) {
    let mut port = port;
    // With DTR on, the two-transistor circuit would not pull EN.
    if port.write_data_terminal_ready(false).is_err() {
        return (port, false);
    }
    let mut connection = connection(port, usb, baud);
    let done = connection.reset().is_ok();
    (connection.into_serial(), done)
}

/// Brings the chip into its loader by DTR and RTS. `false`: the port has no such lines.
pub fn download_by_lines(port: Port, usb: Option<&UsbIdentity>, baud: u32) -> (Port, bool) {
    let mut connection = connection(port, usb, baud);
    let done = connection.reset_to_flash(false).is_ok();
    (connection.into_serial(), done)
}

fn open_fault(path: &str, error: &serialport::Error) -> BoardFault {
    use serialport::ErrorKind;
    let text = error.to_string();
    let access = match access::check(path) {
        PortAccess::Free | PortAccess::Ours => match error.kind() {
            ErrorKind::Io(std::io::ErrorKind::PermissionDenied) => {
                PortAccess::Forbidden { group: None }
            }
            ErrorKind::Io(std::io::ErrorKind::NotFound) => PortAccess::Gone,
            ErrorKind::NoDevice => no_device(path),
            _ => PortAccess::Free,
        },
        known => known,
    };
    let fault = access.fault(path).unwrap_or_else(|| {
        let what = say!(
            "told-port-not-opened",
            "{port} cannot be opened: {error}",
            port = path,
            error = text
        );
        let hint =
            say!("hint-serial", "Is it a serial port? Its name must be one of the list of ports.");
        BoardFault::new(FaultKind::Other, what, hint)
    });
    fault.with_detail(text)
}

/// A port that is there, and was open a moment ago.
#[cfg(not(windows))]
const fn no_device(_path: &str) -> PortAccess {
    PortAccess::Busy { by: None }
}

/// The library has one kind for a port that another program has and for one that is not there, and a text in the user's language:
/// which of both it is, the system tells again.
#[cfg(windows)]
fn no_device(path: &str) -> PortAccess {
    let device = if path.starts_with('\\') { path.to_owned() } else { format!(r"\\.\{path}") };
    match std::fs::File::options().read(true).write(true).open(device) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => PortAccess::Gone,
        _ => PortAccess::Busy { by: None },
    }
}

const fn data_bits(bits: DataBits) -> serialport::DataBits {
    match bits {
        DataBits::Five => serialport::DataBits::Five,
        DataBits::Six => serialport::DataBits::Six,
        DataBits::Seven => serialport::DataBits::Seven,
        DataBits::Eight => serialport::DataBits::Eight,
    }
}

const fn parity(parity: Parity) -> serialport::Parity {
    match parity {
        Parity::None => serialport::Parity::None,
        Parity::Odd | Parity::Mark => serialport::Parity::Odd,
        Parity::Even | Parity::Space => serialport::Parity::Even,
    }
}

const fn stop_bits(bits: StopBits) -> serialport::StopBits {
    match bits {
        StopBits::One => serialport::StopBits::One,
        // Windows refuses 2 with 5 data bits, elsewhere they mean 1.5.
        StopBits::OneAndAHalf if cfg!(windows) => serialport::StopBits::One,
        StopBits::OneAndAHalf | StopBits::Two => serialport::StopBits::Two,
    }
}

const fn flow_control(control: FlowControl) -> serialport::FlowControl {
    match control {
        FlowControl::None => serialport::FlowControl::None,
        FlowControl::Software => serialport::FlowControl::Software,
        FlowControl::Hardware => serialport::FlowControl::Hardware,
    }
}
