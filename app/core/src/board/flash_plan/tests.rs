use proptest::prelude::*;

use super::*;
use crate::board::contents::samples::{
    Entry, Made, OTA, SINGLE, little_fs, merged, nvs, spiffs, table,
};
use crate::board::{Chip, FaultKind, SECTOR};

fn info(chip: Chip) -> ChipInfo {
    ChipInfo {
        chip,
        revision: Some((0, 3)),
        mac: None,
        flash_size: 4 << 20,
        features: Vec::new(),
        crystal: Some(40),
    }
}

/// One try, changed where a test needs it.
struct Try<'a> {
    chip: Chip,
    revision: (u32, u32),
    board: Option<&'a [Entry<'a>]>,
    table_at: u32,
    action: FlashAction,
    force: bool,
    whole: bool,
}

const S3: Try<'static> = Try {
    chip: Chip::Esp32S3,
    revision: (0, 3),
    board: None,
    table_at: PartitionTable::AT,
    action: FlashAction::Install,
    force: false,
    whole: false,
};

impl Try<'_> {
    fn plan(&self, blobs: &[(Option<u32>, &[u8])]) -> Result<FlashPlan, BoardFault> {
        let info = ChipInfo { revision: Some(self.revision), ..info(self.chip) };
        let board = self.board.map(|entries| PartitionTable::parse(&table(entries)).unwrap());
        let blob = |(index, (address, bytes)): (usize, &(Option<u32>, &[u8]))| FlashBlob {
            name: format!("{index}.bin"),
            address: *address,
            bytes: bytes.to_vec(),
        };
        let target = FlashTarget {
            info: &info,
            table: board.as_ref(),
            table_at: self.table_at,
            action: self.action,
            force: self.force,
            whole: self.whole,
        };
        FlashPlan::new(blobs.iter().enumerate().map(blob).collect(), &target)
    }

    fn addresses(&self, blobs: &[(Option<u32>, &[u8])]) -> Vec<u32> {
        let plan = self.plan(blobs).unwrap();
        plan.parts.iter().map(|part| part.address).collect()
    }

    /// What is refused with --force left out, and written with it.
    fn refuses(&self, blobs: &[(Option<u32>, &[u8])]) -> BoardFault {
        let forced = Self { force: true, ..*self }.plan(blobs).unwrap();
        assert!(!forced.remarks.is_empty());
        self.plan(blobs).unwrap_err()
    }
}

fn boot() -> Vec<u8> {
    Made::bootloader(Chip::Esp32S3).bytes()
}

fn app() -> Vec<u8> {
    Made::application(Chip::Esp32S3).bytes()
}

#[test]
fn a_program_is_looked_for_in_the_slot_that_the_board_has_chosen_since() {
    let plan = S3.plan(&[(None, &table(&OTA)), (None, &app())]).unwrap();
    assert_eq!(erased_choice(&plan.parts), Some(0xE000));
    let chosen = |otadata: &[u8]| {
        let (parts, slot) = as_chosen(&plan.parts, otadata)?;
        let places: Vec<_> = parts.iter().map(|part| part.address).collect();
        let same = parts.iter().any(|part| part.address == 0xE000 && part.bytes == otadata);
        assert!(same, "what the board has chosen is what is expected of it");
        Some((places, slot))
    };
    let second = OtaData::starting(1).bytes();
    assert_eq!(chosen(&second), Some((vec![0x8000, 0xE000, 0x15_0000], 0x15_0000)));
    let first = OtaData::starting(0).bytes();
    assert_eq!(chosen(&first), Some((vec![0x8000, 0xE000, 0x1_0000], 0x1_0000)));
    // Nothing was chosen, or not for good.
    assert_eq!(chosen(&[0xFF; OtaData::LENGTH]), None);
    let mut trial = second;
    trial[24..28].fill(0);
    assert_eq!(chosen(&trial), None);
    // Parts that choose themselves are compared as they are.
    let own = OtaData::starting(1).bytes();
    let plan = S3.plan(&[(None, &table(&OTA)), (None, &own), (None, &app())]).unwrap();
    assert_eq!(erased_choice(&plan.parts), None);
}

#[test]
fn an_application_without_an_address_goes_where_the_table_has_it() {
    let far: [Entry<'_>; 2] =
        [(1, 2, 0x9000, 0x1_0000, "nvs"), (0, 0, 0x2_0000, 0x30_0000, "factory")];
    let on_board = Try { board: Some(&far), ..S3 };
    assert_eq!(on_board.addresses(&[(None, &app())]), [0x2_0000]);
    // The table that is written counts before the one that is there.
    assert_eq!(on_board.addresses(&[(None, &table(&SINGLE)), (None, &app())]), [0x8000, 0x1_0000]);
    // Before any table, its place is nobody's guess.
    let fault = S3.plan(&[(None, &app())]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::WrongPlace);
    assert!(fault.what.contains("no partition table"), "{fault}");
    let other = Made::application(Chip::Esp32C3).bytes();
    assert_eq!(S3.plan(&[(None, &other)]).unwrap_err().kind, FaultKind::WrongChip);
}

#[test]
fn with_slots_the_one_that_is_written_is_the_one_that_starts() {
    let board = Try { board: Some(&OTA), ..S3 };
    let plan = board.plan(&[(None, &app())]).unwrap();
    assert_eq!((plan.parts[0].address, plan.parts[1].address), (0xE000, 0x1_0000));
    assert!(plan.parts[0].bytes.iter().all(|byte| *byte == 0xFF), "erased: the first slot starts");
    let plan = board.plan(&[(Some(0x15_0000), &app())]).unwrap();
    let chosen = OtaData::read(&plan.parts[0].bytes).and_then(|data| data.slot(2));
    assert_eq!(chosen, Some(1));
    // Whoever brings it decides.
    let own = OtaData::starting(1).bytes();
    let plan = board.plan(&[(None, &own), (None, &app())]).unwrap();
    assert_eq!(plan.parts.len(), 2);
    assert_eq!(plan.parts[0].bytes, own);
    // Comparing does not mind what was chosen since.
    let compared = Try { action: FlashAction::VerifyOnly, ..board };
    assert_eq!(compared.addresses(&[(None, &app())]), [0x1_0000]);
    let with_factory: Vec<Entry<'_>> =
        [(0, 0, 0x10_0000, 0x1_0000, "first")].into_iter().chain(OTA).collect();
    let with_factory: Vec<_> =
        with_factory.into_iter().filter(|entry| entry.4 != "app0" && entry.4 != "app1").collect();
    let board = Try { board: Some(&with_factory), ..S3 };
    assert_eq!(board.addresses(&[(None, &app())]), [0xE000, 0x10_0000]);
}

#[test]
fn everything_without_an_address_finds_its_own() {
    let files = spiffs(0x1_0000);
    let settings = nvs(0x5000);
    let all: [(Option<u32>, &[u8]); 5] =
        [(None, &files), (None, &app()), (None, &boot()), (None, &table(&OTA)), (None, &settings)];
    assert_eq!(S3.addresses(&all), [0, 0x8000, 0x9000, 0xE000, 0x1_0000, 0x29_0000]);
    let esp32 = Try { chip: Chip::Esp32, ..S3 };
    assert_eq!(esp32.addresses(&[(None, &Made::bootloader(Chip::Esp32).bytes())]), [0x1000]);
    let little = little_fs(0x1_0000);
    assert_eq!(Try { board: Some(&OTA), ..S3 }.addresses(&[(None, &little)]), [0x29_0000]);
    assert_eq!(S3.plan(&[(None, b"text")]).unwrap_err().kind, FaultKind::BadFile);
}

#[test]
fn what_is_not_where_it_belongs_is_refused_with_the_right_place() {
    let board = Try { board: Some(&OTA), ..S3 };
    let esp32 = Try { chip: Chip::Esp32, ..S3 };
    let old = Made::bootloader(Chip::Esp32).bytes();
    let (files, settings) = (spiffs(0x1_0000), nvs(0x5000));
    for (on, at, bytes, right) in [
        (&board, 0x1000, boot(), "0x0"),
        (&board, 0x1_0000, boot(), "0x0"),
        (&esp32, 0, old, "0x1000"),
        (&board, 0, app(), "0x10000"),
        (&board, 0x9000, app(), "0x10000"),
        (&board, 0x2_0000, app(), "0x10000"),
        (&board, 0x29_0000, app(), "0x10000"),
        (&board, 0x1_0000, table(&SINGLE), "0x8000"),
        (&board, 0, table(&SINGLE), "0x8000"),
        (&board, 0x1_0000, files.clone(), "0x290000"),
        (&board, 0x9000, files, "0x290000"),
        (&board, 0x15_0000, settings, "0x9000"),
        (&board, 0x9000, OtaData::starting(0).bytes(), "0xe000"),
    ] {
        let fault = on.refuses(&[(Some(at), &bytes)]);
        assert_eq!(fault.kind, FaultKind::WrongPlace, "{fault}");
        let said = format!("{fault} ");
        assert!(
            said.contains(&format!("{right} ")) || said.contains(&format!("{right},")),
            "{fault}"
        );
    }
}

#[test]
fn nothing_but_their_own_kind_overwrites_bootloader_table_and_programs() {
    let board = Try { board: Some(&SINGLE), ..S3 };
    for (on, at, bytes) in [
        (&S3, 0, b"text".to_vec()),
        (&S3, 0, app()),
        (&S3, 0x8000, b"text".to_vec()),
        (&S3, 0x7000, vec![1; 0x1800]),
        (&S3, 0, vec![0xFF; 0x1000]),
        (&board, 0x8000, vec![0xFF; 0x1000]),
        (&board, 0x1_0000, b"text".to_vec()),
    ] {
        assert_eq!(on.refuses(&[(Some(at), &bytes)]).kind, FaultKind::WrongPlace);
    }
    // Everywhere else people may put what they like.
    for at in [0x9000, 0xF000, 0x20_0000] {
        assert_eq!(board.addresses(&[(Some(at), b"text")]), [at]);
        assert_eq!(board.addresses(&[(Some(at), &[0xFF; 0x1000])]), [at]);
    }
}

#[test]
fn a_table_may_lie_elsewhere_when_its_bootloader_comes_along() {
    let far = table(&[(1, 2, 0x1_1000, 0x6000, "nvs"), (0, 0, 0x2_0000, 0x10_0000, "factory")]);
    let all: [(Option<u32>, &[u8]); 3] =
        [(Some(0), &boot()), (Some(0x1_0000), &far), (Some(0x2_0000), &app())];
    assert_eq!(S3.addresses(&all), [0, 0x1_0000, 0x2_0000]);
    assert_eq!(S3.refuses(&all[1..]).kind, FaultKind::WrongPlace);
    // Built for 0x8000, its first partition would be overwritten by the table itself.
    let fault = S3.refuses(&[(Some(0), &boot()), (Some(0x9000), &table(&SINGLE))]);
    assert_eq!(fault.kind, FaultKind::WrongPlace);
    let low = table(&[(0, 0, 0, 0x10_0000, "factory")]);
    assert_eq!(S3.refuses(&[(Some(0x8000), &low)]).kind, FaultKind::WrongPlace);
}

#[test]
fn a_merged_image_is_written_as_its_parts_and_settings_stay() {
    let settings = nvs(0x5000);
    let files = spiffs(0x1_0000);
    let (boot, entries, app) = (boot(), table(&OTA), app());
    let pieces: [(u32, &[u8]); 5] = [
        (0, &boot),
        (0x8000, &entries),
        (0x9000, &settings),
        (0x1_0000, &app),
        (0x29_0000, &files),
    ];
    let image = merged(&pieces);
    let all: [(Option<u32>, &[u8]); 1] = [(None, &image)];
    assert_eq!(S3.addresses(&all), [0, 0x8000, 0xE000, 0x1_0000, 0x29_0000]);
    assert_eq!(S3.addresses(&[(Some(0), &image)]), [0, 0x8000, 0xE000, 0x1_0000, 0x29_0000]);
    let plan = S3.plan(&all).unwrap();
    assert!(plan.remarks.iter().any(|remark| remark.contains("settings stay")), "{plan:?}");
    // Where all is erased there is nothing to keep.
    let erased = Try { action: FlashAction::EraseFirst, ..S3 };
    assert_eq!(erased.addresses(&all), [0, 0x8000, 0x9000, 0xE000, 0x1_0000, 0x29_0000]);
    let whole = Try { whole: true, ..S3 };
    assert_eq!(whole.addresses(&all), [0]);
    assert_eq!(whole.plan(&all).unwrap().parts[0].bytes, image);
}

#[test]
fn a_merged_image_that_could_not_start_is_refused() {
    let (boot, app) = (boot(), app());
    let (single, large) = (table(&SINGLE), table(&[(0, 0, 0x1_0000, 0x60_0000, "factory")]));
    let shifted = merged(&[(0x1000, &boot), (0x8000, &single), (0x1_0000, &app)]);
    let beyond = merged(&[(0, &boot), (0x8000, &large), (0x1_0000, &app)]);
    let good = merged(&[(0, &boot), (0x8000, &single), (0x1_0000, &app)]);
    for whole in [false, true] {
        let on = Try { whole, ..S3 };
        assert_eq!(on.refuses(&[(None, &shifted)]).kind, FaultKind::WrongPlace);
        assert_eq!(on.refuses(&[(None, &beyond)]).kind, FaultKind::TooLarge);
        assert_eq!(on.refuses(&[(Some(0x1000), &good)]).kind, FaultKind::WrongPlace);
        let mut broken = good.clone();
        broken[0x1_1000] ^= 1;
        assert_eq!(on.refuses(&[(None, &broken)]).kind, FaultKind::BadFile);
        let mut broken = good.clone();
        broken[0x8000 + 12] ^= 1;
        assert_eq!(on.refuses(&[(None, &broken)]).kind, FaultKind::BadFile);
    }
}

#[test]
fn what_the_chip_could_not_run_is_refused() {
    let board = Try { board: Some(&SINGLE), ..S3 };
    let kind = |made: Made| board.refuses(&[(None, &made.bytes())]).kind;
    let app = Made::application(Chip::Esp32S3);
    assert_eq!(kind(Made { chip: Chip::Esp32C3, ..app }), FaultKind::WrongChip);
    assert_eq!(kind(Made { revisions: (4, 0), ..app }), FaultKind::WrongChip);
    assert_eq!(kind(Made { revisions: (0, 2), ..app }), FaultKind::WrongChip);
    assert_eq!(kind(Made { flash_size: 3, ..app }), FaultKind::TooLarge);
    assert_eq!(kind(Made { length: 0x11_0000, ..app }), FaultKind::TooLarge);
    assert_eq!(board.addresses(&[(None, &Made { revisions: (3, 3), ..app }.bytes())]), [0x1_0000]);
    // No ROM minds how new a chip a bootloader was built for.
    let boot = Made { revisions: (0, 2), ..Made::bootloader(Chip::Esp32S3) };
    assert_eq!(board.addresses(&[(None, &boot.bytes())]), [0]);
    let mut damaged = app.bytes();
    damaged[3000] ^= 1;
    assert_eq!(board.refuses(&[(None, &damaged)]).kind, FaultKind::BadFile);
    let mut entries = table(&SINGLE);
    entries[20] ^= 1;
    assert_eq!(board.refuses(&[(None, &entries)]).kind, FaultKind::BadFile);
    let overlapping = table(&[SINGLE[0], SINGLE[2], (1, 6, 0x1_F000, 0x1000, "late")]);
    assert_eq!(board.refuses(&[(None, &overlapping)]).kind, FaultKind::BadFile);
}

#[test]
fn of_the_classic_esp32_the_revision_is_asked_in_both_ways() {
    let esp32 = Try { chip: Chip::Esp32, revision: (1, 0), board: Some(&SINGLE), ..S3 };
    let made = Made { revisions: (300, 399), ..Made::application(Chip::Esp32) };
    let fault = esp32.refuses(&[(None, &made.bytes())]);
    assert_eq!(fault.kind, FaultKind::WrongChip);
    assert!(fault.what.contains("v3.0") && fault.what.contains("v1.0"), "{fault}");
    // As ESP-IDF 4 wrote it; the hash is not asked for here.
    let mut old = Made::application(Chip::Esp32).bytes();
    (old[14], old[23]) = (3, 0);
    assert_eq!(esp32.refuses(&[(None, &old)]).kind, FaultKind::WrongChip);
    let new = Try { revision: (3, 1), ..esp32 };
    assert_eq!(new.addresses(&[(None, &old)]), [0x1_0000]);
}

#[test]
fn no_application_goes_in_front_of_a_table_that_is_not_known() {
    let esp32 = Try { chip: Chip::Esp32, board: None, ..S3 };
    let own = Made::application(Chip::Esp32).bytes();
    for address in [0, 0x1000, 0x2000, 0x7000, 0x8000] {
        assert!(esp32.plan(&[(Some(address), &own)]).is_err(), "{address:#x}");
    }
    assert!(esp32.plan(&[(Some(0x1_0000), &own)]).is_ok());
}

#[test]
fn what_flash_cannot_hold_is_refused_even_when_forced() {
    let kind = |blobs: &[(Option<u32>, &[u8])]| {
        let forced = Try { force: true, ..S3 }.plan(blobs);
        assert_eq!(forced.map_err(|fault| fault.kind), S3.plan(blobs).map_err(|fault| fault.kind));
        S3.plan(blobs).unwrap_err().kind
    };
    assert_eq!(kind(&[(Some(0x2_1234), b"text")]), FaultKind::BadFile);
    assert_eq!(kind(&[(Some(0x3F_F000), &[1; 8192])]), FaultKind::TooLarge);
    assert_eq!(
        kind(&[(Some(0x2_0000), &[1; 8192]), (Some(0x2_1000), b"text")]),
        FaultKind::BadFile
    );
    assert_eq!(kind(&[]), FaultKind::BadFile);
}

proptest! {
    /// Whatever is asked, what is planned lies on sectors, side by side, within the flash; and unless forced, nothing but
    /// a bootloader is where the chip looks for one, and no application but where the table has one.
    #[test]
    fn a_plan_never_writes_what_it_should_not(
        chip in prop::sample::select(Chip::ALL.to_vec()),
        picks in prop::collection::vec((0_usize..10, prop::option::of(0_u32..0x420)), 0..5),
        with_table: bool, ota: bool, force: bool, whole: bool,
    ) {
        let own = Made::application(chip).bytes();
        let boot = Made::bootloader(chip).bytes();
        let (single, slots) = (table(&SINGLE), table(&OTA));
        let image = merged(&[(chip.bootloader_at(), &boot), (0x8000, &single), (0x1_0000, &own)]);
        let other = Made::application(Chip::Esp32C6).bytes();
        let all: [Vec<u8>; 10] = [
            own, boot, single, slots, image, other,
            nvs(0x5000), spiffs(0x1_0000), vec![0xFF; 5000], vec![7; 5000],
        ];
        let blobs: Vec<_> = picks
            .iter()
            .map(|(which, at)| (at.map(|at| at * SECTOR), all[*which].as_slice()))
            .collect();
        let board: Option<&[Entry<'_>]> =
            with_table.then_some(if ota { &OTA[..] } else { &SINGLE[..] });
        let tried = Try { chip, board, force, whole, ..S3 };
        let Ok(plan) = tried.plan(&blobs) else { return Ok(()) };
        let mut last = 0;
        for part in &plan.parts {
            prop_assert!(part.address % SECTOR == 0 && u64::from(part.address) >= last);
            prop_assert!(part.end() <= 4 << 20 && part.bytes.len() % 4 == 0);
            last = part.end();
            if force {
                continue;
            }
            let contents = Contents::of(&part.bytes);
            let boots = part.address <= chip.bootloader_at() && u64::from(chip.bootloader_at()) < part.end();
            prop_assert!(!boots || contents.is_bootloader() || matches!(contents, Contents::Merged(_)));
            if contents.is_application() && part.address < 0x9000 {
                prop_assert!(false, "an application at {:#x}", part.address);
            }
        }
    }
}

#[test]
fn a_table_that_is_larger_than_the_bootloader_knows_is_refused_whatever_the_board_has() {
    let boot = |flash_size| Made { flash_size, ..Made::bootloader(Chip::Esp32S3) }.bytes();
    // Ends at 3 MB of the board's 4.
    let entries: [Entry<'_>; 1] = [(0, 0, 0x1_0000, 0x2F_0000, "factory")];
    let table = table(&entries);
    let app = Made::application(Chip::Esp32S3).bytes();
    let (small, large) = (boot(1), boot(2));
    let with = |boot| [(Some(0), boot), (None, &table[..]), (None, &app[..])];
    assert!(S3.plan(&with(&large)).is_ok());
    let fault = S3.refuses(&with(&small));
    assert_eq!(fault.kind, FaultKind::TooLarge);
    assert!(fault.what.contains("2048 KiB"), "{fault}");
    let on_board = Try { board: Some(&entries), ..S3 };
    assert_eq!(on_board.refuses(&[(Some(0), &small)]).kind, FaultKind::TooLarge);
    let whole = merged(&[(0, &small), (0x8000, &table), (0x1_0000, &app)]);
    assert_eq!(S3.refuses(&[(None, &whole)]).kind, FaultKind::TooLarge);
    assert_eq!(Try { whole: true, ..S3 }.refuses(&[(None, &whole)]).kind, FaultKind::TooLarge);
}

#[test]
fn what_is_only_looked_at_is_not_expected_to_start() {
    let boot = Made::bootloader(Chip::Esp32S3).bytes();
    for (action, boots) in [
        (FlashAction::Install, true),
        (FlashAction::EraseFirst, true),
        (FlashAction::VerifyOnly, false),
        (FlashAction::DryRun, false),
    ] {
        let plan = Try { action, ..S3 }.plan(&[(None, &boot)]).unwrap();
        assert_eq!(plan.boots, boots, "{action:?}");
    }
}

#[test]
fn a_board_whose_table_is_elsewhere_keeps_it_there() {
    const FAR: [Entry<'static>; 2] =
        [(1, 2, 0x1_1000, 0x6000, "nvs"), (0, 0, 0x2_0000, 0x10_0000, "factory")];
    let board = Try { board: Some(&FAR), table_at: 0x1_0000, ..S3 };
    assert_eq!(board.addresses(&[(None, &app())]), [0x2_0000]);
    assert_eq!(board.addresses(&[(None, &table(&FAR))]), [0x1_0000]);
    assert_eq!(board.addresses(&[(Some(0x1_0000), &table(&FAR))]), [0x1_0000]);
    let over = board.refuses(&[(Some(0x1_0000), b"data of the user")]);
    assert!(over.what.contains("partition table"), "{over}");
    // With its bootloader, as ESP-IDF builds it for CONFIG_PARTITION_TABLE_OFFSET=0x10000.
    let whole: [(Option<u32>, &[u8]); 3] =
        [(Some(0), &boot()), (Some(0x1_0000), &table(&FAR)), (Some(0x2_0000), &app())];
    assert_eq!(S3.addresses(&whole), [0, 0x1_0000, 0x2_0000]);
}
