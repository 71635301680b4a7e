//! How the checks went, by all that was seen.

use super::chain::DEFAULT_LIMIT_CENTS;
use super::{Books, Leg, Verdict, decisions};
use crate::check::{Check, Tally};
use crate::digest::Digest;
use crate::observation::Place;

impl Books {
    /// How each check of the topics went.
    #[must_use]
    pub fn finish(&self) -> Vec<Tally> {
        let is_account = |iban| self.accounts.get(iban).is_some();
        let mut outcomes = self.outcomes.clone();
        self.creations.finish("account creation", &mut outcomes);
        self.transfers.finish("transfer", &mut outcomes);
        let mut created = self.created.clone();
        self.judge_creations(&mut created);
        let mut chained = self.chained.clone();
        self.chains.finish(is_account, &mut chained);
        let mut limits = Tally::new(Check::Limits, self.examples.0);
        self.chains.judge_limits(|_| DEFAULT_LIMIT_CENTS, &mut limits);
        let mut legs = Tally::new(Check::Legs, self.examples.0);
        self.legs.finish(|place| self.transfer_at(place), &mut legs);
        vec![self.records.clone(), outcomes, created, self.decisions(), chained, limits, legs, self.money()]
    }

    /// How the checks went that need our headers.
    #[must_use]
    pub fn finish_headers(&self) -> Vec<Tally> {
        let mut numbered = self.numbered.clone();
        self.events.finish(self.last_event(), &mut numbered);
        self.judge_event_legs(&mut numbered);
        vec![numbered, self.sequenced.clone()]
    }

    fn transfer_at(&self, place: Place) -> String {
        match self.transfers.first_seen_at(place) {
            Some(pair) => format!("transfer {} ({place})", pair.id),
            None => format!("the transfer at {place}"),
        }
    }

    fn judge_creations(&self, tally: &mut Tally) {
        for (id, creation, answer) in self.creations.answered() {
            match answer.verdict {
                Verdict::Confirmed => {
                    let account = self.accounts.made_by(id).and_then(|iban| self.accounts.get(iban));
                    if let Some(account) = account {
                        let (asked, given) = (creation.a_type, account.a_type);
                        tally.judge(asked == given, || {
                            format!("creation {id} asked for {} and gave {}", asked.symbol(), given.symbol())
                        });
                    }
                }
                Verdict::Failed(reason) => tally.judge(reason == Digest::of(decisions::NO_FREE_IBAN), || {
                    format!("creation {id} failed for a reason that the contract does not have")
                }),
            }
        }
    }

    fn decisions(&self) -> Tally {
        let mut tally = Tally::new(Check::Decisions, self.examples.0);
        for (id, transfer, answer) in self.transfers.answered() {
            match decisions::objection(id, transfer, answer, &self.accounts) {
                None => tally.holds(),
                Some(objection) => tally.fails(|| objection),
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
            let is_confirmed = matches!(answer.verdict, Verdict::Confirmed);
            for leg in [Leg::Debit, Leg::Credit] {
                let side = transfer.sides().find(|(side, ..)| *side == leg && is_confirmed);
                let expected = side.filter(|(_, iban, _)| {
                    self.accounts.get(*iban).is_some_and(|account| account.exists_at(answer.event()))
                });
                let seen = event.leg(leg).map(|seen| seen.signature);
                tally.judge(seen == expected.map(|(.., signature)| signature), || {
                    format!("event {number}: its {} is not that of transfer {id}", leg.name())
                });
            }
        }
    }
}
