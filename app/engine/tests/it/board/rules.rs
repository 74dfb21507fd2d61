//! Rules on a serial port.

use std::io::{Read as _, Write as _};

use espalier_core::matching::PatternFormat;
use espalier_core::rules::{ReceivedTrigger, Rule, RuleAction, RuleAnswer, Trigger};
use espalier_core::send::{ChecksumSpec, SendFormat, SendSpec};
use espalier_core::session::{SerialSpec, SessionSpec, SessionState, TransportSpec};
use serialport::{SerialPort as _, TTYPort};

use crate::rig::{PATIENCE, Rig, until};
use crate::rules::tally;

#[test]
fn a_modbus_poll_is_answered_with_its_own_address_and_a_checksum() {
    let (mut far, near) = TTYPort::pair().unwrap();
    far.set_timeout(PATIENCE).unwrap();
    let name = near.name().unwrap();
    drop(near);
    let poll = ReceivedTrigger {
        pattern: "?? 03 00 00 00 0A C5 CD".to_owned(),
        format: PatternFormat::Hex,
        ..ReceivedTrigger::default()
    };
    let checksum = Some(ChecksumSpec::default());
    let answer = RuleAnswer {
        text: "{{1}} 03 02 12 34".to_owned(),
        spec: SendSpec { format: SendFormat::Hex, checksum, ..SendSpec::default() },
        ..RuleAnswer::default()
    };
    let rule = Rule {
        when: Trigger::Received(poll),
        actions: vec![RuleAction::Send(answer)],
        ..Rule::default()
    };
    let rig = Rig::new();
    let mut spec = SessionSpec::new(TransportSpec::Serial(SerialSpec::new(name)));
    spec.rules = vec![rule];
    let session = rig.open(spec);
    until("the port is open", || session.status().state == SessionState::Open);
    for piece in [&b"\x01\x03\x00"[..], b"\x00\x00\x0A\xC5", b"\xCD"] {
        far.write_all(piece).unwrap();
        far.flush().unwrap();
    }
    let mut said = [0; 7];
    far.read_exact(&mut said).unwrap();
    assert_eq!(said, [0x01, 0x03, 0x02, 0x12, 0x34, 0xB5, 0x33]);
    until("it is counted", || tally(&session, 0).sent == 1);
}
