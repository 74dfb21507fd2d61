use std::fs;

use espalier_core::board::{ChipInfo, FaultKind};
use tempfile::TempDir;

use super::*;
use crate::board::images;

#[path = "../../../tests/it/board/build_folders.rs"]
mod folders;

use folders::Program;

/// Our own firmware, as if somebody else had built it.
fn program() -> Program {
    let info = ChipInfo {
        chip: Chip::Esp32C3,
        revision: Some((0, 4)),
        mac: None,
        flash_size: 2 << 20,
        features: Vec::new(),
        crystal: Some(40),
    };
    let parts = images::parts(&info).unwrap();
    let mut parts = parts.into_iter().map(|part| (part.address, part.bytes));
    let mut next = || parts.next().unwrap();
    Program { chip: "esp32c3", bootloader: next(), table: next(), application: next() }
}

fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// It is of this kind, and consists of our three parts.
#[track_caller]
fn is_ours(path: &Path, kind: BuildKind) -> Build {
    let build = find_one(path).unwrap_or_else(|fault| panic!("{fault}: {}", fault.hint));
    assert_eq!(build.kind, kind);
    let image = image_for(&build, Chip::Esp32C3).unwrap();
    let places: Vec<_> =
        image.parts.iter().map(|part| (part.name.as_str(), part.address)).collect();
    let expected = [
        ("bootloader", Some(0)),
        ("partition table", Some(0x8000)),
        ("application", Some(0x1_0000)),
    ];
    assert_eq!(places, expected);
    let program = program();
    for (part, bytes) in
        image.parts.iter().zip([&program.bootloader, &program.table, &program.application])
    {
        assert_eq!(fs::read(&part.path).unwrap(), bytes.1);
        assert_eq!(part.size, bytes.1.len() as u64);
    }
    assert_eq!(image.parts[2].partition.as_deref(), Some("factory"));
    assert_eq!(image.chip, Some(Chip::Esp32C3));
    build
}

#[track_caller]
fn refused(path: &Path) -> (BoardFault, String) {
    let fault = find_one(path).unwrap_err();
    let said = format!("{}. {} {}", fault.what, fault.hint, fault.detail);
    (fault, said)
}

#[test]
fn a_build_of_esp_idf_is_known_by_folder_project_and_file() {
    for windows in [false, true] {
        let folder = scratch();
        let built = program().idf(folder.path(), windows);
        for path in [folder.path().to_owned(), built.clone(), built.join("flasher_args.json")] {
            let build = is_ours(&path, BuildKind::EspIdf);
            assert_eq!(build.name, "hello");
            assert_eq!(build.elf, Some(built.join("hello.elf")));
            assert_eq!(build.images[0].header.size.as_deref(), Some("4MB"));
        }
        let args = is_ours(&built.join("flash_args"), BuildKind::FlashArgs);
        assert_eq!(args.elf, Some(built.join("hello.elf")));
        assert_eq!(args.images[0].header.mode.as_deref(), Some("dio"));
    }
}

#[test]
fn an_export_of_arduino_is_known_with_and_without_its_arguments() {
    for flash_args in [false, true] {
        let folder = scratch();
        let sketch = folder.path().join("Blink");
        let built = program().arduino(&sketch, flash_args);
        for path in [&sketch, &built] {
            let build = is_ours(path, BuildKind::Arduino);
            assert_eq!(build.name, "Blink");
            assert_eq!(build.elf, Some(built.join("Blink.ino.elf")));
        }
    }
}

#[test]
fn an_environment_of_platformio_is_known_and_several_must_be_told_apart() {
    let folder = scratch();
    let built = program().platformio(folder.path(), &["c3"]);
    for path in [folder.path().to_owned(), folder.path().join(".pio"), built[0].clone()] {
        let build = is_ours(&path, BuildKind::PlatformIo);
        assert_eq!((build.name.as_str(), build.elf), ("c3", Some(built[0].join("firmware.elf"))));
    }
    let built = program().platformio(folder.path(), &["c3", "s3"]);
    assert_eq!(find(folder.path()).unwrap(), FoundBuild::Several(built.clone()));
    let (fault, said) = refused(folder.path());
    assert_eq!(fault.kind, FaultKind::BadFile);
    assert!(said.contains("2 builds") && said.contains(&built[1].display().to_string()), "{said}");
    is_ours(&built[1], BuildKind::PlatformIo);
}

#[test]
fn an_idf_project_that_is_called_firmware_is_no_platformio() {
    let folder = scratch();
    let built = program().idf(folder.path(), false);
    fs::write(built.join("firmware.bin"), b"x").unwrap();
    is_ours(&built, BuildKind::EspIdf);
}

#[test]
fn a_manifest_of_esp_web_tools_gives_each_chip_its_own() {
    let folder = scratch();
    let manifest = program().web_tools(folder.path(), "ESP32-C3");
    for path in [folder.path(), &manifest] {
        let build = is_ours(path, BuildKind::WebTools);
        assert_eq!(build.chips(), [Chip::Esp32S3, Chip::Esp32C3]);
        let fault = image_for(&build, Chip::Esp32C6).unwrap_err();
        assert_eq!(fault.kind, FaultKind::WrongChip);
        assert!(fault.what.contains("ESP32-S3, ESP32-C3"), "{fault}");
    }
    let text = fs::read_to_string(&manifest).unwrap().replace("s3.bin", "https://e.org/s3.bin");
    fs::write(&manifest, text).unwrap();
    assert!(refused(&manifest).1.contains("https://e.org/s3.bin"));
}

#[test]
fn arguments_of_esptool_and_loose_files_are_known() {
    let folder = scratch();
    let args = program().flash_args(folder.path());
    is_ours(&args, BuildKind::FlashArgs);
    is_ours(folder.path(), BuildKind::FlashArgs);
    let application = find_one(&folder.path().join("app.bin")).unwrap();
    assert_eq!((application.kind, application.chips()), (BuildKind::File, vec![Chip::Esp32C3]));
    let merged = folder.path().join("all.bin");
    fs::write(&merged, program().merged()).unwrap();
    let merged = find_one(&merged).unwrap();
    assert_eq!((merged.kind, merged.chips()), (BuildKind::Merged, vec![Chip::Esp32C3]));
}

#[test]
fn a_program_of_rust_brings_the_table_of_its_project() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("Cargo.toml"), "\u{feff}[package]\nname = \"blinky\"\r\n").unwrap();
    assert!(refused(folder.path()).1.contains("cargo build --release"));
    let built = at("target/xtensa-esp32s3-none-elf/release");
    fs::create_dir_all(&built).unwrap();
    let elf = built.join("blinky");
    fs::write(&elf, b"\x7fELF and more").unwrap();
    let image = |path: &Path| {
        let build = find_one(path).unwrap();
        assert_eq!((build.kind, build.elf), (BuildKind::Elf, Some(elf.clone())));
        build.images[0].clone()
    };
    assert_eq!((image(&elf).table, image(&elf).chip), (None, Some(Chip::Esp32S3)));
    fs::write(at("partitions.csv"), "").unwrap();
    assert_eq!(image(folder.path()).table, Some(at("partitions.csv")));
    fs::write(
        at("espflash.toml"),
        "[idf]\npartition_table = 'tables\\own.csv'\npartition_table_offset = 0x10000\n\
         target_app_partition = 'ota_1'\n[flash]\nfrequency = '80MHz'\n",
    )
    .unwrap();
    let own = image(&elf);
    assert_eq!(own.table, Some(at("tables/own.csv")));
    assert_eq!((own.table_at, own.partition.as_deref()), (Some(0x1_0000), Some("ota_1")));
    assert_eq!(own.header.frequency.as_deref(), Some("80m"));
}

#[test]
fn what_is_not_built_yet_or_missing_says_what_to_do() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    let (fault, said) = refused(folder.path());
    assert_eq!(fault.kind, FaultKind::BadFile);
    assert!(said.contains("flasher_args.json"), "{said}");
    assert!(refused(&at("nowhere")).1.contains("cannot be read"));
    fs::write(at("CMakeLists.txt"), "include($ENV{IDF_PATH}/tools/cmake/project.cmake)").unwrap();
    assert!(refused(folder.path()).1.contains("idf.py build"));
    let build = program().idf(folder.path(), false);
    fs::remove_file(build.join("hello.bin")).unwrap();
    let said = refused(folder.path()).1;
    assert!(said.contains("hello.bin is missing") && said.contains("idf.py build"), "{said}");
    fs::remove_dir_all(build).unwrap();
    fs::remove_file(at("CMakeLists.txt")).unwrap();
    fs::write(at("platformio.ini"), "[env:x]").unwrap();
    assert!(refused(folder.path()).1.contains("pio run"));
    let sketch = at("Blink");
    fs::create_dir(&sketch).unwrap();
    fs::write(sketch.join("Blink.ino"), "").unwrap();
    assert!(refused(&sketch).1.contains("--export-binaries"));
}

#[test]
fn damaged_files_are_refused_by_name() {
    let folder = scratch();
    let build = program().idf(folder.path(), false);
    let args = build.join("flasher_args.json");
    for (text, reason) in [
        ("{", "cannot be read"),
        ("[]", "no flash_files"),
        (r#"{"flash_files": {}}"#, "are empty"),
        (r#"{"flash_files": {"ten": "a.bin"}}"#, "\"ten\" is no address"),
        (r#"{"flash_files": {"0x0": 7}}"#, "holds no names"),
        (
            r#"{"flash_files": {"0x0": "hello.bin"}, "extra_esptool_args": {"chip": "esp8266"}}"#,
            "esp8266",
        ),
    ] {
        fs::write(&args, text).unwrap();
        let said = refused(&build).1;
        assert!(said.contains(reason), "{text}: {said}");
    }
    let text = folder.path().join("notes.txt");
    fs::write(&text, "hello world").unwrap();
    assert!(refused(&text).1.contains("where an address is due"));
    fs::write(&text, "").unwrap();
    assert!(refused(&text).1.contains("has 0 bytes"));
    let large = folder.path().join("flash_args");
    fs::write(&large, vec![b' '; 5 << 20]).unwrap();
    assert!(refused(&large).1.contains("larger than 4 MiB"));
}
