//! `espalier-images`: builds the firmware for each chip and refreshes `assets/firmware/`, or checks that what is
//! there is what the sources give.

mod assemble;
mod compile;
mod decode;
mod sources;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use espalier_images::ChipImages;
use espalier_images::manifest::{Manifest, SCHEMA};

const USAGE: &str = "\
espalier-images build [--toolchain NAME] CHIP…   build and refresh assets/firmware/
espalier-images check CHIP…                      build again and compare with assets/firmware/
espalier-images compile CHIP[,FEATURE…]…         compile and link only, with a board's features
espalier-images decode CHIP ADDRESS…             read addresses of a panic
Chips: esp32 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32s2 esp32s3
Toolchains: stable (rustup), debian, esp; without the option, the first that is there and fits the chip.";

fn main() -> anyhow::Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let toolchain = match words.iter().position(|word| word == "--toolchain") {
        Some(at) if at + 1 < words.len() => words.drain(at..at + 2).nth(1),
        Some(_) => bail!("--toolchain needs a name\n{USAGE}"),
        None => None,
    };
    let root = root()?;
    match words.split_first() {
        Some((word, chips)) if word == "build" && !chips.is_empty() => {
            chips.iter().try_for_each(|chip| build(&root, chip, toolchain.as_deref()))
        }
        Some((word, chips)) if word == "compile" && !chips.is_empty() => {
            chips.iter().try_for_each(|chip| {
                // The chip, and what the board has besides: esp32c3,led-gpio8
                let features = chip;
                let chip = features.split(',').next().unwrap_or_default();
                let toolchain = compile::Toolchain::find(chip, toolchain.as_deref())?;
                let elf = compile::compile(&root, chip, features, &toolchain)?;
                println!("{features}: {} with {}", elf.display(), toolchain.version);
                Ok(())
            })
        }
        Some((word, chips)) if word == "check" && !chips.is_empty() => {
            chips.iter().try_for_each(|chip| check(&root, chip))
        }
        Some((word, [chip, addresses @ ..])) if word == "decode" => {
            decode::decode(&root, chip, addresses)
        }
        _ => bail!("{USAGE}"),
    }
}

/// The repository: the folder above this crate's.
fn root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(Path::to_path_buf).context("this crate is not in the repository")
}

/// The folder of the images.
fn assets(root: &Path) -> PathBuf {
    root.join("assets").join("firmware")
}

fn manifest(root: &Path) -> anyhow::Result<Manifest> {
    let path = assets(root).join("manifest.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Manifest::parse(&text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Manifest { schema: SCHEMA, name: "espalier".to_owned(), chips: Vec::new() })
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// Builds one chip's image; the files and the manifest's entry that describes them.
fn made(
    root: &Path,
    chip: &str,
    toolchain: &compile::Toolchain,
) -> anyhow::Result<(ChipImages, Vec<assemble::File>)> {
    let elf = compile::compile(root, chip, chip, toolchain)?;
    let elf = std::fs::read(&elf).with_context(|| format!("{} cannot be read", elf.display()))?;
    assemble::assemble(root, chip, toolchain, &elf)
}

fn build(root: &Path, name: &str, toolchain: Option<&str>) -> anyhow::Result<()> {
    let toolchain = compile::Toolchain::find(name, toolchain)?;
    let (mut chip, files) = made(root, name, &toolchain)?;
    let mut manifest = manifest(root)?;
    if let Some(before) = manifest.chip(name) {
        let same = before
            .part(espalier_images::PartName::Application)
            .map(|part| &part.packed.sha256)
            == chip.part(espalier_images::PartName::Application).map(|part| &part.packed.sha256);
        if same {
            chip.tested.clone_from(&before.tested);
        }
    }
    let folder = assets(root);
    for file in &files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, &file.packed)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    manifest.chips.retain(|other| other.chip != name);
    println!("{}", summary(&chip, &files));
    manifest.chips.push(chip);
    manifest.chips.sort_by(|a, b| a.chip.cmp(&b.chip));
    let text = format!(
        "# Written by `firmware/build`; read README.md beside it.\n{}",
        toml::to_string(&manifest)?
    );
    std::fs::write(folder.join("manifest.toml"), text)?;
    Ok(())
}

fn summary(chip: &ChipImages, files: &[assemble::File]) -> String {
    let sizes: Vec<_> = files
        .iter()
        .map(|file| format!("{} {} ({} packed)", file.path, file.size, file.packed.len()))
        .collect();
    format!("{}: {:?}\n  {}", chip.chip, chip.memory, sizes.join("\n  "))
}

/// Compares; a difference is an error, and what cannot be compared is said.
fn check(root: &Path, name: &str) -> anyhow::Result<()> {
    let manifest = manifest(root)?;
    let Some(chip) = manifest.chip(name) else {
        println!("SKIPPED {name}: the manifest has no image for it");
        return Ok(());
    };
    for packed in chip.parts.iter().map(|part| &part.packed).chain([&chip.symbols]) {
        let path = assets(root).join(&packed.file);
        let bytes =
            std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        packed
            .unpack(&bytes)
            .with_context(|| format!("{} is not what the manifest says", path.display()))?;
    }
    let toolchains = compile::Toolchain::candidates(name);
    let Some(toolchain) = toolchains.into_iter().find(|t| t.version == chip.toolchain) else {
        println!("SKIPPED {name}: its toolchain is not here ({})", chip.toolchain);
        return Ok(());
    };
    let (again, _) = made(root, name, &toolchain)?;
    let parts = chip.parts.iter().zip(&again.parts).find(|(part, other)| part != other);
    let different = parts.map(|(part, _)| format!("{:?}", part.name));
    let different =
        different.or_else(|| (chip.symbols != again.symbols).then(|| "Symbols".to_owned()));
    match different {
        Some(what) if again.sources != chip.sources => {
            bail!("{name}: {what} is older than the sources; refresh it with firmware/build {name}")
        }
        Some(what) => bail!("{name}: the same sources and toolchain gave another {what}"),
        None => {}
    }
    println!("SAME {name}: built again, every part and the symbols have the same bytes");
    let features = format!("{name},{}", compile::BOARD_FEATURES);
    compile::examine(root, name, &features, &toolchain)?;
    Ok(())
}
