//! TOML files with a schema number: never overwritten while they cannot be read, never half written.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use espalier_core::{Sentence, say};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The most a file of ours holds; anything larger is something else.
const LARGEST: u64 = 16 << 20;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file system refuses.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It was written by a later version of this program.
    #[error(
        "{} was written by a newer version (schema {found}, this version knows {known}): update Espalier to use it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// It makes no sense.
    #[error("{} cannot be used: {what}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and why.
        what: String,
    },
}

impl FileError {
    /// What the system or the parser said.
    fn detail(&self) -> String {
        match self {
            Self::Io { source, .. } => source.to_string(),
            Self::Newer { found, known, .. } => format!("schema {found} > {known}"),
            Self::Broken { what, .. } => what.clone(),
        }
    }

    /// The same as a sentence that can be worded in other languages; what the parser or the system said stays.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Io { action: "read", path, source } => say!(
                "told-file-unread",
                "Cannot read {path}: {error}",
                path = path.display(),
                error = source,
            ),
            Self::Io { path, source, .. } => say!(
                "told-file-unwritten",
                "Cannot write {path}: {error}",
                path = path.display(),
                error = source,
            ),
            Self::Newer { path, .. } => say!(
                "told-file-newer",
                "{path} was written by a newer version: update Espalier to use it",
                path = path.display(),
            ),
            Self::Broken { path, what } => say!(
                "told-file-broken",
                "{path} cannot be used: {error}",
                path = path.display(),
                error = what,
            ),
        }
    }
}

/// What was read, and what the user must know about it.
#[derive(Debug)]
pub struct Loaded<T> {
    /// The file's contents, or the default.
    pub value: T,
    /// Why the default was taken although there was a file, and where the file is now.
    pub trouble: Option<Sentence>,
}

#[derive(Deserialize)]
struct Head {
    schema: u32,
}

#[derive(Serialize)]
struct Whole<'a, T> {
    schema: u32,
    #[serde(flatten)]
    value: &'a T,
}

pub(super) fn read<T: DeserializeOwned>(path: &Path, known: u32) -> Result<T, FileError> {
    let refused = |source| FileError::Io { action: "read", path: path.to_owned(), source };
    let broken = |what: String| FileError::Broken { path: path.to_owned(), what };
    if fs::metadata(path).map_err(refused)?.len() > LARGEST {
        return Err(broken(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let bytes = fs::read(path).map_err(refused)?;
    let text = String::from_utf8(bytes).map_err(|_| broken("it is not UTF-8 text".to_owned()))?;
    let Head { schema } = toml::from_str(&text).map_err(|error| broken(say(&text, &error)))?;
    if schema > known {
        return Err(FileError::Newer { path: path.to_owned(), found: schema, known });
    }
    toml::from_str(&text).map_err(|error| broken(say(&text, &error)))
}

/// The parser's message in one sentence, with the line it is about.
fn say(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
    match error.span().filter(|span| span.start > 0) {
        None => message,
        Some(span) => {
            let before = text.get(..span.start).unwrap_or_default();
            format!("line {}: {message}", before.matches('\n').count() + 1)
        }
    }
}

pub(super) fn load<T: DeserializeOwned + Default>(path: &Path, known: u32) -> Loaded<T> {
    let error = match read(path, known) {
        Ok(value) => return Loaded { value, trouble: None },
        Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Loaded { value: T::default(), trouble: None };
        }
        Err(error) => error,
    };
    let trouble = match set_aside(path) {
        Ok(aside) => say!(
            "told-set-aside",
            "{path} cannot be used: {error}; it was set aside as {aside}",
            path = path.display(),
            error = error.detail(),
            aside = aside.display(),
        ),
        Err(refused) => say!(
            "told-not-set-aside",
            "{path} cannot be used: {error}; it could not be set aside either: {refused}",
            path = path.display(),
            error = error.detail(),
            refused = refused,
        ),
    };
    Loaded { value: T::default(), trouble: Some(trouble) }
}

/// Renames to `NAME.bad`, or `NAME.bad2` and so on: an earlier one is not overwritten.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(".bad");
        if number > 1 {
            name.push(number.to_string());
        }
        PathBuf::from(name)
    };
    let free = (1..=u32::MAX).map(name).find(|name| !name.exists());
    let free = free.ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(path, &free)?;
    Ok(free)
}

pub(super) fn save<T: Serialize>(path: &Path, schema: u32, value: &T) -> Result<(), FileError> {
    let refused = |source| FileError::Io { action: "write", path: path.to_owned(), source };
    let text = toml::to_string_pretty(&Whole { schema, value })
        .map_err(|error| refused(io::Error::other(error)))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(refused)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(refused)?;
    file.write_all(text.as_bytes()).map_err(refused)?;
    file.as_file().sync_all().map_err(refused)?;
    file.persist(path).map_err(|error| refused(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Settings, Theme, Workspace};
    use espalier_core::session::{
        Keepalive, Reconnect, SerialSpec, SessionSpec, TcpClientSpec, TcpServerSpec, TransportSpec,
    };

    fn workspace() -> Workspace {
        let mut client = TcpClientSpec::new("::1", 7);
        client.reconnect = Reconnect::Fixed { delay_ms: 250 };
        client.options.keepalive = Some(Keepalive { idle: 20, interval: 5, count: 3 });
        let serial = SerialSpec::new("COM3");
        let transports = [
            TransportSpec::TcpClient(client),
            TransportSpec::TcpServer(TcpServerSpec::new(0)),
            TransportSpec::Serial(serial),
        ];
        let layout = "{\"root\": [1, 2]}\n'quotes'".to_owned();
        Workspace { layout, sessions: transports.map(SessionSpec::new).into() }
    }

    #[test]
    fn a_workspace_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/within/workspace.toml");
        workspace().save(&path).unwrap();
        assert_eq!(Workspace::read(&path).unwrap(), workspace());
        let loaded = Workspace::load(&path);
        assert_eq!((loaded.value, loaded.trouble), (workspace(), None));
        let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "no temporary file stays");
    }

    #[test]
    fn a_workspace_written_by_hand_needs_little() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        let text = "schema = 1\n[[session]]\ntransport = { kind = \"tcp-server\" }\n\
                    [[session]]\nname = \"me\"\ntransport = { kind = \"tcp-client\", host = \"h\", port = 7 }\n";
        fs::write(&path, text).unwrap();
        let found = Workspace::read(&path).unwrap();
        assert_eq!(found.sessions[0].transport, TransportSpec::TcpServer(TcpServerSpec::new(0)));
        assert_eq!(found.sessions[1].name, "me");
    }

    #[test]
    fn no_file_yet_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = Settings::load(&folder.path().join("settings.toml"));
        assert_eq!((loaded.value, loaded.trouble), (Settings::default(), None));
    }

    #[test]
    fn broken_and_newer_files_are_set_aside_told_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let bad = ["schema = 1\ntheme = \"purple\"\n", "schema = 99\n", "no toml at all", "\u{0}"];
        for (number, text) in bad.iter().enumerate() {
            fs::write(&path, text).unwrap();
            let loaded = Settings::load(&path);
            assert_eq!(loaded.value, Settings::default());
            let trouble = loaded.trouble.unwrap();
            assert!(trouble.contains("set aside"), "{trouble}");
            assert_eq!(trouble.lines().count(), 1, "{trouble}");
            let suffix = if number == 0 { String::new() } else { (number + 1).to_string() };
            let aside = folder.path().join(format!("settings.toml.bad{suffix}"));
            assert_eq!(fs::read_to_string(aside).unwrap(), *text);
            assert!(!path.exists());
        }
        let settings = Settings { theme: Theme::Dark, ..Settings::default() };
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path).value, settings);
    }

    #[test]
    fn reading_a_file_of_the_user_leaves_it_where_it_is_and_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        fs::write(&path, "schema = 1\n\n[[session]]\ntransport = 3\n").unwrap();
        let error = Workspace::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 4"), "{error}");
        assert!(path.exists());
    }
}
