//! How many bytes a row of a hex view has.

use serde::{Deserialize, Serialize};

/// How many bytes a row of a hex view has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BytesPerRow {
    /// 8
    #[serde(rename = "8")]
    Eight,
    /// 16
    #[default]
    #[serde(rename = "16")]
    Sixteen,
    /// 32
    #[serde(rename = "32")]
    ThirtyTwo,
    /// As many as the window has room for.
    #[serde(rename = "fitted")]
    Fitted,
}

impl BytesPerRow {
    /// All, in the order of a menu.
    pub const ALL: [Self; 4] = [Self::Eight, Self::Sixteen, Self::ThirtyTwo, Self::Fitted];
    /// Most bytes in a row, however wide a window is.
    pub const MOST: u16 = 256;

    /// The number of bytes, where a window has room for `fitted`; 1 to [`Self::MOST`].
    pub fn count(self, fitted: u16) -> usize {
        usize::from(match self {
            Self::Eight => 8,
            Self::Sixteen => 16,
            Self::ThirtyTwo => 32,
            Self::Fitted => fitted.clamp(1, Self::MOST),
        })
    }
}
