//! Checksums by name: the catalogue of parametrised CRC algorithms (reveng), sums and exclusive or.

use std::sync::LazyLock;

use crc::{Crc, NoTable};

/// A checksum.
#[derive(Clone, Debug)]
pub struct Checksum {
    /// The checksum's name: `sum8`, `xor8`, `LRC`, or that of the CRC catalogue (`CRC-16/MODBUS`).
    pub name: String,
    /// The checksum's width in bits, 3 to 82.
    pub width: u8,
    start: u128,
    update: fn(u128, &[u8]) -> u128,
    finish: fn(u128) -> u128,
}

impl Checksum {
    /// The one of this name, upper and lower case alike.
    pub fn named(name: &str) -> Option<&'static Self> {
        checksums().iter().find(|it| it.name.eq_ignore_ascii_case(name))
    }

    /// The checksum of `bytes`, in the low [`Self::width`] bits.
    pub fn of(&self, bytes: &[u8]) -> u128 {
        self.finish(self.update(self.start(), bytes))
    }

    /// What is known of no bytes yet, for [`Self::update`].
    pub const fn start(&self) -> u128 {
        self.start
    }

    /// What is known after more bytes.
    pub fn update(&self, so_far: u128, bytes: &[u8]) -> u128 {
        (self.update)(so_far, bytes)
    }

    /// The checksum of all bytes so far.
    pub fn finish(&self, so_far: u128) -> u128 {
        (self.finish)(so_far)
    }

    /// How many bytes it has when it is written.
    pub const fn length(&self) -> usize {
        self.width.div_ceil(8) as usize
    }
}

/// All checksums: the simple ones first, then the CRCs by width and name.
pub fn checksums() -> &'static [Checksum] {
    &CHECKSUMS
}

static CHECKSUMS: LazyLock<Vec<Checksum>> = LazyLock::new(|| {
    let simple: [(&str, Update, Finish); 3] = [
        ("sum8", sum, |sum| sum),
        (
            "xor8",
            |xor, bytes| bytes.iter().fold(xor, |xor, byte| xor ^ u128::from(*byte)),
            |xor| xor,
        ),
        // Modbus ASCII: the two's complement of the sum.
        ("LRC", sum, |sum| u128::from((sum as u8).wrapping_neg())),
    ];
    let simple = simple.map(|(name, update, finish)| Checksum {
        name: name.to_owned(),
        width: 8,
        start: 0,
        update,
        finish,
    });
    simple.into_iter().chain(catalogue()).collect()
});

type Update = fn(u128, &[u8]) -> u128;
type Finish = fn(u128) -> u128;

fn sum(so_far: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(so_far, |sum, byte| (sum + u128::from(*byte)) & 0xFF)
}

/// The low bits, as many as the algorithm is wide, in the opposite order.
macro_rules! reflected {
    ($value:expr, $width:ty, $name:ident) => {
        $value.reverse_bits() >> (<$width>::BITS - u32::from(crc::$name.width))
    };
}

macro_rules! catalogue {
    ($($width:ty: $($name:ident),+;)+) => {
        fn catalogue() -> Vec<Checksum> {
            vec![$($(Checksum {
                name: spelled(stringify!($name)),
                width: crc::$name.width,
                start: u128::from(crc::$name.init),
                // The register goes from one digest to the next as its initial value, which is never reflected.
                update: |register, bytes| {
                    let crc = Crc::<$width, NoTable>::new(&crc::$name);
                    let mut digest = crc.digest_with_initial(register as $width);
                    digest.update(bytes);
                    let out = digest.finalize() ^ crc::$name.xorout;
                    u128::from(if crc::$name.refout { reflected!(out, $width, $name) } else { out })
                },
                finish: |register| {
                    let out = register as $width;
                    let out = if crc::$name.refout { reflected!(out, $width, $name) } else { out };
                    u128::from(out ^ crc::$name.xorout)
                },
            }),+),+]
        }

        #[cfg(test)]
        fn check_values() -> Vec<u128> {
            vec![$($(u128::from(crc::$name.check)),+),+]
        }
    };
}

catalogue! {
    u8: CRC_3_GSM, CRC_3_ROHC, CRC_4_G_704, CRC_4_INTERLAKEN, CRC_5_EPC_C1G2, CRC_5_G_704,
        CRC_5_USB, CRC_6_CDMA2000_A, CRC_6_CDMA2000_B, CRC_6_DARC, CRC_6_G_704, CRC_6_GSM,
        CRC_7_MMC, CRC_7_ROHC, CRC_7_UMTS, CRC_8_AUTOSAR, CRC_8_BLUETOOTH, CRC_8_CDMA2000,
        CRC_8_DARC, CRC_8_DVB_S2, CRC_8_GSM_A, CRC_8_GSM_B, CRC_8_HITAG, CRC_8_I_432_1,
        CRC_8_I_CODE, CRC_8_LTE, CRC_8_MAXIM_DOW, CRC_8_MIFARE_MAD, CRC_8_NRSC_5,
        CRC_8_OPENSAFETY, CRC_8_ROHC, CRC_8_SAE_J1850, CRC_8_SMBUS, CRC_8_TECH_3250, CRC_8_WCDMA;
    u16: CRC_10_ATM, CRC_10_CDMA2000, CRC_10_GSM, CRC_11_FLEXRAY, CRC_11_UMTS, CRC_12_CDMA2000,
        CRC_12_DECT, CRC_12_GSM, CRC_12_UMTS, CRC_13_BBC, CRC_14_DARC, CRC_14_GSM, CRC_15_CAN,
        CRC_15_MPT1327, CRC_16_ARC, CRC_16_CDMA2000, CRC_16_CMS, CRC_16_DDS_110, CRC_16_DECT_R,
        CRC_16_DECT_X, CRC_16_DNP, CRC_16_EN_13757, CRC_16_GENIBUS, CRC_16_GSM, CRC_16_IBM_3740,
        CRC_16_IBM_SDLC, CRC_16_ISO_IEC_14443_3_A, CRC_16_KERMIT, CRC_16_LJ1200, CRC_16_M17,
        CRC_16_MAXIM_DOW, CRC_16_MCRF4XX, CRC_16_MODBUS, CRC_16_NRSC_5, CRC_16_OPENSAFETY_A,
        CRC_16_OPENSAFETY_B, CRC_16_PROFIBUS, CRC_16_RIELLO, CRC_16_SPI_FUJITSU, CRC_16_T10_DIF,
        CRC_16_TELEDISK, CRC_16_TMS37157, CRC_16_UMTS, CRC_16_USB, CRC_16_XMODEM;
    u32: CRC_17_CAN_FD, CRC_21_CAN_FD, CRC_24_BLE, CRC_24_FLEXRAY_A, CRC_24_FLEXRAY_B,
        CRC_24_INTERLAKEN, CRC_24_LTE_A, CRC_24_LTE_B, CRC_24_OPENPGP, CRC_24_OS_9, CRC_30_CDMA,
        CRC_31_PHILIPS, CRC_32_AIXM, CRC_32_AUTOSAR, CRC_32_BASE91_D, CRC_32_BZIP2,
        CRC_32_CD_ROM_EDC, CRC_32_CKSUM, CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_32_JAMCRC,
        CRC_32_MEF, CRC_32_MPEG_2, CRC_32_XFER;
    u64: CRC_40_GSM, CRC_64_ECMA_182, CRC_64_GO_ISO, CRC_64_MS, CRC_64_NVME, CRC_64_REDIS,
        CRC_64_WE, CRC_64_XZ;
    u128: CRC_82_DARC;
}

/// The catalogue's spelling of a constant's name: `CRC_16_ISO_IEC_14443_3_A` is `CRC-16/ISO-IEC-14443-3-A`.
fn spelled(constant: &str) -> String {
    constant.replacen('_', "-", 1).replacen('_', "/", 1).replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crc_gives_its_check_value() {
        let crcs = &checksums()[3..];
        assert!(crcs.len() >= 110);
        for (crc, check) in crcs.iter().zip(check_values()) {
            assert_eq!(crc.of(b"123456789"), check, "{}", crc.name);
            let byte_by_byte = b"123456789"
                .iter()
                .fold(crc.start(), |so_far, byte| crc.update(so_far, std::slice::from_ref(byte)));
            assert_eq!(crc.finish(byte_by_byte), check, "{}", crc.name);
        }
    }

    #[test]
    fn names_are_unique_and_found() {
        for checksum in checksums() {
            let found = Checksum::named(&checksum.name.to_lowercase()).unwrap();
            assert_eq!(found.name, checksum.name);
        }
        assert_eq!(Checksum::named("crc-32/iso-hdlc").unwrap().of(b"123456789"), 0xCBF4_3926);
        assert!(Checksum::named("CRC-16").is_none());
    }

    #[test]
    fn sums_are_those_of_the_books() {
        // MODBUS over Serial Line V1.02, 6.2.1, appendix: 02 07 has the LRC F7.
        assert_eq!(Checksum::named("LRC").unwrap().of(&[0x02, 0x07]), 0xF7);
        // NMEA 0183: the two digits of $GPGLL,5300.97914,N,00259.98174,E,125926,A*28.
        let sentence = b"GPGLL,5300.97914,N,00259.98174,E,125926,A";
        assert_eq!(Checksum::named("xor8").unwrap().of(sentence), 0x28);
        assert_eq!(Checksum::named("sum8").unwrap().of(&[0xFF, 0x03]), 0x02);
    }
}
