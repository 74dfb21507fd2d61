//! What a session has that a task of its own does what is due in.

use std::sync::Arc;

use tokio::task::AbortHandle;

/// A room or a chat, and the task that does what is due in it: it ends with it.
#[derive(Debug)]
pub struct Driven<T> {
    it: Arc<T>,
    driver: AbortHandle,
}

impl<T> Driven<T> {
    /// It is driven until this is dropped.
    pub fn new<D>(it: Arc<T>, drive: impl FnOnce(Arc<T>) -> D) -> Self
    where
        D: Future<Output = ()> + Send + 'static,
    {
        let driver = tokio::spawn(drive(it.clone())).abort_handle();
        Self { it, driver }
    }

    /// The room or the chat.
    pub const fn it(&self) -> &Arc<T> {
        &self.it
    }
}

impl<T> Drop for Driven<T> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_session_drives_goes_with_it_while_nothing_is_due() {
        let it = Arc::new(());
        let left = Arc::downgrade(&it);
        let driven = Driven::new(it, |it| async move {
            std::future::pending::<()>().await;
            drop(it);
        });
        tokio::task::yield_now().await;
        assert!(left.upgrade().is_some());
        drop(driven);
        while left.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    }
}
