//! What waits to be mended: a failed reduction is captured whole, listed, looked at, and tried again.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Answer, Host, Reducer, entity, event_id, event_ids, guest};

const LIST: &str = "/_/parked";

impl Host {
    async fn retry(&self, path: &str) -> Answer {
        let request = self.request("POST", &format!("{LIST}{path}/retry"));
        self.send(request.header("content-type", "application/json")).await
    }

    async fn parked_now(&self, query: &str) -> Vec<Value> {
        let page = self.get(&format!("{LIST}{query}")).await.expect(200).json();
        page["parked"].as_array().unwrap().clone()
    }

    async fn parks_nothing(&self, context: &str, domain: &str) {
        let nothing = |reducer: &Reducer| reducer.state() == "active" && reducer.count("parked") == 0;
        self.reducer_that("park nothing", context, domain, nothing).await;
    }
}

fn counts(retried: u64, mended: u64, parked: u64) -> Value {
    json!({"retried": retried, "mended": mended, "parked": parked})
}

/// A host whose hostile reducer trapped for each of these entities, after it had counted one event.
async fn with_trapped(entities: impl IntoIterator<Item = u64>) -> Host {
    let host = Host::start(|_| {}).await;
    host.deploy("shop", "hostile", guest("hostile")).await;
    for n in entities {
        host.post("noted", &entity(n), &event_id(10 * n), &json!({})).await.expect(201);
        host.post("log-then-trap", &entity(n), &event_id(10 * n + 1), &json!({"n": n})).await.expect(201);
        host.parks("shop", "hostile", &entity(n)).await;
    }
    host
}

#[tokio::test]
async fn a_failed_reduction_is_captured_whole() {
    let host = with_trapped([1]).await;
    let path = format!("{LIST}/shop/hostile/{}", entity(1));
    let answer = host.get(&path).await.expect(200);
    assert_eq!(
        (answer.header("content-type"), answer.header("cache-control")),
        ("application/json", "no-cache")
    );
    let capture = answer.json();
    let of = |names: [&str; 3]| names.map(|name| capture[name].as_str().unwrap_or_default().to_owned());
    assert_eq!(of(["context", "domain", "entity"]), ["shop", "hostile", &entity(1)]);
    let reducer = host.reducer("shop", "hostile").await.unwrap();
    assert_eq!(
        (&capture["module"], &capture["activation"]),
        (&reducer.0["module"], &reducer.0["activation"])
    );
    assert!(capture["at"].as_str().unwrap().ends_with('Z'), "{capture}");
    assert_eq!((&capture["model"], &capture["tried"]), (&json!({"count": 1}), &json!(2)));
    let event = host.get(&format!("/shop/{}/event", event_id(11))).await.expect(200).json();
    assert_eq!(capture["events"], json!([event]));
    let failure = &capture["failure"];
    assert_eq!((&failure["code"], &failure["event"]), (&json!("host.trap"), &Value::Null), "{failure}");
    assert!(failure["message"].as_str().unwrap().contains("trapped"), "{failure}");
    let trace = failure["trace"].as_str().unwrap();
    let (inner, outer) = (trace.find("log_then_trap"), trace.find("#reduce"));
    assert!(inner.is_some() && inner < outer, "functions by their names, innermost first: {trace}");
    assert_eq!(capture["log"], json!([{"level": "warn", "message": "about to trap"}]));
    // The module that it names can be fetched.
    let module = host.get(&format!("/_/modules/{}", guest("hostile").hash)).await.expect(200);
    assert!(module.body == guest("hostile").bytes, "other bytes");
    assert_eq!(module.header("content-type"), "application/wasm");
    assert!(module.header("cache-control").contains("immutable"));
}

#[tokio::test]
async fn what_still_fails_is_parked_again_whether_one_a_domain_or_all_are_tried() {
    let host = with_trapped([1, 2]).await;
    host.deploy("shop", "second", guest("hostile")).await;
    host.parks("shop", "second", &entity(1)).await;
    host.parks("shop", "second", &entity(2)).await;
    let path = format!("{LIST}/shop/hostile/{}", entity(1));
    let before = host.get(&path).await.expect(200).json();
    let one = host.retry(&format!("/shop/hostile/{}", entity(1))).await.expect(200);
    assert_eq!(one.json(), counts(1, 0, 1));
    let after = host.get(&path).await.expect(200).json();
    assert_ne!(after["at"], before["at"], "the newer call is captured");
    assert_eq!(after["events"], before["events"]);
    assert_eq!(host.retry("/shop/hostile").await.expect(200).json(), counts(2, 0, 2));
    assert_eq!(host.retry("").await.expect(200).json(), counts(4, 0, 4));
    let listed = host.parked_now("").await;
    assert_eq!(listed.len(), 4, "{listed:?}");
    assert_eq!(host.reducer("shop", "hostile").await.unwrap().count("parked"), 2);
}

#[tokio::test]
async fn what_waited_is_folded_in_order_once_the_cause_is_gone() {
    // A ledger of two ids and more is too large at first.
    let host = Host::start(|config| config.limits.model_bytes = 80).await;
    host.deploy("shop", "ledger", guest("ledger")).await;
    for (of, n) in [(1, 1), (1, 2), (2, 3), (1, 4), (1, 5)] {
        host.post("noted", &entity(of), &event_id(n), &json!({"n": n})).await.expect(201);
    }
    let parked = host.parks("shop", "ledger", &entity(1)).await;
    assert_eq!((&parked["event"], &parked["code"]), (&json!(event_id(2)), &json!("host.model-bytes")));
    let two = format!("/shop/ledger/{}/model", entity(2));
    host.model_is(&two, &json!({"ids": event_ids([3]), "sum": 3})).await;
    let host = host.restart(|config| config.limits.model_bytes = 1 << 20).await;
    host.serves("shop", "ledger", guest("ledger")).await;
    assert_eq!(host.parked_now("").await.len(), 1, "by itself it does not try again");
    let mended = host.retry(&format!("/shop/ledger/{}", entity(1))).await.expect(200);
    assert_eq!(mended.json(), counts(1, 1, 0));
    // It was committed before it was answered.
    let one = host.get(&format!("/shop/ledger/{}/model", entity(1))).await.expect(200);
    assert_eq!(one.json(), json!({"ids": event_ids([1, 2, 4, 5]), "sum": 12}));
    assert_eq!(host.parked_now("").await, [json!(null); 0]);
    let path = format!("{LIST}/shop/ledger/{}", entity(1));
    assert_eq!(host.get(&path).await.expect(404).problem(), "not-parked", "and its capture is gone");
    assert_eq!(host.retry(&format!("/shop/ledger/{}", entity(1))).await.expect(404).problem(), "not-parked");
    assert_eq!(host.retry("/shop/ledger").await.expect(200).json(), counts(0, 0, 0));
}

#[tokio::test]
async fn a_new_module_tries_again_by_itself() {
    let host = with_trapped([1, 2]).await;
    host.post("noted", &entity(1), &event_id(12), &json!({"n": 5})).await.expect(201);
    host.deploy("shop", "hostile", guest("ledger")).await;
    let expected = json!({"ids": event_ids([10, 11, 12]), "sum": 6});
    host.model_is(&format!("/shop/hostile/{}/model", entity(1)), &expected).await;
    host.parks_nothing("shop", "hostile").await;
    assert_eq!(host.parked_now("").await.len(), 0);
    let path = format!("{LIST}/shop/hostile/{}", entity(2));
    assert_eq!(host.get(&path).await.expect(404).problem(), "not-parked");
}

#[tokio::test]
async fn going_back_to_the_module_that_made_the_models_mends_what_a_bad_one_parked() {
    let host = Host::with_ledger().await;
    host.post("trap", &entity(1), &event_id(1), &json!({"n": 1})).await.expect(201);
    let path = format!("/shop/ledger/{}/model", entity(1));
    let model = json!({"ids": event_ids([1]), "sum": 1});
    host.model_is(&path, &model).await;
    host.put_file("shop", "ledger", &guest("hostile").bytes);
    host.parks("shop", "ledger", &entity(1)).await;
    assert_eq!(host.get(&path).await.expect(200).json(), model, "what was before it stays");
    host.deploy("shop", "ledger", guest("ledger")).await;
    host.parks_nothing("shop", "ledger").await;
    assert_eq!(host.parked_now("").await.len(), 0);
    assert_eq!(host.get(&path).await.expect(200).json(), model);
}

#[tokio::test]
async fn the_list_goes_over_all_domains_page_by_page() {
    let host = with_trapped([3, 1, 2]).await;
    for (context, domain) in [("shop", "second"), ("bank", "hostile")] {
        fs::create_dir_all(host.config().reducers.join(context)).unwrap();
        host.deploy(context, domain, guest("hostile")).await;
    }
    host.post_to("bank", "trap", &entity(1), &event_id(7), "{}").await.expect(201);
    host.parks("bank", "hostile", &entity(1)).await;
    for n in [1, 2, 3] {
        host.parks("shop", "second", &entity(n)).await;
    }
    let named = |entry: &Value| {
        let part = |name: &str| entry[name].as_str().unwrap().to_owned();
        format!("{}/{} {}", part("context"), part("domain"), part("entity"))
    };
    let mut expected = vec![format!("bank/hostile {}", entity(1))];
    for domain in ["hostile", "second"] {
        expected.extend([1, 2, 3].map(|n| format!("shop/{domain} {}", entity(n))));
    }
    let (mut names, mut next) = (vec![], format!("{LIST}?limit=2"));
    for _ in 0..4 {
        let page = host.get(&next).await.expect(200);
        names.extend(page.json()["parked"].as_array().unwrap().iter().map(named));
        let Some(link) = page.headers.get("link") else { break };
        next = page.json()["next"].as_str().unwrap().to_owned();
        assert_eq!(link.to_str().unwrap(), format!("<{next}>; rel=\"next\""));
    }
    assert_eq!(names, expected);
    let of =
        |query: &'static str| async { host.parked_now(query).await.iter().map(named).collect::<Vec<_>>() };
    assert_eq!(of("?context=shop").await, expected[1..]);
    assert_eq!(of("?domain=hostile").await, expected[..4]);
    assert_eq!(of("?context=shop&domain=second").await, expected[4..]);
    assert_eq!(of("?context=elsewhere").await, [""; 0]);
    assert_eq!(of("/shop/second").await, expected[4..]);
    let page = host.get(&format!("{LIST}/shop/second?limit=2")).await.expect(200).json();
    assert_eq!(page["next"], format!("{LIST}/shop/second?limit=2&after={}", entity(2)));
    let rest = host.get(page["next"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(rest["parked"].as_array().unwrap().len(), 1);
    let entry = &host.parked_now("?context=bank").await[0];
    let reducer = host.reducer("bank", "hostile").await.unwrap();
    for (member, value) in [
        ("event", json!(event_id(7))),
        ("position", json!(7)),
        ("activation", reducer.0["activation"].clone()),
        ("module", json!(guest("hostile").hash)),
        ("code", json!("host.trap")),
    ] {
        assert_eq!(entry[member], value, "{entry}");
    }
    assert!(entry["message"].as_str().unwrap().contains("trapped"), "{entry}");
    for bad in ["?after=shop", "?after=shop/hostile/1", "?context=Shop", "?limit=0", "?entity=1"] {
        assert_eq!(host.get(&format!("{LIST}{bad}")).await.expect(400).problem(), "invalid-request", "{bad}");
    }
}

#[tokio::test]
async fn one_model_for_a_context_parks_as_one() {
    let host = Host::start(|config| config.limits.model_bytes = 60).await;
    host.deploy("shop", "roll", guest("roll")).await;
    for n in [1, 2, 3] {
        host.post("noted", &entity(n), &event_id(n), &json!({})).await.expect(201);
    }
    let parks = |reducer: &Reducer| reducer.count("parked") == 1;
    host.reducer_that("park", "shop", "roll", parks).await;
    let listed = host.parked_now("?limit=1").await;
    assert_eq!((&listed[0]["entity"], &listed[0]["event"]), (&Value::Null, &json!(event_id(2))));
    let page = host.get(&format!("{LIST}?limit=1")).await.expect(200).json();
    assert_eq!(page["next"], format!("{LIST}?limit=1&after=shop/roll/whole-context"));
    let rest = host.get(page["next"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(rest, json!({"parked": [], "next": null}));
    let path = format!("{LIST}/shop/roll/whole-context");
    let capture = host.get(&path).await.expect(200).json();
    assert_eq!((&capture["entity"], &capture["model"]), (&Value::Null, &json!({"ids": event_ids([1])})));
    assert_eq!(capture["events"][0]["entity"], entity(2), "the event still has one");
    assert_eq!(host.retry("/shop/roll/whole-context").await.expect(200).json(), counts(1, 0, 1));
    let other = host.get(&format!("{LIST}/shop/roll/{}", entity(1))).await.expect(404);
    assert_eq!(other.problem(), "other-fold");
    let host = host.restart(|config| config.limits.model_bytes = 1 << 20).await;
    host.serves("shop", "roll", guest("roll")).await;
    assert_eq!(host.retry("").await.expect(200).json(), counts(1, 1, 0));
    let model = host.get("/shop/roll/model").await.expect(200).json();
    assert_eq!(model, json!({"ids": event_ids([1, 2, 3])}));
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_looked_at_or_tried_again() {
    let host = with_trapped([1]).await;
    for (path, problem) in [
        (format!("/nowhere/hostile/{}", entity(1)), "unknown-context"),
        (format!("/shop/nothing/{}", entity(1)), "unknown-domain"),
        (format!("/shop/hostile/{}", entity(2)), "not-parked"),
        ("/shop/hostile/whole-context".to_owned(), "other-fold"),
    ] {
        assert_eq!(host.get(&format!("{LIST}{path}")).await.expect(404).problem(), problem, "{path}");
        assert_eq!(host.retry(&path).await.expect(404).problem(), problem, "{path}");
    }
    assert_eq!(host.get(&format!("{LIST}/shop/nothing")).await.expect(404).problem(), "unknown-domain");
    assert_eq!(host.retry("/shop/nothing").await.expect(404).problem(), "unknown-domain");
    assert_eq!(host.retry("/shop/hostile/1").await.expect(400).problem(), "invalid-id");
    let other = format!("/_/modules/{}", "0".repeat(64));
    assert_eq!(host.get(&other).await.expect(404).problem(), "unknown-module");
    assert_eq!(host.get("/_/modules/0").await.expect(400).problem(), "invalid-id");
    fs::remove_file(host.file("shop", "hostile")).unwrap();
    host.reducer_that("retire", "shop", "hostile", |reducer| reducer.state() == "retired").await;
    let path = format!("/shop/hostile/{}", entity(1));
    assert_eq!(host.parked_now("").await.len(), 1, "it is parked for good");
    host.get(&format!("{LIST}{path}")).await.expect(200);
    assert_eq!(host.retry(&path).await.expect(409).problem(), "not-served");
    assert_eq!(host.retry("/shop/hostile").await.expect(409).problem(), "not-served");
    assert_eq!(host.retry("").await.expect(200).json(), counts(0, 0, 0));
}

#[tokio::test]
async fn a_retry_is_guarded_like_every_write() {
    let host = with_trapped([1]).await;
    for path in ["/retry", "/shop/hostile/retry", &format!("/shop/hostile/{}/retry", entity(1))] {
        let path = format!("{LIST}{path}");
        let post = || host.request("POST", &path);
        let json = || post().header("content-type", "application/json");
        let foreign = host.send(json().header("origin", "http://evil.example")).await;
        assert_eq!(foreign.expect(403).problem(), "forbidden-origin", "{path}");
        assert_eq!(host.send(post()).await.expect(415).problem(), "unsupported-media-type", "{path}");
        let full = host.send(json().body("{\"entity\":1}")).await;
        assert_eq!(full.expect(400).problem(), "invalid-request", "{path}");
        assert_eq!(host.send(json().body("{}")).await.expect(200).json(), counts(1, 0, 1), "{path}");
        assert_eq!(host.get(&path).await.expect(405).problem(), "method-not-allowed", "{path}");
    }
}
