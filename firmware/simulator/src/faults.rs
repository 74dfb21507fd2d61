//! Misbehaviour on request.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What goes wrong, on request. Everything is off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The loader is deaf for this long, counted from the first SYNC it hears.
    pub no_sync: Option<Duration>,
    /// From this baud rate on, the loader's side of the line is noise, both ways.
    pub noise_from: Option<u32>,
    /// This many MD5 answers are wrong.
    pub bad_md5: u32,
    /// This many blocks cannot be written, as the loader answers when the flash refuses them.
    pub bad_write: u32,
    /// This many blocks of what is loaded into memory arrive damaged, as the loader answers when their checksum is wrong.
    pub bad_crc: u32,
    /// The loader answers like a stub that was left behind, and never goes.
    pub sticky_stub: bool,
    /// The cable is pulled after this many bytes of flash data.
    pub vanish_after: Option<u64>,
    /// How long the cable stays out after `vanish_after`; `None`: until it is plugged in.
    pub vanish_for: Option<Duration>,
    /// How long every 4 KiB sector takes to erase.
    pub slow_erase: Option<Duration>,
    /// After this many bytes of flash data, one write takes `stall_for`.
    pub stall_after: Option<u64>,
    /// How long the stalled write takes.
    pub stall_for: Duration,
    /// The ROM answers a command that it does not know under another number, as a real ESP32 does.
    /// Espflash waits three seconds for the right one, twice, before it takes the chip for an ESP32.
    pub slow_detect: bool,
    /// The chip is in secure download mode: its ROM writes flash and tells its security state, and refuses everything else.
    /// An ESP32 has no such mode; with its download mode disabled it does not answer at all.
    pub secure_download: bool,
    /// The eFuses say that flash is encrypted. What is there is booted as if it were not.
    pub encrypted: bool,
    /// A program that came by an update hangs at its first start, until the watchdog restarts the chip.
    pub stuck_update: bool,
    /// The eFuses say that secure boot is on. What is there is booted unsigned, too.
    pub secure_boot: bool,
}

/// The text asks for no known fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no fault; there are no-sync=SECONDS, noise-from=BAUD, bad-md5=COUNT, bad-write=COUNT, bad-crc=COUNT, \
     sticky-stub=1, vanish-after=BYTES, \
     vanish-for=SECONDS, slow-erase=MILLISECONDS, stall-after=BYTES, stall-for=SECONDS, slow-detect=1, \
     secure-download=1, encrypted=1, secure-boot=1 and stuck-update=1"
)]
pub struct UnknownFault {
    /// What was asked for.
    pub text: String,
}

impl FromStr for Faults {
    type Err = UnknownFault;

    /// `name=number`, several divided by commas: `no-sync=3,bad-md5=1`.
    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let mut faults = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let unknown = || UnknownFault { text: part.to_owned() };
            let (name, number) = part.split_once('=').ok_or_else(unknown)?;
            let number: u32 = number.trim().parse().map_err(|_| unknown())?;
            let seconds = Duration::from_secs(number.into());
            match name.trim() {
                "no-sync" => faults.no_sync = Some(seconds),
                "noise-from" => faults.noise_from = Some(number),
                "bad-md5" => faults.bad_md5 = number,
                "bad-write" => faults.bad_write = number,
                "bad-crc" => faults.bad_crc = number,
                "sticky-stub" => faults.sticky_stub = number > 0,
                "vanish-after" => faults.vanish_after = Some(number.into()),
                "vanish-for" => faults.vanish_for = Some(seconds),
                "slow-erase" => faults.slow_erase = Some(Duration::from_millis(number.into())),
                "stall-after" => faults.stall_after = Some(number.into()),
                "stall-for" => faults.stall_for = seconds,
                "slow-detect" => faults.slow_detect = number > 0,
                "secure-download" => faults.secure_download = number > 0,
                "encrypted" => faults.encrypted = number > 0,
                "secure-boot" => faults.secure_boot = number > 0,
                "stuck-update" => faults.stuck_update = number > 0,
                _ => return Err(unknown()),
            }
        }
        Ok(faults)
    }
}

impl fmt::Display for Faults {
    /// The same form that is parsed; empty when nothing goes wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |duration: Option<Duration>| duration.map(|d| d.as_secs());
        let parts = [
            ("no-sync", seconds(self.no_sync)),
            ("noise-from", self.noise_from.map(u64::from)),
            ("bad-md5", (self.bad_md5 > 0).then_some(self.bad_md5.into())),
            ("bad-write", (self.bad_write > 0).then_some(self.bad_write.into())),
            ("bad-crc", (self.bad_crc > 0).then_some(self.bad_crc.into())),
            ("sticky-stub", self.sticky_stub.then_some(1)),
            ("vanish-after", self.vanish_after),
            ("vanish-for", seconds(self.vanish_for)),
            ("slow-erase", self.slow_erase.map(|d| d.as_millis() as u64)),
            ("stall-after", self.stall_after),
            ("stall-for", Some(self.stall_for.as_secs()).filter(|&s| s > 0)),
            ("slow-detect", self.slow_detect.then_some(1)),
            ("secure-download", self.secure_download.then_some(1)),
            ("encrypted", self.encrypted.then_some(1)),
            ("secure-boot", self.secure_boot.then_some(1)),
            ("stuck-update", self.stuck_update.then_some(1)),
        ];
        let asked = parts.iter().filter_map(|(name, number)| Some((name, (*number)?)));
        for (i, (name, number)) in asked.enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{name}={number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_printed_as_they_are_asked_for() {
        let text = "no-sync=3,noise-from=460800,bad-md5=1,bad-write=2,vanish-after=65536,slow-erase=5,slow-detect=1,encrypted=1,secure-boot=1,stuck-update=1";
        let faults: Faults = text.parse().unwrap();
        assert_eq!(faults.to_string(), text);
        assert_eq!(faults.slow_erase, Some(Duration::from_millis(5)));
        assert_eq!("".parse(), Ok(Faults::default()));
    }

    #[test]
    fn unknown_fault_is_refused_by_name() {
        let error = "bad-md5=1,on-fire=1".parse::<Faults>().unwrap_err();
        assert!(error.to_string().contains("\"on-fire=1\""), "{error}");
        assert!("bad-md5".parse::<Faults>().is_err());
        assert!("bad-md5=many".parse::<Faults>().is_err());
    }
}
