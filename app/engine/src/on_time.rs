//! What threads ask of the system that have something to do at a certain moment.

/// This thread is woken when it asked to be, for what is sent on time. Linux lets others sleep up to 50 µs longer, to wake several at once.
pub fn wake_on_time() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1)) {
        tracing::debug!("this thread is woken late: {error}");
    }
}

/// This thread has a processor as soon as it is woken, and not when another one's turn is over: for who mostly sleeps, since nobody else
/// runs on that processor meanwhile. Linux allows that to who has a limit for it (`RLIMIT_RTPRIO`: root, and groups such as `audio`);
/// who has none has short turns there, for which longer ones of others are cut short.
pub fn come_first() {
    #[cfg(target_os = "linux")]
    let done = {
        use thread_priority::{
            RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
            set_thread_priority_and_policy, thread_native_id,
        };
        // The least of them: whoever plays sound comes before us.
        let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy)
            .or_else(|_| take_short_turns())
    };
    #[cfg(windows)]
    let done = {
        use thread_priority::windows::{
            WinAPIThreadPriority, set_winapi_thread_priority, thread_native_id,
        };
        set_winapi_thread_priority(thread_native_id(), WinAPIThreadPriority::Highest)
    };
    #[cfg(any(target_os = "linux", windows))]
    if let Err(error) = done {
        tracing::debug!("this thread waits for others: {error}");
    }
}

/// Asks for the shortest turns there are, 0.1 ms: whoever is woken for a shorter turn than the one that runs takes its place (Linux 6.12; before
/// that, nothing happens). Everybody may.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "nobody wraps sched_setattr for threads that are not in real time")]
fn take_short_turns() -> std::io::Result<()> {
    // What it does not ask to change it has to repeat.
    let sched_nice = rustix::process::nice(0)?;
    let asked = libc::sched_attr {
        size: size_of::<libc::sched_attr>() as u32,
        sched_policy: libc::SCHED_OTHER as u32,
        sched_flags: 0,
        sched_nice,
        sched_priority: 0,
        sched_runtime: 100_000,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: 0 is this thread, and the system reads as much of memory of our own as `size` says.
    match unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const asked, 0) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn who_takes_short_turns_is_as_nice_as_before() {
        let thread = std::thread::Builder::new().name("turns".to_owned());
        let thread = thread.spawn(|| {
            let before = rustix::process::nice(3).unwrap();
            let asked = super::take_short_turns();
            (asked, before, rustix::process::nice(0).unwrap())
        });
        let (asked, before, after) = thread.unwrap().join().unwrap();
        if let Err(error) = asked {
            eprintln!("SKIPPED: no short turns here: {error}");
        }
        assert_eq!(before, after);
    }
}
