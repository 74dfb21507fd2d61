//! Frames of characters that the serial library has no word for: mark and space parity, one and a half stop bits.

#[cfg(windows)]
mod dcb;

use espalier_core::board::{BoardFault, FaultKind};
use espalier_core::say;
use espalier_core::session::{DataBits, Parity, SerialSpec, StopBits};
#[cfg(not(windows))]
use espflash::connection::Port;

#[cfg(windows)]
pub use dcb::finish;

/// Linux has a bit for parity that is always the same (`CMSPAR`, termios(3)), Windows a number for each.
const HAS_STICK_PARITY: bool = cfg!(any(
    windows,
    all(target_os = "linux", not(any(target_arch = "mips", target_arch = "mips64")))
));

/// Whether this system can be asked for such frames at all.
///
/// # Errors
/// The system cannot, or the combination means nothing: with what to choose instead.
pub fn check(spec: &SerialSpec) -> Result<(), BoardFault> {
    let refused = |what, hint| Err(BoardFault::new(FaultKind::Other, what, hint));
    if matches!(spec.parity, Parity::Mark | Parity::Space) && !HAS_STICK_PARITY {
        return refused(
            say!("told-no-stick-parity", "Mark and space parity cannot be set on this system"),
            say!("hint-no-stick-parity", "Choose none, odd or even parity."),
        );
    }
    match (spec.stop_bits, spec.data_bits) {
        (StopBits::OneAndAHalf, DataBits::Six | DataBits::Seven | DataBits::Eight) => refused(
            say!("told-half-stop", "1.5 stop bits go with 5 data bits only"),
            say!("hint-half-stop", "Choose 5 data bits, or 1 or 2 stop bits."),
        ),
        (StopBits::Two, DataBits::Five) => refused(
            say!("told-two-stop", "With 5 data bits a UART makes 1.5 stop bits of 2"),
            say!("hint-two-stop", "Choose 1 or 1.5 stop bits."),
        ),
        _ => Ok(()),
    }
}

/// Sets what is left after the library has set the rest: of mark and space it knows odd and even.
///
/// # Errors
/// What the system says, or that the port's driver does not take it.
#[cfg(all(target_os = "linux", not(any(target_arch = "mips", target_arch = "mips64"))))]
pub fn finish(port: &Port, spec: &SerialSpec) -> serialport::Result<()> {
    use std::os::fd::AsRawFd as _;

    use nix::sys::termios::{ControlFlags, SetArg, tcgetattr, tcsetattr};
    let system = |error: nix::Error| serialport::Error::from(std::io::Error::from(error));
    let wanted = matches!(spec.parity, Parity::Mark | Parity::Space);
    let mut settings = tcgetattr(port.as_raw_fd()).map_err(system)?;
    if settings.control_flags.contains(ControlFlags::CMSPAR) == wanted {
        return Ok(());
    }
    settings.control_flags.set(ControlFlags::CMSPAR, wanted);
    tcsetattr(port.as_raw_fd(), SetArg::TCSANOW, &settings).map_err(system)?;
    // A driver that knows no such parity takes the bit back without a word.
    let settings = tcgetattr(port.as_raw_fd()).map_err(system)?;
    if settings.control_flags.contains(ControlFlags::CMSPAR) == wanted {
        Ok(())
    } else {
        let text = "the port's driver has no mark and space parity";
        Err(serialport::Error::new(serialport::ErrorKind::InvalidInput, text))
    }
}

/// There is nothing left to set here: [`check`] has refused it.
#[cfg(not(any(
    windows,
    all(target_os = "linux", not(any(target_arch = "mips", target_arch = "mips64")))
)))]
pub fn finish(_port: &Port, _spec: &SerialSpec) -> serialport::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_taken_or_refused_with_a_way_out() {
        use DataBits::{Eight, Five, Seven, Six};
        for data_bits in [Five, Six, Seven, Eight] {
            for stop_bits in [StopBits::One, StopBits::OneAndAHalf, StopBits::Two] {
                let spec = SerialSpec { data_bits, stop_bits, ..SerialSpec::new("a port") };
                let refused = check(&spec).err();
                let exists = match stop_bits {
                    StopBits::One => true,
                    StopBits::OneAndAHalf => data_bits == Five,
                    StopBits::Two => data_bits != Five,
                };
                assert_eq!(refused.is_none(), exists, "{data_bits:?} {stop_bits:?}");
                assert!(refused.is_none_or(|fault| !fault.hint.to_string().is_empty()));
            }
        }
    }
}
