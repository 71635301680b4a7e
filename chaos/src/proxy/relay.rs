//! What happens to the bytes of one connection.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use super::{Mode, Seen};

const CHUNK_BYTES: usize = 65_536;
/// Chunks that may be under way in one direction; at the bound, reading waits.
const CHUNKS_MAX: usize = 256;
/// `PostgreSQL` has nothing open any more: what came before this is durable.
const IDLE: &[u8] = b"Z\0\0\0\x05I";

/// Carries bytes both ways until either side ends or the mode says so.
pub async fn both_ways(client: TcpStream, server: TcpStream, mode: watch::Receiver<Mode>, seen: &Seen) {
    // Without it the kernel would hold back small messages by itself.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    let mut ended = mode.clone();
    let answers = |chunk: &[u8], mode: Mode| {
        let Mode::LoseReply(number) = mode else { return true };
        if !says_committed(chunk) || seen.commits.fetch_add(1, Ordering::Relaxed) + 1 != number {
            return true;
        }
        seen.lost_replies.fetch_add(1, Ordering::Relaxed);
        false
    };
    tokio::select! {
        () = one_way(client_read, server_write, mode.clone(), |_, _| true) => {}
        () = one_way(server_read, client_write, mode, answers) => {}
        _ = ended.wait_for(|mode| matches!(mode, Mode::Cut | Mode::Error500)) => {}
    }
}

/// `passes` is shown each chunk, and ends the connection when it says no.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
    passes: impl Fn(&[u8], Mode) -> bool,
) {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_MAX);
    let how = mode.clone();
    let read = async {
        let mut buffer = vec![0; CHUNK_BYTES];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            let mode = *how.borrow();
            if !passes(&buffer[..read], mode) {
                return;
            }
            let delay = if let Mode::Late(delay) = mode { delay } else { Duration::ZERO };
            if sender.send((Instant::now() + delay, buffer[..read].to_vec())).await.is_err() {
                return;
            }
        }
        drop(sender);
        // What is under way still arrives; the writer ends the connection.
        std::future::pending::<()>().await;
    };
    let write = async {
        while let Some((due, chunk)) = receiver.recv().await {
            tokio::time::sleep_until(due.into()).await;
            if mode.wait_for(|mode| *mode != Mode::Hanging).await.is_err() || to.write_all(&chunk).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}

/// Whether the server says here that something was written for good: the tag of a COMMIT, or of a COPY that is a transaction
/// of its own, and then that it is idle.
fn says_committed(chunk: &[u8]) -> bool {
    let is_tag = |message: &[u8]| message[0] == b'C' && (&message[5..] == b"COMMIT\0" || &message[5..10] == b"COPY ");
    chunk.ends_with(IDLE) && chunk.windows(12).any(is_tag)
}

/// Says that the server is broken, as a registry behind a proxy does.
pub async fn answer_500(mut client: TcpStream) {
    let mut buffer = [0; 4_096];
    // What is asked does not matter, but must have been taken, or the client would not read the answer.
    let _ = tokio::time::timeout(Duration::from_secs(1), client.read(&mut buffer)).await;
    let answer = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    // A client that left does not need one.
    let _ = client.write_all(answer.as_bytes()).await;
    let _ = client.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_told_from_what_is_not_durable_yet() {
        let idle = [b"C\0\0\0\x0bCOMMIT\0".as_slice(), IDLE].concat();
        let copied = [b"C\0\0\0\x0cCOPY 120\0".as_slice(), IDLE].concat();
        let within = b"C\0\0\0\x0cCOPY 120\0Z\0\0\0\x05T".to_vec();
        let rolled_back = [b"C\0\0\0\x0dROLLBACK\0".as_slice(), IDLE].concat();
        for (chunk, is_committed) in [(idle, true), (copied, true), (within, false), (rolled_back, false)] {
            assert_eq!(says_committed(&chunk), is_committed, "{chunk:?}");
        }
    }
}
