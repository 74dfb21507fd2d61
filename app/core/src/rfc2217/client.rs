//! A serial port elsewhere.

use super::com_port::ComPortCommand as C;
use super::telnet::{Agreed, COM_PORT, TelnetItem, TelnetReader};

/// What came of some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientOutput {
    /// Bytes of the port.
    pub data: Vec<u8>,
    /// Bytes for the server.
    pub answer: Vec<u8>,
    /// What the server has said of the port.
    pub said: Vec<C>,
}

/// Our end of a port that a server offers.
#[derive(Clone, Debug, Default)]
pub struct Rfc2217Client {
    reader: TelnetReader,
    agreed: Agreed,
}

impl Rfc2217Client {
    /// What is said first: the options, then how the port is to be, 8N1 without flow control. `None`: as fast as it is.
    pub fn begin(baud: Option<u32>) -> (Self, Vec<u8>) {
        let mut client = Self::default();
        let mut said = client.agreed.begin();
        if let Some(baud) = baud {
            for command in [C::Baud(baud), C::DataBits(8), C::Parity(1), C::StopBits(1)] {
                said.extend(command.encode(false));
            }
        }
        (client, said)
    }

    /// Takes what a server sent.
    pub fn receive(&mut self, bytes: &[u8]) -> ClientOutput {
        let mut output = ClientOutput::default();
        for item in self.reader.read(bytes) {
            output.answer.extend(self.agreed.answer(&item));
            match item {
                TelnetItem::Data(data) => output.data.extend(data),
                TelnetItem::About(COM_PORT, said) => output.said.extend(C::read(&said, true)),
                TelnetItem::Will(..) | TelnetItem::Do(..) | TelnetItem::About(..) => {}
            }
        }
        output
    }
}
