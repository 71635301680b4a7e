//! A browser of its own, through chromedriver.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::config::Addresses;
use crate::error::BenchmarkError;

/// How long the driver may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// What the driver says once it listens, with the port behind it.
const STARTED: &str = "started successfully on port ";

/// A browser with one window. Dropped without [`Browser::close`] it is ended all the same.
pub struct Browser {
    client: Client,
    version: String,
    _driver: Driver,
}

/// Ends with its owner, and with it the browser that it may still have: both are in a process group of their own.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.0);
        if let Err(error) = kill_process_group(group, Signal::KILL) {
            tracing::debug!(%error, "ending the driver and its browser");
        }
        if let Err(error) = self.0.wait() {
            tracing::debug!(%error, "waiting for the driver's end");
        }
    }
}

impl Browser {
    /// Starts a driver on a free port, and a browser without a window on the screen.
    ///
    /// # Errors
    /// When one of them is missing or does not start.
    pub async fn start(addresses: &Addresses) -> Result<Self, BenchmarkError> {
        let program = addresses.chromedriver.display().to_string();
        let failed = |reason: String| BenchmarkError::Browser(format!("{program}: {reason}"));
        let mut driver = Command::new(&addresses.chromedriver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C is for this program, which ends the run in order; the driver ends with it.
            .process_group(0)
            .spawn()
            .map(Driver)
            .map_err(|error| {
                failed(format!("{error}; Debian has it: apt install chromium chromium-driver; elsewhere CHROMEDRIVER and CHROMIUM say where they are"))
            })?;
        let output = driver.0.stdout.take().ok_or_else(|| failed("says nothing".to_owned()))?;
        let (tell, told) = oneshot::channel();
        std::thread::Builder::new()
            .name("chromedriver".to_owned())
            .spawn(move || tell_port(output, tell))
            .map_err(BenchmarkError::NoThread)?;
        let port = tokio::time::timeout(START_TIMEOUT, told).await;
        let port =
            port.ok().and_then(Result::ok).ok_or_else(|| failed("did not say on which port it listens".to_owned()))?;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(addresses));
        let client = builder
            .connect(&format!("http://localhost:{port}"))
            .await
            .map_err(|error| failed(format!("no browser: {error}")))?;
        let version = client.capabilities().and_then(|told| told.get("browserVersion")?.as_str());
        let version = version.unwrap_or("unknown").to_owned();
        Ok(Self { client, version, _driver: driver })
    }

    /// The window.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Of the browser.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Ends browser and driver.
    pub async fn close(self) {
        if let Err(error) = self.client.close().await {
            tracing::debug!(%error, "closing the browser");
        }
    }
}

/// Tells the port, and reads on: a full pipe would stop the driver.
fn tell_port(output: ChildStdout, tell: oneshot::Sender<String>) {
    let mut tell = Some(tell);
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some((_, port)) = line.split_once(STARTED)
            && let Some(tell) = tell.take()
            && tell.send(port.trim_end_matches('.').to_owned()).is_err()
        {
            return;
        }
    }
}

fn capabilities(addresses: &Addresses) -> Map<String, Value> {
    let mut arguments = vec!["--headless=new", "--disable-gpu", "--window-size=1280,1600", "--lang=en"];
    if rustix::process::geteuid().is_root() {
        // As root, in a container, Chromium's own sandbox does not start; the pages are ours.
        arguments.push("--no-sandbox");
    }
    let mut options = json!({ "args": arguments });
    if let Some(browser) = &addresses.browser {
        options["binary"] = json!(browser);
    }
    [("browserName".to_owned(), json!("chrome")), ("goog:chromeOptions".to_owned(), options)].into_iter().collect()
}
