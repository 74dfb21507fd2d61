//! What the board is and how it stands: its screen, its program, its figures.

/// Rows of the vocabulary; see [`super::collect`].
macro_rules! board {
    ([$($rows:tt)*] $($next:ident)*) => { collect! { [$($rows)*
        /// What shows the screen. Told at the start when a display was found, and in answer to `screen`.
        Info "screen" "panel" ScreenPanel {
            /// Which display.
            panel: Panel = "panel",
        }
        /// Answer to `screen`: one line of four.
        Info "screen" "shows" ScreenShows {
            /// Which line, from 1.
            row: u8 = "row",
            /// What it says. What is too long for the display is cut there.
            text: Text<'a> = "text",
        }

        /// Where the running program lies, and what may replace it: told at the start, and in answer to `status`.
        Info "ota" "slot" OtaSlot {
            /// The slot of flash that it was started from, from 0.
            slot: u8 = "slot",
            /// Slots there are. With one, nothing can be replaced over the network: the flash or its partition table has no room.
            slots: u8 = "of",
            /// Bytes that a new program may have; 0 where there is one slot.
            room: u32 = "room",
            /// How it stands with the running program.
            state: OtaState = "state",
            /// TCP port of updates; missing where there is one slot.
            port: Option<u16> = "port",
            /// Whether a token is stored.
            token: Secret = "token",
        }
        /// The program is new: it is kept when it has got an address or was spoken to for a while, otherwise the one before returns.
        Warn "ota" "on trial" OtaTrial {
            /// Seconds until it is given up.
            seconds: u32 = "seconds",
        }
        /// The new program is kept.
        Info "ota" "confirmed" OtaConfirmed {}
        /// The flash did not take the mark that the new program is to be kept: the next restart returns to the one before.
        Error "ota" "not confirmed" OtaNotConfirmed {}
        /// The new program was not confirmed in time: the board restarts into the one before.
        Error "ota" "given up" OtaGivenUp {}
        /// For so long one update is taken without a token.
        Info "ota" "allowed" OtaAllowed {
            /// Seconds.
            seconds: u32 = "seconds",
        }
        /// A new program is being received.
        Info "ota" "receiving" OtaReceiving {
            /// Its bytes.
            bytes: u32 = "bytes",
            /// The slot into which it is written.
            slot: u8 = "slot",
        }
        /// An update was refused, or given up; the running program stays.
        Warn "ota" "refused" OtaRefused {
            /// Why.
            reason: OtaFault = "reason",
            /// Bytes that had been written.
            bytes: u32 = "bytes",
        }
        /// The new program is in flash, whole and chosen; the board restarts into it.
        Info "ota" "written" OtaWritten {
            /// Its bytes.
            bytes: u32 = "bytes",
            /// Its slot.
            slot: u8 = "slot",
        }

        /// Answer to `status`: the system.
        Info "status" "system" SystemStatus {
            /// Name of the program.
            app: Text<'a> = "app",
            /// Its version.
            version: Text<'a> = "version",
            /// The chip.
            chip: Text<'a> = "chip",
            /// Milliseconds since the start.
            uptime_ms: u64 = "uptime_ms",
            /// Free heap, bytes.
            heap: Option<u32> = "heap",
            /// Least free heap so far, bytes.
            heap_min: Option<u32> = "heap_min",
            /// Least free stack of the main thread so far, bytes.
            stack_min: Option<u32> = "stack_min",
            /// Share of the last second in which the program's tasks were at work, percent.
            busy: Option<u8> = "busy",
            /// Console lines that were left out because the console was too slow.
            skipped: u32 = "skipped",
        }
        /// Answer to `status`: Wi-Fi.
        Info "status" "wifi" WifiStatus {
            /// Where it stands.
            state: WifiState = "state",
            /// The network.
            ssid: Option<Text<'a>> = "ssid",
            /// Signal, dBm.
            rssi: Option<i8> = "rssi",
            /// The address.
            ip: Option<Ipv4Addr> = "ip",
            /// Times that the network was lost.
            losses: u32 = "losses",
            /// Attempts to join that failed.
            failures: u32 = "failures",
        }
        /// Answer to `status`: the server. The counters count since the start.
        Info "status" "server" ServerStatus {
            /// What it does.
            mode: Mode = "mode",
            /// TCP port.
            port: u16 = "port",
            /// Clients served, of the limit.
            served: Share = "served",
            /// Clients waiting, of the limit.
            waiting: Share = "waiting",
            /// Clients accepted, those that waited included.
            accepted: u32 = "accepted",
            /// Clients refused, as far as the board saw them.
            refused: u32 = "refused",
            /// Bytes read.
            bytes_in: u64 = "in",
            /// Bytes written.
            bytes_out: u64 = "out",
            /// Wrong bytes that mode `check` found.
            check_errors: u64 = "check_errors",
        }
    ] $($next)* } };
}
pub(super) use board;
