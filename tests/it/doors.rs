//! Who may do what: every URL, by every kind of token.

use std::io;

use bytes::Bytes;
use everfold::config::{Scope, Token, TokenHash};
use futures_util::stream;
use reqwest::Body;
use serde_json::json;

use crate::harness::{Answer, Host, entity, event_id, guest};

/// A token that is its own name.
pub(crate) fn token(name: &str, contexts: &[&str], scopes: &[Scope]) -> Token {
    let contexts = contexts.iter().map(ToString::to_string).collect();
    Token { name: name.to_owned(), hash: TokenHash::of(name), contexts, scopes: scopes.to_vec() }
}

/// A host with the contexts `shop` and `lab`, and with these tokens; `all` may everything.
async fn guarded() -> Host {
    let host = Host::start(|config| {
        config.contexts = vec!["shop".to_owned(), "lab".to_owned()];
        config.tokens = vec![
            token("reads", &["shop"], &[Scope::Read]),
            token("writes", &["shop"], &[Scope::Write]),
            token("minds", &["shop"], &[Scope::Admin]),
            token("minds-all", &["*"], &[Scope::Admin]),
            token("in-lab", &["lab"], &[Scope::Read, Scope::Write, Scope::Admin]),
            token("all", &["*"], &[Scope::Read, Scope::Write, Scope::Admin]),
        ];
    });
    host.await.with_token("all")
}

impl Host {
    async fn ask(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        let url = format!("{}{path}", self.base());
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if method == "POST" {
            request = request.header("content-type", "application/json").body("{}");
        }
        self.send(request).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_url_is_for_those_who_may() {
    let host = guarded().await;
    let (one, id) = (entity(1), event_id(1));
    let (reads, writes): (&[&str], &[&str]) = (&["reads", "all"], &["writes", "all"]);
    let minds: &[&str] = &["minds", "minds-all", "all"];
    let in_any: &[&str] = &["minds", "minds-all", "in-lab", "all"];
    let in_all: &[&str] = &["minds-all", "all"];
    for (method, path, may) in [
        ("POST", format!("/shop/noted/{one}/{id}"), writes),
        ("POST", "/shop/events".to_owned(), writes),
        ("GET", "/shop/events".to_owned(), reads),
        ("HEAD", "/shop/events".to_owned(), reads),
        ("GET", format!("/shop/{id}/event"), reads),
        ("GET", format!("/shop/{id}/causes"), reads),
        ("GET", format!("/shop/{id}/effects"), reads),
        ("GET", format!("/shop/{one}/events"), reads),
        ("GET", "/shop/ledger/events".to_owned(), reads),
        ("GET", format!("/shop/ledger/{one}/model"), reads),
        ("GET", "/shop/ledger/model".to_owned(), reads),
        ("GET", "/shop/ledger/models".to_owned(), reads),
        ("GET", "/shop/ledger/keys".to_owned(), reads),
        ("GET", "/shop/keys".to_owned(), reads),
        ("GET", "/_/reducers".to_owned(), in_any),
        ("GET", "/_/divergences".to_owned(), in_any),
        ("GET", format!("/_/modules/{}", guest("ledger").hash), in_any),
        ("GET", "/_/parked".to_owned(), in_all),
        ("GET", "/_/parked?context=shop".to_owned(), minds),
        ("POST", "/_/parked/retry".to_owned(), in_all),
        ("GET", "/_/parked/shop/ledger".to_owned(), minds),
        ("POST", "/_/parked/shop/ledger/retry".to_owned(), minds),
        ("GET", format!("/_/parked/shop/ledger/{one}"), minds),
        ("POST", format!("/_/parked/shop/ledger/{one}/retry"), minds),
    ] {
        for token in ["reads", "writes", "minds", "minds-all", "in-lab", "all"] {
            let answer = host.ask(method, &path, Some(token)).await;
            if may.contains(&token) {
                assert!(
                    ![401, 403].contains(&answer.status),
                    "{method} {path} by {token}: {}",
                    answer.text()
                );
            } else {
                assert_eq!(answer.status, 403, "{method} {path} by {token}: {}", answer.text());
                let is_said = method == "HEAD" || answer.problem() == "not-permitted";
                assert!(is_said, "{method} {path} by {token}: {}", answer.text());
            }
        }
        for (token, challenge, kind) in [
            (None, "Bearer", "token-needed"),
            (Some("none"), "Bearer error=\"invalid_token\"", "token-unknown"),
        ] {
            let answer = host.ask(method, &path, token).await;
            assert_eq!(
                (answer.status, answer.header("www-authenticate")),
                (401, challenge),
                "{method} {path}"
            );
            assert!(method == "HEAD" || answer.problem() == kind, "{method} {path}: {}", answer.text());
        }
    }
    for path in ["/_/live", "/_/ready"] {
        host.ask("GET", path, None).await.expect(200);
    }
}

#[tokio::test]
async fn a_refusal_does_not_tell_whether_a_context_exists() {
    let host = guarded().await;
    for token in [None, Some("none"), Some("reads")] {
        for (method, path) in [
            ("GET", "/CONTEXT/events"),
            ("POST", "/CONTEXT/events"),
            ("GET", "/CONTEXT/keys"),
            ("GET", "/_/parked/CONTEXT/ledger"),
            ("GET", "/_/parked?context=CONTEXT"),
        ] {
            let mut said = vec![];
            for context in ["lab", "nowhere"] {
                let answer = host.ask(method, &path.replace("CONTEXT", context), token).await;
                said.push((answer.status, answer.text().replace(context, "CONTEXT")));
            }
            assert!([401, 403].contains(&said[0].0), "{path}: {said:?}");
            assert_eq!(said[0], said[1], "{path} by {token:?}");
        }
    }
}

#[tokio::test]
async fn whoever_may_not_is_told_before_the_body_is_read() {
    let host = guarded().await;
    for path in [format!("/shop/noted/{}/{}", entity(1), event_id(1)), "/shop/events".to_owned()] {
        // A body that never comes.
        let body = Body::wrap_stream(stream::pending::<Result<Bytes, io::Error>>());
        let request =
            host.request("POST", &path).bearer_auth("reads").header("content-type", "application/json");
        let answer = host.send(request.body(body)).await.expect(403);
        assert_eq!(answer.problem(), "not-permitted");
    }
    assert_eq!(host.events("shop").await.len(), 0);
}

#[tokio::test]
async fn who_only_writes_does_not_get_the_model() {
    let host = guarded().await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    let path = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    let answer = host.ask("POST", &format!("{path}?wait=ledger"), Some("writes")).await.expect(403);
    assert!(answer.detail().contains("read"), "{}", answer.detail());
    host.ask("POST", &path, Some("writes")).await.expect(201);
    host.ask("POST", &format!("{path}?wait=ledger"), Some("all")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_hold_what_the_token_is_for() {
    let host = guarded().await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.deploy("lab", "journal", guest("journal")).await;
    for (token, domains) in
        [("minds", &["ledger"][..]), ("in-lab", &["journal"]), ("minds-all", &["journal", "ledger"])]
    {
        let all = host.ask("GET", "/_/reducers", Some(token)).await.expect(200).json();
        let names: Vec<_> =
            all["reducers"].as_array().unwrap().iter().map(|one| one["domain"].clone()).collect();
        assert_eq!(json!(names), json!(domains), "{token}");
        for name in ["ledger", "journal"] {
            let module = format!("/_/modules/{}", guest(name).hash);
            let status = if domains.contains(&name) { 200 } else { 404 };
            host.ask("GET", &module, Some(token)).await.expect(status);
        }
    }
}

#[tokio::test]
async fn what_needs_a_token_is_kept_by_no_shared_cache() {
    let host = guarded().await;
    host.post("noted", &entity(1), &event_id(1), &json!({})).await.expect(201);
    let path = format!("/shop/{}/event", event_id(1));
    assert!(host.get(&path).await.expect(200).header("cache-control").starts_with("private, "));
    let open = host.restart(|config| config.tokens.clear()).await;
    let answer = open.ask("GET", &path, None).await.expect(200);
    assert!(answer.header("cache-control").starts_with("public, "));
}
