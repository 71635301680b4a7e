//! What is sent: each command follows from the seed and its position alone, so a plan of millions takes no memory.

mod accounts;
mod ids;
pub mod mix;
mod shares;
mod write;

pub use accounts::{Account, Accounts};
pub use ids::{IdForm, Ids};
pub use shares::Share;
pub use write::{Writer, deposit};

use mix::Draws;

/// Why a command must be refused, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The amount is not positive.
    InvalidAmount,
    /// `from` is no number of this bank's form.
    InvalidFrom,
    /// Both sides are the same.
    SameAccount,
    /// The token is another's.
    InvalidToken,
    /// More than the account may owe.
    InsufficientFunds,
    /// Neither side is an account here.
    UnknownAccounts,
}

impl Refusal {
    /// All of them; commands that must be refused take each as often.
    pub const ALL: [Self; 6] = [
        Self::InvalidAmount,
        Self::InvalidFrom,
        Self::SameAccount,
        Self::InvalidToken,
        Self::InsufficientFunds,
        Self::UnknownAccounts,
    ];

    /// The contract's words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::InvalidAmount => "invalid amount",
            Self::InvalidFrom => "from is invalid",
            Self::SameAccount => "from and to can't be same for transfer",
            Self::InvalidToken => "invalid token",
            Self::InsufficientFunds => "insufficient funds",
            Self::UnknownAccounts => "both to and from not known at this bank",
        }
    }

    /// The refusal of these words.
    #[must_use]
    pub fn of_reason(reason: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.reason() == reason)
    }
}

/// One side of a planned transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The company's account, which all hot commands touch.
    Company,
    /// An account by its place among those that take part.
    Account(u32),
}

/// What a command says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Who pays.
    pub from: Side,
    /// Who is paid.
    pub to: Side,
    /// Between 1 and [`AMOUNT_MAX_CENTS`].
    pub amount_cents: i64,
    /// Why it must be refused; what is written differs accordingly.
    pub refusal: Option<Refusal>,
}

/// Small, so that accounts stay above their limit over millions of transfers.
pub const AMOUNT_MAX_CENTS: i64 = 100;

/// The commands of a run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What everything is drawn from.
    pub seed: u64,
    /// How many accounts take part, beside the company's.
    pub accounts: u32,
    /// Commands that touch the company's account.
    pub hot: Share,
    /// Commands that were sent before.
    pub repeats: Share,
    /// Commands that must be refused.
    pub refusals: Share,
}

const REPEATS: u64 = 1;
const CONTENT: u64 = 2;

impl Plan {
    /// The position of the command that is sent at a position: itself, or an earlier one that is repeated.
    #[must_use]
    pub fn original(&self, position: u32) -> u32 {
        let mut original = position;
        // Each round goes to an earlier position, and the first position repeats none.
        while original > 0 {
            let mut draws = Draws::of(self.seed, REPEATS, u64::from(original));
            if !self.repeats.takes(&mut draws) {
                break;
            }
            original = below(&mut draws, original);
        }
        original
    }

    /// What the command that was first sent at this position says.
    #[must_use]
    pub fn transfer(&self, original: u32) -> Transfer {
        let mut draws = Draws::of(self.seed, CONTENT, u64::from(original));
        let refusal = self.refusals.takes(&mut draws).then(|| {
            let kinds = u32::try_from(Refusal::ALL.len()).expect("a handful");
            Refusal::ALL[below(&mut draws, kinds) as usize]
        });
        let hot = self.hot.takes(&mut draws);
        let one = below(&mut draws, self.accounts);
        let (from, to) = if hot {
            // The company pays and is paid as often, so that nobody runs dry.
            let sides = (Side::Company, Side::Account(one));
            if draws.below(2) == 0 { sides } else { (sides.1, sides.0) }
        } else {
            let other = below(&mut draws, self.accounts - 1);
            (Side::Account(one), Side::Account(if other < one { other } else { other + 1 }))
        };
        // The company can pay anything that can be asked for.
        let (from, to) = match refusal {
            Some(Refusal::InsufficientFunds) if from == Side::Company => (to, from),
            _ => (from, to),
        };
        let amount_cents = 1 + i64::from(below(&mut draws, u32::try_from(AMOUNT_MAX_CENTS).expect("a small number")));
        Transfer { from, to, amount_cents, refusal }
    }
}

fn below(draws: &mut Draws, bound: u32) -> u32 {
    u32::try_from(draws.below(u64::from(bound))).expect("below a number of 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(hot: f64, repeats: f64, refusals: f64) -> Plan {
        let share = |share: f64| share.to_string().parse().unwrap();
        Plan { seed: 42, accounts: 1_000, hot: share(hot), repeats: share(repeats), refusals: share(refusals) }
    }

    #[test]
    fn a_plan_has_the_shares_that_were_asked_for() {
        const COMMANDS: u32 = 100_000;
        for (hot, repeats, refusals) in [(0.0, 0.0, 0.0), (0.9, 0.01, 0.02), (0.5, 0.3, 0.25), (1.0, 0.0, 1.0)] {
            let plan = plan(hot, repeats, refusals);
            let fresh: Vec<u32> = (0..COMMANDS).filter(|position| plan.original(*position) == *position).collect();
            let of_fresh = |takes: &dyn Fn(Transfer) -> bool| {
                let count = fresh.iter().filter(|position| takes(plan.transfer(**position))).count();
                f64::from(u32::try_from(count).unwrap()) / f64::from(u32::try_from(fresh.len()).unwrap())
            };
            let repeated = 1.0 - f64::from(u32::try_from(fresh.len()).unwrap()) / f64::from(COMMANDS);
            let touches_company = |transfer: Transfer| [transfer.from, transfer.to].contains(&Side::Company);
            let found = [of_fresh(&touches_company), repeated, of_fresh(&|transfer| transfer.refusal.is_some())];
            for (found, wanted) in found.into_iter().zip([hot, repeats, refusals]) {
                assert!((found - wanted).abs() < 0.01, "{found} instead of {wanted}");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_commands_and_another_gives_others() {
        let one = plan(0.5, 0.1, 0.1);
        let other = Plan { seed: 43, ..one };
        let commands =
            |plan: Plan| (0..1_000).map(|position| plan.transfer(plan.original(position))).collect::<Vec<_>>();
        assert_eq!(commands(one), commands(one));
        assert_ne!(commands(one), commands(other));
    }

    #[test]
    fn accounts_are_drawn_evenly_and_never_pay_themselves() {
        let plan = Plan { accounts: 10, ..plan(0.0, 0.0, 0.0) };
        let mut counts = [0_u32; 10];
        for position in 0..50_000 {
            let transfer = plan.transfer(position);
            assert_ne!(transfer.from, transfer.to);
            assert!((1..=AMOUNT_MAX_CENTS).contains(&transfer.amount_cents));
            for side in [transfer.from, transfer.to] {
                let Side::Account(account) = side else { panic!("nothing is hot") };
                counts[account as usize] += 1;
            }
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_repeat_is_of_a_command_that_is_none() {
        let plan = plan(0.5, 0.6, 0.0);
        for position in 0..10_000 {
            let original = plan.original(position);
            assert!(original <= position);
            assert_eq!(plan.original(original), original);
        }
    }
}
