//! How characters look on a serial line, as options.

use clap::Args as ClapArgs;
use espalier_core::session::{DataBits, FlowControl, Parity, SerialSpec, StopBits};

/// Speed and frame of a serial port.
#[derive(Debug, ClapArgs)]
pub struct SerialOptions {
    /// Bits per second
    #[arg(long, value_name = "N", default_value_t = 115_200, value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    baud: u32,
    /// Bits per character: 5, 6, 7 or 8
    #[arg(long, value_name = "N", default_value = "8", value_parser = data_bits)]
    data_bits: DataBits,
    /// The check bit: none, odd, even, mark or space
    #[arg(long, value_name = "KIND", default_value = "none", value_parser = parity)]
    parity: Parity,
    /// Stop bits: 1, 1.5 or 2
    #[arg(long, value_name = "N", default_value = "1", value_parser = stop_bits)]
    stop_bits: StopBits,
    /// Who may stop the sender: none, software (XON/XOFF) or hardware (RTS/CTS)
    #[arg(long, value_name = "KIND", default_value = "none", value_parser = flow_control)]
    flow_control: FlowControl,
    /// Set DTR after opening; without it the line stays off, and no board is reset
    #[arg(long)]
    dtr: bool,
    /// Set RTS after opening; without it the line stays off, and no board is reset
    #[arg(long)]
    rts: bool,
}

impl SerialOptions {
    /// This port, as the options say.
    pub fn spec(&self, port: &str) -> SerialSpec {
        SerialSpec {
            baud: self.baud,
            data_bits: self.data_bits,
            parity: self.parity,
            stop_bits: self.stop_bits,
            flow_control: self.flow_control,
            dtr: self.dtr,
            rts: self.rts,
            ..SerialSpec::new(port)
        }
    }
}

fn data_bits(text: &str) -> Result<DataBits, String> {
    let all = [DataBits::Five, DataBits::Six, DataBits::Seven, DataBits::Eight];
    let found = all.into_iter().find(|bits| bits.count().to_string() == text);
    found.ok_or_else(|| "data bits are 5, 6, 7 or 8".to_owned())
}

fn parity(text: &str) -> Result<Parity, String> {
    match text {
        "none" => Ok(Parity::None),
        "odd" => Ok(Parity::Odd),
        "even" => Ok(Parity::Even),
        "mark" => Ok(Parity::Mark),
        "space" => Ok(Parity::Space),
        _ => Err("parity is none, odd, even, mark or space".to_owned()),
    }
}

fn stop_bits(text: &str) -> Result<StopBits, String> {
    let all = [StopBits::One, StopBits::OneAndAHalf, StopBits::Two];
    let found = all.into_iter().find(|bits| bits.count() == text);
    found.ok_or_else(|| "stop bits are 1, 1.5 or 2".to_owned())
}

fn flow_control(text: &str) -> Result<FlowControl, String> {
    match text {
        "none" => Ok(FlowControl::None),
        "software" => Ok(FlowControl::Software),
        "hardware" => Ok(FlowControl::Hardware),
        _ => Err("flow control is none, software or hardware".to_owned()),
    }
}
