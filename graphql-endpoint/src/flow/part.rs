//! A part of the bank that can be up or down.

/// What kind of part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A service of the bank.
    Service,
    /// A broker of Kafka.
    Broker,
    /// The schema registry.
    Registry,
    /// `PostgreSQL`.
    Database,
}

/// How a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Host and port, or URL.
    pub address: String,
    /// Whether it answers.
    pub up: bool,
    /// Whether it has all it needs.
    pub ready: bool,
    /// What it does now where it can do several things.
    pub role: Option<String>,
    /// What it lacks.
    pub missing: Vec<String>,
}

impl Part {
    /// One that is up and ready.
    #[must_use]
    pub fn new(kind: Kind, name: &str, address: &str) -> Self {
        let (name, address) = (name.to_owned(), address.to_owned());
        Self { kind, name, address, up: true, ready: true, role: None, missing: Vec::new() }
    }

    /// One that does not answer.
    #[must_use]
    pub fn down(self, reason: String) -> Self {
        Self { up: false, ready: false, role: None, missing: vec![reason], ..self }
    }
}
