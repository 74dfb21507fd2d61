use proptest::prelude::*;

use super::samples::{Made, OTA, SINGLE, little_fs, merged, nvs, spiffs, table};
use super::*;
use crate::board::Chip;

#[test]
fn what_a_file_is_its_bytes_tell() {
    let chip = Chip::Esp32C3;
    assert!(Contents::of(&Made::application(chip).bytes()).is_application());
    assert!(Contents::of(&Made::bootloader(chip).bytes()).is_bootloader());
    assert!(matches!(Contents::of(&table(&SINGLE)), Contents::Table(Ok(_))));
    assert_eq!(Contents::of(&nvs(0x6000)), Contents::Data(PartitionUse::Nvs));
    assert_eq!(Contents::of(&spiffs(0x1_0000)), Contents::Data(PartitionUse::Spiffs));
    assert_eq!(Contents::of(&little_fs(0x1_0000)), Contents::Data(PartitionUse::LittleFs));
    assert_eq!(Contents::of(&[0xFF; 4096]), Contents::Erased);
    assert_eq!(Contents::of(b"\x7fELF\x01"), Contents::Elf);
    assert_eq!(Contents::of(b"text"), Contents::Unknown);
    let ota = OtaData::starting(1);
    assert_eq!(Contents::of(&ota.bytes()), Contents::OtaData(ota));
}

#[test]
fn old_images_without_a_description_are_told_apart_by_where_they_run() {
    let mut bytes = Made::application(Chip::Esp32).bytes();
    bytes[0x20] = 0;
    assert!(Contents::of(&bytes).is_bootloader(), "all of it runs from RAM");
    bytes[24..28].copy_from_slice(&0x3F40_0020_u32.to_le_bytes());
    assert!(Contents::of(&bytes).is_application());
}

#[test]
fn flaws_of_an_image_are_found() {
    let whole = Made::application(Chip::Esp32C3).bytes();
    let flaw = |bytes: &[u8]| EspImage::read(bytes).and_then(|image| image.flaw);
    assert_eq!(flaw(&whole), None);
    assert_eq!(EspImage::read(&whole).map(|image| image.length), Some(whole.len()));
    let mut behind = whole.clone();
    behind.extend([1; 100]);
    assert_eq!(flaw(&behind), None, "a signature may follow");
    assert_eq!(flaw(&whole[..whole.len() - 1]), Some(ImageFlaw::Cut));
    assert_eq!(flaw(&whole[..100]), Some(ImageFlaw::Cut));
    let with = |at: usize, value: u8| {
        let mut bytes = whole.clone();
        bytes[at] = value;
        flaw(&bytes)
    };
    assert_eq!(with(1, 17), Some(ImageFlaw::Segments(17)));
    assert_eq!(with(1, 0), Some(ImageFlaw::Segments(0)));
    assert_eq!(with(100, !whole[100]), Some(ImageFlaw::Checksum));
    assert_eq!(with(15, 99), Some(ImageFlaw::Hash), "the header is in no checksum");
    assert_eq!(with(whole.len() - 1, !whole[whole.len() - 1]), Some(ImageFlaw::Hash));
}

#[test]
fn a_table_is_read_as_a_bootloader_reads_it() {
    let bytes = table(&OTA);
    let read = PartitionTable::parse(&bytes).unwrap();
    assert_eq!(read.partitions.len(), 5);
    assert_eq!(read.home().map(|part| part.label.as_str()), Some("app0"));
    assert_eq!((read.ota_slots(), read.begin()), (2, 0x9000));
    assert_eq!(read.named("spiffs").map(Partition::usage).next(), Some(PartitionUse::Spiffs));
    assert_eq!(read.beyond(4 << 20), None);
    assert_eq!(read.beyond(2 << 20).map(|part| part.label.as_str()), Some("app1"));
    assert_eq!(read.overlap(), None);
    let mut wrong = bytes.clone();
    wrong[12] ^= 1;
    assert_eq!(PartitionTable::parse(&wrong), Err(TableFlaw::Md5));
    wrong[32] = 0;
    assert_eq!(PartitionTable::parse(&wrong), Err(TableFlaw::Entry(1)));
    assert_eq!(PartitionTable::parse(&[0xFF; 64]), Err(TableFlaw::Empty));
    // Cut behind its last entry, as some tools write it.
    assert!(PartitionTable::parse(&bytes[..6 * 32]).is_ok());
    let both = table(&[SINGLE[0], (1, 0x82, 0xE000, 0x3000, "late")]);
    let both = PartitionTable::parse(&both).unwrap();
    assert_eq!(both.overlap().map(|(_, late)| late.label.as_str()), Some("late"));
}

#[test]
fn otadata_names_the_slot_as_esp_idf_does() {
    let bytes = OtaData::starting(0).bytes();
    // As it stands on any board after one update.
    assert_eq!(bytes[28..32], 0x4743_989A_u32.to_le_bytes());
    assert_eq!(OtaData::read(&bytes), Some(OtaData { sequence: 1 }));
    assert_eq!(OtaData { sequence: 4 }.slot(2), Some(1));
    assert_eq!(OtaData { sequence: 4 }.slot(0), None);
    let mut refused = bytes.clone();
    refused[24] = 3;
    refused[25..28].fill(0);
    assert_eq!(OtaData::read(&refused), None);
    // On trial it is started, and may be left again.
    for state in [0, 1] {
        let mut trial = OtaData::starting(1).bytes();
        trial[24] = state;
        trial[25..28].fill(0);
        assert_eq!(OtaData::read(&trial), Some(OtaData { sequence: 2 }));
        assert_eq!(OtaData::read_kept(&trial), None);
    }
    assert_eq!(OtaData::read_kept(&bytes), OtaData::read(&bytes));
}

/// Name, address and length of each part.
fn parts(bytes: &[u8]) -> Vec<(String, u32, usize)> {
    let Contents::Merged(merged) = Contents::of(bytes) else { panic!("it is not merged") };
    merged
        .parts(bytes)
        .into_iter()
        .map(|part| (part.name, part.address, part.range.len()))
        .collect()
}

#[test]
fn a_merged_image_is_its_parts_without_the_padding() {
    let boot = Made::bootloader(Chip::Esp32).bytes();
    let app = Made::application(Chip::Esp32).bytes();
    let (single, ota) = (table(&SINGLE), table(&OTA));
    let expected = |app: (&str, u32, usize)| {
        let boot = ("bootloader", 0x1000, boot.len());
        [boot, ("partition table", 0x8000, 0xC00), app]
            .map(|(name, at, length)| (name.to_owned(), at, length))
    };
    let whole =
        merged(&[(0x1000, &boot), (0x8000, &single), (0x1_0000, &app), (0x2_0000, &[0xFF])]);
    assert_eq!(parts(&whole), expected(("factory", 0x1_0000, app.len())));
    // From the bootloader on.
    assert_eq!(parts(&whole[0x1000..]), expected(("factory", 0x1_0000, app.len())));
    let files = spiffs(0x1_0000);
    let data = OtaData::starting(0).bytes();
    let pieces: [(u32, &[u8]); 5] =
        [(0x1000, &boot), (0x8000, &ota), (0xE000, &data), (0x1_0000, &app), (0x29_0000, &files)];
    let names: Vec<_> =
        parts(&merged(&pieces)).into_iter().map(|(name, at, _)| (name, at)).collect();
    let expected = [
        ("bootloader", 0x1000),
        ("partition table", 0x8000),
        ("otadata", 0xE000),
        ("app0", 0x1_0000),
        ("spiffs", 0x29_0000),
    ];
    assert_eq!(names, expected.map(|(name, at)| (name.to_owned(), at)));
}

#[test]
fn a_program_with_a_table_in_its_middle_is_no_merged_image() {
    let large = Made { length: 0x1_0000, ..Made::application(Chip::Esp32C3) };
    let mut bytes = large.bytes();
    bytes[0x8000..0x8C00].copy_from_slice(&table(&SINGLE));
    assert!(Contents::of(&bytes).is_application());
}

#[test]
fn a_table_at_another_place_is_found_behind_a_bootloader() {
    let boot = Made::bootloader(Chip::Esp32S3).bytes();
    let far = table(&[(1, 2, 0x1_1000, 0x6000, "nvs"), (0, 0, 0x2_0000, 0x10_0000, "factory")]);
    let app = Made::application(Chip::Esp32S3).bytes();
    let bytes = merged(&[(0, &boot), (0x1_0000, &far), (0x2_0000, &app)]);
    assert_eq!(parts(&bytes)[1], ("partition table".to_owned(), 0x1_0000, 0xC00));
}

proptest! {
    #[test]
    fn whatever_a_file_holds_it_is_something(
        start in prop::sample::select(vec![0xE9_u8, 0xAA, 0xFF, 0x7F, 1]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        again in 0_usize..400,
    ) {
        let mut all = vec![start];
        for _ in 0..again {
            all.extend(&bytes);
        }
        let contents = Contents::of(&all);
        if let Contents::Merged(merged) = contents {
            merged.parts(&all);
        }
    }

    /// Put together again they are what they were: only padding is not in any part, and no byte is in two.
    #[test]
    fn parts_of_a_merged_image_are_all_that_is_no_padding(
        chip in prop::sample::select(Chip::ALL.to_vec()),
        places in prop::collection::vec((0_usize..60, 1_usize..9000, any::<u8>()), 0..8),
        with_ota: bool,
        from_bootloader: bool,
    ) {
        let boot = Made::bootloader(chip).bytes();
        let entries = if with_ota { table(&OTA) } else { table(&SINGLE) };
        let mut bytes = merged(&[(chip.bootloader_at(), &boot), (0x8000, &entries)]);
        bytes.resize(0x6_0000, 0xFF);
        for (sector, length, value) in places {
            let at = 0x9000 + sector * 0x1000;
            bytes[at..at + length].fill(value);
        }
        let base = if from_bootloader { chip.bootloader_at() } else { 0 };
        let bytes = &bytes[base as usize..];
        let Contents::Merged(found) = Contents::of(bytes) else { panic!("it is merged") };
        prop_assert_eq!(found.base, base);
        let mut again = vec![0xFF; bytes.len()];
        let mut last = 0;
        for part in found.parts(bytes) {
            let end = part.address as usize - base as usize;
            prop_assert!(end >= last, "{} overlaps", part.name);
            prop_assert_eq!(part.range.start, end);
            again[part.range.clone()].copy_from_slice(&bytes[part.range.clone()]);
            last = part.range.end;
        }
        prop_assert!(again == bytes);
    }

    #[test]
    fn a_changed_bit_of_an_image_is_found(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = Made::application(Chip::Esp32S3).bytes();
        // Byte 23 says whether there is a hash at all.
        let at = at.index(bytes.len());
        prop_assume!(at > 0 && at != 23);
        bytes[at] ^= 1 << bit;
        prop_assert!(EspImage::read(&bytes).is_some_and(|image| image.flaw.is_some()));
    }
}
