//! Who comes first where processors are scarce: the threads that move bytes and send on time, and not those that draw.

/// How much this thread gives way: of two that want the same processor, one with 5 gets a quarter of it.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

/// This thread, and all that it starts from here on (where a software renderer draws, those that do), give way to the ones that are
/// there already. Where a system has no such thing for a thread, nothing happens.
pub fn give_way() {
    // The only system where this is of a thread, and not of all of the program.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!("the window's thread gives no way: {error}");
    }
}
