use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::ledger::{Answer, Kind, Ledger, Repeat};

/// What the handler counts. The handles are made once: the names are looked up on no hot path.
pub struct Measures {
    confirmed: [Counter; 2],
    failed: [Counter; 2],
    repeated: [Counter; 2],
    id_reused: [Counter; 2],
    poison: Counter,
    batch_commands: Histogram,
    batch_seconds: Histogram,
    unpublished: Gauge,
    cached_accounts: Gauge,
    dirty_accounts: Gauge,
    last_event: Gauge,
}

impl Measures {
    pub fn new() -> Self {
        let commands = |outcome: &'static str| {
            [Kind::AccountCreation, Kind::MoneyTransfer]
                .map(|kind| counter!("command_handler_commands_total", "kind" => kind.label(), "outcome" => outcome))
        };
        metrics::describe_counter!("command_handler_commands_total", "Commands answered, by kind and outcome");
        metrics::describe_counter!("command_handler_poison_total", "Records of command topics that can't be decoded");
        metrics::describe_histogram!("command_handler_batch_seconds", "From taking a batch to its commit");
        metrics::describe_gauge!("command_handler_unpublished_answers", "Decided, not yet acknowledged by Kafka");
        metrics::describe_gauge!("command_handler_lag", "Commands that are not answered yet");
        Self {
            confirmed: commands("confirmed"),
            failed: commands("failed"),
            repeated: commands("repeated"),
            id_reused: commands("id_reused"),
            poison: counter!("command_handler_poison_total"),
            batch_commands: histogram!("command_handler_batch_commands"),
            batch_seconds: histogram!("command_handler_batch_seconds"),
            unpublished: gauge!("command_handler_unpublished_answers"),
            cached_accounts: gauge!("command_handler_cached_accounts"),
            dirty_accounts: gauge!("command_handler_unflushed_accounts"),
            last_event: gauge!("command_handler_last_event"),
        }
    }

    /// A batch that is committed.
    pub fn batch(&self, answers: &[Answer], poison: usize, took: Duration) {
        self.batch_seconds.record(took);
        self.batch_commands.record(precise(answers.len() + poison));
        self.poison.increment(u64::try_from(poison).unwrap_or(u64::MAX));
        let (mut confirmed, mut failed, mut repeated, mut id_reused) = ([0; 2], [0; 2], [0; 2], [0; 2]);
        for answer in answers {
            let kind = usize::from(answer.event.kind() == Kind::MoneyTransfer);
            match (answer.repeat, answer.event.refusal()) {
                (Some(Repeat::IdReused), _) => {
                    tracing::warn!(id = %answer.event.id, "an id came again with other content; nothing changed");
                    id_reused[kind] += 1;
                }
                (Some(Repeat::Same), _) => repeated[kind] += 1,
                (None, Some(_)) => failed[kind] += 1,
                (None, None) => confirmed[kind] += 1,
            }
        }
        for kind in 0..2 {
            self.confirmed[kind].increment(confirmed[kind]);
            self.failed[kind].increment(failed[kind]);
            self.repeated[kind].increment(repeated[kind]);
            self.id_reused[kind].increment(id_reused[kind]);
        }
    }

    /// How things stand.
    pub fn state(&self, ledger: &Ledger, unpublished: usize) {
        self.unpublished.set(precise(unpublished));
        self.cached_accounts.set(precise(ledger.cache().len()));
        self.dirty_accounts.set(precise(ledger.cache().dirty()));
        self.last_event.set(precise(usize::try_from(ledger.last_event()).unwrap_or_default()));
    }
}

/// A count as a metric's value: exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
const fn precise(count: usize) -> f64 {
    count as f64
}
