//! `--watch`: a board that always runs what was built last, with its words on stdout.

use espalier_core::board::{FlashSource, FlashSpec};
use espalier_core::session::SessionEvent;
use espalier_engine::board::build::{self, BuildWatch};

use super::{Flasher, failed};
use crate::cli::exit::Exit;
use crate::cli::monitor::{StatusPrinter, told_line};
use crate::cli::port::LinkEvent;
use crate::print::{DataOutput, say, sentence};

/// Flashes, and again whenever the build is a new one; ends at Ctrl-C, as the last flash did.
pub async fn run(
    flasher: &mut Flasher,
    spec: FlashSpec,
    mut watch: BuildWatch,
) -> anyhow::Result<Exit> {
    flasher.out = Some(DataOutput::stdout(false)?);
    let mut exit = flasher.flash(spec.clone()).await?;
    if matches!(exit, Exit::Cancelled) {
        return Ok(exit);
    }
    let mut printer = StatusPrinter::default();
    let mut looks = tokio::time::interval(BuildWatch::EVERY);
    told_line("waiting for the next build; Ctrl-C ends");
    loop {
        let told = tokio::select! {
            _ = looks.tick() => {
                if watch.look() {
                    let (again, next) = flash_again(flasher, &spec).await?;
                    if matches!(again, Exit::Cancelled) {
                        return Ok(again);
                    }
                    exit = again;
                    watch = next.unwrap_or(watch);
                    told_line("waiting for the next build; Ctrl-C ends");
                }
                continue;
            }
            () = flasher.wishes.next() => return Ok(exit),
            told = flasher.events.next() => told,
        };
        match &told {
            LinkEvent::Event { event: SessionEvent::Note(note), .. } => {
                say(format_args!("-- {}", sentence(note)));
            }
            LinkEvent::Waiting { fault, .. } => {
                told_line(format_args!("{fault}; waiting for it to come back"));
            }
            _ => {}
        }
        if let Some(over) = flasher.hear(told)? {
            return Ok(over);
        }
        printer.tell(&flasher.link.status());
    }
}

/// The build's files may be others now; a build that is broken is told, and the next one waited for.
async fn flash_again(
    flasher: &mut Flasher,
    spec: &FlashSpec,
) -> anyhow::Result<(Exit, Option<BuildWatch>)> {
    let FlashSource::Build(path) = &spec.source else { return Ok((Exit::Done, None)) };
    match build::find_one(path) {
        Ok(build) => {
            super::table::found(&build);
            let watch = BuildWatch::new(&build);
            Ok((flasher.flash(spec.clone()).await?, Some(watch)))
        }
        Err(fault) => Ok((failed(&fault), None)),
    }
}
