//! A TCP proxy that can be told to misbehave: whoever is given its address has a bad network.

mod relay;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::error::ChaosError;

/// How the proxy treats what goes through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As if it were not there.
    Open,
    /// Connections are ended, and new ones too.
    Cut,
    /// Everything arrives this much later, in both directions.
    Late(Duration),
    /// Connections are taken and stay, and nothing goes through.
    Hanging,
    /// Connections are ended; new ones get HTTP's status 500.
    Error500,
    /// The so-manieth answer from now on that something was committed does not arrive, and the connection ends in its place.
    /// `PostgreSQL` only.
    LoseReply(u64),
}

/// What went through, over all connections.
#[derive(Debug, Default)]
pub struct Seen {
    /// Connections taken.
    pub connections: AtomicU64,
    /// Answers of status 500.
    pub errors: AtomicU64,
    /// Answers that something was committed, since the mode was set that loses one.
    pub commits: AtomicU64,
    /// Of those, lost.
    pub lost_replies: AtomicU64,
}

/// A listening proxy; dropped, it ends, and its connections with it.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens, on loopback.
    pub port: u16,
    /// What went through.
    pub seen: Arc<Seen>,
    mode: watch::Sender<Mode>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port and leads on to `target` on loopback.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn to(target: u16) -> Result<Self, ChaosError> {
        Self::between(0, target).await
    }

    /// Listens on this port (0 takes a free one) and leads on to `target` on loopback.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn between(port: u16, target: u16) -> Result<Self, ChaosError> {
        let failed = || ChaosError::io("the proxy cannot listen");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed())?;
        let port = listener.local_addr().map_err(failed())?.port();
        let (mode, seen) = (watch::Sender::new(Mode::Open), Arc::new(Seen::default()));
        let task = tokio::spawn(accept(listener, target, mode.subscribe(), seen.clone()));
        Ok(Self { port, seen, mode, task })
    }

    /// Behaves like this from now on; connections that are there change too.
    pub fn set(&self, mode: Mode) {
        self.seen.commits.store(0, Ordering::Relaxed);
        self.mode.send_replace(mode);
    }

    /// Behaves like this until what is returned is dropped.
    #[must_use = "dropped, the proxy is open again"]
    pub fn while_held(&self, mode: Mode) -> Held<'_> {
        self.set(mode);
        Held { proxy: self }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A proxy that misbehaves; dropped, it is open again.
pub struct Held<'a> {
    proxy: &'a Proxy,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.proxy.set(Mode::Open);
    }
}

async fn accept(listener: TcpListener, target: u16, mode: watch::Receiver<Mode>, seen: Arc<Seen>) {
    let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                seen.connections.fetch_add(1, Ordering::Relaxed);
                connections.spawn(connection(client, target, mode.clone(), seen.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(client: TcpStream, target: SocketAddr, mut mode: watch::Receiver<Mode>, seen: Arc<Seen>) {
    let now = *mode.borrow();
    match now {
        Mode::Cut => return,
        Mode::Error500 => {
            seen.errors.fetch_add(1, Ordering::Relaxed);
            relay::answer_500(client).await;
            return;
        }
        _ => {}
    }
    // Whoever hangs has not even reached the other side.
    if mode.wait_for(|mode| *mode != Mode::Hanging).await.is_err() {
        return;
    }
    if let Ok(server) = TcpStream::connect(target).await {
        relay::both_ways(client, server, mode, &seen).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Answers every message with itself.
    async fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                        stream.write_all(&buffer[..read]).await.unwrap();
                    }
                });
            }
        });
        port
    }

    async fn proxied() -> (Proxy, TcpStream) {
        let proxy = Proxy::to(echo().await).await.unwrap();
        let client = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).await.unwrap();
        (proxy, client)
    }

    async fn said(client: &mut TcpStream, text: &[u8]) -> Option<Vec<u8>> {
        client.write_all(text).await.ok()?;
        let mut answer = vec![0; text.len()];
        let read = tokio::time::timeout(Duration::from_millis(700), client.read_exact(&mut answer)).await;
        read.ok()?.ok().map(|_| answer)
    }

    #[tokio::test]
    async fn an_open_proxy_changes_nothing_and_a_late_one_takes_its_time() {
        let (proxy, mut client) = proxied().await;
        assert_eq!(said(&mut client, b"hello").await.unwrap(), b"hello");
        let held = proxy.while_held(Mode::Late(Duration::from_millis(100)));
        let began = Instant::now();
        assert_eq!(said(&mut client, b"later").await.unwrap(), b"later");
        assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
        drop(held);
        let began = Instant::now();
        assert_eq!(said(&mut client, b"again").await.unwrap(), b"again");
        assert!(began.elapsed() < Duration::from_millis(100));
    }

    #[tokio::test]
    async fn a_cut_link_ends_what_was_there_and_what_comes() {
        let (proxy, mut client) = proxied().await;
        assert!(said(&mut client, b"hello").await.is_some());
        let held = proxy.while_held(Mode::Cut);
        assert_eq!(said(&mut client, b"hello").await, None);
        let mut another = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).await.unwrap();
        assert_eq!(said(&mut another, b"hello").await, None);
        drop(held);
        let mut healed = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).await.unwrap();
        assert!(said(&mut healed, b"hello").await.is_some());
    }

    #[tokio::test]
    async fn what_hangs_goes_on_afterwards() {
        let (proxy, mut client) = proxied().await;
        let held = proxy.while_held(Mode::Hanging);
        assert_eq!(said(&mut client, b"hello").await, None);
        drop(held);
        let mut answer = [0; 5];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");
    }

    #[tokio::test]
    async fn the_reply_to_the_second_commit_is_lost_and_no_other() {
        let (proxy, mut client) = proxied().await;
        proxy.set(Mode::LoseReply(2));
        let commit = b"C\0\0\0\x0bCOMMIT\0Z\0\0\0\x05I";
        assert!(said(&mut client, commit).await.is_some());
        assert!(said(&mut client, b"SELECT\0").await.is_some());
        assert_eq!(said(&mut client, commit).await, None);
        assert_eq!(proxy.seen.lost_replies.load(Ordering::Relaxed), 1);
        let mut another = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).await.unwrap();
        assert!(said(&mut another, commit).await.is_some());
    }

    #[tokio::test]
    async fn an_error_500_is_answered_by_nobody_else() {
        let proxy = Proxy::to(echo().await).await.unwrap();
        let _held = proxy.while_held(Mode::Error500);
        let answer = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = answer.get(format!("http://127.0.0.1:{}/subjects", proxy.port)).send().await.unwrap();
        assert_eq!(answer.status(), 500);
        assert_eq!(proxy.seen.errors.load(Ordering::Relaxed), 1);
    }
}
