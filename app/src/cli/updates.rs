//! `espalier updates`: whether there is a newer version.

use clap::Args as ClapArgs;
use espalier_core::releases::{Release, ReleaseAnswer, ReleaseFault, ReleasesUrl};
use espalier_engine::releases::ask;
use serde_json::json;

use super::exit::Exit;
use super::settings;
use crate::print::{complain, document, line, sentence, translated};
use crate::releases::{VERSION, built_in};

/// Ask whether there is a newer version of the program
///
/// It exits with 36 when there is one, with 0 when there is none. Nothing is sent but the request. The window asks by itself when the setting updates.ask is on.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Ask there, and not where the setting updates.url or the build says
    #[arg(long, value_name = "URL", value_parser = url)]
    from: Option<ReleasesUrl>,
    /// As one JSON document
    #[arg(long)]
    json: bool,
}

fn url(text: &str) -> Result<ReleasesUrl, String> {
    ReleasesUrl::parse(text)
        .ok_or_else(|| "an address that begins with https:// is needed".to_owned())
}

/// Asks, and tells what was answered.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let source = match &args.from {
        Some(url) => Some(url.clone()),
        None => match settings::settings()?.updates_url.as_str() {
            "" => built_in(),
            named => ReleasesUrl::parse(named),
        },
    };
    let answer = source.ok_or_else(ReleaseFault::no_source).and_then(|url| ask(&url, VERSION));
    let (newest, page, exit) = match answer {
        Ok(ReleaseAnswer::Newer(Release { version, page })) => (version, Some(page), Exit::Newer),
        Ok(ReleaseAnswer::UpToDate(version)) => (version, None, Exit::Done),
        Err(fault) => {
            complain(sentence(&fault.what));
            return Ok(Exit::of_release(fault.kind));
        }
    };
    match (args.json, page) {
        (true, page) => {
            let told = json!({ "version": VERSION, "newest": newest, "newer": page.is_some(), "page": page });
            document(&serde_json::to_string_pretty(&told)?)?;
        }
        (false, Some(page)) => line(translated(format_args!("Espalier {newest} is out: {page}")))?,
        (false, None) => {
            line(translated(format_args!("there is no newer version than {VERSION}")))?;
        }
    }
    Ok(exit)
}
