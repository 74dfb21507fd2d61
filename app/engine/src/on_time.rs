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
/// where it is not allowed, nothing happens.
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
