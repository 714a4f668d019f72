//! Pages of other origins (CORS): those in `allowed_origins` may read what they may ask for, and no others.

use everfold::config::Scope;

use crate::{
    doors::token,
    harness::{Answer, Host, entity, event_id},
};

const PAGES: &str = "https://pages.example";

async fn guarded() -> Host {
    Host::start(|config| {
        config.tokens = vec![token("reads", &["shop"], &[Scope::Read])];
        config.allowed_origins = vec!["https://other.example".to_owned(), PAGES.to_owned()];
    })
    .await
}

async fn ask(host: &Host, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = host.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    host.send(request).await
}

fn may_read(answer: &Answer) -> Option<&str> {
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    answer.headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

fn varies(answer: &Answer) -> bool {
    let values = answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap());
    values.flat_map(|value| value.split(',')).any(|name| name.trim() == "Origin")
}

#[tokio::test]
async fn pages_of_allowed_origins_read_answers_and_problems() {
    let host = guarded().await;
    let by = ("authorization", "Bearer reads");
    let event = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    for (method, path, headers, status) in [
        ("GET", "/shop/events", &[by][..], 200),
        ("HEAD", "/shop/events", &[by], 200),
        ("GET", "/shop/events", &[], 401),
        ("GET", "/lab/events", &[by], 403),
        ("GET", "/nothing", &[], 404),
        ("DELETE", "/shop/events", &[by], 405),
        ("POST", &event, &[by], 403),
        ("GET", "/shop/events", &[("host", "evil.example")], 421),
    ] {
        for (origin, allowed) in [(PAGES, Some(PAGES)), ("https://evil.example", None), ("null", None)] {
            let answer = ask(&host, method, path, &[headers, &[("origin", origin)]].concat()).await;
            let expected =
                if allowed.is_none() && ["POST", "DELETE"].contains(&method) { 403 } else { status };
            assert_eq!(answer.status, expected, "{method} {path} {origin}: {}", answer.text());
            assert_eq!(may_read(&answer), allowed, "{method} {path}");
            assert!(varies(&answer), "{method} {path}");
        }
        let answer = ask(&host, method, path, headers).await.expect(status);
        assert_eq!((may_read(&answer), varies(&answer)), (None, true), "{method} {path}");
    }
    let answer = ask(&host, "GET", "/shop/events", &[by, ("origin", PAGES)]).await;
    let exposed = answer.header("access-control-expose-headers").to_lowercase();
    for name in ["etag", "link", "location", "retry-after", "server-timing", "everfold-position"] {
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name}: {exposed}");
    }
    let stream = [by, ("origin", PAGES), ("accept", "text/event-stream")];
    let stream = stream
        .iter()
        .fold(host.request("GET", "/shop/events"), |request, (name, value)| request.header(*name, *value));
    assert_eq!(stream.send().await.unwrap().headers()["access-control-allow-origin"], PAGES);
}

#[tokio::test]
async fn a_page_is_told_beforehand_what_it_may_send() {
    let host = guarded().await;
    let event = format!("/shop/noted/{}/{}", entity(1), event_id(1));
    let asks = [
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,if-match,everfold-meta-user,x-other"),
    ];
    let preflight = async |path: &str, origin| {
        ask(&host, "OPTIONS", path, &[&asks[..], &[("origin", origin)]].concat()).await
    };
    for path in [&event, "/shop/events", "/_/reducers"] {
        let told = preflight(path, PAGES).await.expect(204);
        assert_eq!(may_read(&told), Some(PAGES));
        assert_eq!(told.header("access-control-allow-methods"), "GET, HEAD, POST, OPTIONS");
        assert_eq!(
            told.header("access-control-allow-headers"),
            "authorization, content-type, if-match, everfold-meta-user"
        );
        assert_eq!(told.header("access-control-max-age"), "7200");
        assert!(varies(&told));
        let other = preflight(path, "https://evil.example").await.expect(204);
        assert_eq!(may_read(&other), None);
        assert!(!other.headers.contains_key("access-control-allow-methods"), "{:?}", other.headers);
    }
    let elsewhere = [&asks[..], &[("origin", PAGES), ("host", "evil.example")]].concat();
    assert_eq!(ask(&host, "OPTIONS", &event, &elsewhere).await.expect(421).problem(), "wrong-host");
}

#[tokio::test]
async fn without_allowed_origins_nothing_is_said_of_them() {
    let host = Host::start(|_| {}).await;
    let answer = ask(&host, "GET", "/shop/events", &[("origin", PAGES)]).await.expect(200);
    assert_eq!((may_read(&answer), varies(&answer)), (None, false));
    // The host's own pages need no leave.
    let own = ask(&host, "GET", "/shop/events", &[("origin", host.base())]).await.expect(200);
    assert_eq!(may_read(&own), None);
}
