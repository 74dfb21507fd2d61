use proptest::prelude::*;

use super::com_port::ComPortCommand as C;
use super::telnet::{COM_PORT, TelnetItem, TelnetReader, about, please, will};
use super::*;
use crate::session::SerialSpec;

fn command() -> impl Strategy<Value = C> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(C::Signature),
        any::<u32>().prop_map(C::Baud),
        any::<u8>().prop_map(C::DataBits),
        any::<u8>().prop_map(C::Parity),
        any::<u8>().prop_map(C::StopBits),
        any::<u8>().prop_map(C::Control),
        any::<u8>().prop_map(C::LineState),
        any::<u8>().prop_map(C::ModemState),
        Just(C::Suspend),
        Just(C::Resume),
        any::<u8>().prop_map(C::LineMask),
        any::<u8>().prop_map(C::ModemMask),
        any::<u8>().prop_map(C::Purge),
    ]
}

fn item() -> impl Strategy<Value = TelnetItem> {
    prop_oneof![
        // Much FF, because that is what is doubled.
        proptest::collection::vec(prop_oneof![Just(255), any::<u8>()], 1..20)
            .prop_map(TelnetItem::Data),
        (any::<u8>(), any::<bool>()).prop_map(|(option, on)| TelnetItem::Will(option, on)),
        (any::<u8>(), any::<bool>()).prop_map(|(option, on)| TelnetItem::Do(option, on)),
        (any::<u8>(), proptest::collection::vec(prop_oneof![Just(255), any::<u8>()], 0..20))
            .prop_map(|(option, bytes)| TelnetItem::About(option, bytes)),
    ]
}

fn encode(item: &TelnetItem) -> Vec<u8> {
    match item {
        TelnetItem::Data(bytes) => escape(bytes),
        TelnetItem::Will(option, on) => will(*option, *on).to_vec(),
        TelnetItem::Do(option, on) => please(*option, *on).to_vec(),
        TelnetItem::About(option, bytes) => {
            // The number of the option itself is doubled, too.
            let mut all = vec![255, 250];
            all.extend(escape(&[&[*option], &bytes[..]].concat()));
            all.extend([255, 240]);
            all
        }
    }
}

/// Data that were cut are one again.
fn joined(items: Vec<TelnetItem>) -> Vec<TelnetItem> {
    items.into_iter().fold(Vec::new(), |mut all, item| {
        match (all.last_mut(), item) {
            (Some(TelnetItem::Data(before)), TelnetItem::Data(more)) => before.extend(more),
            (_, item) => all.push(item),
        }
        all
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_wherever_it_is_cut(
        items in proptest::collection::vec(item(), 0..12),
        cuts in proptest::collection::vec(1_usize..9, 0..200),
    ) {
        let wire: Vec<u8> = items.iter().flat_map(encode).collect();
        let (mut reader, mut read, mut rest) = (TelnetReader::default(), Vec::new(), &wire[..]);
        for cut in cuts {
            let (piece, behind) = rest.split_at(cut.min(rest.len()));
            read.extend(reader.read(piece));
            rest = behind;
        }
        read.extend(reader.read(rest));
        prop_assert_eq!(joined(read), joined(items));
    }

    #[test]
    fn commands_are_read_as_they_are_written_at_both_ends(command in command(), server: bool) {
        let wire = command.encode(server);
        let items = TelnetReader::default().read(&wire);
        let [TelnetItem::About(COM_PORT, said)] = &items[..] else { panic!("{items:?}") };
        prop_assert_eq!(C::read(said, server), Some(command));
    }

    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (mut server, _) = Rfc2217Server::new(SerialSpec::new("p"));
        let (mut client, _) = Rfc2217Client::begin(None);
        let _ = (server.receive(&bytes), client.receive(&bytes));
    }

    #[test]
    fn bytes_of_the_port_pass_unchanged(
        bytes in proptest::collection::vec(prop_oneof![Just(255), any::<u8>()], 0..400),
    ) {
        let (mut server, _) = Rfc2217Server::new(SerialSpec::new("p"));
        prop_assert_eq!(server.receive(&escape(&bytes)).data, bytes.clone());
        let (mut client, _) = Rfc2217Client::begin(Some(9600));
        prop_assert_eq!(client.receive(&escape(&bytes)).data, bytes);
    }
}

#[test]
fn both_ends_agree_and_then_are_silent() {
    let (mut server, mut to_client) = Rfc2217Server::new(SerialSpec::new("p"));
    let (mut client, mut to_server) = Rfc2217Client::begin(Some(9600));
    let mut actions = Vec::new();
    for round in 0.. {
        if to_client.is_empty() && to_server.is_empty() {
            break;
        }
        assert!(round < 4, "they go on and on");
        let of_client = client.receive(&std::mem::take(&mut to_client));
        let of_server = server.receive(&std::mem::take(&mut to_server));
        actions.extend(of_server.actions);
        (to_server, to_client) = (of_client.answer, of_server.answer);
    }
    assert_eq!(actions, [PortAction::Configure], "the speed alone is another one");
    assert_eq!(server.port().baud, 9600);
}

/// The bytes of RFC 2217 section 3, and of pyserial.
#[test]
fn a_speed_with_ff_in_it_is_doubled_and_what_is_refused_stays() {
    let (mut server, _) = Rfc2217Server::new(SerialSpec::new("p"));
    // 65280 = 00 00 FF 00.
    let said = server.receive(&[255, 250, 44, 1, 0, 0, 255, 255, 0, 255, 240]);
    assert_eq!(said.answer, [255, 250, 44, 101, 0, 0, 255, 255, 0, 255, 240]);
    assert_eq!((said.actions, server.port().baud), (vec![PortAction::Configure], 65_280));
    let ask = server.receive(&C::Baud(0).encode(false));
    assert_eq!((ask.answer, ask.actions), (C::Baud(65_280).encode(true), vec![]));
    let bad = server.receive(&C::Parity(9).encode(false));
    assert_eq!(bad.answer, C::Parity(1).encode(true), "as it is");
    let foreign = server.receive(&[255, 251, 24, 255, 253, 31]);
    assert_eq!(foreign.answer, [255, 254, 24, 255, 252, 31], "terminals are none of ours");
}

#[test]
fn esptools_steps_into_the_loader_are_done_at_the_port() {
    let (mut server, _) = Rfc2217Server::new(SerialSpec::new("p"));
    let mut do_all = |controls: &[u8]| -> Vec<PortAction> {
        let all = controls.iter().flat_map(|control| C::Control(*control).encode(false));
        server.receive(&all.collect::<Vec<u8>>()).actions
    };
    // ClassicReset of esptool: DTR off, RTS on (EN low); DTR on, RTS off; DTR off.
    assert_eq!(do_all(&[9, 11]), [PortAction::Dtr(false), PortAction::Rts(true)]);
    assert_eq!(do_all(&[8, 12, 9]), [PortAction::DownloadMode]);
    // HardReset: RTS on, RTS off.
    assert_eq!(do_all(&[11, 12]), [PortAction::Rts(true), PortAction::Rts(false)]);
}

#[test]
fn modem_lines_are_told_when_they_change_and_are_wanted() {
    let (mut server, _) = Rfc2217Server::new(SerialSpec::new("p"));
    assert_eq!(server.lines(true, false, false, false), C::ModemState(0x10).encode(true));
    assert!(server.lines(true, false, false, false).is_empty());
    assert_eq!(server.lines(true, true, false, false), C::ModemState(0x32).encode(true));
    server.receive(&C::ModemMask(0).encode(false));
    assert!(server.lines(false, false, false, false).is_empty());
    assert!(!server.is_suspended());
    server.receive(&C::Suspend.encode(false));
    assert!(server.is_suspended());
    assert_eq!(about(44, &[255]), [255, 250, 44, 255, 255, 255, 240]);
}
