//! Work on a board in a thread of its own: one piece at a time, and one more behind a piece that was cancelled.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// Works until it is done or the flag is set, and gives back what tells how it ended.
pub type Work = Box<dyn FnOnce(&AtomicBool) -> Told + Send>;

/// Tells how a piece of work ended. It is not called when the next piece is begun already.
pub type Told = Box<dyn FnOnce()>;

/// Whose turn it is.
#[derive(Default)]
pub struct Turn(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    /// Set to end what is under way.
    cancel: Option<Arc<AtomicBool>>,
    /// What begins when that has ended.
    next: Option<Work>,
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}

impl Turn {
    /// Begins the work in a thread of this name. What is under way is left alone, unless it was cancelled: then the work begins
    /// when that has ended. `announced` is called when it is begun or will be, before any of it is done.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn begin(
        self: &Arc<Self>,
        name: String,
        announced: impl FnOnce(),
        work: Work,
    ) -> io::Result<()> {
        let mut taken = self.0.lock();
        if let Some(cancel) = &taken.cancel {
            if cancel.load(Ordering::Acquire) {
                announced();
                taken.next = Some(work);
            }
            return Ok(());
        }
        announced();
        let cancel = Arc::<AtomicBool>::default();
        let (turn, flag) = (Arc::clone(self), Arc::clone(&cancel));
        std::thread::Builder::new().name(name).spawn(move || turn.run(flag, work))?;
        taken.cancel = Some(cancel);
        Ok(())
    }

    fn run(&self, mut cancel: Arc<AtomicBool>, mut work: Work) {
        loop {
            let told = work(&cancel);
            let mut taken = self.0.lock();
            match taken.next.take() {
                Some(next) => {
                    cancel = Arc::default();
                    taken.cancel = Some(Arc::clone(&cancel));
                    work = next;
                }
                None => {
                    // Told while nobody can begin: whoever hears of the end finds the turn free.
                    told();
                    taken.cancel = None;
                    return;
                }
            }
        }
    }

    /// Ends what is under way, and lets go what waits behind it.
    pub fn cancel(&self) {
        let mut taken = self.0.lock();
        taken.next = None;
        if let Some(cancel) = &taken.cancel {
            cancel.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    /// Work that says when it begins, waits until it is cancelled, waits for `go_on`, and says how it ended.
    fn waiting(
        name: &'static str,
        said: SyncSender<String>,
        go_on: std::sync::mpsc::Receiver<()>,
    ) -> Work {
        Box::new(move |cancel| {
            said.send(format!("{name} begins")).unwrap();
            while !cancel.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            go_on.recv().ok();
            Box::new(move || said.send(format!("{name} ended")).unwrap())
        })
    }

    #[test]
    fn what_is_asked_for_while_a_cancelled_piece_ends_is_not_lost() {
        let (said, heard) = sync_channel(16);
        let (go_on, wait) = sync_channel(1);
        let turn = Arc::<Turn>::default();
        let begin = |name, wait| {
            let told = said.clone();
            let announced = || told.send(format!("{name} announced")).unwrap();
            turn.begin("test".to_owned(), announced, waiting(name, said.clone(), wait)).unwrap();
        };
        begin("one", wait);
        assert_eq!([heard.recv().unwrap(), heard.recv().unwrap()], ["one announced", "one begins"]);
        let (_, nobody) = sync_channel(1);
        begin("ignored", nobody);
        turn.cancel();
        let (second, wait) = sync_channel(1);
        begin("two", wait);
        assert_eq!(heard.recv().unwrap(), "two announced");
        go_on.send(()).unwrap();
        assert_eq!(
            heard.recv().unwrap(),
            "two begins",
            "the end of the first is nobody's any more"
        );
        turn.cancel();
        second.send(()).unwrap();
        assert_eq!(heard.recv().unwrap(), "two ended");
    }

    #[test]
    fn who_hears_of_the_end_finds_the_turn_free() {
        let turn = Arc::<Turn>::default();
        for _ in 0..200 {
            let (said, heard) = sync_channel(1);
            let work: Work = Box::new(move |_| Box::new(move || said.send(()).unwrap()));
            turn.begin("test".to_owned(), || (), work).unwrap();
            heard.recv().unwrap();
        }
    }

    #[test]
    fn what_waits_behind_a_cancelled_piece_is_cancelled_with_it() {
        let (said, heard) = sync_channel(16);
        let (go_on, wait) = sync_channel(1);
        let turn = Arc::<Turn>::default();
        turn.begin("test".to_owned(), || (), waiting("one", said.clone(), wait)).unwrap();
        assert_eq!(heard.recv().unwrap(), "one begins");
        turn.cancel();
        let (_, nobody) = sync_channel(1);
        turn.begin("test".to_owned(), || (), waiting("two", said, nobody)).unwrap();
        turn.cancel();
        go_on.send(()).unwrap();
        assert_eq!(heard.recv().unwrap(), "one ended");
    }
}
