//! Finding a compiler and running it so that its output does not depend on where the repository lies.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// The target triple of a chip.
pub fn target(chip: &str) -> Option<&'static str> {
    Some(match chip {
        "esp32c2" | "esp32c3" => "riscv32imc-unknown-none-elf",
        "esp32c5" | "esp32c6" | "esp32c61" => "riscv32imac-unknown-none-elf",
        "esp32" => "xtensa-esp32-none-elf",
        "esp32s2" => "xtensa-esp32s2-none-elf",
        "esp32s3" => "xtensa-esp32s3-none-elf",
        _ => return None,
    })
}

/// The oldest classic ESP32 that the image starts on: 1.0, times 100. Why not 3.0, as esp-hal has it: `firmware/README.md`.
const ESP32_MIN_REVISION: &str = "100";

/// A compiler that is here.
#[derive(Debug)]
pub struct Toolchain {
    /// `stable`, `debian` or `esp`.
    pub name: &'static str,
    /// What it calls itself, and the route.
    pub version: String,
    cargo: PathBuf,
    rustc: PathBuf,
    sysroot: PathBuf,
}

impl Toolchain {
    /// The compilers that are here and can build for a chip, the preferred first.
    pub fn candidates(chip: &str) -> Vec<Self> {
        let Some(target) = target(chip) else { return Vec::new() };
        if target.starts_with("xtensa") {
            return Self::rustup("esp")
                .or_else(|| Self::unpacked(home()?.join(".espalier-toolchain/esp")))
                .into_iter()
                .collect();
        }
        let stable = Self::rustup("stable")
            .filter(|found| found.sysroot.join("lib/rustlib").join(target).is_dir());
        let debian =
            Self::at("debian", "/usr/bin/cargo".into(), "/usr/bin/rustc".into()).filter(|found| {
                found.sysroot.join("lib/rustlib/src/rust/library/core").is_dir()
                    && Path::new("/usr/bin/ld.lld-22").exists()
            });
        debian.into_iter().chain(stable).collect()
    }

    /// The compiler to use: the named one, or the first that fits.
    pub fn find(chip: &str, name: Option<&str>) -> anyhow::Result<Self> {
        target(chip).with_context(|| format!("{chip} is not a chip of this firmware"))?;
        let found = Self::candidates(chip)
            .into_iter()
            .find(|found| name.is_none_or(|name| name == found.name));
        found.with_context(|| {
            format!("no compiler for {chip} is here; firmware/README.md says how to install one")
        })
    }

    fn rustup(name: &'static str) -> Option<Self> {
        let which = |tool: &str| {
            let found = run(Command::new("rustup").args(["which", "--toolchain", name, tool]))?;
            Some(PathBuf::from(found))
        };
        Self::at(name, which("cargo")?, which("rustc")?)
    }

    fn unpacked(folder: PathBuf) -> Option<Self> {
        Self::at("esp", folder.join("bin/cargo"), folder.join("bin/rustc"))
    }

    fn at(name: &'static str, cargo: PathBuf, rustc: PathBuf) -> Option<Self> {
        let version = run(Command::new(&rustc).arg("--version"))?;
        let sysroot = run(Command::new(&rustc).args(["--print", "sysroot"]))?.into();
        Some(Self { name, version: format!("{version}, {name}"), cargo, rustc, sysroot })
    }
}

fn home() -> Option<PathBuf> {
    std::env::home_dir()
}

/// A program's first line of output, when it succeeds.
fn run(command: &mut Command) -> Option<String> {
    let output = clean(command).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.lines().next().map(str::to_owned)
}

/// Takes away what the cargo that runs this tool has put into the environment.
fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let ours = [
            "RUSTUP_TOOLCHAIN",
            "RUSTC",
            "RUSTDOC",
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
        ];
        let cargo = name.starts_with("CARGO")
            && name != "CARGO_HOME"
            && !name.starts_with("CARGO_HTTP")
            && !name.starts_with("CARGO_NET");
        if ours.contains(&&*name) || cargo {
            command.env_remove(&*name);
        }
    }
    command
}

/// Everything that a board may have besides its chip.
pub const BOARD_FEATURES: &str = "led-gpio2,led-gpio8,led-gpio15,led-inverted";

/// Compiles and links the firmware for a chip with these features, the chip's own among them; the ELF file.
pub fn compile(
    root: &Path,
    chip: &str,
    features: &str,
    toolchain: &Toolchain,
) -> anyhow::Result<PathBuf> {
    let target = cargo(root, chip, features, toolchain, "build")?;
    let folder = root.join("firmware").join("esp").join("target");
    Ok(folder.join(target).join("release").join("espalier"))
}

/// Compiles the same, and links nothing.
pub fn examine(
    root: &Path,
    chip: &str,
    features: &str,
    toolchain: &Toolchain,
) -> anyhow::Result<()> {
    cargo(root, chip, features, toolchain, "check").map(drop)
}

fn cargo(
    root: &Path,
    chip: &str,
    features: &str,
    toolchain: &Toolchain,
    action: &str,
) -> anyhow::Result<&'static str> {
    let target = target(chip).with_context(|| format!("{chip} is not a chip of this firmware"))?;
    let folder = root.join("firmware").join("esp");
    let cargo_home =
        std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cargo")));
    let cargo_home = cargo_home.context("neither CARGO_HOME nor a home folder is known")?;

    let mut command = Command::new(&toolchain.cargo);
    clean(&mut command).current_dir(&folder).env("RUSTC", &toolchain.rustc);
    if chip == "esp32" {
        command.env("ESP_HAL_CONFIG_MIN_CHIP_REVISION", ESP32_MIN_REVISION);
    }
    if toolchain.name == "debian" {
        // Permits building core, which Debian does not ship for this target.
        command.env("RUSTC_BOOTSTRAP", "1").args(["--config", "debian.toml"]);
    }
    let flags: Vec<String> = remapped(root, &cargo_home, toolchain)?
        .into_iter()
        .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
        .chain(stand_in(target, toolchain).into_iter().map(str::to_owned))
        .map(|flag| format!("'{flag}'"))
        .collect();
    let flags = flags.join(",");
    command.args(["--config", &format!("target.{target}.rustflags=[{flags}]")]);
    command.args([action, "--release", "--locked", "--features", features, "--target", target]);
    println!("{features}: compiling with {}", toolchain.version);
    if !command
        .status()
        .with_context(|| format!("{} does not start", toolchain.cargo.display()))?
        .success()
    {
        bail!("{chip}: cargo failed");
    }
    Ok(target)
}

/// Flags for an Xtensa compiler that knows the processor of the ESP32 only: the S3 runs the same instructions, the S2 all
/// but some.
fn stand_in(target: &str, toolchain: &Toolchain) -> Vec<&'static str> {
    let own = match target {
        "xtensa-esp32s2-none-elf" => "esp32s2",
        "xtensa-esp32s3-none-elf" => "esp32s3",
        _ => return Vec::new(),
    };
    let print = ["--print", "target-cpus", "--target", target];
    let known = clean(Command::new(&toolchain.rustc).args(print)).output();
    let known = known.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    if known.is_ok_and(|known| known.split_whitespace().any(|cpu| cpu == own)) {
        return Vec::new();
    }
    let mut flags = vec!["-Ctarget-cpu=esp32"];
    if own == "esp32s2" {
        flags.push("-Ctarget-feature=-fp,-loop,-mac16,-bool,-s32c1i,-dfpaccel,-clamps");
    }
    flags
}

/// Paths that would otherwise be written into panic messages and debug information, and what stands for them.
fn remapped(
    root: &Path,
    cargo_home: &Path,
    toolchain: &Toolchain,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut paths = vec![
        (
            toolchain.sysroot.join("lib/rustlib/src/rust").canonicalize().unwrap_or_default(),
            "/rust",
        ),
        (toolchain.sysroot.join("lib/rustlib/src/rust"), "/rust"),
    ];
    let registries = cargo_home.join("registry").join("src");
    for entry in std::fs::read_dir(&registries).into_iter().flatten() {
        paths.push((entry?.path(), "/crates"));
    }
    // Later ones win, and the generated sources below `target` are the innermost.
    paths.push((root.to_path_buf(), "/"));
    paths.push((root.join("firmware").join("esp").join("target"), "/target"));
    paths.retain(|(from, _)| !from.as_os_str().is_empty());
    Ok(paths
        .into_iter()
        .map(|(from, to)| (from.to_string_lossy().into_owned(), to.to_owned()))
        .collect())
}
