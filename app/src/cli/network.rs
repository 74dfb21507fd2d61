//! A network's password, on the command line: from stdin or from the system's keyring, never from an argument.

use anyhow::Context as _;
use clap::Args as ClapArgs;
use espalier_core::board::Secret;
use espalier_engine::keyring::Keyring;
use espalier_protocol::command::Credentials;

use super::exit::BadArgument;
use super::secret_line::secret_line;
use crate::print::{complain, tell};

/// The network, on the command line.
#[derive(Debug, ClapArgs)]
pub struct NetworkArgs {
    /// Read the network's password from stdin, its first line; without it the network is an open one
    #[arg(long)]
    password_stdin: bool,
    /// Use the password that the system's keyring holds for this network
    #[arg(long, conflicts_with = "password_stdin")]
    remembered: bool,
    /// Keep the password in the system's keyring once the board has joined with it
    #[arg(long, requires = "password_stdin")]
    remember: bool,
}

impl NetworkArgs {
    /// The password, checked together with the network's name.
    ///
    /// # Errors
    /// A name or password that no network can have, a stdin that cannot be read, a keyring that is not there or does not
    /// hold it.
    pub fn password(&self, ssid: &str) -> anyhow::Result<Secret> {
        let password = if self.remembered {
            let missing = || {
                let text = format!(
                    "the keyring holds no password of {ssid:?}: give it by --password-stdin"
                );
                BadArgument(text)
            };
            let recalled = Keyring::of_user().and_then(|keyring| keyring.recall(ssid));
            let unknown = "the password is not remembered; give it by --password-stdin";
            recalled.context(unknown)?.ok_or_else(missing)?
        } else if self.password_stdin {
            secret_line().context("the password cannot be read from stdin")?
        } else {
            Secret::default()
        };
        if Credentials::new(ssid, &password.0).is_none() {
            let rule = "a network's name has 1 to 32 bytes, its password none or 8 to 64";
            return Err(BadArgument(rule.to_owned()).into());
        }
        Ok(password)
    }

    /// The board has joined with it: keeps it, if that was asked for. A keyring that refuses is told and nothing else.
    pub fn joined(&self, ssid: &str, password: &Secret) {
        if !self.remember {
            return;
        }
        match Keyring::of_user().and_then(|keyring| keyring.remember(ssid, password)) {
            Ok(()) => tell(format_args!("the password of {ssid:?} is in the system's keyring now")),
            Err(fault) => complain(format_args!("the password is not remembered: {fault}")),
        }
    }
}
