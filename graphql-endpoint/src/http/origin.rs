//! Which web pages may use this endpoint. A browser always says which page asks; what says nothing is no browser.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A web page's origin, as browsers write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALLOWED: &str =
            "allowed: http:// or https://, a host, and its port if it has one, as http://localhost:8181";
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).ok_or(ALLOWED)?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(is_host) { Err(ALLOWED) } else { Ok(Self(text)) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The origins that are let in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Origins(Arc<Vec<Origin>>);

impl Origins {
    /// Those listed, and the endpoint's own page on this port.
    #[must_use]
    pub fn new(listed: &[Origin], own_port: u16) -> Self {
        let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| Origin(format!("http://{host}:{own_port}")));
        Self(Arc::new(listed.iter().cloned().chain(own).collect()))
    }

    /// Whether a request with this `Origin` header is let in.
    #[must_use]
    pub fn allow(&self, origin: Option<&[u8]>) -> bool {
        origin.is_none_or(|origin| self.0.iter().any(|listed| listed.0.as_bytes().eq_ignore_ascii_case(origin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_pages_are_let_in() {
        let listed: Origin = "http://localhost:8181/".parse().expect("an origin");
        let origins = Origins::new(&[listed], 8888);
        let rows = [
            (None, true),
            (Some("http://localhost:8181"), true),
            (Some("http://LOCALHOST:8181"), true),
            (Some("http://127.0.0.1:8888"), true),
            (Some("http://localhost:8182"), false),
            (Some("https://localhost:8181"), false),
            (Some("http://localhost:8181.evil.example"), false),
            (Some("null"), false),
            (Some(""), false),
        ];
        for (origin, allowed) in rows {
            assert_eq!(origins.allow(origin.map(str::as_bytes)), allowed, "{origin:?}");
        }
    }

    #[test]
    fn an_origin_has_scheme_and_host_only() {
        for (text, accepted) in [
            ("http://a", true),
            ("https://a.example:444", true),
            ("http://[::1]:80", true),
            ("a:80", false),
            ("ftp://a", false),
            ("http://", false),
            ("http://a/b", false),
            ("http://a b", false),
            ("*", false),
        ] {
            assert_eq!(text.parse::<Origin>().is_ok(), accepted, "{text}");
        }
    }
}
