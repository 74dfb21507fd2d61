//! TLS of a client or a server as rows of a form.

use std::path::{Path, PathBuf};

use egui::Ui;
use espalier_core::tls::{
    ClientCertificates, ServerTrust, TlsClientSpec, TlsIdentity, TlsServerSpec, TlsVersion,
};

use crate::icon::Icon;
use crate::inbox::InboxMessage;
use crate::platform::Pick;
use crate::scene::Scene;
use crate::widgets::{self, RowTail, choice, form};

/// What was entered so far.
#[derive(Clone, Debug)]
pub(super) struct TlsForm {
    on: bool,
    trust: Trust,
    clients: Clients,
    versions: (TlsVersion, TlsVersion),
    name: String,
    alpn: String,
    fingerprint: String,
    /// By [`File`].
    files: [String; 4],
    timeout_ms: u64,
    /// For which one a file is being picked.
    picking: Option<File>,
}

/// By what a server is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    System,
    CaFile,
    Fingerprint,
    Any,
}

/// Whether clients have to show a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clients {
    NotAsked,
    Asked,
    Required,
}

/// A file that is named in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum File {
    Authorities,
    Certificate,
    Key,
    KeyLog,
}

const BOTH: (TlsVersion, TlsVersion) = (TlsVersion::Tls12, TlsVersion::Tls13);

impl TlsForm {
    fn new(on: bool) -> Self {
        Self {
            on,
            trust: Trust::System,
            clients: Clients::NotAsked,
            versions: BOTH,
            name: String::new(),
            alpn: String::new(),
            fingerprint: String::new(),
            files: Default::default(),
            timeout_ms: TlsClientSpec::default().handshake_timeout_ms,
            picking: None,
        }
    }

    /// As a client has it.
    pub(super) fn of_client(spec: Option<&TlsClientSpec>) -> Self {
        let mut form = Self::new(spec.is_some());
        let Some(spec) = spec else { return form };
        form.trust = match &spec.trust {
            ServerTrust::System => Trust::System,
            ServerTrust::CaFile(path) => {
                form.set(File::Authorities, path);
                Trust::CaFile
            }
            ServerTrust::Fingerprint(fingerprint) => {
                form.fingerprint = fingerprint.to_string();
                Trust::Fingerprint
            }
            ServerTrust::Any => Trust::Any,
        };
        form.name = spec.server_name.clone().unwrap_or_default();
        form.versions = (spec.min_version, spec.max_version);
        form.common(&spec.alpn, spec.identity.as_ref(), spec.key_log.as_deref());
        form.timeout_ms = spec.handshake_timeout_ms;
        form
    }

    /// As a server has it.
    pub(super) fn of_server(spec: Option<&TlsServerSpec>) -> Self {
        let mut form = Self::new(spec.is_some());
        let Some(spec) = spec else { return form };
        form.clients = match &spec.client_certificates {
            ClientCertificates::None => Clients::NotAsked,
            ClientCertificates::Ask(path) => {
                form.set(File::Authorities, path);
                Clients::Asked
            }
            ClientCertificates::Require(path) => {
                form.set(File::Authorities, path);
                Clients::Required
            }
        };
        form.versions = (spec.min_version, spec.max_version);
        form.common(&spec.alpn, spec.identity.as_ref(), spec.key_log.as_deref());
        form.timeout_ms = spec.handshake_timeout_ms;
        form
    }

    fn common(&mut self, alpn: &[String], identity: Option<&TlsIdentity>, key_log: Option<&Path>) {
        self.alpn = alpn.join(", ");
        if let Some(identity) = identity {
            self.set(File::Certificate, &identity.certificate);
            self.set(File::Key, &identity.key);
        }
        if let Some(path) = key_log {
            self.set(File::KeyLog, path);
        }
    }

    fn set(&mut self, file: File, path: &Path) {
        self.files[file as usize] = path.display().to_string();
    }

    /// A file was picked in the system's dialog.
    pub(super) fn picked(&mut self, path: &Path) {
        if let Some(file) = self.picking.take() {
            self.set(file, path);
        }
    }

    /// Whether a file is being picked for it.
    pub(super) const fn picks(&self) -> bool {
        self.picking.is_some()
    }

    /// A file is picked for somebody else.
    pub(super) const fn forget_pick(&mut self) {
        self.picking = None;
    }

    /// The rows of a client.
    pub(super) fn client(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        self.switch(ui, scene);
        if self.on {
            self.client_rows(ui, scene);
        }
    }

    /// The same where TLS is asked for elsewhere.
    pub(super) fn client_rows(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let choices = [
            (Trust::System, scene.text("tls-trust-system")),
            (Trust::CaFile, scene.text("tls-trust-ca")),
            (Trust::Fingerprint, scene.text("tls-trust-fingerprint")),
            (Trust::Any, scene.text("tls-trust-any")),
        ];
        let name = scene.text("tls-trust");
        form::row(ui, name, |ui| choice(ui, "tls trust", name, &mut self.trust, &choices).1);
        match self.trust {
            Trust::System => {}
            Trust::CaFile => self.file(ui, scene, File::Authorities, "tls-ca-file", ""),
            Trust::Fingerprint => {
                let hint = scene.text("tls-fingerprint-hint");
                form::text(ui, scene.text("tls-fingerprint"), &mut self.fingerprint, hint);
            }
            Trust::Any => form::plain(ui, |ui| {
                form::problem(ui, scene.text("tls-trust-any-caution"));
            }),
        }
        let hint = scene.text("tls-server-name-hint");
        form::text(ui, scene.text("tls-server-name"), &mut self.name, hint);
        self.protocols(ui, scene);
        let hint = scene.text("tls-client-certificate-hint");
        self.file(ui, scene, File::Certificate, "tls-certificate-file", hint);
        if !self.files[File::Certificate as usize].is_empty() {
            self.file(ui, scene, File::Key, "tls-key-file", scene.text("tls-key-hint"));
        }
        self.key_log(ui, scene);
    }

    /// The rows of a server.
    pub(super) fn server(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        self.switch(ui, scene);
        if self.on {
            self.server_rows(ui, scene);
        }
    }

    /// The same where TLS is asked for elsewhere.
    pub(super) fn server_rows(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let hint = scene.text("tls-own-certificate-hint");
        self.file(ui, scene, File::Certificate, "tls-certificate-file", hint);
        if !self.files[File::Certificate as usize].is_empty() {
            self.file(ui, scene, File::Key, "tls-key-file", scene.text("tls-key-hint"));
        }
        let choices = [
            (Clients::NotAsked, scene.text("tls-clients-none")),
            (Clients::Asked, scene.text("tls-clients-ask")),
            (Clients::Required, scene.text("tls-clients-require")),
        ];
        let name = scene.text("tls-clients");
        form::row(ui, name, |ui| choice(ui, "tls clients", name, &mut self.clients, &choices).1);
        if self.clients != Clients::NotAsked {
            self.file(ui, scene, File::Authorities, "tls-ca-file", "");
        }
        self.protocols(ui, scene);
        self.key_log(ui, scene);
    }

    fn switch(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        form::row(ui, "TLS", |ui| ui.checkbox(&mut self.on, scene.text("tls-on")));
    }

    fn protocols(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let only = |version: TlsVersion| {
            ((version, version), scene.with("tls-only", [("version", version.name().into())]))
        };
        let choices = [
            (BOTH, scene.text("tls-both-versions").to_owned()),
            only(TlsVersion::Tls13),
            only(TlsVersion::Tls12),
        ];
        let name = scene.text("tls-versions");
        form::row(ui, name, |ui| choice(ui, "tls versions", name, &mut self.versions, &choices).1);
        form::text(ui, scene.text("tls-alpn"), &mut self.alpn, "mqtt, http/1.1");
        form::row(ui, scene.text("tls-timeout"), |ui| {
            let mut seconds = self.timeout_ms as f64 / 1000.0;
            let field = form::number(ui, &mut seconds, 0.1..=600.0, scene.text("unit-s"));
            if field.changed() {
                self.timeout_ms = (seconds * 1000.0).round() as u64;
            }
            field
        });
    }

    fn key_log(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let hint = scene.text("tls-key-log-hint");
        self.file(ui, scene, File::KeyLog, "tls-key-log-file", hint);
        if !self.files[File::KeyLog as usize].trim().is_empty() {
            form::plain(ui, |ui| form::caution(ui, scene.text("tls-key-log-caution")));
        }
    }

    fn file(&mut self, ui: &mut Ui, scene: &Scene<'_>, file: File, label: &str, hint: &str) {
        let label = scene.text(label);
        let path = &mut self.files[file as usize];
        let mut browse = false;
        form::row(ui, label, |ui| {
            ui.push_id(label, |ui| {
                let end = RowTail::new(ui, "browse");
                let field = end.before(ui, |ui| form::field(ui, path, hint, ui.available_width()));
                end.show(ui, |ui| {
                    let name = scene.with("tls-browse", [("what", label.into())]);
                    browse = widgets::icon_button(ui, Icon::Folder, &name).clicked();
                });
                field
            })
            .inner
        });
        if browse {
            let start = scene.path(path);
            self.picking = Some(file);
            let (inbox, dialog) = (scene.inbox.clone(), scene.dialog);
            let done = move |picked: Option<PathBuf>| {
                if let Some(path) = picked {
                    inbox.leave(InboxMessage::Picked(dialog, path));
                }
            };
            let save = file == File::KeyLog;
            let pick = Pick { save, title: label.to_owned(), start, extension: Some("") };
            scene.platform.pick(pick, Box::new(done));
        }
    }

    fn path(&self, folder: &Path, file: File) -> Option<PathBuf> {
        let typed = self.files[file as usize].trim();
        (!typed.is_empty()).then(|| folder.join(typed))
    }

    fn identity(&self, folder: &Path) -> Result<Option<TlsIdentity>, &'static str> {
        let Some(certificate) = self.path(folder, File::Certificate) else { return Ok(None) };
        let key = self.path(folder, File::Key).ok_or("problem-tls-key")?;
        Ok(Some(TlsIdentity { certificate, key }))
    }

    fn authorities(&self, folder: &Path) -> Result<PathBuf, &'static str> {
        self.path(folder, File::Authorities).ok_or("problem-tls-ca")
    }

    fn alpn(&self) -> Vec<String> {
        let protocols = self.alpn.split([',', ' ']).map(str::trim);
        protocols.filter(|protocol| !protocol.is_empty()).map(str::to_owned).collect()
    }

    /// What was asked for of a client; otherwise the key of what is wrong. Files are looked for in `folder`.
    pub(super) fn client_spec(&self, folder: &Path) -> Result<Option<TlsClientSpec>, &'static str> {
        if !self.on {
            return Ok(None);
        }
        let trust = match self.trust {
            Trust::System => ServerTrust::System,
            Trust::CaFile => ServerTrust::CaFile(self.authorities(folder)?),
            Trust::Fingerprint => {
                let fingerprint =
                    self.fingerprint.parse().map_err(|_| "problem-tls-fingerprint")?;
                ServerTrust::Fingerprint(fingerprint)
            }
            Trust::Any => ServerTrust::Any,
        };
        let name = self.name.trim();
        Ok(Some(TlsClientSpec {
            server_name: (!name.is_empty()).then(|| name.to_owned()),
            trust,
            alpn: self.alpn(),
            min_version: self.versions.0,
            max_version: self.versions.1,
            identity: self.identity(folder)?,
            key_log: self.path(folder, File::KeyLog),
            handshake_timeout_ms: self.timeout_ms,
        }))
    }

    /// The same of a server.
    pub(super) fn server_spec(&self, folder: &Path) -> Result<Option<TlsServerSpec>, &'static str> {
        if !self.on {
            return Ok(None);
        }
        let client_certificates = match self.clients {
            Clients::NotAsked => ClientCertificates::None,
            Clients::Asked => ClientCertificates::Ask(self.authorities(folder)?),
            Clients::Required => ClientCertificates::Require(self.authorities(folder)?),
        };
        Ok(Some(TlsServerSpec {
            identity: self.identity(folder)?,
            client_certificates,
            alpn: self.alpn(),
            min_version: self.versions.0,
            max_version: self.versions.1,
            key_log: self.path(folder, File::KeyLog),
            handshake_timeout_ms: self.timeout_ms,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_session_has_comes_out_of_the_form_as_it_went_in() {
        let folder = Path::new("/home/me");
        let identity = TlsIdentity { certificate: "/a.pem".into(), key: "/a.key".into() };
        let print = "12".repeat(32).parse().expect("a fingerprint");
        let client = TlsClientSpec {
            server_name: Some("board.local".to_owned()),
            alpn: vec!["mqtt".to_owned(), "x".to_owned()],
            min_version: TlsVersion::Tls13,
            identity: Some(identity.clone()),
            key_log: Some("/keys".into()),
            handshake_timeout_ms: 1234,
            ..TlsClientSpec::default()
        };
        for trust in [
            ServerTrust::System,
            ServerTrust::CaFile("/ca.pem".into()),
            ServerTrust::Fingerprint(print),
            ServerTrust::Any,
        ] {
            let spec = Some(TlsClientSpec { trust, ..client.clone() });
            assert_eq!(TlsForm::of_client(spec.as_ref()).client_spec(folder), Ok(spec));
        }
        for client_certificates in [
            ClientCertificates::None,
            ClientCertificates::Ask("/ca.pem".into()),
            ClientCertificates::Require("/ca.pem".into()),
        ] {
            let identity = Some(identity.clone());
            let max_version = TlsVersion::Tls12;
            let base = TlsServerSpec::default();
            let spec = Some(TlsServerSpec { identity, client_certificates, max_version, ..base });
            assert_eq!(TlsForm::of_server(spec.as_ref()).server_spec(folder), Ok(spec));
        }
        assert_eq!(TlsForm::of_client(None).client_spec(folder), Ok(None));
    }

    #[test]
    fn what_is_missing_is_told_by_its_name() {
        let folder = Path::new("/home/me");
        let mut form = TlsForm::new(true);
        form.trust = Trust::CaFile;
        assert_eq!(form.client_spec(folder), Err("problem-tls-ca"));
        form.trust = Trust::Fingerprint;
        assert_eq!(form.client_spec(folder), Err("problem-tls-fingerprint"));
        form.trust = Trust::System;
        form.set(File::Certificate, Path::new("own.pem"));
        assert_eq!(form.client_spec(folder), Err("problem-tls-key"));
        form.picking = Some(File::Key);
        form.picked(Path::new("own.key"));
        let spec = form.server_spec(folder).expect("whole").expect("on");
        assert_eq!(spec.identity.map(|it| it.key), Some(PathBuf::from("/home/me/own.key")));
    }
}
