//! The console's own: how commands and packets went.

/// Rows of the vocabulary; see [`super::collect`].
macro_rules! console {
    ([$($rows:tt)*] $($next:ident)*) => { collect! { [$($rows)*
        /// The command is done; always the last line of an answer.
        Info "console" "ok" Ok {
            /// The command's first words.
            command: Text<'a> = "cmd",
            /// The number that was put before the command as `#NUMBER`.
            id: Option<u32> = "id",
        }
        /// The command is not done; always the last line of an answer.
        Error "console" "error" Error {
            /// The command's first words; missing when it could not be told.
            command: Option<Text<'a>> = "cmd",
            /// The number that was put before the command as `#NUMBER`.
            id: Option<u32> = "id",
            /// What kind of error.
            code: ErrorCode = "code",
            /// What is wrong and what to do, for people.
            text: Text<'a> = "text",
        }
        /// Answer to `help`: one command.
        Info "console" "help" Help {
            /// How it is written.
            usage: Text<'a> = "usage",
            /// What it does.
            text: Text<'a> = "text",
        }
        /// A line was too long and was thrown away.
        Error "console" "overlong" Overlong {
            /// Bytes thrown away.
            bytes: u32 = "bytes",
        }
        /// A line was not text and was thrown away.
        Warn "console" "noise" Noise {
            /// Bytes thrown away.
            bytes: u32 = "bytes",
        }
        /// Lines were left out because the console was too slow.
        Warn "console" "skipped" Skipped {
            /// How many.
            lines: u32 = "lines",
        }

        /// Something that began like an Improv packet was none.
        Warn "improv" "bad packet" ImprovBadPacket {
            /// Why.
            reason: ImprovFault = "reason",
        }
    ] $($next)* } };
}
pub(super) use console;
