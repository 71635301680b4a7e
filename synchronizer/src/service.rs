//! Reading, planning, applying, and looking whether it worked.

use crate::cluster::Cluster;
use crate::config::Settings;
use crate::found::Found;
use crate::plan::{Action, COMPATIBILITY, Obstacle, Permissions, Plan, plan, unknown};
use crate::wanted::{WantedTopic, wanted};
use crate::{Error, subjects};
use futures_util::future::{join_all, try_join_all};
use service_kit::registry::Registry;
use service_kit::retry::{Backoff, Reminder};
use std::io::Write;
use std::time::{Duration, Instant};

const BACKOFF: Backoff = Backoff { initial_ms: 100, max_ms: 2_000 };

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is as it should be, after this many actions.
    InOrder {
        /// Actions that were needed.
        actions: usize,
    },
    /// A dry run found a difference.
    Differs,
    /// Something cannot be mended here; what was in the way was printed.
    Obstructed,
}

struct Synchronizer<'a> {
    settings: &'a Settings,
    wanted: Vec<WantedTopic>,
    cluster: Cluster,
    registry: Registry,
}

/// Makes the cluster and the registry equal to the topology, printing a line per action; with `dry_run`, prints what it
/// would do. When a schema is refused, nothing at all is done.
///
/// # Errors
/// When Kafka or the registry does not answer within `wait_ms`, an action keeps failing, or the cluster does not show
/// what was done.
pub async fn synchronize(settings: &Settings, out: &mut (impl Write + Send)) -> Result<Outcome, Error> {
    let synchronizer = Synchronizer {
        settings,
        wanted: wanted(&settings.topics, settings.synchronize.schemas_in_kafka)?,
        cluster: Cluster::new(&settings.kafka)?,
        registry: Registry::new(&settings.registry)?,
    };
    synchronizer.run(out).await
}

impl Synchronizer<'_> {
    async fn run(&self, out: &mut (impl Write + Send)) -> Result<Outcome, Error> {
        let found = self.wait_for_answer().await?;
        let plan = self.plan(&found);
        for obstacle in &plan.obstacles {
            writeln!(out, "{obstacle}")?;
        }
        if !self.settings.synchronize.delete_unknown {
            for name in unknown(&self.wanted, &found) {
                tracing::info!("topic {name} is not in the topology; --delete-unknown would delete it");
            }
        }
        if self.settings.synchronize.dry_run {
            plan.actions.iter().try_for_each(|action| writeln!(out, "{action}"))?;
            return if plan.is_empty() { self.in_order(0, out) } else { Ok(Outcome::Differs) };
        }
        if plan.is_refused() {
            writeln!(out, "nothing was changed: a schema is refused")?;
            return Ok(Outcome::Obstructed);
        }
        for phase in plan.phases() {
            self.apply_phase(phase, out).await?;
        }
        let left = self.verify().await?;
        for obstacle in left.iter().filter(|obstacle| !plan.obstacles.contains(obstacle)) {
            writeln!(out, "{obstacle}")?;
        }
        if !left.is_empty() {
            return Ok(Outcome::Obstructed);
        }
        self.in_order(plan.actions.len(), out)
    }

    fn in_order(&self, actions: usize, out: &mut impl Write) -> Result<Outcome, Error> {
        writeln!(out, "{} topics as they should be, {actions} actions", self.wanted.len())?;
        Ok(Outcome::InOrder { actions })
    }

    fn plan(&self, found: &Found) -> Plan {
        let may = &self.settings.synchronize;
        let permissions = Permissions {
            repartition: may.allow_repartition,
            delete_unknown: may.delete_unknown.then_some(may.topic_prefix.as_str()),
        };
        plan(&self.wanted, found, permissions)
    }

    async fn read(&self) -> Result<Found, Error> {
        let (brokers, mut topics) = self.cluster.topics().await?;
        let min_brokers = self.settings.synchronize.min_brokers;
        if brokers < min_brokers {
            return Err(Error::Brokers { found: brokers, wanted: min_brokers });
        }
        self.cluster.read_config(self.wanted.iter().map(|topic| topic.name.as_str()), &mut topics).await?;
        for wanted in self.wanted.iter().filter(|wanted| wanted.tells_histories) {
            if let Some(topic) = topics.get_mut(&wanted.name)
                && topic.partitions < wanted.partitions
            {
                topic.has_records = self.cluster.has_records(&wanted.name, topic.partitions).await?;
            }
        }
        let subjects = self.wanted.iter().filter_map(|topic| Some((topic.subject(), topic.schema?)));
        let subjects = try_join_all(subjects.map(async |(subject, schema)| {
            let found = subjects::read(&self.registry, &subject, schema).await?;
            Ok::<_, Error>(found.map(|found| (subject, found)))
        }));
        let subjects = subjects.await?.into_iter().flatten().collect();
        Ok(Found { brokers, topics, subjects })
    }

    /// Both may be starting still.
    async fn wait_for_answer(&self) -> Result<Found, Error> {
        let end = self.deadline();
        let mut reminder = Reminder::default();
        let mut failures = 0;
        loop {
            match self.read().await {
                Err(error) if error.is_retriable() && Instant::now() < end => {
                    failures += 1;
                    let reason = error.to_string();
                    if reminder.is_due(&reason, Instant::now()) {
                        tracing::info!(
                            reason,
                            kafka = self.cluster.brokers(),
                            registry = self.registry.url(),
                            "waiting"
                        );
                    }
                    BACKOFF.sleep(failures).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Actions of one phase do not depend on each other. What was done is printed also when another one failed.
    async fn apply_phase(&self, phase: &[Action], out: &mut (impl Write + Send)) -> Result<(), Error> {
        let outcomes = join_all(phase.iter().map(|action| self.insist(action))).await;
        for (action, outcome) in phase.iter().zip(&outcomes) {
            if outcome.is_ok() {
                writeln!(out, "{action}")?;
            }
        }
        outcomes.into_iter().collect()
    }

    async fn insist(&self, action: &Action) -> Result<(), Error> {
        let mut failures = 0;
        loop {
            match self.apply(action).await {
                Err(error) if error.is_retriable() && failures + 1 < self.settings.synchronize.attempts => {
                    failures += 1;
                    tracing::warn!(%error, failures, "trying again: {action}");
                    BACKOFF.sleep(failures).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn apply(&self, action: &Action) -> Result<(), Error> {
        match action {
            Action::SetCompatibility { subject, .. } => {
                Ok(self.registry.set_compatibility(subject, COMPATIBILITY).await?)
            }
            Action::RegisterSchema { subject, schema } => {
                Ok(self.registry.register(subject, schema).await.map(drop)?)
            }
            Action::CreateTopic { topic, partitions, replicas, config } => {
                self.cluster.create(topic, *partitions, *replicas, config).await
            }
            Action::SetConfig { topic, complete, .. } => self.cluster.set_config(topic, complete).await,
            Action::AddPartitions { topic, to, .. } => self.cluster.add_partitions(topic, *to).await,
            Action::DeleteTopic { topic } => self.cluster.delete(topic).await,
        }
    }

    /// Kafka shows what was done a little later, so it is looked for until the deadline. Gives the obstacles that are left.
    async fn verify(&self) -> Result<Vec<Obstacle>, Error> {
        let end = self.deadline();
        let mut failures = 0;
        loop {
            let failure = match self.read().await {
                Ok(found) => {
                    let remains = self.plan(&found);
                    if remains.actions.is_empty() {
                        return Ok(remains.obstacles);
                    }
                    let lines: Vec<String> = remains.actions.iter().map(ToString::to_string).collect();
                    Error::Remains(lines.join("; "))
                }
                Err(error) => error,
            };
            if !failure.is_retriable() || Instant::now() >= end {
                return Err(failure);
            }
            failures += 1;
            BACKOFF.sleep(failures).await;
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.settings.synchronize.wait_ms)
    }
}
