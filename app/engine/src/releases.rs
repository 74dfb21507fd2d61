//! Asks whether there is a newer version of the program: only when the user wishes it, and nothing is sent but the request.

#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::releases::{self, ReleaseAnswer, ReleaseFault, ReleaseFaultKind, ReleasesUrl};
use espalier_core::{Sentence, say};
use parking_lot::Mutex;
use ureq::config::AutoHeaderValue;
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Error};

use crate::tls::PROVIDER;
use crate::untrusted;

/// An answer that is not whole by then is none.
const PATIENCE: Duration = Duration::from_secs(15);
/// No answer has more bytes.
const LONGEST: u64 = 1 << 20;
/// The address leads on so many times at most.
const HOPS: usize = 3;

/// A question that was asked in a thread of its own. Who drops it gets no answer any more; the thread ends within 15 s.
#[derive(Debug)]
#[must_use = "dropping it is to wish no answer"]
pub struct ReleaseQuestion(Arc<AtomicBool>);

impl ReleaseQuestion {
    /// Asks on behalf of who runs `ours`; `done` is called once, from that thread, or at once where the system gives none.
    pub fn ask(
        url: ReleasesUrl,
        ours: &str,
        done: impl FnOnce(Result<ReleaseAnswer, ReleaseFault>) + Send + 'static,
    ) -> Self {
        Asker::of_system().question(url, ours.to_owned(), done)
    }
}

impl Drop for ReleaseQuestion {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Asks on behalf of who runs `ours`, and waits for the answer: 15 s at most.
///
/// # Errors
/// There is no answer, or it makes no sense.
pub fn ask(url: &ReleasesUrl, ours: &str) -> Result<ReleaseAnswer, ReleaseFault> {
    Asker::of_system().ask(url, ours)
}

/// How is asked.
struct Asker {
    trusted: RootCerts,
    patience: Duration,
}

impl Asker {
    fn of_system() -> Self {
        Self { trusted: RootCerts::PlatformVerifier, patience: PATIENCE }
    }

    fn question(
        self,
        url: ReleasesUrl,
        ours: String,
        done: impl FnOnce(Result<ReleaseAnswer, ReleaseFault>) + Send + 'static,
    ) -> ReleaseQuestion {
        let cancelled = Arc::new(AtomicBool::new(false));
        let question = ReleaseQuestion(Arc::clone(&cancelled));
        let done = Arc::new(Mutex::new(Some(done)));
        let (theirs, asked) = (Arc::clone(&done), url.clone());
        let asking = move || {
            let answer = self.ask(&asked, &ours);
            let done = theirs.lock().take();
            if let Some(done) = done.filter(|_| !cancelled.load(Ordering::Acquire)) {
                done(answer);
            }
        };
        let thread = std::thread::Builder::new().name("espalier-releases".to_owned());
        if let Err(error) = thread.spawn(asking) {
            let untold = done.lock().take();
            if let Some(done) = untold {
                done(Err(not_reached(ReleaseFaultKind::Other, &url, &error)));
            }
        }
        question
    }

    fn ask(&self, url: &ReleasesUrl, ours: &str) -> Result<ReleaseAnswer, ReleaseFault> {
        // The library takes apart what anybody may have written.
        let asked = untrusted::call(|| self.read(url, ours));
        let answer =
            asked.unwrap_or_else(|why| Err(not_reached(ReleaseFaultKind::Other, url, &why)))?;
        releases::judge(&answer, ours)
    }

    fn read(&self, url: &ReleasesUrl, ours: &str) -> Result<Vec<u8>, ReleaseFault> {
        let until = Instant::now() + self.patience;
        let mut url = url.clone();
        for _ in 0..=HOPS {
            let mut response = self.get(&url, ours, until).map_err(|error| fault(error, &url))?;
            match response.status() {
                StatusCode::OK => {
                    let body = response.body_mut().with_config().limit(LONGEST);
                    return body.read_to_vec().map_err(|error| fault(error, &url));
                }
                status if status.is_redirection() => url = next(&url, &response)?,
                status => {
                    return other(say!(
                        "release-status",
                        "{host} tells of no release: it answers with {status}",
                        host = url.host(),
                        status = status.as_u16(),
                    ));
                }
            }
        }
        other(say!("release-leads-on", "{host} leads on and on, and nowhere to", host = url.host()))
    }

    /// Each hop by itself, so that the next one is judged before anybody is asked there.
    fn get(&self, url: &ReleasesUrl, ours: &str, until: Instant) -> Result<Response<Body>, Error> {
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(PROVIDER.clone())
            .root_certs(self.trusted.clone())
            .build();
        let left = until.saturating_duration_since(Instant::now());
        let mut config = Agent::config_builder()
            .https_only(url.is_secured())
            .tls_config(tls)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(format!("espalier/{ours}"))
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_global(Some(left.max(Duration::from_millis(1))));
        if !url.is_secured() {
            // It is on this computer.
            config = config.proxy(None);
        }
        config.build().new_agent().get(url.as_str()).call()
    }
}

fn next(url: &ReleasesUrl, response: &Response<Body>) -> Result<ReleasesUrl, ReleaseFault> {
    let location = response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok());
    location.and_then(|it| url.follow(it)).map_or_else(
        || {
            other(say!(
                "release-leads-away",
                "{host} leads on to what is not to be asked: that would have to be secured (https)",
                host = url.host(),
            ))
        },
        Ok,
    )
}

fn other<T>(what: Sentence) -> Result<T, ReleaseFault> {
    Err(ReleaseFault { kind: ReleaseFaultKind::Other, what })
}

fn not_reached(
    kind: ReleaseFaultKind,
    url: &ReleasesUrl,
    error: &dyn std::fmt::Display,
) -> ReleaseFault {
    let what = say!(
        "release-not-reached",
        "{host} cannot be asked for releases: {error}",
        host = url.host(),
        error = error,
    );
    ReleaseFault { kind, what }
}

fn untrusted_server(url: &ReleasesUrl, error: &dyn std::fmt::Display) -> ReleaseFault {
    let what = say!(
        "release-tls",
        "{host} cannot be asked for releases, because TLS failed: {error}",
        host = url.host(),
        error = error,
    );
    ReleaseFault { kind: ReleaseFaultKind::TlsFailed, what }
}

fn fault(error: Error, url: &ReleasesUrl) -> ReleaseFault {
    use ReleaseFaultKind as Kind;
    match error {
        Error::Timeout(_) => ReleaseFault {
            kind: Kind::TimedOut,
            what: say!(
                "release-timed-out",
                "{host} has not told of releases in time",
                host = url.host()
            ),
        },
        Error::HostNotFound => not_reached(Kind::NameNotFound, url, &"the name has no address"),
        Error::BodyExceedsLimit(_) => ReleaseFault {
            kind: Kind::Other,
            what: say!(
                "release-too-long",
                "the answer of {host} has more than {limit} KiB, as none about a release",
                host = url.host(),
                limit = LONGEST >> 10,
            ),
        },
        Error::Rustls(error) => untrusted_server(url, &error),
        Error::Tls(what) => untrusted_server(url, &what),
        Error::Io(error) => match error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>())
        {
            Some(tls) => untrusted_server(url, tls),
            None => not_reached(kind(&error), url, &error),
        },
        error => not_reached(Kind::Other, url, &error),
    }
}

fn kind(error: &io::Error) -> ReleaseFaultKind {
    /// What Windows says when a name has no address.
    const WSAHOST_NOT_FOUND: i32 = 11001;
    match error.kind() {
        ErrorKind::ConnectionRefused => ReleaseFaultKind::Refused,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => ReleaseFaultKind::TimedOut,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            ReleaseFaultKind::Unreachable
        }
        // The standard library has no kind for it.
        _ if error.to_string().starts_with("failed to lookup address information")
            || (cfg!(windows) && error.raw_os_error() == Some(WSAHOST_NOT_FOUND)) =>
        {
            ReleaseFaultKind::NameNotFound
        }
        _ => ReleaseFaultKind::Other,
    }
}
