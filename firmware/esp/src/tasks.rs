//! Starting tasks.

use embassy_executor::{SpawnError, SpawnToken, Spawner};

/// Starts a task. Each is started as often as there is room for it, so that it cannot fail.
pub fn start<S>(spawner: Spawner, task: Result<SpawnToken<S>, SpawnError>) {
    match task {
        Ok(task) => spawner.spawn(task),
        Err(_) => unreachable!("a task was started twice"),
    }
}
