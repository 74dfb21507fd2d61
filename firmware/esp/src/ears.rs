//! The radio's ears: frames of data from any network, from the radio library's thread to the board.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use esp_radio::wifi::sniffer::{PromiscuousPkt, Sniffer};
use esp_radio::wifi::{SecondaryChannel, WifiController};
use espalier_board::SniffedFrame;

/// Frames that wait for the board at most; more are lost, as in the air. 38 were the most that waited in the emulator, behind
/// a beacon that told of a burst.
const FRAMES_MAX: usize = 64;

static FRAMES: Channel<CriticalSectionRawMutex, SniffedFrame, FRAMES_MAX> = Channel::new();

/// The library's number of a frame of data. Frames of its fourth kind have no content at all, only a length.
const DATA: u32 = 2;
/// Bytes of a MAC header.
const HEADER: usize = 24;

/// Listens while it is there. Nothing may be joined meanwhile.
pub struct Ears {
    _sniffer: Sniffer,
    channel: Option<u8>,
}

impl Ears {
    /// Begins to listen, on no channel in particular; `None` if the radio cannot.
    pub fn open(radio: &WifiController<'static>) -> Option<Self> {
        let mut sniffer = radio.sniffer();
        sniffer.set_receive_cb(heard);
        sniffer.set_promiscuous_mode(true).ok()?;
        Some(Self { _sniffer: sniffer, channel: None })
    }

    /// Listens on this channel; `false` if the radio cannot yet: it is still busy with what it did before.
    pub fn tune(&mut self, radio: &mut WifiController<'static>, channel: u8) -> bool {
        if self.channel == Some(channel) {
            return true;
        }
        let tuned = radio.set_channel(channel, SecondaryChannel::None).is_ok();
        self.channel = tuned.then_some(channel);
        tuned
    }
}

/// The next frame that may be a sender's.
pub async fn next() -> SniffedFrame {
    FRAMES.receive().await
}

/// Called in the radio library's thread, before everything else that the program does: keep this short.
fn heard(packet: PromiscuousPkt<'_>) {
    if packet.frame_type != DATA {
        return;
    }
    let (Some(header), Ok(length), Ok(channel)) = (
        packet.data.get(..HEADER),
        u16::try_from(packet.len),
        u8::try_from(packet.rx_cntl.channel),
    ) else {
        return;
    };
    if let Some(frame) = SniffedFrame::new(header, length, channel) {
        let _ = FRAMES.try_send(frame);
    }
}
