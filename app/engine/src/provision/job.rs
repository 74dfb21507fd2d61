//! Jobs on a board in a thread of their own: one at a time, and one more behind a job that was cancelled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use espalier_core::board::BoardRefusal;
use parking_lot::Mutex;

/// Works until it is done or the flag is set, and gives back what tells how it ended.
pub type Job = Box<dyn FnOnce(&AtomicBool) -> OnEnd + Send>;

/// Tells how a job ended. It is not called when the next job is begun already.
pub type OnEnd = Box<dyn FnOnce()>;

/// Room for one job under way, and for the one that follows it.
#[derive(Default)]
pub struct JobSlot(Mutex<JobState>);

#[derive(Default)]
struct JobState {
    /// Set to end what is under way.
    cancel: Option<Arc<AtomicBool>>,
    /// What begins when that has ended.
    next: Option<Job>,
}

impl std::fmt::Debug for JobSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobSlot").finish_non_exhaustive()
    }
}

impl JobSlot {
    /// Begins a job in a thread of this name. One under way is left alone, unless it was cancelled: then the job begins
    /// when that has ended. `announced` is called when it is begun or will be, before any of it is done.
    ///
    /// # Errors
    /// One is under way, or the system has no thread left.
    pub fn begin(
        self: &Arc<Self>,
        name: String,
        announced: impl FnOnce(),
        job: Job,
    ) -> Result<(), BoardRefusal> {
        let mut state = self.0.lock();
        if let Some(cancel) = &state.cancel {
            if !cancel.load(Ordering::Acquire) {
                return Err(BoardRefusal::UnderWay);
            }
            announced();
            state.next = Some(job);
            return Ok(());
        }
        announced();
        let cancel = Arc::<AtomicBool>::default();
        let (slot, flag) = (Arc::clone(self), Arc::clone(&cancel));
        std::thread::Builder::new()
            .name(name)
            .spawn(move || slot.run(flag, job))
            .map_err(|error| BoardRefusal::NoThread(error.to_string()))?;
        state.cancel = Some(cancel);
        Ok(())
    }

    fn run(&self, mut cancel: Arc<AtomicBool>, mut job: Job) {
        loop {
            let on_end = job(&cancel);
            let mut state = self.0.lock();
            match state.next.take() {
                Some(next) => {
                    cancel = Arc::default();
                    state.cancel = Some(Arc::clone(&cancel));
                    job = next;
                }
                None => {
                    // Told while nobody can begin: whoever hears of the end finds the slot free.
                    on_end();
                    state.cancel = None;
                    return;
                }
            }
        }
    }

    /// Ends what is under way, and lets go what waits behind it.
    pub fn cancel(&self) {
        let mut state = self.0.lock();
        state.next = None;
        if let Some(cancel) = &state.cancel {
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
    ) -> Job {
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
        let slot = Arc::<JobSlot>::default();
        let begin = |name, wait| {
            let on_end = said.clone();
            let announced = || on_end.send(format!("{name} announced")).unwrap();
            slot.begin("test".to_owned(), announced, waiting(name, said.clone(), wait))
        };
        begin("one", wait).unwrap();
        assert_eq!([heard.recv().unwrap(), heard.recv().unwrap()], ["one announced", "one begins"]);
        let (_, nobody) = sync_channel(1);
        assert_eq!(begin("refused", nobody), Err(BoardRefusal::UnderWay));
        slot.cancel();
        let (second, wait) = sync_channel(1);
        begin("two", wait).unwrap();
        assert_eq!(heard.recv().unwrap(), "two announced");
        go_on.send(()).unwrap();
        assert_eq!(
            heard.recv().unwrap(),
            "two begins",
            "the end of the first is nobody's any more"
        );
        slot.cancel();
        second.send(()).unwrap();
        assert_eq!(heard.recv().unwrap(), "two ended");
    }

    #[test]
    fn who_hears_of_the_end_finds_the_turn_free() {
        let slot = Arc::<JobSlot>::default();
        for _ in 0..200 {
            let (said, heard) = sync_channel(1);
            let job: Job = Box::new(move |_| Box::new(move || said.send(()).unwrap()));
            slot.begin("test".to_owned(), || (), job).unwrap();
            heard.recv().unwrap();
        }
    }

    #[test]
    fn what_waits_behind_a_cancelled_piece_is_cancelled_with_it() {
        let (said, heard) = sync_channel(16);
        let (go_on, wait) = sync_channel(1);
        let slot = Arc::<JobSlot>::default();
        slot.begin("test".to_owned(), || (), waiting("one", said.clone(), wait)).unwrap();
        assert_eq!(heard.recv().unwrap(), "one begins");
        slot.cancel();
        let (_, nobody) = sync_channel(1);
        slot.begin("test".to_owned(), || (), waiting("two", said, nobody)).unwrap();
        slot.cancel();
        go_on.send(()).unwrap();
        assert_eq!(heard.recv().unwrap(), "one ended");
    }
}
