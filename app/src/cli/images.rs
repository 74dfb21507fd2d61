//! `espalier images`: the firmware that this program carries.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use espalier_core::board::Chip;
use espalier_engine::board::export::export;
use espalier_engine::board::images;

use super::exit::Exit;
use crate::print;

/// List the firmware that comes with Espalier, or write it as plain files
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print chip, version and size of each image
    List,
    /// Write plain files for other tools
    ///
    /// For each chip a folder with bootloader, partition tables, program, and flash_args for `esptool write-flash
    /// @flash_args`, which is what `espalier flash` writes where there are 4 MB of flash or more; flash_args-2mb is for less.
    /// Beside them manifest.json, which ESP Web Tools takes as it is: one program, for flash of any size. All are for
    /// boards with a crystal of 40 MHz; `espalier flash` finds out which one a board has.
    Export {
        /// Where to; it is made when it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// For this chip only
        #[arg(long, value_name = "CHIP")]
        chip: Option<Chip>,
    },
}

/// Does what is asked.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.what {
        What::List => {
            for image in images::bundled() {
                let (chip, version, size) = (image.chip.slug(), &image.version, image.size);
                print::line(format_args!("{chip:9} {version:8} {size}"))?;
            }
            Ok(Exit::Done)
        }
        What::Export { folder, chip } => match export(folder, *chip) {
            Ok(exported) => {
                let chips: Vec<_> = exported.chips.iter().map(|chip| chip.slug()).collect();
                let folder = exported.folder.display();
                print::tell(format_args!("written to {folder}: {}", chips.join(", ")));
                Ok(Exit::Done)
            }
            Err(fault) => Ok(super::flash::failed(&fault)),
        },
    }
}
