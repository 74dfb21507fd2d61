//! `espalier relay`: forwards clients to a target, and keeps what passes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use espalier_core::session::{Reconnect, RelayEnd, RelaySpec, SessionSpec, TransportSpec};
use espalier_engine::Engine;
use espalier_engine::session::{CaptureTarget, Tap, TapItem};

use crate::simulated::BoardSimulators;

use super::exit::{BadArgument, Exit};
use super::fault_options::FaultOptions;
use super::interrupt::Interrupts;
use super::options::FigureArgs;
use super::relay_tls_args::RelayTlsArgs;
use super::{home, options, talk};

/// Listen on LISTEN and forward each client to TARGET, with faults on the way where they are asked for
///
/// Tells "listening on ADDR:PORT" on stderr when ready, with the real port for 0, and what happens to each connection:
/// a client and what carries it on have a number each. A client by TLS is secured first; only then the target is called. Runs until Ctrl-C.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Where clients come from: ADDR:PORT, tls:ADDR:PORT, rfc2217:ADDR:PORT for a serial port as the target, or serial:PORT@BAUD, which is one client; an IPv6 address stands in brackets, * is all interfaces, port 0 takes any free one
    #[arg(value_name = "LISTEN")]
    listen: RelayEnd,
    /// Where each of them is forwarded to: HOST:PORT, tls:HOST:PORT, serial:PORT@BAUD, or rfc2217:HOST:PORT@BAUD for a serial port elsewhere
    #[arg(value_name = "TARGET")]
    target: RelayEnd,
    /// Keep everything that passes in FILE (pcapng; Wireshark opens it)
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    /// Serve at most N clients at once; others wait
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_clients: Option<u32>,
    /// Give up reaching the target after this long
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = options::duration)]
    connect_timeout: Duration,
    /// When the target of a serial port is connected to again: exponential, a fixed wait such as 2s, or off
    #[arg(long, value_name = "HOW", default_value = "exponential", value_parser = options::reconnect)]
    reconnect: Reconnect,
    #[command(flatten)]
    tls: RelayTlsArgs,
    #[command(flatten)]
    figures: FigureArgs,
    #[command(flatten)]
    faults: FaultOptions,
}

impl Args {
    fn spec(&self) -> Result<RelaySpec, BadArgument> {
        let (listen_tls, target_tls) = self.tls.specs(&self.listen, &self.target)?;
        let spec = RelaySpec {
            listen_tls: Box::new(listen_tls),
            target_tls: Box::new(target_tls),
            reconnect: self.reconnect,
            connect_timeout_ms: u64::try_from(self.connect_timeout.as_millis()).unwrap_or(u64::MAX),
            max_clients: self.max_clients,
            faults: self.faults.0.clone(),
            ..RelaySpec::new(self.listen.clone(), self.target.clone())
        };
        spec.check().map_err(|bad| BadArgument(bad.to_string()))?;
        Ok(spec)
    }
}

/// Forwards until Ctrl-C.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let spec = SessionSpec::new(TransportSpec::Relay(args.spec()?));
    let boards = Arc::new(BoardSimulators::of_user());
    let paths = home::paths()?;
    let engine = Engine::with_simulated_boards(&paths.captures, boards)?;
    engine.keep_certificates_in(&paths.certificates);
    let store = args.capture.clone().map_or(CaptureTarget::Nowhere, CaptureTarget::File);
    let tap = Tap::events();
    let interrupts = Interrupts::heard(engine.runtime());
    let session = engine.open_tapped(spec, store, Some(tap.clone()));
    interrupts.end(std::slice::from_ref(&session));
    let figures = args.figures.tell(engine.runtime(), &session)?;
    let ended = loop {
        match tap.next(None) {
            Some(TapItem::Event(peer, event)) => talk::tell(peer, &event, true),
            Some(TapItem::Ended(reason)) => break reason,
            Some(TapItem::Received(..)) | None => {}
        }
    };
    session.end();
    tap.close();
    let left = async { tokio::time::timeout(talk::PATIENCE, session.ended()).await };
    engine.runtime().block_on(left).ok();
    figures.finish();
    Ok(ended.map_or(Exit::Done, Exit::of))
}
