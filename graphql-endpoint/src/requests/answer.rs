//! What is answered to a request for a transfer.

/// The contract's words.
pub mod reason {
    /// The uuid is none.
    pub const INVALID_UUID: &str = "invalid uuid";
    /// The uuid is known with other content.
    pub const ID_USED: &str = "id was used for another command";
    /// There is no outcome yet.
    pub const PENDING: &str = "pending, ask again with the same uuid";
    /// The request may or may not be stored; nothing was sent that is not.
    pub const NO_DATABASE: &str = "the bank cannot keep requests now, ask again with the same uuid";
    /// Too many requests have no outcome yet.
    pub const BUSY: &str = "the bank is busy, ask again with the same uuid";
}

/// What the command handler decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money has moved.
    Confirmed,
    /// Nothing has moved; why.
    Refused(String),
}

impl Outcome {
    /// A refusal with a reason that may be lost.
    #[must_use]
    pub fn refused(reason: Option<String>) -> Self {
        Self::Refused(reason.unwrap_or_default())
    }

    /// Whether the money has moved.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Confirmed)
    }

    /// Why not.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Confirmed => None,
            Self::Refused(reason) => Some(reason),
        }
    }
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The handler's decision.
    Decided(Outcome),
    /// The endpoint itself refuses: no command has gone out, or not with this content.
    Refused(&'static str),
    /// The outcome is not known; asking again with the same uuid is safe.
    Unknown(&'static str),
}

impl Answer {
    /// Success, if that is known, and the reason if it is not a success.
    #[must_use]
    pub fn parts(self) -> (Option<bool>, Option<String>) {
        match self {
            Self::Decided(Outcome::Confirmed) => (Some(true), None),
            Self::Decided(Outcome::Refused(reason)) => (Some(false), Some(reason)),
            Self::Refused(reason) => (Some(false), Some(reason.to_owned())),
            Self::Unknown(reason) => (None, Some(reason.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_only_told_when_it_is_known() {
        let rows = [
            (Answer::Decided(Outcome::Confirmed), (Some(true), None)),
            (
                Answer::Decided(Outcome::refused(Some("insufficient funds".into()))),
                (Some(false), Some("insufficient funds")),
            ),
            (Answer::Refused(reason::INVALID_UUID), (Some(false), Some("invalid uuid"))),
            (Answer::Unknown(reason::PENDING), (None, Some("pending, ask again with the same uuid"))),
        ];
        for (answer, (success, reason)) in rows {
            assert_eq!(answer.parts(), (success, reason.map(str::to_owned)));
        }
    }
}
