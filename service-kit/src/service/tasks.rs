//! Background tasks with names, so that a slow shutdown can say what did not stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;

/// The background tasks of a service that still run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    running: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Tasks {
    /// Runs `future` in the background under a name that people know, as `publisher`.
    pub fn spawn<F>(&self, name: &str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let running = self.enter(name);
        tokio::spawn(async move {
            let _running = running;
            future.await
        })
    }

    /// Counts `name` as running until what is returned is dropped: for a thread, or a step of a shutdown.
    #[must_use]
    pub fn enter(&self, name: &str) -> Running {
        *self.lock().entry(name.to_owned()).or_default() += 1;
        Running { name: name.to_owned(), tasks: self.clone() }
    }

    /// The names of what still runs.
    #[must_use]
    pub fn running(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that runs; it ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    name: String,
    tasks: Tasks,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.tasks.lock();
        if let Some(count) = running.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_is_named_until_it_ends() {
        let tasks = Tasks::default();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let first = tasks.spawn("publisher", ended);
        let second = tasks.enter("publisher");
        assert_eq!(tasks.running(), ["publisher"]);
        drop(second);
        assert_eq!(tasks.running(), ["publisher"]);
        end.send(()).expect("the task waits");
        first.await.expect("no panic").expect("was sent");
        assert!(tasks.running().is_empty());
    }
}
