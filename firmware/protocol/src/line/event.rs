//! The vocabulary: one table from which printing, parsing and documentation come. Its rows stand in a file for each part of the
//! board.

mod board;
mod chat;
mod console;
mod start;
mod tcp;
mod wifi;

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

/// Has each part add its rows, in this order, and declares them all.
macro_rules! collect {
    ([$($rows:tt)*]) => { events! { 'a $($rows)* } };
    ([$($rows:tt)*] $part:ident $($next:ident)*) => { $part::$part! { [$($rows)*] $($next)* } };
}

collect! { [] start wifi tcp chat board console }
