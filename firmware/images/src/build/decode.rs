//! Reading addresses with the bundled table, as the app does.

use std::path::Path;

use anyhow::Context as _;
use espalier_images::SymbolTable;

/// Prints the functions at each address (hexadecimal).
pub fn decode(root: &Path, name: &str, addresses: &[String]) -> anyhow::Result<()> {
    let manifest = crate::manifest(root)?;
    let chip =
        manifest.chip(name).with_context(|| format!("the manifest has no image for {name}"))?;
    let packed = std::fs::read(crate::assets(root).join(&chip.symbols.file))?;
    let symbols = SymbolTable::decode(&chip.symbols.unpack(&packed)?)?;
    for address in addresses {
        let number = u32::from_str_radix(address.trim_start_matches("0x"), 16)
            .with_context(|| format!("{address} is not an address"))?;
        println!("{number:#010x}");
        for frame in symbols.frames(number) {
            let file = frame.file.as_deref().unwrap_or("?");
            let line = frame.line.map_or(String::new(), |line| format!(":{line}"));
            println!(
                "    {} at {file}{line}{}",
                frame.function,
                if frame.inlined { " (inlined)" } else { "" }
            );
        }
    }
    Ok(())
}
