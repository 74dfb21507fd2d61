//! What `tracing` (this program) and `log` (eframe, egui, espflash) say, as lines of the one log.

use std::fmt::{self, Write as _};

use espalier_core::program_log::Severity;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::process_log::get;

/// Both of them go through here from now on.
pub fn install() {
    // Whoever was first stays: nobody else sets one in this program.
    tracing::subscriber::set_global_default(Bridge).ok();
    log::set_logger(&Bridge).ok();
    let most = get().and_then(|log| log.filter().most());
    log::set_max_level(match most {
        None => log::LevelFilter::Off,
        Some(Severity::Error) => log::LevelFilter::Error,
        Some(Severity::Warn) => log::LevelFilter::Warn,
        Some(Severity::Info) => log::LevelFilter::Info,
        Some(Severity::Debug) => log::LevelFilter::Debug,
        Some(Severity::Trace) => log::LevelFilter::Trace,
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
        // What TLS finds odd about a peer is told where it was met, in the log of its session.
        let level = match record.target().starts_with("rustls") {
            true => of_log(record.level()).max(Severity::Debug),
            false => of_log(record.level()),
        };
        if let Some(log) = get().filter(|log| log.takes(level, record.target())) {
            log.write(level, record.target(), &record.args().to_string());
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

const fn of_tracing(level: tracing::Level) -> Severity {
    match level {
        tracing::Level::ERROR => Severity::Error,
        tracing::Level::WARN => Severity::Warn,
        tracing::Level::INFO => Severity::Info,
        tracing::Level::DEBUG => Severity::Debug,
        tracing::Level::TRACE => Severity::Trace,
    }
}

const fn of_log(level: log::Level) -> Severity {
    match level {
        log::Level::Error => Severity::Error,
        log::Level::Warn => Severity::Warn,
        log::Level::Info => Severity::Info,
        log::Level::Debug => Severity::Debug,
        log::Level::Trace => Severity::Trace,
    }
}
