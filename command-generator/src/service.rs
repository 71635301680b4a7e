//! The generator: a member of its group that is active when the heartbeat topic is given to it.

use std::time::{Duration, Instant};

use service_kit::admin::{Health, Part};
use service_kit::kafka::{self, Metadata};
use service_kit::registry::Registry;
use service_kit::retry::{Backoff, Stopped, wait_for};
use service_kit::service::{Kit, chain};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::active::{Active, Surroundings};
use crate::config::Settings;
use crate::error::{Error, Interruption};
use crate::group::Member;
use crate::outbox::Destinations;

/// How long a standby waits for a word of the group before it looks whether it is to stop.
const STANDBY_WAIT: Duration = Duration::from_millis(50);

/// Another generator with our name takes it again as soon as we have taken it back; a broker that lost its memory does not.
const NAME_TAKEN_WITHIN: Duration = Duration::from_secs(20);

const WAITING: &str = "waiting for a place in the consumer group";

/// A generator that has its clients and waits to be run.
pub struct Service {
    settings: Settings,
    kit: Kit,
    metadata: Metadata,
    registry: Registry,
}

/// Makes the clients; nothing is read or sent yet.
///
/// # Errors
/// [`Error`], all fatal: settings that make no client.
pub fn build(settings: Settings, kit: Kit) -> Result<Service, Error> {
    let metadata = Metadata::new(&settings.kafka)?;
    let registry = Registry::new(&settings.registry)?;
    Ok(Service { settings, kit, metadata, registry })
}

impl Service {
    /// Generates, or stands by, until `kit.shutdown` is cancelled; then waits for what is on its way.
    ///
    /// # Errors
    /// [`Error`], all fatal. What can be tried again is, and shows on `/readyz` meanwhile.
    pub async fn run(self) -> Result<(), Error> {
        let generating = self.kit.health.part("generating");
        let backoff = Backoff::default();
        let mut failures = 0;
        let mut taken = NameTaken::default();
        loop {
            let Ok(destinations) = self.prepare().await else { return Ok(()) };
            match self.membership(destinations, generating.clone()).await? {
                Ok(()) => return Ok(()),
                Err(Interruption::NameTaken) if taken.is_by_another(Instant::now()) => {
                    return Err(Error::NameTaken { instance: self.settings.instance });
                }
                Err(stopping @ Interruption::Stopping) => {
                    tracing::warn!("{stopping}");
                    return Ok(());
                }
                Err(interruption) => {
                    let reason = chain(&interruption);
                    tracing::warn!(reason, "starts again from what was stored");
                    // One that was at work before it failed is no failure in a row.
                    failures = if generating.is_up() { 1 } else { failures + 1 };
                    generating.down(reason);
                }
            }
            tokio::select! {
                () = backoff.sleep(failures) => {}
                () = self.kit.shutdown.cancelled() => return Ok(()),
            }
        }
    }

    /// Waits for Kafka, the topics and the registry.
    async fn prepare(&self) -> Result<Destinations, Stopped> {
        let Settings { kafka, topics, .. } = &self.settings;
        let Kit { health, shutdown, .. } = &self.kit;
        let wanted = [&*topics.heartbeat, &topics.acc, &topics.cac, &topics.cmt];
        kafka::wait_for_kafka(&self.metadata, kafka, &wanted, &health.part("kafka"), shutdown).await?;
        let what = format!("the schema registry at {}", self.registry.url());
        wait_for(&health.part("registry"), &what, Backoff::default(), shutdown, async || {
            let cac_encoder = self.registry.encoder(&topics.cac).await?;
            let cmt_encoder = self.registry.encoder(&topics.cmt).await?;
            let (cac, cmt) = (topics.cac.clone(), topics.cmt.clone());
            Ok::<_, service_kit::registry::RegistryError>(Destinations { cac, cmt, cac_encoder, cmt_encoder })
        })
        .await
    }

    /// One membership of the group, on a thread of its own: librdkafka is asked without waiting for a runtime.
    async fn membership(
        &self,
        destinations: Destinations,
        generating: Part,
    ) -> Result<Result<(), Interruption>, Error> {
        let membership = Membership {
            settings: self.settings.clone(),
            metadata: self.metadata.clone(),
            registry: self.registry.clone(),
            destinations,
            health: self.kit.health.clone(),
            generating,
            stop: self.kit.shutdown.clone(),
            runtime: Handle::current(),
        };
        let running = self.kit.tasks.enter("generator");
        let thread = tokio::task::spawn_blocking(move || {
            let _running = running;
            membership.run()
        });
        thread.await.map_err(Error::Thread)
    }
}

/// When our name was last taken.
///
/// A coordinator that has just come back no longer knows us; what we then commit without a member's id is refused in the same
/// words as if another generator had our name. Joining again tells the two apart.
#[derive(Debug, Default)]
struct NameTaken {
    last: Option<Instant>,
}

impl NameTaken {
    /// Notes that it was taken; whether that has happened so soon after the last time that another one must have it.
    fn is_by_another(&mut self, now: Instant) -> bool {
        let last = self.last.replace(now);
        last.is_some_and(|last| now.saturating_duration_since(last) < NAME_TAKEN_WITHIN)
    }
}

struct Membership {
    settings: Settings,
    metadata: Metadata,
    registry: Registry,
    destinations: Destinations,
    health: Health,
    generating: Part,
    stop: CancellationToken,
    runtime: Handle,
}

impl Membership {
    fn run(&self) -> Result<(), Interruption> {
        let member = Member::join(&self.settings)?;
        let beat_decoder = self.registry.decoder();
        let account_decoder = self.registry.decoder();
        // Less than the whole, so that the rest can still end in an orderly way.
        let flush_timeout = Duration::from_millis(self.settings.kit.shutdown_timeout_ms) / 2;
        self.generating.down(WAITING);
        while !self.stop.is_cancelled() {
            let Some(tenure) = member.tenure() else {
                if member.is_standby() {
                    self.health.set_role("standby");
                    self.generating.up();
                }
                // Nothing is given to a standby, so this only waits.
                if member.poll(STANDBY_WAIT)?.is_none() {
                    continue;
                }
                return Err(Interruption::Revoked);
            };
            self.health.set_role("active");
            self.generating.down("loading accounts");
            let around = Surroundings {
                settings: &self.settings,
                member: &member,
                beat_decoder: &beat_decoder,
                account_decoder: &account_decoder,
                metadata: &self.metadata,
                runtime: &self.runtime,
                stop: &self.stop,
                generating: &self.generating,
            };
            match Active::new(around, tenure, self.destinations.clone())?.run(flush_timeout) {
                Err(Interruption::Revoked) => {
                    tracing::info!("the heartbeat topic is no longer ours");
                    self.generating.down(WAITING);
                }
                end => return end,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_is_taken_again_at_once_is_anothers() {
        let start = Instant::now();
        let mut taken = NameTaken::default();
        for (after_s, is_by_another) in [(0, false), (300, false), (301, true), (302, true), (330, false)] {
            assert_eq!(taken.is_by_another(start + Duration::from_secs(after_s)), is_by_another, "after {after_s} s");
        }
    }
}
