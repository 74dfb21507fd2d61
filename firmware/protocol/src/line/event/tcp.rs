//! Connections, as the server and the dialling client have them.

/// Rows of the vocabulary; see [`super::collect`].
macro_rules! tcp {
    ([$($rows:tt)*] $($next:ident)*) => { collect! { [$($rows)*
        /// Clients are welcome.
        Info "tcp" "listening" Listening {
            /// TCP port.
            port: u16 = "port",
            /// Clients served, of the limit.
            served: Share = "served",
            /// Clients waiting, of the limit.
            waiting: Share = "waiting",
        }
        /// Every place is taken: the next client is refused.
        Info "tcp" "full" Full {
            /// TCP port.
            port: u16 = "port",
            /// Clients served, of the limit.
            served: Share = "served",
            /// Clients waiting, of the limit.
            waiting: Share = "waiting",
        }
        /// The board listens no more (mode `client`).
        Info "tcp" "stopped" Stopped {}
        /// A client is served.
        Info "tcp" "accepted" Accepted {
            /// Its address.
            peer: SocketAddr = "peer",
            /// The slot that serves it, from 1.
            slot: u8 = "slot",
            /// Clients served, of the limit.
            served: Share = "served",
        }
        /// A client is connected, and its bytes are kept until a slot is free.
        Info "tcp" "waiting" Waiting {
            /// Its address.
            peer: SocketAddr = "peer",
            /// Clients served, of the limit.
            served: Share = "served",
            /// Clients waiting, of the limit.
            waiting: Share = "waiting",
        }
        /// A client that waited is served now.
        Info "tcp" "promoted" Promoted {
            /// Its address.
            peer: SocketAddr = "peer",
            /// The slot that serves it, from 1.
            slot: u8 = "slot",
            /// How long it waited, milliseconds.
            waited_ms: u64 = "waited_ms",
            /// Clients served, of the limit.
            served: Share = "served",
        }
        /// A client was turned away. Where the network stack refuses by itself, no line tells.
        Warn "tcp" "refused" Refused {
            /// Its address.
            peer: SocketAddr = "peer",
            /// Clients served, of the limit.
            served: Share = "served",
            /// Clients waiting, of the limit.
            waiting: Share = "waiting",
        }
        /// A connection ended.
        Info "tcp" "closed" Closed {
            /// Its address.
            peer: SocketAddr = "peer",
            /// The slot that served it; missing when it never had one.
            slot: Option<u8> = "slot",
            /// Why.
            reason: CloseCause = "reason",
            /// Bytes the board read from it.
            bytes_in: u64 = "in",
            /// Bytes the board wrote to it.
            bytes_out: u64 = "out",
            /// Clients still served, of the limit.
            served: Share = "served",
        }
        /// Bytes arrived.
        Info "tcp" "received" Received {
            /// From whom.
            peer: SocketAddr = "peer",
            /// In which slot.
            slot: u8 = "slot",
            /// How many bytes.
            bytes: u32 = "bytes",
            /// The first of them, or all.
            data: Option<Bytes<'a>> = "data",
        }
        /// Mode `check` found something wrong. Printed at the first error and each second after.
        Warn "tcp" "check failed" CheckFailed {
            /// From whom.
            peer: SocketAddr = "peer",
            /// In which slot.
            slot: u8 = "slot",
            /// Bytes checked.
            bytes: u64 = "bytes",
            /// Bytes that were wrong.
            errors: u64 = "errors",
            /// Position of the first wrong byte.
            first: u64 = "first",
        }
        /// Mode `check`: the connection ended, and this is the sum.
        Info "tcp" "checked" Checked {
            /// From whom.
            peer: SocketAddr = "peer",
            /// In which slot.
            slot: u8 = "slot",
            /// Bytes checked.
            bytes: u64 = "bytes",
            /// Bytes that were wrong.
            errors: u64 = "errors",
        }
        /// Mode `client` dials.
        Info "tcp" "dialing" Dialing {
            /// Host name or address.
            host: Text<'a> = "host",
            /// TCP port.
            port: u16 = "port",
            /// Which attempt in a row, from 1.
            attempt: u32 = "attempt",
        }
        /// Mode `client` is connected.
        Info "tcp" "connected" Connected {
            /// The address behind the name.
            peer: SocketAddr = "peer",
            /// In which slot, from 1.
            slot: u8 = "slot",
        }
        /// Mode `client` could not connect.
        Warn "tcp" "dial failed" DialFailed {
            /// Host name or address.
            host: Text<'a> = "host",
            /// TCP port.
            port: u16 = "port",
            /// Why.
            reason: DialFault = "reason",
            /// Milliseconds until the next attempt.
            retry_ms: u32 = "retry_ms",
        }
        /// Answer to `clients`: one connection.
        Info "tcp" "client" Client {
            /// Its address.
            peer: SocketAddr = "peer",
            /// Its slot; missing while it waits.
            slot: Option<u8> = "slot",
            /// What it is.
            state: Standing = "state",
            /// Bytes the board read from it.
            bytes_in: u64 = "in",
            /// Bytes the board wrote to it.
            bytes_out: u64 = "out",
            /// Milliseconds since it connected.
            age_ms: u64 = "age_ms",
        }
    ] $($next)* } };
}
pub(super) use tcp;
