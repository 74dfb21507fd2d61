//! A new program over the network: only a whole one for this board is ever started, power may fail at any moment, and one that
//! does not come up gives way to the one before.

use espalier_board::{
    BLOCK, BootSlots, Flash, FlashFault, OtaEvent, OtaPermit, OtaSession, SECTOR, Time,
    protocol::{
        OtaFault, OtaState,
        ota::{Answer, BUSY, Greeting, Nonce, Offer, TokenKey},
    },
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

const OTADATA: u32 = 0x2_0000;
const SLOT: u32 = 0x1_0000;
const NONCE: Nonce = [7; 16];

/// NOR flash whose power may fail.
#[derive(Clone)]
struct Model {
    bytes: Vec<u8>,
    /// Erasures and writes that are still done; the next one is done by half, and all others fail.
    left: Option<usize>,
    writes: usize,
    /// What is written there does not stay.
    worn: Option<usize>,
}

impl Model {
    fn new(program: &[u8]) -> Self {
        let mut bytes = vec![0xff; OTADATA as usize + 2 * SECTOR as usize];
        // What was there before.
        bytes[SLOT as usize..OTADATA as usize].fill(0x5a);
        bytes[..program.len()].copy_from_slice(program);
        Self { bytes, left: None, writes: 0, worn: None }
    }

    /// How much of an operation of this length is done.
    fn power(&mut self, len: usize) -> usize {
        self.writes += 1;
        match &mut self.left {
            None => len,
            Some(0) => 0,
            Some(left) => {
                *left -= 1;
                if *left == 0 { len / 2 } else { len }
            }
        }
    }

    fn is_on(&self) -> Result<(), FlashFault> {
        if self.left == Some(0) { Err(FlashFault) } else { Ok(()) }
    }

    fn running(&self) -> BootSlots {
        self.slots(self.started())
    }

    fn slots(&self, running: usize) -> BootSlots {
        BootSlots::new(OTADATA, [0..SLOT, SLOT..2 * SLOT], running as u32 * SLOT).unwrap()
    }

    /// The slot that ESP-IDF's boot loader starts.
    fn started(&self) -> usize {
        let record = |index: usize| {
            let at = OTADATA as usize + index * SECTOR as usize;
            let word = |at: usize| u32::from_le_bytes(self.bytes[at..at + 4].try_into().unwrap());
            let (sequence, state, crc) = (word(at), word(at + 24), word(at + 28));
            let whole = crc == checksum(sequence) && sequence != u32::MAX;
            (whole && ![3, 4].contains(&state)).then_some(sequence)
        };
        [0, 1]
            .into_iter()
            .filter_map(record)
            .max()
            .map_or(0, |sequence| (sequence as usize - 1) % 2)
    }

    /// The image that the boot loader starts.
    fn program(&self, len: usize) -> &[u8] {
        let at = self.started() * SLOT as usize;
        &self.bytes[at..at + len]
    }
}

/// CRC-32 as the ROM computes it for these records.
fn checksum(sequence: u32) -> u32 {
    !sequence.to_le_bytes().iter().fold(0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 }
        })
    })
}

impl Flash for Model {
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFault> {
        assert!(offset.is_multiple_of(4) && bytes.len().is_multiple_of(4));
        self.is_on()?;
        let at = offset as usize;
        bytes.copy_from_slice(self.bytes.get(at..at + bytes.len()).ok_or(FlashFault)?);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFault> {
        assert!(offset.is_multiple_of(4) && bytes.len().is_multiple_of(4));
        let done = self.power(bytes.len());
        for (at, byte) in (offset as usize..).zip(&bytes[..done]) {
            self.bytes[at] &= if self.worn == Some(at) { 0 } else { *byte };
        }
        self.is_on()
    }

    fn erase(&mut self, offset: u32) -> Result<(), FlashFault> {
        assert!(offset.is_multiple_of(SECTOR));
        let done = self.power(SECTOR as usize);
        let at = offset as usize;
        self.bytes[at..at + done].fill(0xff);
        self.is_on()
    }
}

/// An application image: header, two segments, checksum, hash.
fn image(chip: u16, name: &str, filling: u8, len: usize) -> Vec<u8> {
    let mut image = vec![0xe9, 2, 2, 0x20, 0, 0, 0, 0x42, 0xee, 0, 0, 0];
    image.extend(chip.to_le_bytes());
    image.resize(23, 0);
    image.push(1);
    let mut descriptor = vec![0; 256];
    descriptor[..4].copy_from_slice(&0xabcd_5432_u32.to_le_bytes());
    descriptor[16..21].copy_from_slice(b"0.3.0");
    descriptor[48..48 + name.len()].copy_from_slice(name.as_bytes());
    let mut sum = 0xef;
    for (at, data) in [(0x3c00_0020_u32, descriptor), (0x4200_0020, vec![filling; len])] {
        image.extend(at.to_le_bytes());
        image.extend((data.len() as u32).to_le_bytes());
        sum = data.iter().fold(sum, |sum, byte| sum ^ byte);
        image.extend(data);
    }
    image.resize(image.len().next_multiple_of(16).max(image.len() + 16 - image.len() % 16) - 1, 0);
    image.push(sum);
    let hash = Sha256::digest(&image);
    image.extend(hash);
    image
}

fn good() -> Vec<u8> {
    image(5, "espalier", 0xa5, 9_320)
}

fn old() -> Vec<u8> {
    image(5, "espalier", 0x11, 9_320)
}

fn permit(slots: &BootSlots) -> OtaPermit<'_> {
    OtaPermit {
        chip: "esp32c3",
        app: "espalier",
        version: "0.2.0",
        slots: Some(slots),
        image: None,
        state: OtaState::Confirmed,
        allowed: true,
        token: None,
        restarts: false,
    }
}

fn offer(image: &[u8]) -> Offer {
    Offer { bytes: image.len() as u32, sha256: Sha256::digest(image).into(), proof: None }
}

/// What one conversation came to.
#[derive(Debug, Default)]
struct Outcome {
    lines: Vec<String>,
    events: Vec<OtaEvent>,
    /// Bytes of the image that were taken.
    taken: usize,
}

impl Outcome {
    fn last(&self) -> Option<Answer> {
        self.lines.last().and_then(|line| Answer::parse(line))
    }
}

/// One conversation: a sender that offers, waits for `go`, and sends `image` in pieces of at most `piece` bytes.
fn update(
    session: &mut OtaSession,
    permit: &OtaPermit<'_>,
    flash: &mut Model,
    offer: &str,
    image: &[u8],
    piece: usize,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut text = Vec::new();
    let mut offered = offer.as_bytes();
    session.open(permit, NONCE, Time::ZERO);
    loop {
        while !session.output().is_empty() {
            let n = session.output().len().min(7);
            text.extend_from_slice(&session.output()[..n]);
            session.sent(n, Time::ZERO);
        }
        outcome.events.extend(session.take_event());
        if session.is_over() {
            break;
        }
        if session.step(permit, flash) || !session.output().is_empty() {
            continue;
        }
        let wanted = session.wants().min(piece);
        let has_go = String::from_utf8_lossy(&text).contains("\ngo\n");
        let from = if has_go { &image[outcome.taken..] } else { offered };
        let bytes = &from[..wanted.min(from.len())];
        if bytes.is_empty() {
            if !session.is_over() {
                session.cut();
            }
            continue;
        }
        match has_go {
            true => outcome.taken += bytes.len(),
            false => offered = &offered[bytes.len()..],
        }
        session.received(bytes, permit, flash, Time::ZERO);
    }
    outcome.lines = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
    outcome
}

fn send(flash: &mut Model, permit: &OtaPermit<'_>, image: &[u8]) -> Outcome {
    let offer = format!("{}\n", offer(image));
    update(&mut OtaSession::new(), permit, flash, &offer, image, 1460)
}

#[test]
fn a_program_is_written_checked_and_started_on_trial() {
    let (old, new) = (old(), good());
    let mut flash = Model::new(&old);
    let slots = flash.running();
    assert_eq!(slots.begin(&mut flash), Ok(Some(OtaState::Confirmed)));
    let outcome = send(&mut flash, &permit(&slots), &new);
    assert_eq!(Greeting::parse(&outcome.lines[0]).unwrap().room, SLOT);
    let answers: Vec<_> =
        outcome.lines[1..].iter().map(|line| Answer::parse(line).unwrap()).collect();
    let len = new.len() as u32;
    assert_eq!(answers, [Answer::Go, Answer::At(len), Answer::Written]);
    let bytes = len;
    assert_eq!(outcome.events, [OtaEvent::Receiving { bytes }, OtaEvent::Written { bytes }]);
    assert_eq!(flash.program(new.len()), new);
    assert_eq!(flash.started(), 1);
    let hash = &new[new.len() - 32..new.len() - 24];
    assert_eq!(flash.running().image(&mut flash).as_ref().map(|image| &image[..]), Some(hash));

    let slots = flash.running();
    assert_eq!(slots.begin(&mut flash), Ok(Some(OtaState::Trial)));
    slots.confirm(&mut flash).unwrap();
    for _ in 0..3 {
        assert_eq!(flash.running().begin(&mut flash), Ok(Some(OtaState::Confirmed)));
    }
    // And back into the first slot.
    let outcome = send(&mut flash, &permit(&slots), &old);
    assert_eq!(outcome.last(), Some(Answer::Written));
    assert_eq!((flash.started(), flash.program(old.len())), (0, &*old));
}

#[test]
fn a_program_that_is_not_confirmed_gives_way_to_the_one_before() {
    let (old, new) = (old(), good());
    let mut flash = Model::new(&old);
    // As often as one likes: the records never wear the order out.
    for _ in 0..5 {
        let slots = flash.running();
        assert!(matches!(slots.begin(&mut flash), Ok(Some(_))));
        assert_eq!(send(&mut flash, &permit(&slots), &new).last(), Some(Answer::Written));
        let slots = flash.running();
        assert_eq!((slots.running(), slots.begin(&mut flash)), (1, Ok(Some(OtaState::Trial))));
        // It is reset before it has said that it is well.
        assert_eq!(flash.running().begin(&mut flash), Ok(None));
        assert_eq!((flash.started(), flash.program(old.len())), (0, &*old));
        assert_eq!(flash.running().begin(&mut flash), Ok(Some(OtaState::RolledBack)));
    }
}

#[test]
fn a_loader_that_watches_new_programs_itself_is_no_hindrance() {
    let mut flash = Model::new(&old());
    let slots = flash.running();
    send(&mut flash, &permit(&slots), &good());
    // The loader marks the record as pending at the first start.
    let at = OTADATA as usize + SECTOR as usize + 24;
    flash.bytes[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
    let slots = flash.running();
    assert_eq!(slots.begin(&mut flash), Ok(Some(OtaState::Trial)));
    slots.confirm(&mut flash).unwrap();
    assert_eq!(slots.begin(&mut flash), Ok(Some(OtaState::Confirmed)));
}

#[test]
fn a_program_that_the_loader_refuses_is_given_up_and_told() {
    let (old, new) = (old(), good());
    let mut flash = Model::new(&old);
    let slots = flash.running();
    send(&mut flash, &permit(&slots), &new);
    // It is chosen, and the loader, which finds it unfit, starts the one before.
    assert_eq!((flash.started(), slots.running()), (1, 0));
    let chosen = flash.clone();
    for _ in 0..2 {
        assert_eq!(slots.begin(&mut flash), Ok(Some(OtaState::RolledBack)));
        assert_eq!(flash.started(), 0, "it is not tried again");
    }
    assert_eq!(send(&mut flash, &permit(&slots), &new).last(), Some(Answer::Written));
    assert_eq!(flash.running().begin(&mut flash), Ok(Some(OtaState::Trial)));
    // Power may fail meanwhile.
    for left in 1..=2 {
        let mut flash = chosen.clone();
        flash.left = Some(left);
        assert_eq!(slots.begin(&mut flash), Err(FlashFault));
        flash.left = None;
        let told = slots.begin(&mut flash);
        assert!(matches!(told, Ok(Some(OtaState::RolledBack | OtaState::Confirmed))), "{told:?}");
        assert_eq!(flash.started(), 0);
    }
    // The record that leads to the running program may be gone.
    let mut flash = chosen;
    flash.erase(OTADATA).unwrap();
    assert_eq!(slots.begin(&mut flash), Ok(Some(OtaState::RolledBack)));
    assert_eq!(flash.started(), 0);
}

#[test]
fn records_are_those_of_esp_idf() {
    let mut flash = Model::new(&old());
    let slots = flash.running();
    send(&mut flash, &permit(&slots), &good());
    let second = OTADATA as usize + SECTOR as usize;
    let mut record = vec![2, 0, 0, 0];
    record.resize(24, 0xff);
    record.extend([0, 0, 0, 0, 116, 55, 246, 85]);
    assert_eq!(flash.bytes[second..second + 32], record);
}

#[test]
fn power_that_fails_at_any_moment_leaves_a_whole_program() {
    let (old, new) = (old(), good());
    let mut whole = Model::new(&old);
    let slots = whole.running();
    send(&mut whole, &permit(&slots), &new);
    let writes = whole.writes;
    assert!(writes > 10);
    for left in 1..=writes {
        let mut flash = Model::new(&old);
        flash.left = Some(left);
        let slots = flash.running();
        let outcome = send(&mut flash, &permit(&slots), &new);
        flash.left = None;
        // Chosen or not, what is started is whole, and the board can be updated again.
        let program = flash.program(new.len());
        assert!(program == new || program == old, "power fails at write {left}");
        assert!(program == old || outcome.taken == new.len());
        let slots = flash.running();
        assert!(matches!(slots.begin(&mut flash), Ok(Some(_))));
        if slots.running() == 0 {
            assert_eq!(send(&mut flash, &permit(&slots), &new).last(), Some(Answer::Written));
        }
        // From its first start to its confirmation, too.
        for left in 1..=4 {
            let mut flash = flash.clone();
            flash.left = Some(left);
            let slots = flash.running();
            let _ = slots.begin(&mut flash);
            let _ = slots.confirm(&mut flash);
            flash.left = None;
            let program = flash.program(new.len());
            assert!(program == new || program == old, "power fails at write {left} of the trial");
            // It comes to rest with one of them.
            let starts = (0..4).filter(|_| flash.running().begin(&mut flash) == Ok(None)).count();
            assert!(starts <= 1);
        }
    }
}

#[test]
fn what_is_no_program_for_this_board_is_refused_and_nothing_is_erased() {
    let cases = [
        (image(0, "espalier", 1, 5_000), OtaFault::WrongChip),
        (image(5, "hello", 1, 5_000), OtaFault::Foreign),
        (vec![0x7f; 5_000], OtaFault::NoImage),
        (image(5, "espalier", 1, SLOT as usize), OtaFault::TooLong),
    ];
    for (image, reason) in cases {
        let mut flash = Model::new(&old());
        let slots = flash.running();
        let outcome = send(&mut flash, &permit(&slots), &image);
        assert_eq!(outcome.last(), Some(Answer::Refused(reason)));
        assert_eq!(outcome.events.last(), Some(&OtaEvent::Refused { reason, bytes: 0 }));
        assert_eq!(flash.writes, 0, "{reason}");
    }
}

#[test]
fn damage_is_noticed_wherever_it_is() {
    let new = good();
    // A segment, the checksum, the hash, a length.
    for at in [30, 400, new.len() - 33, new.len() - 1] {
        let mut damaged = new.clone();
        damaged[at] ^= 0x10;
        let mut flash = Model::new(&old());
        let slots = flash.running();
        let outcome = send(&mut flash, &permit(&slots), &damaged);
        assert_eq!(outcome.last(), Some(Answer::Refused(OtaFault::Damaged)), "at {at}");
        assert_eq!(flash.started(), 0);
    }
    // Another image than was announced.
    let mut flash = Model::new(&old());
    let slots = flash.running();
    let announced = format!("{}\n", offer(&old()));
    let outcome =
        update(&mut OtaSession::new(), &permit(&slots), &mut flash, &announced, &new, 999);
    assert_eq!(outcome.last(), Some(Answer::Refused(OtaFault::Damaged)));
    // A flash that does not keep what is written.
    let mut flash = Model::new(&old());
    flash.worn = Some(SLOT as usize + 5_000);
    let outcome = send(&mut flash, &permit(&slots), &new);
    assert_eq!(outcome.last(), Some(Answer::Refused(OtaFault::Flash)));
    assert_eq!(flash.started(), 0);
}

#[test]
fn a_sender_that_goes_away_leaves_the_running_program() {
    let new = good();
    let mut session = OtaSession::new();
    let mut flash = Model::new(&old());
    let slots = flash.running();
    let announced = format!("{}\n", offer(&new));
    let half = &new[..new.len() / 2];
    let outcome = update(&mut session, &permit(&slots), &mut flash, &announced, half, 1460);
    let (reason, bytes) = (OtaFault::Cut, (half.len() / BLOCK * BLOCK) as u32);
    assert_eq!(outcome.events.last(), Some(&OtaEvent::Refused { reason, bytes }));
    assert_eq!(flash.started(), 0);
    // The same session takes the next one.
    let outcome = update(&mut session, &permit(&slots), &mut flash, &announced, &new, 1460);
    assert_eq!(outcome.last(), Some(Answer::Written));
}

#[test]
fn nobody_updates_a_board_without_its_permission() {
    let new = good();
    let key = TokenKey::of("correct horse");
    let mut flash = Model::new(&old());
    let slots = flash.running();
    let locked = OtaPermit { allowed: false, ..permit(&slots) };
    let with_token = OtaPermit { token: Some(&key), ..locked.clone() };
    let on_trial = OtaPermit { state: OtaState::Trial, ..permit(&slots) };
    let restarting = OtaPermit { restarts: true, ..permit(&slots) };
    let one_slot = OtaPermit { slots: None, ..permit(&slots) };
    for (permit, reason) in [
        (&locked, OtaFault::Locked),
        (&with_token, OtaFault::Token),
        (&on_trial, OtaFault::Trial),
        (&restarting, OtaFault::Busy),
        (&one_slot, OtaFault::OneSlot),
    ] {
        let outcome = send(&mut flash, permit, &new);
        assert_eq!(outcome.last(), Some(Answer::Refused(reason)));
        assert_eq!((flash.writes, outcome.taken), (0, 0));
    }
    // Whoever knows the token may; whoever has just guessed has to wait.
    let mut session = OtaSession::new();
    let plain = offer(&new);
    let proof = Some(key.proof(&NONCE, plain.bytes, &plain.sha256));
    let shown = format!("{}\n", Offer { proof, ..plain.clone() });
    let guessed = format!("{}\n", Offer { proof: Some([1; 32]), ..plain });
    for (offer, last) in
        [(&guessed, Answer::Refused(OtaFault::Token)), (&shown, Answer::Refused(OtaFault::Busy))]
    {
        let outcome = update(&mut session, &with_token, &mut flash, offer, &new, 50);
        assert_eq!(outcome.last(), Some(last));
    }
    let outcome = update(&mut OtaSession::new(), &with_token, &mut flash, &shown, &new, 50);
    assert_eq!(outcome.last(), Some(Answer::Written));
}

/// What became of a sender that lets bytes trickle, one each nine seconds.
fn trickle(session: &mut OtaSession, permit: &OtaPermit<'_>, bytes: &[u8], mut now: Time) -> u64 {
    let (begun, mut flash) = (now, Model::new(&old()));
    for byte in bytes.iter().cycle() {
        let sent = session.output().len();
        session.sent(sent, now);
        session.take_event();
        let next = now + 9_000;
        if session.until() <= next {
            now = session.until();
            session.cut();
            break;
        }
        now = next;
        session.received(&[*byte], permit, &mut flash, now);
    }
    assert!(session.is_over());
    now.since(begun)
}

#[test]
fn nobody_holds_the_port_for_long() {
    let slots = Model::new(&old()).running();
    let permit = permit(&slots);
    let new = good();
    let offer = format!("{}\n", offer(&new));
    // Who says nothing, and who spells his offer.
    let mut session = OtaSession::new();
    session.open(&permit, NONCE, Time::ZERO);
    assert_eq!(session.until(), Time::from_ms(10_000), "a sender that is silent");
    assert_eq!(trickle(&mut session, &permit, offer.as_bytes(), Time::ZERO), 15_000);
    assert_eq!(session.take_event(), None, "who only looked is not worth a line");
    // Who was accepted, and spells the image.
    let mut flash = Model::new(&old());
    session.open(&permit, NONCE, Time::ZERO);
    let len = session.output().len();
    session.sent(len, Time::ZERO);
    session.received(offer.as_bytes(), &permit, &mut flash, Time::from_ms(14_000));
    let accepted = Time::from_ms(14_000);
    assert_eq!(session.until(), accepted + 10_000);
    assert_eq!(trickle(&mut session, &permit, &new, accepted), 900_000);
    assert_eq!(session.output(), b"error cut\n");
    let bytes = session.take_event();
    assert_eq!(bytes, Some(OtaEvent::Refused { reason: OtaFault::Cut, bytes: 0 }));
    // Who is fast enough never to be waited for, and sends without an end.
    session.open(&permit, NONCE, Time::ZERO);
    session.received(b"update", &permit, &mut flash, Time::from_ms(14_999));
    assert!(!session.is_over());
    session.received(b" ", &permit, &mut flash, Time::from_ms(15_000));
    assert!(session.is_over());
    // The next one finds it free.
    assert_eq!(send(&mut flash, &permit, &new).last(), Some(Answer::Written));
}

#[test]
fn who_is_turned_away_is_told_so_in_words_that_a_sender_reads() {
    assert_eq!(format!("{}\n", Answer::Refused(OtaFault::Busy)), BUSY);
    assert_eq!(Answer::parse(BUSY), Some(Answer::Refused(OtaFault::Busy)));
    assert_eq!(Greeting::parse(BUSY), None);
}

proptest! {
    #[test]
    fn an_image_comes_in_pieces_of_any_size(piece in 1_usize..3_000, filling: u8, len in 1_usize..30_000) {
        let new = image(5, "espalier", filling, len);
        let mut flash = Model::new(&old());
        let slots = flash.running();
        let offer = format!("{}\n", offer(&new));
        let outcome = update(&mut OtaSession::new(), &permit(&slots), &mut flash, &offer, &new, piece);
        prop_assert_eq!(outcome.last(), Some(Answer::Written));
        prop_assert_eq!(flash.program(new.len()), &*new);
    }

    #[test]
    fn whatever_is_sent_is_refused_and_harms_nothing(
        offered in prop::collection::vec(any::<u8>(), 0..400),
        noise in prop::collection::vec(any::<u8>(), 1..2_000),
        at in 0_usize..200,
    ) {
        let mut flash = Model::new(&old());
        let slots = flash.running();
        let mut session = OtaSession::new();
        update(&mut session, &permit(&slots), &mut flash, &String::from_utf8_lossy(&offered), &noise, 100);
        let mut broken = good();
        broken.splice(at..at, noise);
        let outcome = send(&mut flash, &permit(&slots), &broken);
        prop_assert!(outcome.last() != Some(Answer::Written));
        prop_assert_eq!(flash.started(), 0);
    }
}
