//! What is done when, how the load rises, and when a run ends. No I/O.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How the load rises, and when a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// As Open Bank Mark did: an interaction a second, ten messages a second more every 60 of them, until the third time-out
    Original,
    /// For fast implementations: the load times 1.5 every 30 s, until interactions time out or are slow; these do not wait for the
    /// answers to those before
    Geometric,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Original => "original",
            Self::Geometric => "geometric",
        })
    }
}

/// What a person does in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interaction {
    /// Clicks on a deposit's button.
    Deposit {
        /// How much.
        cents: u32,
    },
    /// Fills in the form and clicks on its button; the money goes to the company's account.
    Transfer {
        /// How much.
        cents: u32,
        /// What for.
        description: &'static str,
    },
}

const TURN: [Interaction; 10] = [
    Interaction::Deposit { cents: 1_000 },
    Interaction::Deposit { cents: 2_000 },
    Interaction::Deposit { cents: 5_000 },
    Interaction::Deposit { cents: 10_000 },
    Interaction::Deposit { cents: 20_000 },
    Interaction::Transfer { cents: 1_111, description: "foo" },
    Interaction::Transfer { cents: 2_323, description: "bar" },
    Interaction::Transfer { cents: 3_489, description: "baz" },
    Interaction::Transfer { cents: 9_999, description: "present" },
    Interaction::Transfer { cents: 21_078, description: "fine" },
];

/// The most that the contract lets a heartbeat send at once.
pub const BATCH_SIZE_MAX: u32 = 10_000;
/// Where less than this share of what was asked for is sent, or becomes commands, heartbeat or generator have no more to give.
pub const SENT_SHARE_MIN: f64 = 0.9;
/// Interactions at each load of the original protocol.
const INTERACTIONS_PER_LOAD: u32 = 60;
/// The original's run ends with this time-out.
pub const TIMEOUTS_MAX: u32 = 3;

impl Interaction {
    /// The one at a position, from 1.
    #[must_use]
    pub fn at(number: u32) -> Self {
        TURN[(number as usize - 1) % TURN.len()]
    }

    /// How much.
    #[must_use]
    pub const fn cents(self) -> u32 {
        match self {
            Self::Deposit { cents } | Self::Transfer { cents, .. } => cents,
        }
    }

    /// The amount as the page shows it.
    #[must_use]
    pub fn amount(self) -> String {
        let (euros, cents) = (self.cents() / 100, self.cents() % 100);
        let grouped =
            if euros >= 1_000 { format!("{}.{:03}", euros / 1_000, euros % 1_000) } else { euros.to_string() };
        format!("€{grouped},{cents:02}")
    }

    /// Its name in a row.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deposit { .. } => "deposit",
            Self::Transfer { .. } => "transfer",
        }
    }
}

/// The size of the batches of made-up customers' messages at an interaction of the original protocol, from 1.
#[must_use]
pub const fn original_batch_size(number: u32) -> u32 {
    (number - 1) / INTERACTIONS_PER_LOAD
}

/// Messages a second that batches of this size make.
#[must_use]
pub fn load_per_s(batch_size: u32, sleep_time_ms: u32) -> f64 {
    f64::from(batch_size) * 1_000.0 / f64::from(sleep_time_ms)
}

/// The size of the batches that make about so many messages a second.
#[must_use]
pub fn batch_size(load_per_s: f64, sleep_time_ms: u32) -> u32 {
    let batch = (load_per_s * f64::from(sleep_time_ms) / 1_000.0).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded on both sides
    let batch = batch.clamp(1.0, f64::from(u32::MAX)) as u32;
    batch
}

/// The sizes of the batches of the geometric protocol's steps.
#[must_use]
pub fn geometric_batch_size(step: u32, first_load: u32, factor: f64, sleep_time_ms: u32) -> u32 {
    batch_size(f64::from(first_load) * factor.powi(i32::try_from(step).unwrap_or(i32::MAX)), sleep_time_ms)
}

/// The value at a quantile of latencies, the nearest that occurred; `None` where there are none.
#[must_use]
pub fn quantile(latencies_ms: &[f64], quantile: f64) -> Option<f64> {
    let mut sorted = latencies_ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a run's length
    let index = ((sorted.len() as f64 * quantile).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_deposits_then_five_transfers_over_and_over() {
        let amounts: Vec<String> = (1..=11).map(|number| Interaction::at(number).amount()).collect();
        let expected = [
            "€10,00",
            "€20,00",
            "€50,00",
            "€100,00",
            "€200,00",
            "€11,11",
            "€23,23",
            "€34,89",
            "€99,99",
            "€210,78",
            "€10,00",
        ];
        assert_eq!(amounts, expected);
        assert_eq!(Interaction::at(6), Interaction::Transfer { cents: 1_111, description: "foo" });
        assert_eq!(Interaction::Deposit { cents: 123_456 }.amount(), "€1.234,56");
    }

    #[test]
    fn what_goes_in_comes_out_so_that_an_account_never_runs_dry() {
        let sum = |deposits: bool| -> u32 {
            let of = |it: &&Interaction| matches!(it, Interaction::Deposit { .. }) == deposits;
            TURN.iter().filter(of).map(|it| it.cents()).sum()
        };
        assert_eq!(sum(true), sum(false));
    }

    #[test]
    fn the_originals_load_rises_by_ten_a_second_every_sixty_interactions() {
        let load = |number| load_per_s(original_batch_size(number), 100);
        let rows = [(1, 0.0), (60, 0.0), (61, 10.0), (120, 10.0), (121, 20.0), (6_000, 990.0)];
        for (number, expected) in rows {
            assert!((load(number) - expected).abs() < 1e-9, "{number}");
        }
    }

    #[test]
    fn the_geometric_load_rises_by_half() {
        let sizes: Vec<u32> = (0..6).map(|step| geometric_batch_size(step, 10, 1.5, 100)).collect();
        assert_eq!(sizes, [1, 2, 2, 3, 5, 8]);
        assert_eq!(geometric_batch_size(20, 10, 1.5, 100), 3_325);
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let latencies: Vec<f64> = (1..=100).map(f64::from).collect();
        let found = [0.0, 0.5, 0.99, 1.0].map(|q| quantile(&latencies, q));
        assert_eq!(found, [1.0, 50.0, 99.0, 100.0].map(Some));
        assert_eq!((quantile(&[7.0], 0.99), quantile(&[], 0.5)), (Some(7.0), None));
    }
}
