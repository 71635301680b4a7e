//! What was answered to each command: a byte per command, so that ten millions take ten megabytes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{Plan, Refusal};

/// What an outcome says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The money has moved.
    Confirmed,
    /// It has not, for one of the contract's reasons.
    Refused(Refusal),
    /// It has not, for a reason that the contract does not have.
    Unknown,
}

/// Whether an answer is the first of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The first.
    First,
    /// Another one.
    Again,
}

const COUNT_MASK: u8 = 0x0f;
const CODE_SHIFT: u32 = 4;
const CONFIRMED: u8 = 1;
const UNKNOWN: u8 = 14;
/// Answers to one id that say different things.
const CONTRADICTION: u8 = 15;
const EXAMPLES_MAX: usize = 5;

/// The answers by the position at which a command was sent first: how many in the lower four bits (15 is 15 or more), and what
/// they said in the upper four.
pub struct Answers {
    states: Vec<u8>,
    heard: u64,
    /// Commands with an answer.
    answered: u64,
}

/// How what was answered compares with what was sent.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Comparison {
    /// Commands that were sent, repeats among them.
    pub sent: u64,
    /// Of these, how many repeated an earlier one.
    pub repeats: u64,
    /// Answers that came.
    pub answered: u64,
    /// Different commands that were confirmed.
    pub confirmed: u64,
    /// Different commands that were refused as planned, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Commands that were refused because their account had run dry, which no plan can know.
    pub ran_dry: u64,
    /// Commands with fewer answers than times they were sent.
    pub missing: u64,
    /// Commands with more answers than times they were sent, where that is not to be.
    pub too_many: u64,
    /// The same, where it may be: what a killed handler answered last is answered again.
    pub answered_again: u64,
    /// Commands with an answer that the contract does not allow, or with answers that differ.
    pub wrong: u64,
    /// Some of what does not hold, in words.
    pub examples: Vec<String>,
}

impl Comparison {
    /// Changes of balances that the confirmed commands caused: two each, since both sides are accounts here.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        2 * self.confirmed
    }

    /// Whether every command has as many answers as it was sent, all of them what they should be.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.missing == 0 && self.too_many == 0 && self.wrong == 0
    }
}

impl Answers {
    /// For so many commands, none of them answered.
    #[must_use]
    pub fn new(commands: u32) -> Self {
        Self { states: vec![0; commands as usize], heard: 0, answered: 0 }
    }

    /// How many answers came.
    #[must_use]
    pub const fn heard(&self) -> u64 {
        self.heard
    }

    /// How many commands have an answer, however often.
    #[must_use]
    pub const fn answered(&self) -> u64 {
        self.answered
    }

    /// Notes an answer. `None` for a position that was never planned.
    pub fn hear(&mut self, position: u32, verdict: Verdict) -> Option<Heard> {
        let state = self.states.get_mut(position as usize)?;
        let (count, code) = (*state & COUNT_MASK, *state >> CODE_SHIFT);
        let said = match verdict {
            Verdict::Confirmed => CONFIRMED,
            Verdict::Refused(refusal) => code_of(refusal),
            Verdict::Unknown => UNKNOWN,
        };
        let code = if count == 0 || code == said { said } else { CONTRADICTION };
        *state = code << CODE_SHIFT | (count + 1).min(COUNT_MASK);
        self.heard += 1;
        self.answered += u64::from(count == 0);
        Some(if count == 0 { Heard::First } else { Heard::Again })
    }

    /// Compares with the first `sent` commands of the plan, each of which has as many answers as it was sent.
    #[must_use]
    pub fn compare(&self, plan: &Plan, sent: u32) -> Comparison {
        self.compare_with(plan, sent, false)
    }

    /// The same; where a handler was killed meanwhile, each has at least as many, all of them alike.
    #[must_use]
    pub fn compare_with(&self, plan: &Plan, sent: u32, may_be_more: bool) -> Comparison {
        let mut times_sent = vec![0_u8; self.states.len()];
        for position in 0..sent {
            let times = &mut times_sent[plan.original(position) as usize];
            *times = (*times + 1).min(COUNT_MASK);
        }
        let mut found = Comparison { sent: u64::from(sent), answered: self.heard, ..Comparison::default() };
        for (position, (state, times)) in (0..).zip(self.states.iter().zip(times_sent)) {
            let (count, code) = (*state & COUNT_MASK, *state >> CODE_SHIFT);
            if times == 0 && position < sent {
                found.repeats += 1;
            }
            if count > times && may_be_more && times > 0 {
                found.answered_again += 1;
            } else if count != times {
                if count < times {
                    found.missing += 1;
                } else {
                    found.too_many += 1;
                }
                found.tell(|| format!("command {position} was sent {times} times and answered {count} times"));
            }
            if count > 0 {
                found.judge(position, code, plan.transfer(position).refusal);
            }
        }
        found
    }
}

impl Comparison {
    fn judge(&mut self, position: u32, code: u8, planned: Option<Refusal>) {
        match (code, planned) {
            (CONFIRMED, None) => self.confirmed += 1,
            (code, Some(refusal)) if code == code_of(refusal) => {
                *self.refused.entry(refusal.reason()).or_default() += 1;
            }
            (code, None) if code == code_of(Refusal::InsufficientFunds) => self.ran_dry += 1,
            (code, planned) => {
                self.wrong += 1;
                self.tell(|| {
                    let should = planned.map_or("be confirmed", Refusal::reason);
                    format!("command {position} should: {should}; it was: {}", name_of(code))
                });
            }
        }
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(what());
        }
    }
}

const fn code_of(refusal: Refusal) -> u8 {
    CONFIRMED + 1 + refusal as u8
}

fn name_of(code: u8) -> &'static str {
    match code {
        CONFIRMED => "confirmed",
        UNKNOWN => "refused for a reason that the contract does not have",
        CONTRADICTION => "answered in different ways",
        code => Refusal::ALL.into_iter().find(|refusal| code_of(*refusal) == code).map_or("nothing", Refusal::reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: u32 = 1_000;

    fn plan() -> Plan {
        let share = |text: &str| text.parse().unwrap();
        Plan { seed: 3, accounts: 50, hot: share("0.5"), repeats: share("0.1"), refusals: share("0.2") }
    }

    fn as_planned(plan: &Plan, position: u32) -> Verdict {
        plan.transfer(plan.original(position)).refusal.map_or(Verdict::Confirmed, Verdict::Refused)
    }

    fn all_answered(plan: &Plan) -> Answers {
        let mut answers = Answers::new(COMMANDS);
        for position in 0..COMMANDS {
            answers.hear(plan.original(position), as_planned(plan, position)).unwrap();
        }
        answers
    }

    #[test]
    fn one_answer_to_each_as_planned_holds() {
        let plan = plan();
        let found = all_answered(&plan).compare(&plan, COMMANDS);
        assert!(found.holds(), "{found:?}");
        let refused: u64 = found.refused.values().sum();
        assert_eq!(found.confirmed + refused + found.repeats, u64::from(COMMANDS));
        assert_eq!(found.refused.len(), Refusal::ALL.len(), "each kind of refusal is in the plan");
        assert!(found.repeats > 50);
    }

    #[test]
    fn what_is_lost_doubled_or_wrong_is_found() {
        let plan = plan();
        let confirmed = (0..COMMANDS).find(|it| as_planned(&plan, *it) == Verdict::Confirmed).unwrap();

        let mut lost = Answers::new(COMMANDS);
        for position in (0..COMMANDS).filter(|position| *position != confirmed) {
            lost.hear(plan.original(position), as_planned(&plan, position)).unwrap();
        }
        assert_eq!(lost.compare(&plan, COMMANDS).missing, 1);

        let mut doubled = all_answered(&plan);
        assert_eq!(doubled.hear(plan.original(confirmed), Verdict::Confirmed), Some(Heard::Again));
        assert_eq!(doubled.compare(&plan, COMMANDS).too_many, 1);
        let allowed = doubled.compare_with(&plan, COMMANDS, true);
        assert!(allowed.holds() && allowed.answered_again == 1, "{allowed:?}");

        let mut stray = all_answered(&plan);
        let repeat = (0..COMMANDS).find(|it| plan.original(*it) != *it).unwrap();
        stray.hear(repeat, Verdict::Confirmed).unwrap();
        for may_be_more in [false, true] {
            let found = stray.compare_with(&plan, COMMANDS, may_be_more);
            assert_eq!(found.too_many, 1, "an id that was never sent");
        }
        assert_eq!(stray.hear(COMMANDS, Verdict::Confirmed), None);

        for verdict in [Verdict::Refused(Refusal::InvalidToken), Verdict::Unknown] {
            let mut wrong = Answers::new(COMMANDS);
            wrong.hear(confirmed, verdict);
            assert_eq!(wrong.compare(&plan, COMMANDS).wrong, 1, "{verdict:?}");
        }
        let mut dry = Answers::new(COMMANDS);
        dry.hear(confirmed, Verdict::Refused(Refusal::InsufficientFunds));
        assert_eq!(dry.compare(&plan, COMMANDS).wrong, 0);
        assert_eq!(dry.compare(&plan, COMMANDS).ran_dry, 1);
    }

    #[test]
    fn answers_that_contradict_each_other_are_wrong() {
        let plan = plan();
        let repeat = (0..COMMANDS).find(|it| plan.original(*it) != *it && as_planned(&plan, *it) == Verdict::Confirmed);
        let original = plan.original(repeat.unwrap());
        let mut answers = Answers::new(COMMANDS);
        assert_eq!(answers.hear(original, Verdict::Confirmed), Some(Heard::First));
        assert_eq!(answers.hear(original, Verdict::Refused(Refusal::InsufficientFunds)), Some(Heard::Again));
        assert_eq!(answers.compare(&plan, COMMANDS).wrong, 1);
    }
}
