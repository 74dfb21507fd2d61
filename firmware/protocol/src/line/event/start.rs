//! The start, and the settings that it finds.

/// Rows of the vocabulary; see [`super::collect`].
macro_rules! start {
    ([$($rows:tt)*] $($next:ident)*) => { collect! { [$($rows)*
        /// The firmware runs.
        Info "boot" "started" Started {
            /// Name of the program, as in its application descriptor.
            app: Text<'a> = "app",
            /// Its version.
            version: Text<'a> = "version",
            /// The chip.
            chip: Text<'a> = "chip",
            /// Why it started.
            reset: Reset = "reset",
        }
        /// The firmware is about to restart, as it was told to.
        Warn "boot" "restarting" Restarting {}

        /// The stored settings are in use.
        Info "settings" "loaded" SettingsLoaded {
            /// Version of the record.
            version: u8 = "version",
        }
        /// The stored settings are not used; these are the defaults.
        Warn "settings" "defaults" SettingsDefault {
            /// Why.
            reason: RecordFault = "reason",
            /// Version of the record, where it could be read.
            version: Option<u8> = "version",
        }
        /// The settings are in flash.
        Info "settings" "saved" SettingsSaved {}
        /// The settings hold until the next restart only.
        Error "settings" "not saved" SettingsNotSaved {}
        /// Answer to `settings show`: Wi-Fi.
        Info "settings" "wifi" WifiSettings {
            /// The network.
            ssid: Option<Text<'a>> = "ssid",
            /// Whether a password is stored.
            password: Secret = "password",
            /// Where the address comes from.
            address: AddressSource = "address",
            /// The fixed address.
            ip: Option<Ipv4Addr> = "ip",
            /// Length of its network prefix.
            prefix: Option<u8> = "prefix",
            /// The gateway.
            gateway: Option<Ipv4Addr> = "gateway",
            /// The name server.
            dns: Option<Ipv4Addr> = "dns",
            /// Whether it listens for SmartConfig while there is no network.
            smartconfig: Option<Switch> = "smartconfig",
        }
        /// Answer to `settings show`: the server.
        Info "settings" "server" ServerSettings {
            /// TCP port.
            port: u16 = "port",
            /// Clients served at once.
            limit: u8 = "limit",
            /// Idle, interval, count.
            keepalive: Keepalive = "keepalive",
            /// What it does.
            mode: Mode = "mode",
            /// Bytes per second of mode `source`; 0 is as fast as it can.
            rate: u32 = "rate",
        }
        /// Answer to `settings show`: whom mode `client` dials.
        Info "settings" "client" ClientSettings {
            /// Host name or address.
            host: Option<Text<'a>> = "host",
            /// TCP port.
            port: u16 = "port",
        }
        /// Answer to `settings show`: the console and names.
        Info "settings" "console" ConsoleSettings {
            /// The loudest level that is printed.
            log: Level = "log",
            /// How received bytes are shown.
            show: Shown = "show",
            /// Name of the board for people.
            name: Text<'a> = "name",
            /// Name of the board on the network.
            hostname: Text<'a> = "hostname",
        }
    ] $($next)* } };
}
pub(super) use start;
