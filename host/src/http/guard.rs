//! Which hosts and origins are answered: a web page must not be able to post to a host on its reader's
//! machine, not even by a name that it makes point there.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Method, header, request::Parts};

use super::{
    negotiate,
    problem::{self as kinds, Problem},
};
use crate::config::Config;

/// Names that a loopback listener always answers to, with any port.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The rules about `Host` and `Origin`.
#[derive(Debug)]
pub(super) struct Guard {
    loopback: bool,
    /// Whether it speaks TLS. If not, something before it may.
    tls: bool,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
}

impl Guard {
    /// The rules of a host that listens at `local`.
    pub(super) fn new(config: &Config, local: SocketAddr) -> Self {
        let tls = config.tls_files().is_some();
        Self {
            tls,
            loopback: local.ip().to_canonical().is_loopback(),
            allowed_hosts: config.allowed_hosts.clone(),
            allowed_origins: config.allowed_origins.clone(),
        }
    }

    /// Fails for a request to a host that this one is not, and for a write or a websocket from a page of
    /// another origin.
    pub(super) fn check(&self, parts: &Parts) -> Result<(), Problem> {
        // A target in absolute form overrides the header (RFC 9112, section 3.2.2).
        let host = match parts.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => the_host(&parts.headers)?,
        };
        self.check_host(host)?;
        let origin = parts.headers.get(header::ORIGIN);
        match origin {
            Some(origin) if writes(&parts.method) || negotiate::wants_websocket(parts) => {
                self.check_origin(origin.to_str().unwrap_or("(not ASCII)"), host)
            }
            _ => Ok(()),
        }
    }

    /// Whether there are other origins than the host's own whose pages may read and write.
    pub(super) fn allows_others(&self) -> bool {
        !self.allowed_origins.is_empty()
    }

    /// Whether an origin is among those.
    pub(super) fn allows(&self, origin: &str) -> bool {
        let is = |allowed: &String| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin);
        self.allowed_origins.iter().any(is)
    }

    fn check_host(&self, host: Option<&str>) -> Result<(), Problem> {
        if !self.loopback && self.allowed_hosts.is_empty() {
            return Ok(());
        }
        let given = host.unwrap_or_default();
        let name = without_port(given);
        let is_loopback =
            self.loopback && LOOPBACK_HOSTS.iter().any(|known| known.eq_ignore_ascii_case(name));
        let is = |allowed: &String| allowed.eq_ignore_ascii_case(given) || allowed.eq_ignore_ascii_case(name);
        if is_loopback || self.allowed_hosts.iter().any(is) {
            return Ok(());
        }
        let answers =
            if self.loopback { "localhost, 127.0.0.1, [::1] and allowed_hosts" } else { "allowed_hosts" };
        let detail =
            format!("Host {given:?} is not answered here, only {answers}: add it there if it should be");
        Err(Problem::new(&kinds::MISDIRECTED, detail).with("host", given))
    }

    fn check_origin(&self, origin: &str, host: Option<&str>) -> Result<(), Problem> {
        let is_own = origin.split_once("://").zip(host).is_some_and(|((scheme, authority), host)| {
            let host = if self.tls { host.strip_suffix(":443").unwrap_or(host) } else { host };
            // A page that came without TLS may be anybody's.
            (!self.tls || scheme.eq_ignore_ascii_case("https")) && authority.eq_ignore_ascii_case(host)
        });
        if is_own || self.allows(origin) {
            return Ok(());
        }
        let detail = format!(
            "pages of {origin:?} may not write or open websockets here: the origin is neither this host's own nor in allowed_origins"
        );
        Err(Problem::new(&kinds::FORBIDDEN_ORIGIN, detail).with("origin", origin))
    }
}

fn the_host(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(Problem::new(&kinds::INVALID, "the request has more than one Host header"));
    }
    let Some(host) = host else { return Ok(None) };
    let text = host.to_str().map_err(|_| Problem::new(&kinds::INVALID, "the Host header is not ASCII"))?;
    Ok(Some(text))
}

fn writes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The name in front of `:port`; colons inside the brackets of an IPv6 address are no port's.
fn without_port(host: &str) -> &str {
    let Some((name, port)) = host.rsplit_once(':') else { return host };
    let is_inside = name.starts_with('[') && !name.ends_with(']');
    if is_inside || !port.bytes().all(|byte| byte.is_ascii_digit()) { host } else { name }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn guard(loopback: bool, hosts: &[&str], origins: &[&str]) -> Guard {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Guard { loopback, tls: false, allowed_hosts: owned(hosts), allowed_origins: owned(origins) }
    }

    fn kind(guard: &Guard, method: &str, headers: &[(&str, &str)]) -> Option<&'static kinds::Kind> {
        let mut request = Request::builder().method(method).uri("/shop/events");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        guard.check(&parts).err().map(|problem| problem.kind())
    }

    #[test]
    fn loopback_listeners_answer_to_loopback_names_only() {
        let guard = guard(true, &["shop.example", "other.example:81"], &[]);
        for good in [
            "localhost",
            "LOCALHOST:4580",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:4580",
            "shop.example",
            "Shop.Example:99",
            "other.example:81",
        ] {
            assert_eq!(kind(&guard, "GET", &[("host", good)]), None, "{good}");
        }
        for bad in
            ["evil.example", "other.example:82", "127.0.0.2", "localhost.evil.example", "::1", "", "[::1"]
        {
            assert_eq!(kind(&guard, "GET", &[("host", bad)]), Some(&kinds::MISDIRECTED), "{bad}");
        }
        assert_eq!(kind(&guard, "GET", &[]), Some(&kinds::MISDIRECTED));
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(kind(&guard, "GET", &twice), Some(&kinds::INVALID));
    }

    #[test]
    fn other_listeners_answer_to_all_or_to_those_allowed() {
        assert_eq!(kind(&guard(false, &[], &[]), "GET", &[("host", "any.example")]), None);
        assert_eq!(kind(&guard(false, &[], &[]), "GET", &[]), None);
        let strict = guard(false, &["shop.example"], &[]);
        assert_eq!(kind(&strict, "GET", &[("host", "shop.example:80")]), None);
        assert_eq!(kind(&strict, "GET", &[("host", "localhost")]), Some(&kinds::MISDIRECTED));
    }

    #[test]
    fn foreign_pages_may_read_but_not_write_or_open_websockets() {
        let guard = guard(true, &[], &["https://Shop.example/"]);
        let of = |origin| [("host", "localhost:4580"), ("origin", origin)];
        for good in ["http://localhost:4580", "https://localhost:4580", "https://shop.example"] {
            assert_eq!(kind(&guard, "POST", &of(good)), None, "{good}");
        }
        for bad in ["http://localhost", "http://evil.example", "null", "http://shop.example", ""] {
            assert_eq!(kind(&guard, "POST", &of(bad)), Some(&kinds::FORBIDDEN_ORIGIN), "{bad}");
            assert_eq!(kind(&guard, "GET", &of(bad)), None, "{bad}");
            let [host, origin] = of(bad);
            let upgrade = [host, origin, ("upgrade", "websocket")];
            assert_eq!(kind(&guard, "GET", &upgrade), Some(&kinds::FORBIDDEN_ORIGIN), "{bad}");
        }
    }

    #[test]
    fn pages_of_a_host_that_speaks_tls_came_by_tls() {
        let guard = Guard { tls: true, ..guard(false, &[], &["http://other.example"]) };
        let of = |host, origin| kind(&guard, "POST", &[("host", host), ("origin", origin)]);
        for (host, origin) in [
            ("shop.example", "https://shop.example"),
            ("shop.example:443", "https://shop.example"),
            ("shop.example:4580", "https://shop.example:4580"),
            ("shop.example", "http://other.example"),
        ] {
            assert_eq!(of(host, origin), None, "{origin}");
        }
        for origin in ["http://shop.example", "https://shop.example:4580"] {
            assert_eq!(of("shop.example", origin), Some(&kinds::FORBIDDEN_ORIGIN), "{origin}");
        }
    }
}
