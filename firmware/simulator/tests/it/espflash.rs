//! The espflash library, as it is published, against every chip.

use espalier_simulator::{Chip, Mode};
use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
use espflash::flasher::{FlashSize, Flasher};
use espflash::target::DefaultProgressCallback;
use serialport::UsbPortInfo;

use crate::fixture::{Bench, PATIENCE};
use crate::images::noise;

/// Connects as an application without modem lines does.
pub fn connect(
    bench: &Bench,
    after: ResetAfterOperation,
    stub: bool,
    baud: Option<u32>,
) -> Result<Flasher, espflash::Error> {
    let port = serialport::new(bench.path(), 115_200).timeout(PATIENCE).open_native()?;
    let info =
        UsbPortInfo { vid: 0, pid: 0, serial_number: None, manufacturer: None, product: None };
    let connection = Connection::new(port, info, after, ResetBeforeOperation::NoReset, 115_200);
    Flasher::connect(connection, stub, true, false, None, baud)
}

#[test]
fn detects_every_chip() {
    for chip in Chip::ALL {
        for stub in [false, true] {
            let bench = Bench::with(chip, &[], |spec| spec.seed = 77);
            let mut flasher =
                connect(&bench, ResetAfterOperation::NoResetNoStub, stub, None).unwrap();
            assert_eq!(flasher.chip().to_string(), chip.name());
            let info = flasher.device_info().unwrap();
            let (major, minor) = espalier_simulator::chip::facts(chip).revision;
            assert_eq!(info.revision, Some((major.into(), minor.into())), "{chip}");
            assert_eq!(info.flash_size, FlashSize::_4Mb);
            let mac = info.mac_address.unwrap();
            let known = std::fs::read_to_string(bench.folder.path().join("board.txt")).unwrap();
            assert_eq!(known.trim(), format!("{chip} {mac}"));
            assert_eq!(info.crystal_frequency.to_string(), "40 MHz");
        }
    }
}

#[test]
fn writes_verifies_reads_and_erases_with_the_stub() {
    let bench = Bench::new(Chip::Esp32c3);
    let mut flasher =
        connect(&bench, ResetAfterOperation::NoResetNoStub, true, Some(921_600)).unwrap();
    // One part that deflates and one that does not.
    let mut data = noise(3, 100_000);
    let text = b"to be or not to be ".repeat(5_000);
    flasher.write_bin_to_flash(0x1_0000, &data, &mut DefaultProgressCallback).unwrap();
    flasher.write_bin_to_flash(0x10_0000, &text, &mut DefaultProgressCallback).unwrap();
    assert_eq!(bench.flash()[0x1_0000..][..data.len()], data);
    assert_eq!(bench.flash()[0x10_0000..][..text.len()], text);
    bench.wait_for(Mode::StubLoader);

    let file = bench.folder.path().join("read.bin");
    flasher.read_flash(0x1_0000, 100_000, 0x1000, 64, file.clone()).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), data);

    flasher.erase_region(0x1_1000, 0x2000).unwrap();
    data[0x1000..0x3000].fill(0xff);
    assert_eq!(bench.flash()[0x1_0000..][..data.len()], data);
    assert!(flasher.erase_region(0x1_1001, 0x1000).is_err());
    flasher.erase_flash().unwrap();
    assert!(bench.flash().iter().all(|&byte| byte == 0xff));
}

#[test]
fn writes_without_the_stub() {
    for chip in [Chip::Esp32, Chip::Esp32c6] {
        let bench = Bench::new(chip);
        let mut flasher =
            connect(&bench, ResetAfterOperation::NoResetNoStub, false, Some(460_800)).unwrap();
        let data = noise(4, 20_000);
        flasher.write_bin_to_flash(0x2_0000, &data, &mut DefaultProgressCallback).unwrap();
        assert_eq!(bench.flash()[0x2_0000..][..data.len()], data);
        // The ROM has no fast erase.
        assert!(flasher.erase_flash().is_err());
    }
}

#[test]
fn board_can_be_flashed_again_and_again_without_a_reset() {
    let bench = Bench::new(Chip::Esp32);
    for (round, after) in [
        ResetAfterOperation::NoReset,
        ResetAfterOperation::NoResetNoStub,
        ResetAfterOperation::NoReset,
    ]
    .into_iter()
    .enumerate()
    {
        let mut flasher = connect(&bench, after, true, Some(921_600)).unwrap();
        let data = noise(round as u64, 8192);
        flasher.write_bin_to_flash(0, &data, &mut DefaultProgressCallback).unwrap();
        assert_eq!(bench.flash()[..data.len()], data);
    }
}
