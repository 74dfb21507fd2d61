//! Which frames of the air count.

/// The radio that sent a frame, if the frame may carry a packet for everybody: an IEEE 802.11 data
/// frame to a group address, on its way to an access point or from one. `frame` starts with the MAC
/// header; 24 bytes of it are enough.
pub fn transmitter(frame: &[u8]) -> Option<[u8; 6]> {
    let [control, flags, ..] = *frame else { return None };
    let address = |number: usize| -> Option<[u8; 6]> {
        let from = 4 + 6 * (number - 1);
        frame.get(from..from + 6)?.try_into().ok()
    };
    let (data, to_ds, from_ds) = (control & 0x0c == 0x08, flags & 1 != 0, flags & 2 != 0);
    // Data without content (null functions) says nothing by its length.
    let empty = control & 0x40 != 0;
    let destination = match (to_ds, from_ds) {
        (true, false) => address(3)?,
        (false, true) => address(1)?,
        _ => return None,
    };
    let group = destination[0] & 1 != 0;
    if data && !empty && group { address(2) } else { None }
}
