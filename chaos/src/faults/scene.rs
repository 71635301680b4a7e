//! What a fault has to work with.

use std::time::{Duration, Instant};

use crate::bank::{Bank, Own, Process, Readiness, free_port, wait_for};
use crate::error::ChaosError;
use crate::load::{Load, People};
use crate::plan::Plan;

/// Answers after which users are taken to be served.
const SERVED: u64 = 10;
/// The share of a processor that a module may use while it can only wait, in percent.
const WAITING_CPU_PERCENT: u128 = 40;

/// A bank at work, and when what is to happen.
pub struct Scene<'a> {
    /// The bank.
    pub bank: &'a Bank,
    /// What was drawn.
    pub plan: &'a Plan,
    /// What the bank is doing.
    pub load: &'a Load<'a>,
    /// Who its users are.
    pub people: &'a People,
}

impl Scene<'_> {
    /// Lets the fault last as the plan says.
    pub async fn hold(&self) {
        tokio::time::sleep(Duration::from_millis(self.plan.held_ms)).await;
    }

    /// As [`Scene::hold`], and makes sure that a module which lacks something says so, and waits without spinning.
    ///
    /// # Errors
    /// [`ChaosError::Broken`] where it does not.
    pub async fn hold_while_waiting(&self, module: &str, process: Process) -> Result<(), ChaosError> {
        let before = process.cpu().unwrap_or_default();
        let began = Instant::now();
        let says_so =
            async || self.bank.questions.readiness(module).await.is_some_and(|readiness: Readiness| !readiness.ready);
        let patience = Duration::from_millis(self.plan.held_ms);
        let said = wait_for(&format!("{module} to say that it is not ready"), patience, says_so).await;
        tokio::time::sleep(patience.saturating_sub(began.elapsed())).await;
        said?;
        let used = process.cpu().unwrap_or_default().saturating_sub(before);
        let allowed_ms = 500 + began.elapsed().as_millis() * WAITING_CPU_PERCENT / 100;
        if used.as_millis() > allowed_ms {
            let elapsed = began.elapsed();
            return Err(ChaosError::Broken(format!(
                "{module} used {used:?} of processor time in {elapsed:?} of waiting"
            )));
        }
        Ok(())
    }

    /// Waits until users are answered again.
    ///
    /// # Errors
    /// When they are not in time.
    pub async fn served(&self, timeout: Duration) -> Result<(), ChaosError> {
        self.load.answers_since(self.load.answers(), SERVED, timeout).await
    }

    /// Stops a module of the scripts' and runs it in its place with these variables changed. Not waited for.
    ///
    /// # Errors
    /// When it cannot be stopped or started.
    pub async fn start_instead(&self, module: &str, changes: &[(&str, &str)]) -> Result<Own, ChaosError> {
        let mut image = self.bank.part(module)?.image()?;
        for (name, value) in changes {
            image = image.with(name, value);
        }
        self.bank.stop_part(module).await?;
        image.start(&self.bank.place.log(&format!("other-{module}"))?)
    }

    /// As [`Scene::start_instead`], and waits until it is ready.
    ///
    /// # Errors
    /// When it is not.
    pub async fn instead(&self, module: &str, changes: &[(&str, &str)]) -> Result<Own, ChaosError> {
        let own = self.start_instead(module, changes).await?;
        self.ready(module).await?;
        Ok(own)
    }

    /// Stops what ran instead, and lets the scripts start the module again.
    ///
    /// # Errors
    /// When it does not stop, or is not ready again.
    pub async fn as_before(&self, module: &str, own: Own) -> Result<(), ChaosError> {
        own.finish().await?;
        self.bank.start_part(module).await
    }

    /// Waits until a module is ready.
    ///
    /// # Errors
    /// When it is not in time.
    pub async fn ready(&self, module: &str) -> Result<(), ChaosError> {
        let is_ready = async || self.bank.questions.readiness(module).await.is_some_and(|it: Readiness| it.ready);
        wait_for(&format!("{module} to be ready"), Duration::from_secs(40), is_ready).await
    }

    /// Starts a second handler on this bank, and waits until it stands by.
    ///
    /// # Errors
    /// When it does not.
    pub async fn second_handler(&self) -> Result<Handler, ChaosError> {
        let admin_port = free_port()?;
        let mut image = self.bank.part("command-handler")?.image()?.with("ADMIN_PORT", &admin_port.to_string());
        image.program = self.bank.other_program("command-handler");
        let own = image.start(&self.bank.place.log("second-handler")?)?;
        let handler = Handler { own, admin_port };
        self.role(admin_port, "standby", Duration::from_secs(20)).await?;
        Ok(handler)
    }

    /// Waits until the handler at this admin port is ready in a role; gives how long it took.
    ///
    /// # Errors
    /// When it is not within the time.
    pub async fn role(&self, admin_port: u16, role: &str, timeout: Duration) -> Result<Duration, ChaosError> {
        let began = Instant::now();
        let has_role = async || {
            let readiness = self.bank.questions.readiness_at(admin_port).await;
            readiness.is_some_and(|it| it.ready && it.role.as_deref() == Some(role))
        };
        wait_for(&format!("the handler at port {admin_port} to be {role}"), timeout, has_role).await?;
        Ok(began.elapsed())
    }

    /// The admin port of the scripts' own handler.
    ///
    /// # Errors
    /// When it is not known.
    pub fn handler_port(&self) -> Result<u16, ChaosError> {
        self.bank.place.port("COMMAND_HANDLER_ADMIN_PORT")
    }
}

/// A handler that chaos started.
pub struct Handler {
    /// Its process.
    pub own: Own,
    /// Where it says how it is.
    pub admin_port: u16,
}

/// The ids of who was and who is, as evidence that they differ.
///
/// # Errors
/// [`ChaosError::DidNotHappen`] when they are the same.
pub fn replaced(was: Process, is: Process) -> Result<String, ChaosError> {
    if was == is || was.is_running() {
        return Err(ChaosError::DidNotHappen(format!("process {} still runs", was.pid().as_raw_nonzero())));
    }
    Ok(format!("process {} was killed, {} took its place", was.pid().as_raw_nonzero(), is.pid().as_raw_nonzero()))
}
