//! Clients whose end nobody waits for.

use std::ops::Deref;

/// A client of librdkafka that ends on a thread of its own.
///
/// At its end librdkafka waits for what it still has under way; with brokers that it will never reach again, for ever. Whoever gives
/// up such a client to take another must not wait with it.
#[derive(Debug)]
pub struct Detached<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> Detached<T> {
    /// This client.
    #[must_use]
    pub const fn new(client: T) -> Self {
        Self(Some(client))
    }
}

impl<T: Send + 'static> Deref for Detached<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl<T: Send + 'static> Drop for Detached<T> {
    fn drop(&mut self) {
        let client = self.0.take();
        // Without a thread to be had, it ends here.
        if let Err(error) = std::thread::Builder::new().name("end of a client".to_owned()).spawn(move || drop(client)) {
            tracing::warn!(%error, "no thread to end a client of Kafka on");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    /// A client whose end takes until it is let go.
    struct Slow {
        let_go: mpsc::Receiver<()>,
        ended: mpsc::Sender<()>,
    }

    impl Drop for Slow {
        fn drop(&mut self) {
            self.let_go.recv().expect("it is let go");
            self.ended.send(()).expect("somebody waits");
        }
    }

    #[test]
    fn nobody_waits_for_the_end_of_a_client() {
        let (go, let_go) = mpsc::channel();
        let (ended, is_ended) = mpsc::channel();
        drop(Detached::new(Slow { let_go, ended }));
        assert!(is_ended.try_recv().is_err(), "it has not ended, and we are here");
        go.send(()).expect("it waits");
        is_ended.recv_timeout(Duration::from_secs(10)).expect("it ends by itself");
    }
}
