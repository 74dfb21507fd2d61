//! Requests and responses: what stands in a frame.

/// Command numbers.
pub mod op {
    pub const FLASH_BEGIN: u8 = 0x02;
    pub const FLASH_DATA: u8 = 0x03;
    pub const FLASH_END: u8 = 0x04;
    pub const MEM_BEGIN: u8 = 0x05;
    pub const MEM_END: u8 = 0x06;
    pub const MEM_DATA: u8 = 0x07;
    pub const SYNC: u8 = 0x08;
    pub const WRITE_REG: u8 = 0x09;
    pub const READ_REG: u8 = 0x0a;
    pub const SPI_SET_PARAMS: u8 = 0x0b;
    pub const SPI_ATTACH: u8 = 0x0d;
    pub const READ_FLASH_SLOW: u8 = 0x0e;
    pub const CHANGE_BAUDRATE: u8 = 0x0f;
    pub const FLASH_DEFL_BEGIN: u8 = 0x10;
    pub const FLASH_DEFL_DATA: u8 = 0x11;
    pub const FLASH_DEFL_END: u8 = 0x12;
    pub const SPI_FLASH_MD5: u8 = 0x13;
    pub const GET_SECURITY_INFO: u8 = 0x14;
    pub const ERASE_FLASH: u8 = 0xd0;
    pub const ERASE_REGION: u8 = 0xd1;
    pub const READ_FLASH: u8 = 0xd2;
    pub const RUN_USER_CODE: u8 = 0xd3;

    /// What the ROM still does in secure download mode: write flash, and tell why it does nothing else.
    pub const IN_SECURE_DOWNLOAD: [u8; 11] = [
        SYNC,
        FLASH_BEGIN,
        FLASH_DATA,
        FLASH_END,
        FLASH_DEFL_BEGIN,
        FLASH_DEFL_DATA,
        FLASH_DEFL_END,
        SPI_SET_PARAMS,
        SPI_ATTACH,
        CHANGE_BAUDRATE,
        GET_SECURITY_INFO,
    ];
}

/// Why a command failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoaderError {
    BadLength,
    BadChecksum,
    UnknownCommand,
    Refused,
    FlashWrite,
    FlashRead,
    ReadLength,
    NotInFlashMode,
    Inflate,
    NotEnoughData,
    TooMuchData,
    UnalignedOffset,
    UnalignedLength,
}

impl LoaderError {
    /// The number that the ROM, or the stub, says it by.
    fn code(self, stub: bool) -> u8 {
        let (rom_code, stub_code) = match self {
            Self::BadLength => (0x05, 0xc0),
            Self::BadChecksum => (0x07, 0xc1),
            Self::UnknownCommand => (0x05, 0xff),
            Self::Refused => (0x06, 0xc3),
            Self::FlashWrite => (0x08, 0xc4),
            Self::FlashRead => (0x09, 0xc4),
            Self::ReadLength => (0x0a, 0xc0),
            Self::NotInFlashMode => (0x06, 0xc6),
            Self::Inflate => (0x0b, 0xc7),
            Self::NotEnoughData => (0x0b, 0xc8),
            Self::TooMuchData => (0x0b, 0xc9),
            Self::UnalignedOffset => (0x06, 0x32),
            Self::UnalignedLength => (0x06, 0x33),
        };
        if stub { stub_code } else { rom_code }
    }
}

/// What a tool asks for.
#[derive(Debug)]
pub struct LoaderRequest<'a> {
    pub op: u8,
    pub checksum: u8,
    pub data: &'a [u8],
    declared: usize,
}

impl<'a> LoaderRequest<'a> {
    /// `None` when the frame is no request at all: the chip stays silent then.
    pub fn parse(frame: &'a [u8]) -> Option<Self> {
        let (header, data) = frame.split_at_checked(8)?;
        let [0, op, len_low, len_high, checksum, ..] = *header else {
            return None;
        };
        let declared = usize::from(u16::from_le_bytes([len_low, len_high]));
        Some(Self { op, checksum, data, declared })
    }

    /// The first `N` words of the data.
    pub fn words<const N: usize>(&self) -> Result<[u32; N], LoaderError> {
        if self.declared != self.data.len() {
            return Err(LoaderError::BadLength);
        }
        words(self.data)
    }

    /// The payload of a data command, behind its four words, once length and checksum are right.
    pub fn block(&self) -> Result<&'a [u8], LoaderError> {
        let [size, _, _, _] = self.words()?;
        let block = self.data.get(16..).filter(|block| block.len() == size as usize);
        let block = block.ok_or(LoaderError::BadLength)?;
        let sum = block.iter().fold(0xef, |sum, byte| sum ^ byte);
        if sum == self.checksum { Ok(block) } else { Err(LoaderError::BadChecksum) }
    }
}

/// The first `N` little-endian words of `data`.
pub fn words<const N: usize>(data: &[u8]) -> Result<[u32; N], LoaderError> {
    let mut words = [0; N];
    let mut chunks = data.chunks_exact(4);
    for word in &mut words {
        let &[a, b, c, d] = chunks.next().ok_or(LoaderError::BadLength)? else {
            return Err(LoaderError::BadLength);
        };
        *word = u32::from_le_bytes([a, b, c, d]);
    }
    Ok(words)
}

/// A tool's command succeeded with this, or failed.
pub type CommandResult = Result<LoaderResponse, LoaderError>;

/// What a command that succeeded says.
#[derive(Debug, Default)]
pub struct LoaderResponse {
    value: u32,
    data: Vec<u8>,
}

impl LoaderResponse {
    pub fn value(value: u32) -> Self {
        Self { value, data: Vec::new() }
    }

    pub fn data(data: Vec<u8>) -> Self {
        Self { value: 0, data }
    }

    /// The frame that answers `op`. The ROM's status has two bytes more than the stub's.
    pub fn frame(op: u8, outcome: Result<&Self, &LoaderError>, stub: bool) -> Vec<u8> {
        let (value, data, status) = match outcome {
            Ok(response) => (response.value, response.data.as_slice(), [0, 0]),
            Err(failure) => (0, [].as_slice(), [1, failure.code(stub)]),
        };
        let padding: &[u8] = if stub { &[] } else { &[0, 0] };
        let len = u16::try_from(data.len() + status.len() + padding.len()).unwrap_or(u16::MAX);
        let mut frame = vec![1, op];
        frame.extend(len.to_le_bytes());
        frame.extend(value.to_le_bytes());
        frame.extend(data);
        frame.extend(status);
        frame.extend(padding);
        frame
    }
}
