//! How provisioning stands, in single bytes.

/// Declares an enum of bytes.
macro_rules! bytes {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant = $value,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value of this byte.
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($value => Some(Self::$variant),)+ _ => None }
            }

            /// The byte of this value.
            pub const fn byte(self) -> u8 {
                self as u8
            }
        }
    };
}
pub(super) use bytes;

bytes! {
    /// Where provisioning stands.
    State {
        /// Provisioning is over; none may begin.
        Stopped = 0x00,
        /// Somebody has to press a button first.
        AwaitingAuthorization = 0x01,
        /// Credentials are welcome.
        Ready = 0x02,
        /// Trying the credentials.
        Provisioning = 0x03,
        /// Joined.
        Provisioned = 0x04,
    }
}

bytes! {
    /// The error state: how the last command went.
    Status {
        /// No error; sent when a command has arrived.
        Ok = 0x00,
        /// The command's packet is malformed.
        InvalidRpc = 0x01,
        /// No such command.
        UnknownCommand = 0x02,
        /// The credentials did not lead to a network.
        UnableToConnect = 0x03,
        /// Not authorized.
        NotAuthorized = 0x04,
        /// The host name is not acceptable.
        BadHostname = 0x05,
        /// Something else.
        Unknown = 0xff,
    }
}
