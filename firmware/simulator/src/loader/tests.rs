//! The loader against whatever a line may bring.

use proptest::prelude::*;

use super::command::op;
use super::{Effect, Loader, LoaderContext, LoaderExit};
use crate::chip::facts;
use crate::flash::{Flash, SIZE};
use crate::{Chip, Faults};

/// A chip in its loader, with nothing around it.
struct Bench {
    loader: Loader,
    flash: Flash,
    faults: Faults,
}

impl Bench {
    fn new(chip: Chip) -> Self {
        let flash = Flash::open(tempfile::tempfile().unwrap()).unwrap();
        Self {
            loader: Loader::new(*facts(chip), [1, 2, 3, 4, 5, 6]),
            flash,
            faults: Faults::default(),
        }
    }

    fn frame(&mut self, frame: &[u8]) -> Vec<Effect> {
        let Self { loader, flash, faults } = self;
        loader.on_frame(frame, &mut LoaderContext { flash, faults, rate: 115_200 })
    }

    fn request(&mut self, op: u8, data: &[u8]) -> Vec<Effect> {
        let sum = data.get(16..).unwrap_or_default().iter().fold(0xef, |sum, byte| sum ^ byte);
        let len = u16::try_from(data.len()).unwrap().to_le_bytes();
        self.frame(&[&[0, op], &len[..], &[sum, 0, 0, 0], data].concat())
    }

    fn words(&mut self, op: u8, words: &[u32]) -> Vec<Effect> {
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.request(op, &data)
    }

    fn start_stub(&mut self) {
        self.words(op::MEM_BEGIN, &[64, 1, 64, 0x4038_0000]);
        let mut data = [64, 0, 0, 0].map(u32::to_le_bytes).concat();
        data.resize(16 + 64, 0);
        self.request(op::MEM_DATA, &data);
        let effects = self.words(op::MEM_END, &[0, 0x4038_0000]);
        assert_eq!(effects.last(), Some(&Effect::Send(b"OHAI".to_vec())));
    }
}

fn answers(effects: &[Effect]) -> Vec<&[u8]> {
    let mut sent = Vec::new();
    for effect in effects {
        if let Effect::Send(bytes) = effect {
            sent.push(bytes.as_slice());
        }
    }
    sent
}

const COMMANDS: [u8; 22] = [
    op::FLASH_BEGIN,
    op::FLASH_DATA,
    op::FLASH_END,
    op::MEM_BEGIN,
    op::MEM_END,
    op::MEM_DATA,
    op::SYNC,
    op::WRITE_REG,
    op::READ_REG,
    op::SPI_SET_PARAMS,
    op::SPI_ATTACH,
    op::READ_FLASH_SLOW,
    op::CHANGE_BAUDRATE,
    op::FLASH_DEFL_BEGIN,
    op::FLASH_DEFL_DATA,
    op::FLASH_DEFL_END,
    op::SPI_FLASH_MD5,
    op::GET_SECURITY_INFO,
    op::ERASE_FLASH,
    op::ERASE_REGION,
    op::READ_FLASH,
    op::RUN_USER_CODE,
];

/// A word that is often one that matters.
fn word() -> impl Strategy<Value = u32> {
    let matter = vec![0, 1, 64, 4096, 0x1000, 0x4000, SIZE as u32 - 1, SIZE as u32, u32::MAX];
    prop_oneof![any::<u32>(), 0..0x2000_u32, prop::sample::select(matter)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_frame_is_the_end_of_it(
        stub in any::<bool>(),
        requests in prop::collection::vec(
            (prop::sample::select(&COMMANDS[..]), prop::collection::vec(word(), 0..8), 0..40_usize, any::<bool>()),
            1..24,
        ),
    ) {
        let mut bench = Bench::new(Chip::Esp32c3);
        if stub {
            bench.start_stub();
        }
        for (op, words, more, honest) in requests {
            let mut data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            if honest && data.len() >= 4 {
                // A length that is right lets the command go further.
                let len = u32::try_from(more).unwrap();
                data[..4].copy_from_slice(&len.to_le_bytes());
            }
            data.resize(data.len() + more, 0xa5);
            let effects = bench.request(op, &data);
            let sent: usize = answers(&effects).iter().map(|bytes| bytes.len()).sum();
            prop_assert!(sent <= 0x1_0000 * 5, "{sent} bytes for one frame");
        }
    }

    #[test]
    fn noise_is_no_request_or_is_answered(noise in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut bench = Bench::new(Chip::Esp32);
        bench.frame(&noise);
        prop_assert_eq!(answers(&bench.words(op::SYNC, &[])).len(), 8);
    }
}

#[test]
fn rom_and_stub_answer_each_in_their_own_way() {
    let mut bench = Bench::new(Chip::Esp32c3);
    let md5 = |bench: &mut Bench| bench.words(op::SPI_FLASH_MD5, &[0, 16, 0, 0]);
    let security = |bench: &mut Bench| bench.words(op::GET_SECURITY_INFO, &[]);
    assert_eq!(answers(&md5(&mut bench))[0].len(), 44);
    assert_eq!(answers(&security(&mut bench))[0].len(), 32);
    assert_eq!(answers(&bench.words(op::ERASE_FLASH, &[]))[0][8..], [1, 5, 0, 0]);
    bench.start_stub();
    assert_eq!(answers(&md5(&mut bench))[0].len(), 26);
    assert_eq!(answers(&security(&mut bench))[0].len(), 30);
    assert_eq!(answers(&bench.words(op::ERASE_FLASH, &[]))[0][8..], [0, 0]);
    assert_eq!(answers(&bench.words(op::READ_FLASH_SLOW, &[0, 64]))[0][8..], [1, 0xff]);
}

#[test]
fn wrong_checksum_writes_nothing() {
    let mut bench = Bench::new(Chip::Esp32);
    bench.words(op::FLASH_BEGIN, &[1024, 1, 1024, 0]);
    let mut frame = vec![0, op::FLASH_DATA, 20, 0, 0x55, 0, 0, 0];
    frame.extend([4, 0, 0, 0].map(u32::to_le_bytes).concat());
    frame.extend([0; 4]);
    assert_eq!(answers(&bench.frame(&frame))[0][8..10], [1, 7]);
    assert_eq!(bench.flash.read(0, 4).unwrap(), [0xff; 4]);
}

#[test]
fn large_program_in_ram_is_no_stub() {
    let mut bench = Bench::new(Chip::Esp32c6);
    let len = 30 * 1024;
    bench.words(op::MEM_BEGIN, &[len, 5, 0x1800, 0x4080_0000]);
    for seq in 0..5 {
        let mut data = [0x1800, seq, 0, 0].map(u32::to_le_bytes).concat();
        data.resize(16 + 0x1800, 0);
        bench.request(op::MEM_DATA, &data);
    }
    let effects = bench.words(op::MEM_END, &[0, 0x4080_0010]);
    assert_eq!(effects.last(), Some(&Effect::Leave(LoaderExit::Program(len as usize))));
}
