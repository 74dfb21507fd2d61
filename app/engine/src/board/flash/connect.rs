//! Into the loader: by the modem lines, by buttons of our own, or by somebody's hands.

use std::time::Instant;

use espalier_core::board::{
    BeforeFlash, BoardFault, BootLine, Chip, FaultKind, FlashSpec, FlashStep, LoaderInfo,
    UsbIdentity,
};
use espalier_core::say;
use espflash::flasher::Flasher;
use serialport::SerialPort as _;

use super::classic;
use super::failure::FlashFailure;
use super::link_mode::LinkMode;
use super::loader::{self, ActiveLoader};
use super::rom::{self, LoaderKind};
use super::tracker::Tracker;
use crate::board::port::{self, Port};

/// How often it is sent after each reset.
const SYNCS: u32 = 5;
/// How often the lines are tried before hands are asked for.
const RESETS: u32 = 4;

/// The port comes back with the reason.
pub type PortAndFailure = Box<(Port, FlashFailure)>;

/// Connects to the loader and brings it to the wanted link mode.
pub fn connect(
    port: Port,
    usb: Option<&UsbIdentity>,
    spec: &FlashSpec,
    mode: LinkMode,
    tracker: &mut Tracker<'_>,
) -> Result<ActiveLoader, PortAndFailure> {
    tracker.step(FlashStep::Connecting);
    tracker.loader(LoaderInfo::default());
    let mut port = port;
    if let Err(error) = rom::configure(&mut port) {
        let link = FlashFailure::Link { what: error.to_string(), stub: false };
        let failure = link.unless_gone(|| is_gone(&port));
        return Err(Box::new((port, failure)));
    }
    let mut sync = LoaderSync { usb, spec, tracker, lines: true };
    let port = sync.until_answered(port)?;
    tracker.step(FlashStep::Identifying);
    let reached = identify(port, usb, spec.chip, mode, tracker)?;
    accelerate(reached, mode, tracker)
}

/// The handle reports that the port is no more.
fn is_gone(port: &Port) -> bool {
    port.bytes_to_read().is_err()
}

struct LoaderSync<'a, 'h> {
    usb: Option<&'a UsbIdentity>,
    spec: &'a FlashSpec,
    tracker: &'a mut Tracker<'h>,
    /// The port has modem lines, as far as is known.
    lines: bool,
}

impl LoaderSync<'_, '_> {
    fn until_answered(&mut self, mut port: Port) -> Result<Port, PortAndFailure> {
        let began = Instant::now();
        let auto = self.spec.before == BeforeFlash::Auto;
        let mut round = 0_u32;
        let mut asked_for_hands = false;
        loop {
            if let Err(cancelled) = self.tracker.check_cancelled() {
                return Err(Box::new((port, cancelled.into())));
            }
            let mut why = String::new();
            if auto && self.lines && round < RESETS {
                (port, why) = self.reset_into_loader(port, round);
            }
            let (back, answer) = self.sync(port);
            port = back;
            match answer {
                Ok(LoaderKind::Rom) => {
                    self.tracker.attempt("The loader answers");
                    return Ok(port);
                }
                Ok(LoaderKind::Stub) => {
                    self.tracker.attempt(
                        "A stub loader from an earlier attempt answers: back to the ROM's own",
                    );
                    port = rom::stub_to_rom(port, self.usb, rom::BAUD);
                    // What says that it is one and never goes is none that anything can be done with.
                    if began.elapsed() >= self.spec.patience {
                        let why = "a stub loader answers, and does not go back to the ROM's own";
                        return Err(Box::new((port, no_sync(why).into())));
                    }
                    continue;
                }
                Err(failure) => match failure.unless_gone(|| is_gone(&port)) {
                    FlashFailure::Link { what, .. } => self.no_answer(round, &why, &what),
                    fault @ FlashFailure::Fault(_) => return Err(Box::new((port, fault))),
                },
            }
            round += 1;
            if began.elapsed() >= self.spec.patience {
                return Err(Box::new((port, no_sync(&why).into())));
            }
            let given_up = !auto || !self.lines || round >= RESETS;
            if given_up && !asked_for_hands && round >= 2 {
                asked_for_hands = true;
                let help = self
                    .spec
                    .chip
                    .map_or_else(Chip::any_download_mode_help, Chip::download_mode_help);
                self.tracker.attempt("No answer: waiting for somebody to start the loader by hand");
                self.tracker.step(FlashStep::NeedsHands { help });
            }
            if given_up && round.is_multiple_of(4) {
                // A stub that an earlier attempt left behind listens at the speed it was told.
                port = rom::stale_stub(port, self.usb, self.spec.baud);
            }
        }
    }

    /// Pulses EN with BOOT held, and reads what the ROM says about it.
    fn reset_into_loader(&mut self, port: Port, round: u32) -> (Port, String) {
        if self.tracker.press(true) {
            std::thread::sleep(rom::SYNC);
            return (port, String::new());
        }
        let mut connection = port::connection(port, self.usb, rom::BAUD);
        let done = connection.reset_to_flash(round % 2 == 1);
        let mut port = connection.into_serial();
        if done.is_err() {
            self.lines = false;
            self.tracker.attempt(
                "The port has no modem lines (DTR, RTS): the board cannot be reset from here",
            );
            return (port, String::new());
        }
        let said = rom::hear(&mut port);
        self.tracker.heard(&said);
        let said = String::from_utf8_lossy(&said);
        let boot = said.lines().find_map(|line| match BootLine::parse(line, crate::clock::now()) {
            Some(BootLine::Started(boot)) => Some(boot),
            _ => None,
        });
        let why = match boot {
            Some(boot) if !boot.download => {
                format!(
                    "the chip started its program instead ({}): its BOOT pin was not low",
                    boot.mode
                )
            }
            Some(boot) => {
                format!("the chip is in its loader ({}), but does not hear us", boot.mode)
            }
            None => String::new(),
        };
        (port, why)
    }

    fn sync(&mut self, port: Port) -> (Port, Result<LoaderKind, FlashFailure>) {
        let mut connection = port::connection(port, self.usb, rom::BAUD);
        let mut result = Err(FlashFailure::Link { what: String::new(), stub: false });
        for _ in 0..SYNCS {
            result = rom::sync(&mut connection);
            if result.is_ok() || self.tracker.is_cancelled() {
                break;
            }
        }
        (connection.into_serial(), result)
    }

    fn no_answer(&mut self, round: u32, why: &str, what: &str) {
        if round < RESETS {
            let why = if why.is_empty() { what } else { why };
            self.tracker.attempt(format!("Attempt {}: no answer ({why})", round + 1));
        }
    }
}

fn identify(
    port: Port,
    usb: Option<&UsbIdentity>,
    wanted: Option<Chip>,
    mode: LinkMode,
    tracker: &mut Tracker<'_>,
) -> Result<ActiveLoader, PortAndFailure> {
    tracker.attempt("Asking the chip who it is");
    let reader = match port.try_clone_native() {
        Ok(reader) => reader,
        Err(error) => {
            let what = error.to_string();
            return Err(Box::new((port, FlashFailure::Link { what, stub: false })));
        }
    };
    let mut connection = port::connection(port, usb, rom::BAUD);
    let is_classic = mode.stub && classic::answers(&mut connection);
    let connected = match (is_classic, wanted) {
        (true, Some(wanted)) if wanted != Chip::Esp32 => {
            let fault = loader::wrong_chip(Chip::Esp32.name(), wanted).into();
            Err(Box::new((connection, fault)))
        }
        (true, _) => classic::connect(connection),
        (false, _) => {
            let wanted_by_them = loader::theirs(wanted);
            let connected =
                Flasher::try_connect(connection, mode.stub, false, false, wanted_by_them, None);
            connected.map_err(|lost| {
                let (error, mut connection) = *lost;
                let locked = loader::refused_in_secure_download(&mut connection);
                let known = locked.or_else(|| loader::other_chip(&error, wanted));
                let failure = known.map(FlashFailure::from);
                Box::new((connection, failure.unwrap_or_else(|| FlashFailure::from(error))))
            })
        }
    };
    let flasher = connected.map_err(|lost| {
        let (connection, failure) = *lost;
        let failure = match failure {
            // Identification is at the ROM's own speed: what breaks there is the stub.
            FlashFailure::Link { what, .. } => FlashFailure::Link { what, stub: mode.stub },
            fault => fault,
        };
        let port = connection.into_serial();
        let failure = failure.unless_gone(|| is_gone(&port));
        Box::new((port, failure))
    })?;
    let reached = ActiveLoader::new(flasher, reader, mode.stub, rom::BAUD).map_err(|lost| {
        let (flasher, failure) = *lost;
        let port: Port = flasher.into();
        let failure = failure.unless_gone(|| is_gone(&port));
        Box::new((port, failure))
    })?;
    let info = &reached.info;
    let revision =
        info.revision.map_or(String::new(), |(major, minor)| format!(" revision v{major}.{minor}"));
    let mac = info.mac.as_deref().unwrap_or("not told");
    tracker.attempt(format!(
        "{}{revision}, MAC {mac}, {} KiB of flash",
        info.chip,
        info.flash_size >> 10
    ));
    tracker.chip(info.clone());
    tracker.loader(reached.loader);
    Ok(reached)
}

/// Tells the stub its speed, and makes sure that it understood.
fn accelerate(
    mut reached: ActiveLoader,
    mode: LinkMode,
    tracker: &mut Tracker<'_>,
) -> Result<ActiveLoader, PortAndFailure> {
    if mode.baud == rom::BAUD || !reached.loader.stub {
        return Ok(reached);
    }
    let changed = reached.flasher.change_baud(mode.baud).map_err(FlashFailure::from);
    match changed.and_then(|()| reached.answers()) {
        Ok(()) => {
            reached.loader.baud = mode.baud;
            tracker.attempt(format!("The stub loader runs at {} baud", mode.baud));
            tracker.loader(reached.loader);
            Ok(reached)
        }
        Err(failure) => {
            let failure = failure.unless_gone(|| reached.is_gone());
            let port = rom::stub_to_rom(reached.into_port(), None, mode.baud);
            Err(Box::new((port, failure)))
        }
    }
}

fn no_sync(why: &str) -> BoardFault {
    let fault = BoardFault::new(
        FaultKind::NoSync,
        say!("told-no-sync", "The board's loader does not answer"),
        say!(
            "hint-no-sync",
            "Hold BOOT, tap RST (EN), release BOOT. No buttons: connect the boot pin to GND while EN goes low and high again. \
             It is GPIO0 on ESP32, S2 and S3; GPIO9 on C2, C3, C6, C61 and H2; GPIO28 on C5; GPIO35 on P4; GPIO61 on S31. \
             Then try again. Check, too, that the cable carries data and that nothing else is connected to TX and RX."
        ),
    );
    fault.with_detail(why)
}
