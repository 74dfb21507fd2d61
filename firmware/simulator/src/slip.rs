//! SLIP framing (RFC 1055), as the loaders speak it: every frame between two ENDs.

use std::io::{self, Write};

use slip_codec::{SlipEncoder, SlipError};

/// Marks both ends of a frame.
pub const END: u8 = 0xc0;

/// Longer frames are noise: the longest real one is a 16 KiB block with its headers.
const MAX_FRAME: usize = 0x1_0000;

/// Appends `payload` to `out` as one frame.
pub fn encode(payload: &[u8], out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    drop(SlipEncoder::new(true).encode(payload, out));
}

/// Cuts a stream into frames. What stands outside of frames, and frames that are broken or longer
/// than 64 KiB, are dropped.
#[derive(Debug, Default)]
pub struct SlipDecoder {
    decoder: slip_codec::SlipDecoder,
    frame: Frame,
    inside: bool,
}

#[derive(Debug, Default)]
struct Frame(Vec<u8>);

impl SlipDecoder {
    /// Takes bytes from the front of `input` until a frame is complete, or all of them.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Vec<u8>> {
        loop {
            if !self.inside {
                let end = input.iter().position(|byte| *byte == END);
                *input = &input[end.map_or(input.len(), |end| end + 1)..];
                end?;
                self.inside = true;
            }
            match self.decoder.decode(input, &mut self.frame) {
                Ok(_) => return Some(std::mem::take(self).frame.0),
                Err(SlipError::EndOfStream) => return None,
                Err(_) => *self = Self::default(),
            }
        }
    }
}

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(MAX_FRAME - self.0.len());
        self.0.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
        assert!(decoder.frame.0.len() <= MAX_FRAME);
        let mut good = vec![END];
        encode(b"ok", &mut good);
        assert_eq!(frames(&mut decoder, &good), [b"ok".to_vec()]);
    }
}
