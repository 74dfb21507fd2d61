//! Ctrl-C ends what runs in order; a second one ends a program of sessions at once.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use espalier_engine::session::Session;
use tokio::runtime::Handle;

use super::host_terminal::restore;
#[cfg(unix)]
use tokio::signal::unix::{Signal as Listener, SignalKind, signal};
#[cfg(windows)]
use windows::Listener;

/// Wishes that this program end: Ctrl-C and SIGTERM; on Windows Ctrl-C and Ctrl-Break, and that its console is closed, its user
/// leaves, or the system ends. Each is heard from when this is made, whether anybody waits for it or not: so it is made before the
/// first word that somebody could answer by Ctrl-C. Hanging up is left to the system, so that `nohup` does what it says.
#[derive(Debug)]
pub struct Interrupts {
    runtime: Handle,
    /// Those that the system let us hear; the others end the program by themselves.
    listeners: Vec<Listener>,
}

/// The same wishes, heard by each of several that run at once.
#[derive(Clone, Debug)]
pub struct Wishes(tokio::sync::watch::Receiver<()>);

impl Wishes {
    /// Completes at the next one. Nothing is missed when this is dropped before.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

impl Interrupts {
    /// Hears them from now on; `runtime` carries them.
    pub fn heard(runtime: &Handle) -> Self {
        let _inside = runtime.enter();
        #[cfg(unix)]
        let listeners = [signal(SignalKind::interrupt()), signal(SignalKind::terminate())];
        #[cfg(windows)]
        let listeners = Listener::all();
        Self { runtime: runtime.clone(), listeners: listeners.into_iter().flatten().collect() }
    }

    /// Hears it, too, when the terminal hangs up, also under `nohup`: for what is to tidy up in every case.
    #[cfg_attr(not(unix), allow(unused_mut))]
    pub fn and_hanging_up(mut self) -> Self {
        #[cfg(unix)]
        {
            let _inside = self.runtime.enter();
            self.listeners.extend(signal(SignalKind::hangup()));
        }
        self
    }

    /// Completes at the next one. Nothing is missed when this is dropped before.
    pub async fn next(&mut self) {
        poll_fn(|context| {
            let heard = |it: &mut Listener| it.poll_recv(context) == Poll::Ready(Some(()));
            if self.listeners.iter_mut().any(heard) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// The first one does this; the second one ends the program without waiting for it.
    pub fn end_by(mut self, act: impl FnOnce() + Send + 'static) {
        let runtime = self.runtime.clone();
        runtime.spawn(async move {
            self.next().await;
            act();
            self.next().await;
            restore();
            // 128 + SIGINT, as shells have it.
            std::process::exit(130);
        });
    }

    /// Lets these sessions leave at the first one; the second one does not wait for them.
    pub fn end(self, sessions: &[Session]) {
        let sessions = sessions.to_vec();
        self.end_by(move || sessions.iter().for_each(Session::end));
    }

    /// The same for each of several that run at once: what is made of this hears each one from now on.
    pub fn for_all(mut self) -> Wishes {
        let (heard, wishes) = tokio::sync::watch::channel(());
        let runtime = self.runtime.clone();
        runtime.spawn(async move {
            loop {
                self.next().await;
                if heard.send(()).is_err() {
                    break;
                }
            }
        });
        Wishes(wishes)
    }

    /// A flag that the first one sets.
    pub fn flag(mut self) -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        let runtime = self.runtime.clone();
        runtime.spawn({
            let flag = Arc::clone(&flag);
            async move {
                self.next().await;
                flag.store(true, Ordering::Relaxed);
            }
        });
        flag
    }
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::task::{Context, Poll};

    use tokio::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close,
        ctrl_logoff, ctrl_shutdown,
    };

    /// One way in which a console asks its programs to end. After the last three the system waits a few seconds for them.
    #[derive(Debug)]
    pub(super) enum Listener {
        C(CtrlC),
        Break(CtrlBreak),
        Close(CtrlClose),
        Logoff(CtrlLogoff),
        Shutdown(CtrlShutdown),
    }

    impl Listener {
        pub(super) fn all() -> [io::Result<Self>; 5] {
            [
                ctrl_c().map(Self::C),
                ctrl_break().map(Self::Break),
                ctrl_close().map(Self::Close),
                ctrl_logoff().map(Self::Logoff),
                ctrl_shutdown().map(Self::Shutdown),
            ]
        }

        pub(super) fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<()>> {
            match self {
                Self::C(listener) => listener.poll_recv(context),
                Self::Break(listener) => listener.poll_recv(context),
                Self::Close(listener) => listener.poll_recv(context),
                Self::Logoff(listener) => listener.poll_recv(context),
                Self::Shutdown(listener) => listener.poll_recv(context),
            }
        }
    }
}
