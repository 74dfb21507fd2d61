//! ESP-TOUCH through the sniffer: a sender on one channel, whenever it begins.

use espalier_board::{Sniffer, Time, protocol::esptouch::Datum};

const BSSID: [u8; 6] = [2, 0, 0, 0, 0, 9];
const PHONE: [u8; 6] = [2, 0, 0, 0, 0, 1];

/// A data frame from this radio to everybody.
fn header(transmitter: [u8; 6]) -> Vec<u8> {
    [&[0x88, 0x41, 0, 0][..], &BSSID, &transmitter, &[0xff; 6], &[0, 0]].concat()
}

/// How long it takes to receive a sender on this channel that begins at this time, in milliseconds.
fn find(channel: u8, begin: u64) -> Option<u64> {
    let datum = Datum::new(b"home", b"password", BSSID, [10, 0, 0, 1].into()).unwrap();
    let (mut sniffer, mut schedule) = (Sniffer::new(Time::ZERO), datum.schedule());
    for ms in 0..begin + 45_000 {
        let now = Time::from_ms(ms);
        if now >= sniffer.poll_at() {
            sniffer.tick(now);
            assert!((1..=13).contains(&sniffer.channel()));
        }
        // Others are on every channel.
        if ms.is_multiple_of(5) {
            let other = header([4, 0, 0, 0, 0, sniffer.channel()]);
            assert_eq!(sniffer.frame(&other, (ms * 7 % 900) as u16, now), None);
        }
        if ms >= begin && (ms - begin).is_multiple_of(8) {
            let length = schedule.next()?;
            let heard = (sniffer.channel() == channel)
                .then(|| sniffer.frame(&header(PHONE), length + 66, now))
                .flatten();
            if let Some(received) = heard {
                assert_eq!(received.ssid.as_slice(), b"home");
                return Some(ms - begin);
            }
        }
    }
    None
}

#[test]
fn a_sender_on_any_channel_is_found_in_its_first_round() {
    for channel in 1..=13 {
        for begin in [0, 300, 777, 1500] {
            let took = find(channel, begin).expect("found");
            assert!(took < 6_000, "channel {channel}: {took} ms");
        }
    }
}

#[test]
fn a_sender_that_falls_silent_is_left() {
    let datum = Datum::new(b"home", b"password", BSSID, [10, 0, 0, 1].into()).unwrap();
    let mut sniffer = Sniffer::new(Time::ZERO);
    for (at, length) in datum.schedule().take(12).enumerate() {
        sniffer.frame(&header(PHONE), length, Time::from_ms(at as u64 * 8));
    }
    sniffer.tick(Time::from_ms(2_000));
    assert_eq!(sniffer.channel(), 1, "it stays with a sender");
    sniffer.tick(Time::from_ms(3_100));
    assert_eq!(sniffer.channel(), 2);
}

#[test]
fn a_channel_that_is_not_there_is_never_asked_for_and_all_others_are() {
    let mut sniffer = Sniffer::new(Time::ZERO);
    let mut seen = vec![];
    for _ in 0..14 {
        seen.push(sniffer.channel());
        sniffer.tick(sniffer.poll_at());
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1]);
}
