//! Where a run goes, and whether it may.

use std::net::SocketAddr;

use ::http::{
    HeaderMap, HeaderValue, Uri, header,
    uri::{Authority, PathAndQuery},
};

use super::BenchError;
use crate::config::Secret;

/// A host to be loaded.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Where it listens: the addresses of its name.
    pub(super) addresses: Vec<SocketAddr>,
    /// Its name and port, as they are written in requests.
    authority: HeaderValue,
    /// What lets requests in.
    authorization: Option<HeaderValue>,
}

impl Target {
    /// Finds the host behind a URL. Unless `anywhere`, it must be on this machine. Requests will come with the
    /// token.
    pub(super) async fn find(url: &str, anywhere: bool, token: Option<&Secret>) -> Result<Self, BenchError> {
        let authority = authority(url).map_err(|why| BenchError::Url { url: url.to_owned(), why })?;
        let refused = |why: String| BenchError::Url { url: url.to_owned(), why };
        let port = port(&authority).ok_or_else(|| refused("invalid port".to_owned()))?;
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((name, port)).await;
        let addresses: Vec<_> = found.map_err(|error| refused(error.to_string()))?.collect();
        if addresses.is_empty() {
            return Err(refused("its name has no address".to_owned()));
        }
        let foreign = addresses.iter().find(|address| !address.ip().to_canonical().is_loopback());
        if let Some(address) = foreign.filter(|_| !anywhere) {
            return Err(BenchError::Foreign { url: url.to_owned(), address: *address });
        }
        let authority = HeaderValue::try_from(authority.as_str()).map_err(|why| refused(why.to_string()))?;
        let bearer = token.map(|token| HeaderValue::try_from(format!("Bearer {}", token.reveal())));
        let mut authorization = bearer.transpose().map_err(|_| BenchError::Option {
            option: "--token",
            why: "cannot stand in a header: it must be what everfold token printed".to_owned(),
        })?;
        if let Some(authorization) = &mut authorization {
            authorization.set_sensitive(true);
        }
        Ok(Self { addresses, authority, authorization })
    }

    /// What every request to it says.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(header::HOST, self.authority.clone())]);
        headers.extend(self.authorization.clone().map(|value| (header::AUTHORIZATION, value)));
        headers
    }

    /// `http://NAME:PORT`.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.authority.to_str().unwrap_or_default())
    }
}

/// The host and port that a URL names. Without a scheme it is taken for http.
fn authority(url: &str) -> Result<Authority, String> {
    let uri = match url.split_once("://") {
        Some(("http", _)) => url.parse::<Uri>(),
        Some((scheme, _)) => {
            return Err(format!(
                "a run speaks plain http, not {scheme}: load a host without tls_certificate"
            ));
        }
        None => format!("http://{url}").parse(),
    };
    let uri = uri.map_err(|error| error.to_string())?;
    if !matches!(uri.path_and_query().map(PathAndQuery::as_str), None | Some("" | "/")) {
        return Err("it goes on behind the port, and --context says what is loaded".to_owned());
    }
    let authority = uri.into_parts().authority.ok_or("it names no host")?;
    if authority.as_str().contains('@') { Err("it names a user".to_owned()) } else { Ok(authority) }
}

/// What stands behind the name; a port that is none is not to be taken for one left out.
fn port(authority: &Authority) -> Option<u16> {
    let rest = authority.as_str().strip_prefix(authority.host())?;
    if rest.is_empty() { Some(80) } else { rest.strip_prefix(':')?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn find(url: &str, anywhere: bool) -> Result<String, String> {
        let found = Target::find(url, anywhere, None).await;
        found.map(|target| target.addresses[0].to_string()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn loopback_addresses_are_taken() {
        for (url, address) in [
            ("http://127.0.0.1:4580", "127.0.0.1:4580"),
            ("127.0.0.1:1/", "127.0.0.1:1"),
            ("http://[::1]:4580", "[::1]:4580"),
            ("http://127.1.2.3", "127.1.2.3:80"),
            ("http://[::ffff:127.0.0.1]:5", "[::ffff:127.0.0.1]:5"),
        ] {
            assert_eq!(find(url, false).await.as_deref(), Ok(address));
        }
    }

    #[tokio::test]
    async fn others_only_if_told_so() {
        for url in ["http://192.0.2.1:4580", "0.0.0.0:4580", "http://[2001:db8::1]:4580"] {
            let said = find(url, false).await.unwrap_err();
            assert!(said.contains("--anywhere") && said.contains(url), "{said}");
            assert!(find(url, true).await.is_ok(), "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_no_url_of_a_host_is_named() {
        for (url, words) in [
            ("https://127.0.0.1:4580", "plain http, not https"),
            ("http://127.0.0.1:4580/shop", "--context"),
            ("http://127.0.0.1:4580/?a=b", "--context"),
            ("http://a@127.0.0.1:4580", "user"),
            ("http://127.0.0.1:99999", "invalid port"),
            ("http://127.0.0.1:", "invalid port"),
            ("", "empty"),
        ] {
            let said = find(url, true).await.unwrap_err();
            assert!(said.contains(words) && said.contains(&format!("{url:?}")), "{said}");
        }
    }
}
