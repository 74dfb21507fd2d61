//! Files of the user's own: an ELF, an application, a merged image. What is written is what a chip would start.

use espalier_core::board::{AfterFlash, Chip as Known, ChipInfo, FaultKind, FlashSpec, PartState};
use espalier_engine::board::flash::FlashPart;
use espalier_engine::board::images;
use espalier_simulator::{Chip, Mode};

use super::bench::{Bench, fault, noise, outcome};
use super::elf::{Elf, RISC_V, XTENSA};

/// An ESP32-C3 program called "garden": its descriptor, code in flash and code in RAM.
fn program(machine: u16, descriptor: bool) -> Elf {
    let mut about = 0xabcd_5432_u32.to_le_bytes().to_vec();
    about.resize(16, 0);
    about.extend(b"3.1.4");
    about.resize(48, 0);
    about.extend(b"garden");
    about.resize(256, 0);
    let name = if descriptor { ".flash.appdesc" } else { ".flash.rodata" };
    Elf::new(machine)
        .section(name, 0x3c00_0020, about)
        .section(".flash.text", 0x4201_0020, noise(40_000))
        .section(".iram0.text", 0x4038_0000, noise(5000))
        .function("main", 0x4201_0020, 64)
}

/// Bootloader, partition table with one slot and application of the bundled firmware.
pub fn bundled(chip: Known) -> Vec<FlashPart> {
    let info = ChipInfo {
        chip,
        revision: None,
        mac: None,
        flash_size: 2 << 20,
        features: Vec::new(),
        crystal: Some(40),
    };
    images::parts(&info).unwrap()
}

#[test]
fn an_elf_with_a_descriptor_is_made_into_an_image_that_starts() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let elf = bench.file("garden.elf", &program(RISC_V, true).build(), None);
    let status = desk.flash(FlashSpec::files(vec![elf]));
    outcome(&status);
    let parts: Vec<_> =
        status.parts.iter().map(|part| (part.name.as_str(), part.address)).collect();
    assert_eq!(
        parts,
        [("bootloader", 0), ("partition table", 0x8000), ("application", 0x1_0000)],
        "{status:#?}"
    );
    assert!(status.parts.iter().all(|part| part.state == PartState::Verified), "{status:#?}");
    // Checksum, SHA-256 and chip are checked by whoever starts it.
    desk.wait_text("the application is garden 3.1.4");
    desk.wait_status("the program's own symbols", |status| {
        status.symbols.as_ref().filter(|it| format!("{it:?}").contains("garden.elf")).map(drop)
    });
}

#[test]
fn an_elf_without_a_descriptor_is_refused_with_what_it_lacks() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let elf = bench.file("bare.elf", &program(RISC_V, false).build(), None);
    let fault = fault(&desk.flash(FlashSpec::files(vec![elf])));
    assert_eq!(fault.kind, FaultKind::BadFile);
    assert!(fault.what.contains("bare.elf") && fault.hint.contains("esp_app_desc!"), "{fault:?}");
    assert!(bench.flash().iter().all(|byte| *byte == 0xff));
}

#[test]
fn an_elf_for_another_machine_is_refused_by_name() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let elf = bench.file("other.elf", &program(XTENSA, true).build(), None);
    let fault = fault(&desk.flash(FlashSpec::files(vec![elf])));
    assert_eq!(fault.kind, FaultKind::WrongChip);
    assert!(fault.what.contains("Xtensa") && fault.what.contains("ESP32-C3"), "{fault}");
    assert!(bench.flash().iter().all(|byte| *byte == 0xff));
}

#[test]
fn a_merged_image_is_written_as_its_parts_and_starts() {
    for (chip, known) in [(Chip::Esp32c3, Known::Esp32C3), (Chip::Esp32, Known::Esp32)] {
        let bench = Bench::new(chip);
        let desk = bench.desk();
        let mut merged = Vec::new();
        for part in bundled(known) {
            merged.resize(part.address as usize, 0xff);
            merged.extend(part.bytes);
        }
        let file = bench.file("merged.bin", &merged, None);
        let status = desk.flash(FlashSpec::files(vec![file]));
        outcome(&status);
        let places: Vec<_> = status.parts.iter().map(|part| part.address).collect();
        assert_eq!(places, [known.bootloader_at(), 0x8000, 0x1_0000], "{status:#?}");
        bench.wait_for(Mode::Running);
    }
}

#[test]
fn an_application_without_an_address_goes_where_applications_lie() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let parts = bundled(Known::Esp32C3);
    let file = |index: usize, address| {
        let part: &FlashPart = &parts[index];
        bench.file(&format!("{index}.bin"), &part.bytes, address)
    };
    // The first two have addresses of their own; nothing starts before the third is there.
    let first = vec![file(0, Some(0)), file(1, Some(0x8000))];
    let stay = FlashSpec { after: AfterFlash::None, ..FlashSpec::files(first) };
    outcome(&desk.flash(stay));
    let status = desk.flash(FlashSpec::files(vec![file(2, None)]));
    outcome(&status);
    assert_eq!(status.parts[0].address, 0x1_0000);
    bench.wait_for(Mode::Running);
}
