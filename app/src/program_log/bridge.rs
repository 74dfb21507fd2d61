//! What `tracing` (this program) and `log` (eframe, egui, espflash) say, as lines of the one log.

use std::fmt::{self, Write as _};

use espalier_core::program_log::Level;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::get;

/// Both of them go through here from now on.
pub fn install() {
    // Whoever was first stays: nobody else sets one in this program.
    tracing::subscriber::set_global_default(Bridge).ok();
    log::set_logger(&Bridge).ok();
    let most = get().and_then(|log| log.filter.most());
    log::set_max_level(match most {
        None => log::LevelFilter::Off,
        Some(Level::Error) => log::LevelFilter::Error,
        Some(Level::Warn) => log::LevelFilter::Warn,
        Some(Level::Info) => log::LevelFilter::Info,
        Some(Level::Debug) => log::LevelFilter::Debug,
        Some(Level::Trace) => log::LevelFilter::Trace,
    });
}

struct Bridge;

impl Subscriber for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && get().is_some_and(|log| log.takes(of_tracing(*metadata.level()), metadata.target()))
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        // Spans are not kept: lines say by themselves what they are about.
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(log) = get() else { return };
        let mut words = Words::default();
        event.record(&mut words);
        let metadata = event.metadata();
        let text = words.message + &words.fields;
        log.write(of_tracing(*metadata.level()), metadata.target(), &text);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

impl log::Log for Bridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        get().is_some_and(|log| log.takes(of_log(metadata.level()), metadata.target()))
    }

    fn log(&self, record: &log::Record<'_>) {
        if let Some(log) = get().filter(|_| log::Log::enabled(self, record.metadata())) {
            log.write(of_log(record.level()), record.target(), &record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// The message, and what stands beside it as `key=value`.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        // Writing into a text does not fail.
        written.ok();
    }
}

const fn of_tracing(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::Trace,
    }
}

const fn of_log(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::Error,
        log::Level::Warn => Level::Warn,
        log::Level::Info => Level::Info,
        log::Level::Debug => Level::Debug,
        log::Level::Trace => Level::Trace,
    }
}
