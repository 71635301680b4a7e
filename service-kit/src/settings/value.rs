//! Value parsers shared by settings: what they refuse they explain.

use reqwest::Url;

/// A comma-separated list of `host:port`, as `localhost:19092` or `a:9092,b:9092`.
///
/// # Errors
/// Says which part is wrong and what is allowed.
pub fn brokers(text: &str) -> Result<String, String> {
    const ALLOWED: &str = "allowed: a comma-separated list of host:port, as localhost:19092";
    let brokers: Vec<&str> = text.split(',').map(str::trim).collect();
    for broker in &brokers {
        let (host, port) = broker.rsplit_once(':').ok_or_else(|| format!("`{broker}` has no port; {ALLOWED}"))?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/') {
            return Err(format!("`{broker}` has no valid host; {ALLOWED}"));
        }
        match port.parse::<u16>() {
            Ok(1..) => {}
            _ => return Err(format!("`{port}` is no port between 1 and 65535; {ALLOWED}")),
        }
    }
    Ok(brokers.join(","))
}

/// The base URL of an HTTP service, without the slash at its end.
///
/// # Errors
/// Says what is wrong with it and what is allowed.
pub fn http_url(text: &str) -> Result<String, String> {
    const ALLOWED: &str = "allowed: http://host:port/path";
    let url = Url::parse(text).map_err(|error| format!("{error}; {ALLOWED}"))?;
    if url.scheme() != "http" {
        return Err(format!("scheme `{}` is not supported; {ALLOWED}", url.scheme()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("a query or fragment has no place here; {ALLOWED}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("a user or password has no place here, where logs and pages show it; {ALLOWED}"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The name of a topic, by Kafka's own rules.
///
/// # Errors
/// Says what is allowed.
pub fn topic_name(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > 249 || text == "." || text == ".." || !text.chars().all(legal) {
        return Err("allowed: 1 to 249 letters, digits, `.`, `_` and `-`".to_owned());
    }
    Ok(text.to_owned())
}

/// Text that is not empty.
///
/// # Errors
/// When it is empty or only white space.
pub fn not_empty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("allowed: anything but an empty text".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_hosts_with_ports() {
        let rows = [
            ("localhost:19092", Ok("localhost:19092")),
            ("a:1, b:65535", Ok("a:1,b:65535")),
            ("[::1]:9092", Ok("[::1]:9092")),
            ("localhost", Err("has no port")),
            ("localhost:", Err("is no port")),
            ("localhost:0", Err("is no port")),
            ("localhost:65536", Err("is no port")),
            ("a:1,,b:2", Err("has no port")),
            (":9092", Err("no valid host")),
            ("http://a:9092", Err("no valid host")),
            ("", Err("has no port")),
        ];
        check(brokers, &rows);
    }

    #[test]
    fn urls_are_plain_http() {
        let rows = [
            ("http://localhost:18081/apis/ccompat/v7", Ok("http://localhost:18081/apis/ccompat/v7")),
            ("http://registry/", Ok("http://registry")),
            ("https://registry", Err("scheme `https`")),
            ("localhost:18081", Err("scheme `localhost`")),
            ("registry", Err("relative URL")),
            ("http://a:99999", Err("port")),
            ("http://a/?b=c", Err("query")),
            ("http://user:secret@a", Err("a user or password")),
            ("http://:secret@a", Err("a user or password")),
        ];
        check(http_url, &rows);
    }

    #[test]
    fn topic_names_are_kafkas() {
        let long = "x".repeat(250);
        let rows = [
            ("confirm_money_transfer", Ok("confirm_money_transfer")),
            ("a.b-C_9", Ok("a.b-C_9")),
            ("", Err("allowed")),
            ("..", Err("allowed")),
            ("a b", Err("allowed")),
            (long.as_str(), Err("allowed")),
        ];
        check(topic_name, &rows);
    }

    fn check(parser: fn(&str) -> Result<String, String>, rows: &[(&str, Result<&str, &str>)]) {
        for (text, expected) in rows {
            match (parser(text), expected) {
                (Ok(value), Ok(wanted)) => assert_eq!(&value, wanted),
                (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
