use topology::{Iban, is_foreign_iban};

use super::CounterAccount;

/// What the text of a transfer's side stands for, before it is known whether it is an account here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// `cash`.
    Cash,
    /// A valid number of this bank's form, whether or not somebody has it.
    OwnForm(Iban),
    /// A valid number of another bank's.
    OtherBank,
    /// Anything else: a name.
    Named,
}

impl Party {
    /// Classifies the text exactly as written: lower case or blanks make it a name.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text == "cash" {
            Self::Cash
        } else if let Ok(iban) = Iban::parse(text) {
            Self::OwnForm(iban)
        } else if is_foreign_iban(text) {
            Self::OtherBank
        } else {
            Self::Named
        }
    }

    /// The number, where it is of this bank's form.
    #[must_use]
    pub const fn iban(self) -> Option<Iban> {
        match self {
            Self::OwnForm(iban) => Some(iban),
            _ => None,
        }
    }

    /// What it is booked against where it turns out to be no account here.
    #[must_use]
    pub const fn counter_account(self) -> CounterAccount {
        match self {
            Self::Cash => CounterAccount::Cash,
            Self::OwnForm(_) | Self::OtherBank => CounterAccount::OtherBank,
            Self::Named => CounterAccount::OtherParty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_classified_by_its_exact_text() {
        let company = Party::OwnForm(Iban::COMPANY);
        for (text, expected) in [
            ("cash", Party::Cash),
            ("Cash", Party::Named),
            ("", Party::Named),
            ("NL66OPEN0000000000", company),
            ("nl66open0000000000", Party::Named),
            ("NL67OPEN0000000000", Party::Named),
            ("NL66 OPEN 0000 0000 00", Party::Named),
            ("NL91ABNA0417164300", Party::OtherBank),
            ("GB82WEST12345698765432", Party::OtherBank),
            ("GB83WEST12345698765432", Party::Named),
            ("Albert Heijn BV", Party::Named),
        ] {
            assert_eq!(Party::of(text), expected, "{text:?}");
        }
    }
}
