//! `espalier manual`: the pages that the window shows on F1, for a terminal and for packages.

mod html;
mod svg;

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, CommandFactory as _};
use espalier_core::terminal::Plain;
use espalier_ui::manual::{Manual, PAGES, PICTURES, picture_file, source};
use espalier_ui::{Language, Locale};

use super::exit::{BadArgument, Exit};
use super::reference::reference;
use super::{Cli, help};
use crate::print::{self, line};

/// Read the manual, which the window shows on F1, or write it as files
///
/// Without PAGE, its pages are listed. It is in the language of messages; Markdown, as it is read.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// A page, by its name in the list
    #[arg(value_name = "PAGE")]
    page: Option<String>,
    /// Write all pages into DIR as HTML, in every language
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    export: Option<PathBuf>,
    /// Write a man page for each command into DIR
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    man: Option<PathBuf>,
}

/// Does what is asked.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    if let Some(folder) = &args.export {
        for language in Language::ALL {
            let locale = Locale::new(language);
            let manual = Manual::new(&locale, &reference(language));
            let folder = folder.join(language.tag());
            made(&folder)?;
            for page in manual.pages() {
                let text = source(page.name, &locale, &reference(language));
                let path = folder.join(page.name).with_extension("html");
                written(&path, html::page(&manual, page, &text).as_bytes())?;
            }
            for name in PICTURES {
                for (dark, ending) in [(false, ".png"), (true, "-dark.png")] {
                    let file = picture_file(language, name, dark).unwrap_or_default();
                    written(&folder.join(format!("{name}{ending}")), file)?;
                }
            }
        }
        written(&folder.join("index.html"), html::index(&Language::ALL).as_bytes())?;
    }
    if let Some(folder) = &args.man {
        made(folder)?;
        // `help` has no more to say than the pages themselves, and would have one for each.
        let command = Cli::command().disable_help_subcommand(true);
        let pages = clap_mangen::generate_to(help::worded(command), folder);
        pages.map_err(|error| unwritable(folder, &error))?;
    }
    if args.export.is_some() || args.man.is_some() {
        return Ok(Exit::Done);
    }
    let language = print::language();
    let (locale, reference) = (Locale::new(language), reference(language));
    match &args.page {
        None => {
            for page in Manual::new(&locale, &reference).pages() {
                line(format_args!("{:16} {}", page.name, page.title))?;
            }
        }
        Some(name) if PAGES.contains(&name.as_str()) => {
            let text = source(name, &locale, &reference);
            // What headings are called by links means nothing here.
            let mut lines = text.lines().map(|text| text.split(" {#").next().unwrap_or_default());
            lines.try_for_each(line)?;
        }
        Some(name) => {
            let name = Plain(name);
            let text = format!("the manual has no page {name}: espalier manual lists them");
            return Err(BadArgument(text).into());
        }
    }
    Ok(Exit::Done)
}

fn made(folder: &Path) -> Result<(), BadArgument> {
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))
}

fn written(path: &Path, bytes: &[u8]) -> Result<(), BadArgument> {
    std::fs::write(path, bytes).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> BadArgument {
    BadArgument(format!("Cannot write {}: {error}", path.display()))
}
