//! SLIP framing (RFC 1055), as the loaders speak it: every frame between two ENDs.

/// Marks both ends of a frame.
pub const END: u8 = 0xc0;
const ESC: u8 = 0xdb;
const ESC_END: u8 = 0xdc;
const ESC_ESC: u8 = 0xdd;

/// Longer frames are noise: the longest real one is a 16 KiB block with its headers.
const MAX_FRAME: usize = 0x1_0000;

/// Appends `payload` to `out` as one frame.
pub fn encode(payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(payload.len() + payload.len() / 64 + 2);
    out.push(END);
    for &byte in payload {
        match byte {
            END => out.extend([ESC, ESC_END]),
            ESC => out.extend([ESC, ESC_ESC]),
            byte => out.push(byte),
        }
    }
    out.push(END);
}

/// Cuts a stream into frames. What stands outside of frames, and frames that are broken or longer
/// than 64 KiB, are dropped.
#[derive(Debug, Default)]
pub struct SlipDecoder {
    frame: Vec<u8>,
    inside: bool,
    escaped: bool,
    broken: bool,
}

impl SlipDecoder {
    /// Takes bytes from the front of `input` until a frame is complete, or all of them.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Vec<u8>> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            match byte {
                END if self.inside && !self.frame.is_empty() => {
                    let whole = !self.broken && !self.escaped;
                    let frame = std::mem::take(&mut self.frame);
                    *self = Self::default();
                    if whole {
                        return Some(frame);
                    }
                }
                // Two ENDs in a row: the second one begins the frame.
                END => *self = Self { inside: true, ..Self::default() },
                _ if !self.inside || self.broken => {}
                byte if self.escaped => {
                    self.escaped = false;
                    match byte {
                        ESC_END => self.frame.push(END),
                        ESC_ESC => self.frame.push(ESC),
                        _ => self.broken = true,
                    }
                }
                ESC => self.escaped = true,
                byte if self.frame.len() < MAX_FRAME => {
                    self.frame.push(byte);
                    // Most bytes need no decision: take them up to the next special one at once.
                    let room = MAX_FRAME - self.frame.len();
                    let plain = input
                        .iter()
                        .take(room)
                        .position(|&b| b == END || b == ESC)
                        .unwrap_or(input.len().min(room));
                    let (run, rest) = input.split_at(plain);
                    self.frame.extend_from_slice(run);
                    *input = rest;
                }
                _ => self.broken = true,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(decoder: &mut SlipDecoder, mut input: &[u8]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        while let Some(frame) = decoder.next(&mut input) {
            out.push(frame);
        }
        out
    }

    proptest! {
        #[test]
        fn frames_come_back_however_the_stream_is_cut(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 1..6),
            cut in 1usize..50,
        ) {
            let mut stream = b"noise before".to_vec();
            for payload in &payloads {
                encode(payload, &mut stream);
            }
            let mut decoder = SlipDecoder::default();
            let got: Vec<_> = stream.chunks(cut).flat_map(|c| frames(&mut decoder, c)).collect();
            prop_assert_eq!(got, payloads);
        }

        #[test]
        fn noise_never_panics_and_a_frame_after_it_is_heard(
            noise in prop::collection::vec(any::<u8>(), 0..500),
        ) {
            let mut decoder = SlipDecoder::default();
            frames(&mut decoder, &noise);
            // One END closes whatever the noise left open.
            let mut stream = vec![END];
            encode(b"hello", &mut stream);
            prop_assert_eq!(frames(&mut decoder, &stream).last().cloned(), Some(b"hello".to_vec()));
        }
    }

    #[test]
    fn endless_frame_is_dropped() {
        let mut decoder = SlipDecoder::default();
        let mut stream = vec![END];
        stream.resize(3 * MAX_FRAME, 1);
        assert!(frames(&mut decoder, &stream).is_empty());
        assert!(decoder.frame.len() <= MAX_FRAME);
        let mut good = vec![END];
        encode(b"ok", &mut good);
        assert_eq!(frames(&mut decoder, &good), [b"ok".to_vec()]);
    }
}
