//! How the checks went, by all that was seen.

use topology::Iban;

use super::legs::Half;
use super::{Books, Leg, LegSeen, Reason, Verdict, decisions};
use crate::check::{Check, Tally};

impl Books {
    /// How each check of the topics went; `limit` is how far a debit may take an account, in euro cents.
    #[must_use]
    pub fn finish(&self, limit: impl Fn(Iban) -> i64) -> Vec<Tally> {
        let is_account = |iban| self.accounts.get(iban).is_some();
        let mut outcomes = self.outcomes.clone();
        self.creations.finish("account creation", &mut outcomes);
        self.transfers.finish("transfer", &mut outcomes);
        let mut created = self.created.clone();
        self.judge_creations(&mut created);
        let mut amounts = self.amounts.clone();
        let decisions = self.judge_transfers(&mut amounts);
        let mut chained = self.chained.clone();
        self.chains.finish(is_account, &mut chained);
        let mut limits = Tally::new(Check::Limits, self.examples.0);
        self.chains.judge_limits(limit, &mut limits);
        let mut legs = Tally::new(Check::Legs, self.examples.0);
        self.legs.finish(|half| self.name(half), &mut legs);
        let records = self.records.clone();
        vec![records, outcomes, created, decisions, amounts, chained, limits, legs, self.money()]
    }

    /// How the checks went that need our headers, but the model's.
    #[must_use]
    pub fn finish_headers(&self) -> Vec<Tally> {
        let mut numbered = self.numbered.clone();
        self.events.finish(self.last_event(), &mut numbered);
        self.judge_event_legs(&mut numbered);
        let mut reused = self.reused.clone();
        self.creations.finish_reused("account creation", &mut reused);
        self.transfers.finish_reused("transfer", &mut reused);
        vec![numbered, self.sequenced.clone(), reused]
    }

    fn name(&self, half: Half) -> String {
        match half {
            Half::Transfer(place) => match self.transfers.at(place) {
                Some((id, _)) => format!("transfer {id}"),
                None => "a transfer".to_owned(),
            },
            Half::Change(place) => format!("the change at {place}"),
        }
    }

    fn judge_creations(&self, tally: &mut Tally) {
        for (id, creation, answer) in self.creations.answered() {
            match answer.verdict {
                Verdict::Confirmed => {
                    let made = self.creations.get(id).and_then(|pair| pair.made);
                    if let Some(account) = made.and_then(|iban| self.accounts.get(iban)) {
                        let (asked, given) = (creation.a_type, account.a_type);
                        tally.judge(asked == given, || {
                            format!("creation {id} asked for {} and gave {}", asked.symbol(), given.symbol())
                        });
                    }
                }
                Verdict::Failed(reason) => tally.judge(reason == Reason::NoFreeIban, || {
                    format!("creation {id} failed for a reason that the contract does not have")
                }),
            }
        }
    }

    /// Gives how the outcomes agree with the contract, and counts the amounts that were confirmed.
    fn judge_transfers(&self, amounts: &mut Tally) -> Tally {
        let mut tally = Tally::new(Check::Decisions, self.examples.0);
        for (id, transfer, answer) in self.transfers.answered() {
            match decisions::objection(id, &transfer, &answer, &self.accounts) {
                None => tally.holds(),
                Some(objection) => tally.fails(|| objection),
            }
            if answer.verdict == Verdict::Confirmed {
                let amount = transfer.amount;
                amounts.judge(amount > 0, || format!("transfer {id} of {amount} cents is confirmed"));
            }
        }
        tally
    }

    fn money(&self) -> Tally {
        let mut tally = Tally::new(Check::Money, self.examples.0);
        let (gained, explained) = (self.chains.gained_cents(), self.legs.explained_cents());
        tally.judge(gained == explained, || {
            format!("balances sum up to {gained} cents more than at the start, transfers explain {explained}")
        });
        tally
    }

    /// Each leg that bears an event's number is that of the transfer with this number.
    fn judge_event_legs(&self, tally: &mut Tally) {
        for (id, transfer, answer) in self.transfers.answered() {
            let Some(number) = answer.event().filter(|number| *number <= self.last_event()) else { continue };
            let Some(event) = self.events.get(number) else { continue };
            let is_confirmed = answer.verdict == Verdict::Confirmed;
            let expected = |leg| {
                let (_, iban, signature) = transfer.sides().find(|(side, ..)| *side == leg && is_confirmed)?;
                let account = self.accounts.get(iban).filter(|account| account.exists_at(answer.event()));
                account.map(|_| signature.short())
            };
            for leg in [Leg::Debit, Leg::Credit] {
                let seen = event.leg(leg).map(LegSeen::signature);
                tally.judge(seen == expected(leg), || {
                    format!("event {number}: its {} is not that of transfer {id}", leg.name())
                });
            }
        }
    }
}
