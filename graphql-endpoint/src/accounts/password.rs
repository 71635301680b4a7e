//! Hashing passwords: argon2id with the library's (OWASP's) parameters, a few at once, since each takes 19 MiB.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Semaphore;

/// Too many wait to be hashed, or hashing is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the bank is busy, log in again later")]
pub struct Busy;

/// Hashes and compares passwords off the runtime's own threads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    /// Up to `at_once`, while up to `waiting` more wait.
    #[must_use]
    pub fn new(at_once: u32, waiting: u32) -> Self {
        let permits = |count: u32| Arc::new(Semaphore::new(usize::try_from(count).unwrap_or(1)));
        Self { at_once: permits(at_once), waiting: permits(at_once.saturating_add(waiting)) }
    }

    /// The password's hash with a new salt, as a PHC string.
    ///
    /// # Errors
    /// [`Busy`] when too many wait.
    pub async fn hash(&self, password: String) -> Result<String, Busy> {
        self.run(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).ok())
            .await?
            .ok_or(Busy)
    }

    /// Whether the hash is of this password.
    ///
    /// # Errors
    /// [`Busy`] when too many wait.
    pub async fn is_of(&self, hash: String, password: String) -> Result<bool, Busy> {
        self.run(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Busy)?;
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| Busy)?;
        // The permit goes along: a client that leaves does not make room before the work is done.
        let worked = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        worked.await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_password_matches() {
        let passwords = Passwords::new(1, 10);
        let hash = passwords.hash("password".into()).await.expect("not busy");
        let other = passwords.hash("password".into()).await.expect("not busy");
        assert!(hash.starts_with("$argon2id$") && hash != other);
        assert_eq!(passwords.is_of(hash.clone(), "password".into()).await, Ok(true));
        assert_eq!(passwords.is_of(hash, "Password".into()).await, Ok(false));
        assert_eq!(passwords.is_of("none".into(), "password".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn refuses_when_too_many_wait() {
        let passwords = Passwords::new(1, 0);
        let waiting = passwords.waiting.acquire().await;
        assert_eq!(passwords.hash("password".into()).await, Err(Busy));
        drop(waiting);
    }
}
