//! One row per chip. Registers, ids and magic numbers as esptool 5 and espflash 4.7 read them; the
//! ROM's words as the chips print them.

use super::{Chip, ChipFacts, RevisionWords, SecurityInfo, SpiRegisters};

/// The row of `chip`.
pub fn facts(chip: Chip) -> &'static ChipFacts {
    match chip {
        Chip::Esp32 => &ESP32,
        Chip::Esp32s2 => &ESP32S2,
        Chip::Esp32s3 => &ESP32S3,
        Chip::Esp32c2 => &ESP32C2,
        Chip::Esp32c3 => &ESP32C3,
        Chip::Esp32c6 => &ESP32C6,
    }
}

impl Chip {
    /// The name that tools use on their command lines: `esp32c3`.
    pub fn name(self) -> &'static str {
        facts(self).name
    }

    /// The name as its maker writes it: `ESP32-C3`.
    pub fn title(self) -> &'static str {
        facts(self).title
    }
}

/// One word for a major and a minor version; the other places stay unused.
const fn word(address: u32, mask: u32, value: u32) -> RevisionWords {
    [(address, mask, value), (0, 0, 0), (0, 0, 0)]
}

/// The three low bits of the minor version in one word, its highest and the major one two words further up.
const fn low_and_high(address: u32, major: u32, minor: u32) -> RevisionWords {
    let high = (address + 8, 7 << 23, minor >> 3 << 23 | major << 24);
    [(address, 7 << 18, (minor & 7) << 18), high, (0, 0, 0)]
}

const fn spi(base: u32) -> SpiRegisters {
    SpiRegisters { cmd: base, usr2: base + 0x20, w0: base + 0x58 }
}

const ESP32: ChipFacts = ChipFacts {
    name: "esp32",
    title: "ESP32",
    image_id: 0,
    magic: 0x00f0_1d83,
    security: SecurityInfo::Unknown,
    boot_offset: 0x1000,
    mapped: [(0x3f40_0000, 0x3f80_0000), (0x400d_0000, 0x4040_0000)],
    revision: (3, 1),
    // Three bits in three places, one more of them for each major version; the last is in the date of the APB controller.
    revision_words: |major, minor| {
        let bit = |from: u32, bit: u32| u32::from(major >= from) << bit;
        [
            (0x3ff5_a00c, 1 << 15, bit(1, 15)),
            (0x3ff5_a014, 3 << 24 | 1 << 20, minor << 24 | bit(2, 20)),
            (0x3ff6_607c, 1 << 31, bit(3, 31)),
        ]
    },
    spi: SpiRegisters { cmd: 0x3ff4_2000, usr2: 0x3ff4_2024, w0: 0x3ff4_2080 },
    uart_clkdiv: 0x3ff4_0014,
    mac: 0x3ff5_a004,
    mac_checksum: true,
    crypt_count: (0x3ff5_a000, 1 << 20),
    secure_boot: (0x3ff5_a018, 1 << 4),
    presets: &[
        // Package D0WD, rated for 240 MHz.
        (0x3ff5_a00c, 1 << 13 | 1 << 9),
        // 8 MHz clock: with the calibration below the ROM computes a 40 MHz crystal from it.
        (0x3ff5_a010, 128),
        (0x3ff5_f06c, 800 << 7),
    ],
    watchdog: (0x3ff4_808c, 0x3ff4_80a4),
    banner: "ets Jul 29 2019 12:21:46\n",
    causes: [
        (0x1, "POWERON_RESET"),
        (0xc, "SW_CPU_RESET"),
        (0x10, "RTCWDT_RTC_RESET"),
        (0x10, "RTCWDT_RTC_RESET"),
        (0xf, "RTCWDT_BROWN_OUT_RESET"),
    ],
    strap_flash: (0x13, "SPI_FAST_FLASH_BOOT"),
    strap_download: (0x3, "DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)"),
    preload: "configsip: 0, SPIWP:0xee\n\
        clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00\n\
        mode:DIO, clock div:2",
    decimal_lengths: true,
    checks_bootloader: false,
};

/// What most of those after the ESP32 share.
const NEWER: ChipFacts = ChipFacts {
    security: SecurityInfo::WithId,
    boot_offset: 0,
    spi: spi(0x6000_2000),
    uart_clkdiv: 0x6000_0014,
    mac_checksum: false,
    causes: [
        (0x1, "POWERON"),
        (0x3, "RTC_SW_SYS_RST"),
        (0x7, "TG0WDT_SYS_RST"),
        (0x10, "RTCWDT_RTC_RST"),
        (0xf, "BROWNOUT_RST"),
    ],
    strap_flash: (0xc, "SPI_FAST_FLASH_BOOT"),
    preload: "SPIWP:0xee\nmode:DIO, clock div:1",
    decimal_lengths: false,
    checks_bootloader: true,
    ..ESP32
};

const ESP32S2: ChipFacts = ChipFacts {
    name: "esp32s2",
    title: "ESP32-S2",
    image_id: 2,
    magic: 0x0000_07c6,
    security: SecurityInfo::WithoutId,
    boot_offset: 0x1000,
    mapped: [(0x3f00_0000, 0x3ff8_0000), (0x4008_0000, 0x4080_0000)],
    revision: (1, 0),
    revision_words: |major, minor| {
        let high = (0x3f41_a050, 7 << 18, major << 18 | minor >> 3 << 20);
        [high, (0x3f41_a054, 7 << 4, (minor & 7) << 4), (0, 0, 0)]
    },
    spi: spi(0x3f40_2000),
    uart_clkdiv: 0x3f40_0014,
    mac: 0x3f41_a044,
    crypt_count: (0x3f41_a034, 1 << 18),
    secure_boot: (0x3f41_a038, 1 << 20),
    presets: &[],
    checks_bootloader: false,
    watchdog: (0x3f40_8094, 0x3f40_80ac),
    banner: "ESP-ROM:esp32s2-rc4-20191025\nBuild:Oct 25 2019",
    strap_flash: (0x8, "SPI_FAST_FLASH_BOOT"),
    strap_download: (0x0, "DOWNLOAD(USB/UART0/1)"),
    ..NEWER
};

const ESP32S3: ChipFacts = ChipFacts {
    name: "esp32s3",
    title: "ESP32-S3",
    image_id: 9,
    magic: 0x9,
    mapped: [(0x3c00_0000, 0x3e00_0000), (0x4200_0000, 0x4400_0000)],
    revision: (0, 2),
    revision_words: |major, minor| low_and_high(0x6000_7050, major, minor),
    mac: 0x6000_7044,
    crypt_count: (0x6000_7034, 1 << 18),
    secure_boot: (0x6000_7038, 1 << 20),
    presets: &[],
    watchdog: (0x6000_8098, 0x6000_80b0),
    banner: "ESP-ROM:esp32s3-20210327\nBuild:Mar 27 2021",
    strap_flash: (0x8, "SPI_FAST_FLASH_BOOT"),
    strap_download: (0x0, "DOWNLOAD(USB/UART0)"),
    ..NEWER
};

const ESP32C2: ChipFacts = ChipFacts {
    name: "esp32c2",
    title: "ESP32-C2",
    image_id: 12,
    magic: 0x7c41_a06f,
    mapped: [(0x3c00_0000, 0x3c40_0000), (0x4200_0000, 0x4240_0000)],
    revision: (1, 2),
    // The word that also holds the top of the MAC.
    revision_words: |major, minor| word(0x6000_8844, 0x3f << 16, major << 20 | minor << 16),
    mac: 0x6000_8840,
    crypt_count: (0x6000_8830, 1 << 7),
    secure_boot: (0x6000_8830, 1 << 21),
    presets: &[],
    watchdog: (0x6000_8084, 0x6000_809c),
    banner: "ESP-ROM:esp8684-api2-20220127\nBuild:Jan 27 2022",
    strap_download: (0x4, "DOWNLOAD(UART0)"),
    ..NEWER
};

const ESP32C3: ChipFacts = ChipFacts {
    name: "esp32c3",
    title: "ESP32-C3",
    image_id: 5,
    magic: 0x1b31_506f,
    mapped: [(0x3c00_0000, 0x3c80_0000), (0x4200_0000, 0x4280_0000)],
    revision: (0, 4),
    revision_words: |major, minor| low_and_high(0x6000_8850, major, minor),
    mac: 0x6000_8844,
    crypt_count: (0x6000_8834, 1 << 18),
    secure_boot: (0x6000_8838, 1 << 20),
    // 4 MB of flash by XMC in the package.
    presets: &[(0x6000_8850, 1 << 27), (0x6000_8854, 1)],
    watchdog: (0x6000_8090, 0x6000_80a8),
    banner: "ESP-ROM:esp32c3-api1-20210207\nBuild:Feb  7 2021",
    strap_download: (0x4, "DOWNLOAD(USB/UART0/1)"),
    ..NEWER
};

const ESP32C6: ChipFacts = ChipFacts {
    name: "esp32c6",
    title: "ESP32-C6",
    image_id: 13,
    magic: 0x2ce0_806f,
    mapped: [(0x4200_0000, 0x4280_0000), (0x4280_0000, 0x4300_0000)],
    revision: (0, 1),
    revision_words: |major, minor| word(0x600b_0850, 0x3f << 18, major << 22 | minor << 18),
    spi: spi(0x6000_3000),
    mac: 0x600b_0844,
    crypt_count: (0x600b_0834, 1 << 18),
    secure_boot: (0x600b_0838, 1 << 20),
    // ESP32-C6FH4: package 1; 4 MB of flash.
    presets: &[(0x600b_0850, 1 << 24), (0x600b_0854, 1)],
    watchdog: (0x600b_1c00, 0x600b_1c18),
    banner: "ESP-ROM:esp32c6-20220919\nBuild:Sep 19 2022",
    causes: [
        (0x1, "POWERON"),
        (0x3, "LP_SW_HPSYS"),
        (0x7, "TG0_WDT_HPSYS"),
        (0x10, "LP_WDT_SYS"),
        (0xf, "LP_BOD_SYS"),
    ],
    strap_download: (0x4, "DOWNLOAD(USB/UART0/SDIO_REI_FEO)"),
    preload: "SPIWP:0xee\nmode:DIO, clock div:2",
    ..NEWER
};
