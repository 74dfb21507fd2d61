//! Partitions in the words of the CSV files that tables are made of (ESP-IDF, `gen_esp32part.py`).

use std::borrow::Cow;

use super::{Partition, PartitionTable};

const TYPES: [(u8, &str); 4] = [(0, "app"), (1, "data"), (2, "bootloader"), (3, "partition_table")];

/// Type, subtype, and what the subtype is called; OTA slots have numbers.
const SUBTYPES: [(u8, u8, &str); 21] = [
    (0, 0x00, "factory"),
    (0, 0x20, "test"),
    (0, 0x30, "tee_0"),
    (0, 0x31, "tee_1"),
    (1, 0x00, "ota"),
    (1, 0x01, "phy"),
    (1, 0x02, "nvs"),
    (1, 0x03, "coredump"),
    (1, 0x04, "nvs_keys"),
    (1, 0x05, "efuse"),
    (1, 0x06, "undefined"),
    (1, 0x80, "esphttpd"),
    (1, 0x81, "fat"),
    (1, 0x82, "spiffs"),
    (1, 0x83, "littlefs"),
    (1, 0x90, "tee_ota"),
    (2, 0x00, "primary"),
    (2, 0x01, "ota"),
    (2, 0x02, "recovery"),
    (3, 0x00, "primary"),
    (3, 0x01, "ota"),
];

/// What a flag is called, by its bit.
const FLAGS: [(u32, &str); 2] = [(1, "encrypted"), (2, "readonly")];

impl Partition {
    /// The type: `app`, `data`, or its number.
    pub fn type_word(&self) -> Cow<'static, str> {
        let known = TYPES.iter().find(|(kind, _)| *kind == self.kind.0);
        known.map_or_else(|| format!("{:#x}", self.kind.0).into(), |(_, word)| (*word).into())
    }

    /// The subtype: `factory`, `ota_0`, `nvs`, or its number.
    pub fn subtype_word(&self) -> Cow<'static, str> {
        if let (0, slot @ 0x10..0x20) = self.kind {
            return format!("ota_{}", slot - 0x10).into();
        }
        let known = SUBTYPES.iter().find(|(kind, subtype, _)| (*kind, *subtype) == self.kind);
        known.map_or_else(|| format!("{:#x}", self.kind.1).into(), |(.., word)| (*word).into())
    }

    /// The flags: `encrypted:readonly`; empty when none is set.
    pub fn flag_words(&self) -> String {
        let set = FLAGS.iter().filter(|(bit, _)| self.flags & bit != 0);
        set.map(|(_, word)| *word).collect::<Vec<_>>().join(":")
    }

    /// A line of the CSV file; a comma or quotation mark in the name, which no tool writes there, is shown as `?`.
    pub fn csv(&self) -> String {
        let name = self.name().replace([',', '"', '#'], "?");
        let (kind, subtype, flags) = (self.type_word(), self.subtype_word(), self.flag_words());
        format!("{name},{kind},{subtype},{:#x},{:#x},{flags}", self.offset, self.size)
    }
}

impl PartitionTable {
    /// The table as the CSV file that `gen_esp32part.py` makes it of, addresses included.
    pub fn csv(&self) -> String {
        let head = "# Name,Type,SubType,Offset,Size,Flags\n".to_owned();
        self.partitions.iter().fold(head, |all, partition| all + &partition.csv() + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{OTA, table};
    use super::*;

    #[test]
    fn a_table_is_written_as_its_csv_file() {
        let read = PartitionTable::parse(&table(&OTA)).unwrap();
        assert_eq!(
            read.csv(),
            "# Name,Type,SubType,Offset,Size,Flags\n\
             nvs,data,nvs,0x9000,0x5000,\n\
             otadata,data,ota,0xe000,0x2000,\n\
             app0,app,ota_0,0x10000,0x140000,\n\
             app1,app,ota_1,0x150000,0x140000,\n\
             spiffs,data,spiffs,0x290000,0x10000,\n"
        );
    }

    #[test]
    fn what_has_no_word_is_a_number_and_no_name_drives_anything() {
        let label = "a,\u{1b}[2J".to_owned();
        let own = Partition { label, kind: (0x40, 7), offset: 0, size: 4096, flags: 3 };
        assert_eq!(own.csv(), r"a?\x1b[2J,0x40,0x7,0x0,0x1000,encrypted:readonly");
    }
}
