//! The vocabulary: one table from which printing, parsing and documentation come.

use super::{
    fields::Fields,
    grammar::{EventGrammar, FieldGrammar, after_head, events, is_optional},
    tokens::Tokens,
};
use crate::field::{Bytes, Field, Keepalive, Share, Text};
use crate::words::{
    AddressSource, Auth, CloseCause, DialFault, ErrorCode, ImprovFault, JoinFault, Level, Mode,
    OtaFault, OtaState, Panel, ProvisioningCause, RecordFault, Reset, Secret, Shown, Standing,
    Switch, WifiState,
};
use core::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
};

events! { 'a
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

    /// Mode `chat`: somebody is a member of the room now.
    Info "chat" "joined" ChatJoined {
        /// Its name, in whatever encoding it came.
        name: Bytes<'a> = "name",
    }
    /// Mode `chat`: somebody has left the room.
    Info "chat" "parted" ChatParted {
        /// Its name.
        name: Bytes<'a> = "name",
        /// Why, if it was said.
        reason: Option<Bytes<'a>> = "reason",
    }
    /// Mode `chat`: the connection of a member is gone, and it is waited for.
    Info "chat" "away" ChatAway {
        /// Its name.
        name: Bytes<'a> = "name",
    }
    /// Mode `chat`: a member that was away goes on over a new connection.
    Info "chat" "back" ChatBack {
        /// Its name.
        name: Bytes<'a> = "name",
    }
    /// Mode `chat`: a member has another name now.
    Info "chat" "renamed" ChatRenamed {
        /// The name until now.
        name: Bytes<'a> = "name",
        /// The name from now on.
        to: Bytes<'a> = "to",
    }
    /// Mode `chat`: a member said something to all.
    Info "chat" "said" ChatSaid {
        /// Its name.
        name: Bytes<'a> = "name",
        /// How many bytes.
        bytes: u32 = "bytes",
        /// The first of them, or all.
        data: Option<Bytes<'a>> = "data",
    }
    /// Mode `chat`: a member said what it does (`/me`).
    Info "chat" "acts" ChatActs {
        /// Its name.
        name: Bytes<'a> = "name",
        /// How many bytes.
        bytes: u32 = "bytes",
        /// The first of them, or all.
        data: Option<Bytes<'a>> = "data",
    }
    /// Mode `chat`: a member said something to one other. What it said is told to nobody else.
    Info "chat" "private" ChatPrivate {
        /// Its name.
        name: Bytes<'a> = "name",
        /// The other's.
        to: Bytes<'a> = "to",
    }
    /// Mode `chat`: a line for a member is gone, because its queue was full. The member is told how many.
    Warn "chat" "lost" ChatLost {
        /// Its name.
        name: Bytes<'a> = "name",
    }
    /// Mode `chat`: what a client said was not done.
    Warn "chat" "refused" ChatRefused {
        /// Its address.
        peer: SocketAddr = "peer",
        /// In which slot.
        slot: u8 = "slot",
        /// The number of the `/error` that it was sent.
        code: u32 = "code",
        /// The same for people.
        text: Text<'a> = "text",
    }

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

    /// The command is done; always the last line of an answer.
    Info "console" "ok" Ok {
        /// The command's first words.
        command: Text<'a> = "cmd",
        /// The number that was put before the command as `#NUMBER`.
        id: Option<u32> = "id",
    }
    /// The command is not done; always the last line of an answer.
    Error "console" "error" Error {
        /// The command's first words; missing when it could not be told.
        command: Option<Text<'a>> = "cmd",
        /// The number that was put before the command as `#NUMBER`.
        id: Option<u32> = "id",
        /// What kind of error.
        code: ErrorCode = "code",
        /// What is wrong and what to do, for people.
        text: Text<'a> = "text",
    }
    /// Answer to `help`: one command.
    Info "console" "help" Help {
        /// How it is written.
        usage: Text<'a> = "usage",
        /// What it does.
        text: Text<'a> = "text",
    }
    /// A line was too long and was thrown away.
    Error "console" "overlong" Overlong {
        /// Bytes thrown away.
        bytes: u32 = "bytes",
    }
    /// A line was not text and was thrown away.
    Warn "console" "noise" Noise {
        /// Bytes thrown away.
        bytes: u32 = "bytes",
    }
    /// Lines were left out because the console was too slow.
    Warn "console" "skipped" Skipped {
        /// How many.
        lines: u32 = "lines",
    }
    /// Something that began like an Improv packet was none.
    Warn "improv" "bad packet" ImprovBadPacket {
        /// Why.
        reason: ImprovFault = "reason",
    }
}
