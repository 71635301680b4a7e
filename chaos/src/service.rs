//! What the commands do.

use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use crate::bank::Bank;
use crate::config::{Cli, Command, Settings};
use crate::error::ChaosError;
use crate::faults::{self, Fault, SELECTION};
use crate::load::People;
use crate::plan::{Plan, order};
use crate::report::{self, Row};
use crate::trial;

/// Does what was asked for. Whether nothing was lost or doubled.
///
/// # Errors
/// When a bank could not be brought up or taken down, or on Ctrl-C.
pub async fn run(cli: &Cli) -> Result<bool, ChaosError> {
    if cli.list {
        list();
        return Ok(true);
    }
    let settings = &cli.settings;
    match &cli.command {
        None => Ok(true),
        Some(Command::Table { files }) => {
            let files = if files.is_empty() { std::slice::from_ref(&settings.results) } else { files };
            let rows = files.iter().map(|file| report::read(file)).collect::<Result<Vec<_>, _>>()?.concat();
            print!("{}", report::table(&rows));
            Ok(true)
        }
        Some(Command::Run { faults, times, seed }) => {
            let faults = faults.iter().map(|name| faults::find(name)).collect::<Result<Vec<_>, _>>()?;
            let seed = seed.unwrap_or_else(rand::random);
            let round = |number| faults.iter().map(move |fault| (*fault, seed.wrapping_add(number)));
            let mut runs: Vec<_> = (0..u64::from(*times)).flat_map(round).collect();
            runs.sort_by_key(|(fault, _)| fault.ground);
            Campaign::new(settings).series(runs, None).await
        }
        Some(Command::Selection { seed }) => {
            let seed = seed.unwrap_or_else(rand::random);
            let faults = SELECTION.iter().map(|name| faults::find(name)).collect::<Result<Vec<_>, _>>()?;
            Campaign::new(settings).series(faults.into_iter().map(|fault| (fault, seed)).collect(), None).await
        }
        Some(Command::Complete { minutes }) => {
            let rows = if settings.results.exists() { report::read(&settings.results)? } else { Vec::new() };
            let lacking = lacking(&rows);
            println!("{} runs are lacking", lacking.len());
            let end = Instant::now() + Duration::from_secs(60 * u64::from(*minutes));
            Campaign::new(settings).series(lacking, Some(end)).await
        }
        Some(Command::All { minutes, seed }) => {
            let seed = seed.unwrap_or_else(rand::random);
            let end = Instant::now() + Duration::from_secs(60 * u64::from(*minutes));
            let mut campaign = Campaign::new(settings);
            let mut all_hold = true;
            // The first round is made in any case.
            for round in 0_u64.. {
                let seed = seed.wrapping_add(round);
                let faults = order(&faults::all().collect::<Vec<_>>(), seed);
                let mut runs: Vec<_> = faults.into_iter().map(|fault| (fault, seed)).collect();
                runs.sort_by_key(|(fault, _)| fault.ground);
                all_hold &= campaign.series(runs, (round > 0).then_some(end)).await?;
                if Instant::now() >= end {
                    break;
                }
            }
            Ok(all_hold)
        }
    }
}

/// The runs that are wanted and not among these: three of each fault first, then the others, and by what bank they need.
fn lacking(rows: &[Row]) -> Vec<(&'static Fault, u64)> {
    let is_there = |fault: &Fault, seed| rows.iter().any(|row| row.plan.fault == fault.name && row.plan.seed == seed);
    let wanted = faults::all().flat_map(|fault| (1..=u64::from(fault.wanted_runs)).map(move |seed| (fault, seed)));
    let mut lacking: Vec<_> = wanted.filter(|(fault, seed)| !is_there(fault, *seed)).collect();
    lacking.sort_by_key(|(fault, seed)| (*seed > 3, fault.ground, *seed));
    lacking
}

fn list() {
    for fault in faults::all() {
        println!("{:24} {:?}: {}", fault.name, fault.kind, fault.what);
        println!("{:24} {}", "", fault.heal);
        let (shortest_ms, longest_ms) = fault.held_ms;
        let beyond_ms = fault.silence_beyond_ms;
        println!(
            "{:24} lasts {shortest_ms} to {longest_ms} ms; a user waits at most {beyond_ms} ms longer for an answer",
            ""
        );
    }
}

/// A series of runs, with one bank for as many as it lasts.
struct Campaign<'a> {
    settings: &'a Settings,
}

impl<'a> Campaign<'a> {
    fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// Makes these runs, until `end` where one is given. Whether all hold. Ctrl-C heals what is broken and takes the bank down.
    async fn series(&mut self, runs: Vec<(&Fault, u64)>, end: Option<Instant>) -> Result<bool, ChaosError> {
        let mut all_hold = true;
        let mut left = runs.into_iter().peekable();
        while let Some((fault, _)) = left.peek() {
            if end.is_some_and(|end| Instant::now() >= end) {
                break;
            }
            let ground = fault.ground;
            if !ground.is_possible() {
                println!("{} is left out: only root can make its small disks", fault.name);
                left.next();
                continue;
            }
            let bank = Bank::found(self.settings, ground).await?;
            let made = tokio::select! {
                made = self.on_one_bank(&bank, &mut left, end) => made,
                () = interrupted() => Err(ChaosError::Interrupted),
            };
            match made {
                Ok(true) => bank.take_down().await?,
                Ok(false) => {
                    all_hold = false;
                    preserve(bank).await?;
                }
                Err(ChaosError::Interrupted) => {
                    eprintln!("healed what was broken, taking the bank down");
                    bank.take_down().await?;
                    return Err(ChaosError::Interrupted);
                }
                Err(error) => {
                    preserve(bank).await?;
                    return Err(error);
                }
            }
        }
        Ok(all_hold)
    }

    /// Runs of the same ground on this bank, until there is none or one fails. Whether all hold.
    async fn on_one_bank<'f>(
        &self,
        bank: &Bank,
        left: &mut std::iter::Peekable<impl Iterator<Item = (&'f Fault, u64)>>,
        end: Option<Instant>,
    ) -> Result<bool, ChaosError> {
        println!("bringing a bank up in {}", bank.place.folder.display());
        bank.start().await?;
        let mut people = People::log_in(bank.questions.graphql_port, self.settings.users).await?;
        while let Some((fault, seed)) = left.next_if(|(fault, _)| fault.ground == bank.ground) {
            println!("{} --seed {seed}", fault.name);
            let row: Row = trial::run(bank, &mut people, fault, Plan::new(fault, seed), self.settings).await?;
            println!("  {}", row.line());
            report::append(&self.settings.results, &row)?;
            if row.failure.is_some() {
                return Ok(false);
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                break;
            }
        }
        Ok(true)
    }
}

/// Stops the bank, and says where its data and logs are.
async fn preserve(bank: Bank) -> Result<(), ChaosError> {
    let folder = bank.place.folder.clone();
    bank.preserve().await?;
    eprintln!("the bank's data and logs are kept in {}", folder.display());
    Ok(())
}

/// Ctrl-C or SIGTERM. Where signals cannot be listened to, nothing ever comes.
async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_what_was_not_made() {
        let wanted: u32 = faults::all().map(|fault| fault.wanted_runs).sum();
        let all = lacking(&[]);
        assert_eq!(all.len(), wanted as usize);
        let first = all[0];
        let made = Row::new(first.0, Plan::new(first.0, first.1));
        let rest = lacking(&[made]);
        assert_eq!(rest.len(), all.len() - 1);
        assert!(rest.iter().all(|(fault, seed)| (fault.name, *seed) != (first.0.name, first.1)));
        let few = rest.iter().position(|(_, seed)| *seed > 3).unwrap();
        assert!(rest[few..].iter().all(|(_, seed)| *seed > 3), "three of each come first");
    }
}
