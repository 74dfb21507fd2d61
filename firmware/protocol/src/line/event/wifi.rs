//! The network: joining it, and coming to know it.

/// Rows of the vocabulary; see [`super::collect`].
macro_rules! wifi {
    ([$($rows:tt)*] $($next:ident)*) => { collect! { [$($rows)*
        /// There is nothing to join.
        Warn "wifi" "no credentials" NoCredentials {}
        /// Trying to join.
        Info "wifi" "joining" Joining {
            /// The network.
            ssid: Text<'a> = "ssid",
            /// Which attempt in a row, from 1.
            attempt: u32 = "attempt",
        }
        /// Joined; the address is still to come.
        Info "wifi" "joined" Joined {
            /// The network.
            ssid: Text<'a> = "ssid",
            /// Signal, dBm.
            rssi: Option<i8> = "rssi",
            /// Radio channel.
            channel: Option<u8> = "channel",
        }
        /// The network is open: the password that was given is not used.
        Warn "wifi" "open network" OpenNetwork {
            /// The network.
            ssid: Text<'a> = "ssid",
        }
        /// An attempt failed.
        Warn "wifi" "failed" JoinFailed {
            /// The network.
            ssid: Text<'a> = "ssid",
            /// Why.
            reason: JoinFault = "reason",
            /// Which attempt in a row, from 1.
            attempt: u32 = "attempt",
            /// Milliseconds until the next attempt; missing when there will be none.
            retry_ms: Option<u32> = "retry_ms",
        }
        /// The network went away.
        Warn "wifi" "lost" WifiLost {
            /// The network.
            ssid: Text<'a> = "ssid",
        }
        /// The board can be reached here.
        Info "wifi" "got ip:" GotIp {
            /// The address.
            ip: Ipv4Addr = "",
            /// Length of its network prefix.
            prefix: u8 = "prefix",
            /// The gateway.
            gateway: Option<Ipv4Addr> = "gateway",
            /// Where it comes from.
            source: AddressSource = "from",
        }
        /// The board cannot be reached any more.
        Warn "wifi" "lost ip:" LostIp {
            /// The address it had.
            ip: Ipv4Addr = "",
        }
        /// Waiting for credentials, over Improv, SmartConfig or `wifi set`.
        Warn "wifi" "provisioning" Provisioning {
            /// Why.
            reason: ProvisioningCause = "reason",
            /// Milliseconds until the known network is tried again.
            retry_ms: Option<u32> = "retry_ms",
        }
        /// Credentials arrived and will be tried.
        Info "wifi" "credentials" CredentialsReceived {
            /// How: `console`, `improv` or `esptouch`.
            from: Text<'a> = "from",
            /// The network.
            ssid: Text<'a> = "ssid",
        }
        /// Answer to `wifi scan`: one network.
        Info "wifi" "network" Network {
            /// Its name; empty when hidden.
            ssid: Text<'a> = "ssid",
            /// Signal, dBm.
            rssi: i8 = "rssi",
            /// Radio channel.
            channel: Option<u8> = "channel",
            /// Its protection.
            auth: Auth = "auth",
        }

        /// Listening for a sender of SmartConfig (ESP-TOUCH), from channel to channel.
        Info "smartconfig" "listening" SmartConfigListening {
            /// The channel it begins with.
            channel: u8 = "channel",
            /// Channels on which networks were found, which come first; 0 where none is known yet.
            occupied: u8 = "occupied",
        }
        /// Listening on another channel.
        Debug "smartconfig" "channel" SmartConfigChannel {
            /// The channel.
            channel: u8 = "channel",
        }
        /// A sender was found: the board stays on its channel, and tries no stored network meanwhile.
        Info "smartconfig" "locked" SmartConfigLocked {
            /// The channel.
            channel: u8 = "channel",
            /// MAC address of the radio that is heard: the sender's, or its access point's.
            from: Text<'a> = "from",
        }
        /// The sender fell silent before all was told; the board listens on.
        Warn "smartconfig" "lost" SmartConfigLost {
            /// The channel.
            channel: u8 = "channel",
        }
        /// The sender has told all; the network is tried.
        Info "smartconfig" "received" SmartConfigReceived {
            /// The network.
            ssid: Text<'a> = "ssid",
            /// Whom to answer.
            sender: Ipv4Addr = "sender",
        }
        /// What the sender told is no name and password of a network.
        Warn "smartconfig" "unusable" SmartConfigUnusable {}
        /// The sender was told that the board has joined, and where it is.
        Info "smartconfig" "answered" SmartConfigAnswered {
            /// Where the answer went, by UDP.
            to: SocketAddr = "to",
        }
        /// The sender could not be told.
        Warn "smartconfig" "not answered" SmartConfigUnanswered {
            /// Where the answer should have gone.
            to: SocketAddr = "to",
        }
    ] $($next)* } };
}
pub(super) use wifi;
