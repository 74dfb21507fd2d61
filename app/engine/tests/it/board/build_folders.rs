//! Folders as build tools leave them, around the parts of some program.

use std::fs;
use std::path::{Path, PathBuf};

/// Bootloader, partition table and application, each with its place.
pub struct Program {
    pub chip: &'static str,
    pub bootloader: (u32, Vec<u8>),
    pub table: (u32, Vec<u8>),
    pub application: (u32, Vec<u8>),
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

impl Program {
    /// A project of ESP-IDF, and its `build`; the files as on Windows if so wished.
    pub fn idf(&self, project: &Path, windows: bool) -> PathBuf {
        put(project, "CMakeLists.txt", b"include($ENV{IDF_PATH}/tools/cmake/project.cmake)\n");
        let build = project.join("build");
        let Self { chip, bootloader, table, application } = self;
        put(&build, "bootloader/bootloader.bin", &bootloader.1);
        put(&build, "partition_table/partition-table.bin", &table.1);
        put(&build, "hello.bin", &application.1);
        put(&build, "hello.elf", b"\x7fELF of hello");
        let (bootloader, table, application) = (bootloader.0, table.0, application.0);
        let args = format!(
            "--flash_mode dio --flash_freq 80m --flash_size 4MB\n{bootloader:#x} bootloader/bootloader.bin\n\
             {application:#x} hello.bin\n{table:#x} partition_table/partition-table.bin\n"
        );
        let json = format!(
            r#"{{
    "write_flash_args" : [ "--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "80m" ],
    "flash_settings" : {{ "flash_mode": "dio", "flash_size": "4MB", "flash_freq": "80m" }},
    "flash_files" : {{
        "{bootloader:#x}" : "bootloader/bootloader.bin",
        "{application:#x}" : "hello.bin",
        "{table:#x}" : "partition_table/partition-table.bin"
    }},
    "bootloader" : {{ "offset" : "{bootloader:#x}", "file" : "bootloader/bootloader.bin", "encrypted" : "false" }},
    "app" : {{ "offset" : "{application:#x}", "file" : "hello.bin", "encrypted" : "false" }},
    "extra_esptool_args" : {{ "after" : "hard_reset", "before" : "default_reset", "stub" : true, "chip" : "{chip}" }}
}}
"#
        );
        let about = format!(
            r#"{{"version": "1.2", "project_name": "hello", "target": "{chip}", "app_elf": "hello.elf"}}"#
        );
        for (name, text) in
            [("flash_args", args), ("flasher_args.json", json), ("project_description.json", about)]
        {
            let text = match windows {
                true => {
                    let slashes = text.replace("r/b", r"r\\b").replace("e/p", r"e\\p");
                    let slashes = match name {
                        "flash_args" => slashes.replace(r"\\", r"\"),
                        _ => slashes,
                    };
                    format!("\u{feff}{}", slashes.replace('\n', "\r\n"))
                }
                false => text,
            };
            put(&build, name, text.as_bytes());
        }
        build
    }

    /// A sketch of Arduino and what was exported of it, since 3.3 (with `flash_args`) or before.
    pub fn arduino(&self, sketch: &Path, flash_args: bool) -> PathBuf {
        let name = sketch.file_name().unwrap().to_str().unwrap();
        put(sketch, &format!("{name}.ino"), b"void setup() {}\nvoid loop() {}\n");
        let build = sketch.join("build").join(format!("esp32.esp32.{}", self.chip));
        put(&build, &format!("{name}.ino.bootloader.bin"), &self.bootloader.1);
        put(&build, &format!("{name}.ino.partitions.bin"), &self.table.1);
        put(&build, &format!("{name}.ino.bin"), &self.application.1);
        put(&build, &format!("{name}.ino.elf"), b"\x7fELF of a sketch");
        if flash_args {
            let text = format!(
                "--flash-mode dio --flash-freq 80m --flash-size 4MB\n{:#x} {name}.ino.bootloader.bin\n\
                 {:#x} {name}.ino.partitions.bin\n0xe000 boot_app0.bin\n{:#x} {name}.ino.bin\n",
                self.bootloader.0, self.table.0, self.application.0,
            );
            put(&build, "flash_args", text.as_bytes());
        }
        build
    }

    /// A project of PlatformIO with these environments.
    pub fn platformio(&self, project: &Path, environments: &[&str]) -> Vec<PathBuf> {
        put(project, "platformio.ini", b"[env]\nplatform = espressif32\n");
        let built = environments.iter().map(|name| {
            let folder = project.join(".pio/build").join(name);
            put(&folder, "bootloader.bin", &self.bootloader.1);
            put(&folder, "partitions.bin", &self.table.1);
            put(&folder, "firmware.bin", &self.application.1);
            put(&folder, "firmware.elf", b"\x7fELF of a firmware");
            folder
        });
        built.collect()
    }

    /// Files with the arguments of esptool beside them.
    pub fn flash_args(&self, folder: &Path) -> PathBuf {
        let Self { bootloader, table, application, .. } = self;
        let mut text = String::new();
        for (name, (address, bytes)) in
            [("boot.bin", bootloader), ("table.bin", table), ("app.bin", application)]
        {
            put(folder, name, bytes);
            text.push_str(&format!("{address:#x} {name}\n"));
        }
        put(folder, "flash_args", text.as_bytes())
    }

    /// `manifest.json` of ESP Web Tools, with the parts and a build for another chip.
    pub fn web_tools(&self, folder: &Path, family: &str) -> PathBuf {
        let Self { bootloader, table, application, .. } = self;
        put(folder, "c3/boot.bin", &bootloader.1);
        put(folder, "c3/table.bin", &table.1);
        put(folder, "c3/app.bin", &application.1);
        put(folder, "s3.bin", b"\xE9 for another chip");
        let text = format!(
            r#"{{"name": "Hello", "version": "1", "new_install_prompt_erase": true, "builds": [
                {{"chipFamily": "ESP8266", "parts": [{{"path": "no.bin", "offset": 0}}]}},
                {{"chipFamily": "ESP32-S3", "parts": [{{"path": "s3.bin", "offset": 0}}]}},
                {{"chipFamily": "{family}", "parts": [
                    {{"path": "c3/boot.bin", "offset": {}}}, {{"path": "c3/table.bin?v=1", "offset": {}}},
                    {{"path": "./c3/app.bin", "offset": {}}}]}}]}}"#,
            bootloader.0, table.0, application.0,
        );
        put(folder, "manifest.json", text.as_bytes())
    }

    /// All of it in one file, from the bootloader's place on.
    pub fn merged(&self) -> Vec<u8> {
        let base = self.bootloader.0;
        let mut bytes = Vec::new();
        for (address, part) in [&self.bootloader, &self.table, &self.application] {
            bytes.resize((address - base) as usize, 0xFF);
            bytes.extend(part);
        }
        bytes
    }
}
