//! Updates over the network: what one end says the other reads, and proofs hold for one image and one greeting.

use espalier_protocol::{
    OtaFault, OtaState,
    ota::{Answer, Greeting, LINE_MAX, Offer, TokenKey},
};
use proptest::prelude::*;

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Go),
        any::<u32>().prop_map(Answer::At),
        Just(Answer::Written),
        prop::sample::select(OtaFault::ALL).prop_map(Answer::Refused),
    ]
}

proptest! {
    #[test]
    fn every_greeting_reads_back_as_itself(
        chip in "[a-z0-9]{1,8}",
        version in "[!-~]{1,32}",
        image: Option<[u8; 8]>,
        (slot, slots, room) in any::<(u8, u8, u32)>(),
        state in prop::sample::select(OtaState::ALL),
        (allowed, token, nonce) in any::<(bool, bool, [u8; 16])>(),
    ) {
        let greeting = Greeting {
            chip: &chip, version: &version, image, slot, slots, room, state, allowed, token, nonce,
        };
        let line = greeting.to_string();
        prop_assert!(line.len() < LINE_MAX, "{line}");
        prop_assert_eq!(Greeting::parse(&line), Some(greeting));
        let newer = format!("{line} novel=1\r\n");
        prop_assert_eq!(Greeting::parse(&newer), Some(greeting));
    }

    #[test]
    fn every_offer_and_answer_reads_back_as_itself(
        bytes: u32, sha256: [u8; 32], proof: Option<[u8; 32]>, answer in answer(),
    ) {
        let offer = Offer { bytes, sha256, proof };
        let line = offer.to_string();
        prop_assert!(line.len() < LINE_MAX, "{line}");
        prop_assert_eq!(Offer::parse(&line), Some(offer));
        prop_assert_eq!(Answer::parse(&answer.to_string()), Some(answer));
    }

    #[test]
    fn any_line_is_read_or_refused(line in "(espalier-ota/1|update|error|at)?[ =a-z0-9路]{0,80}") {
        let _ = (Greeting::parse(&line), Offer::parse(&line), Answer::parse(&line));
    }

    #[test]
    fn a_proof_holds_for_its_token_greeting_and_image_alone(
        nonce: [u8; 16], bytes: u32, sha256: [u8; 32], flipped in 0..64_usize,
    ) {
        let key = TokenKey::of("correct horse");
        let proof = key.proof(&nonce, bytes, &sha256);
        let offer = Offer { bytes, sha256, proof: Some(proof) };
        prop_assert!(key.accepts(&nonce, &offer));
        prop_assert!(!TokenKey::of("correct hors").accepts(&nonce, &offer));
        let bare = Offer { proof: None, ..offer.clone() };
        prop_assert!(!key.accepts(&nonce, &bare));
        let mut others = [(nonce, offer.clone()), (nonce, offer.clone()), (nonce, offer)];
        others[0].0[flipped % 16] ^= 1;
        others[1].1.bytes ^= 1 << (flipped % 32);
        others[2].1.sha256[flipped % 32] ^= 0x80;
        for (nonce, offer) in others {
            prop_assert!(!key.accepts(&nonce, &offer));
        }
    }
}

#[test]
fn the_key_is_used_as_rfc_2104_says() {
    // `printf … | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…00` over 16 + 4 + 32 zero bytes.
    let proof = TokenKey::from_bytes([0; 32]).proof(&[0; 16], 0, &[0; 32]);
    let text: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text, "7f10d7806fb49d99dc4c498f54ebf26ef30c27e4423109b1d4a823de36b2e548");
}

#[test]
fn secrets_are_not_printed() {
    assert_eq!(format!("{:?}", TokenKey::of("correct horse")), "TokenKey(set)");
}
