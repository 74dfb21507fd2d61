//! Where the program's own files are, for subcommands that need them.

use espalier_engine::workspace::ProgramPaths;

/// The folders of this user; an error says what to do when there are none.
pub fn paths() -> anyhow::Result<ProgramPaths> {
    ProgramPaths::of_user().ok_or_else(|| {
        anyhow::anyhow!(
            "this user has no home folder: set ESPALIER_HOME to a folder for Espalier's files"
        )
    })
}
