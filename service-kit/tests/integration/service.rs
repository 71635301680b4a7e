//! The frame: signals, exit codes, the admin port.

use crate::child::program;
use service_kit::fixture::eventually;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);

struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    log: Vec<String>,
}

impl Running {
    fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        let mut child = program(name)
            .envs([("ADMIN_PORT", "0"), ("LOG_FORMAT", "json")])
            .envs(environment.iter().copied())
            .spawn()
            .expect("it starts");
        let stderr = child.stderr.take().expect("it is piped");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self { child, lines, log: Vec::new() }
    }

    /// The next line of the log that holds `part`.
    fn line_with(&mut self, part: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { panic!("no `{part}` in {:#?}", self.log) };
            self.log.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    fn admin_url(&mut self) -> String {
        let line = self.line_with("admin port at");
        let (_, rest) = line.split_once("http://").expect("the log says where");
        let (address, _) = rest.split_once("/readyz").expect("the log says where");
        format!("http://{address}")
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    async fn exit_code(&mut self) -> Option<i32> {
        let child = &mut self.child;
        eventually("it ends", DEADLINE, || std::future::ready(child.try_wait().expect("it can be waited for")))
            .await
            .code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended, which is what is wanted.
        let _ = self.child.kill();
    }
}

#[tokio::test]
async fn a_signal_stops_a_service_with_exit_code_0() {
    for signal in ["TERM", "INT"] {
        let mut service = Running::start("obedient", &[]);
        service.admin_url();
        service.signal(signal);
        service.line_with("program stopped");
        assert_eq!(service.exit_code().await, Some(0), "{signal}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_stop_in_time_exits_1_and_says_what_still_runs() {
    let mut service = Running::start("stubborn", &[("SHUTDOWN_TIMEOUT_MS", "200")]);
    service.admin_url();
    service.signal("TERM");
    let line = service.line_with("did not stop within 200 ms");
    assert!(line.contains("stubborn task"), "{line}");
    assert_eq!(service.exit_code().await, Some(1));
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut service = Running::start("stubborn", &[("SHUTDOWN_TIMEOUT_MS", "50000")]);
    service.admin_url();
    service.signal("INT");
    service.line_with("a second signal ends it at once");
    service.signal("INT");
    assert_eq!(service.exit_code().await, Some(130));
}

#[tokio::test]
async fn an_error_is_logged_and_exits_1() {
    let mut service = Running::start("failing", &[]);
    service.line_with("program failed: the vault is shut");
    assert_eq!(service.exit_code().await, Some(1));
}

#[tokio::test]
async fn a_taken_admin_port_is_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let mut service = Running::start("obedient", &[("ADMIN_PORT", &port)]);
    let line = service.line_with("program failed");
    assert!(line.contains(&format!("127.0.0.1:{port}")) && line.contains("ADMIN_PORT"), "{line}");
    assert!(line.contains("in use"), "{line}");
    assert_eq!(service.exit_code().await, Some(1));
}

#[tokio::test]
async fn logs_are_json_when_nobody_watches() {
    let mut service = Running::start("obedient", &[("LOG_FORMAT", "auto")]);
    let line = service.line_with("admin port at");
    let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(event["level"], "INFO");
    assert!(event["timestamp"].is_string() && event["address"].is_string(), "{line}");
}

#[tokio::test]
async fn what_librdkafka_says_is_logged_under_its_own_name() {
    let mut service = Running::start("lonely", &[("KAFKA_REQUEST_TIMEOUT_MS", "300")]);
    let line = service.line_with("\"target\":\"librdkafka\"");
    service.line_with("waiting for Kafka at localhost:1");
    assert!(line.contains("localhost:1") && line.contains("refused"), "{line}");
    assert!(service.log.len() < 20, "an outage must not flood the log: {:#?}", service.log);

    let environment = [("KAFKA_REQUEST_TIMEOUT_MS", "300"), ("LOG_LEVEL", "info,librdkafka=off")];
    let mut service = Running::start("lonely", &environment);
    service.line_with("waiting for Kafka at localhost:1");
    service.signal("TERM");
    assert_eq!(service.exit_code().await, Some(1));
    assert!(service.log.iter().all(|line| !line.contains("librdkafka")), "{:#?}", service.log);
}
