//! Moving house: a store is exported and imported, by the real program.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::harness::{Host, Places, entity, event_id, fed, guest, refused, run, told, verified, wait_until};

/// A host with two contexts: late events, emitted ones, a module that was replaced and one that resumed, a row
/// that is parked.
async fn lived_in() -> Host {
    let host = Host::start_process().await;
    for domain in ["ledger", "journal", "echo", "hostile"] {
        host.deploy("shop", domain, guest(domain)).await;
    }
    host.deploy("garden", "roll", guest("roll")).await;
    for n in [5, 1, 3] {
        let data = json!({"n": n, "text": "\u{e9}\u{1F6D2}"});
        host.post("said", &entity(n % 2), &event_id(10 * n), &data).await.expect(201);
        host.post_to("garden", "noted", &entity(n), &event_id(n), "{ \"n\": 1.0, \"n\": 1E2 }")
            .await
            .expect(201);
    }
    host.settles().await;
    host.deploy("shop", "journal", guest("journal-v2")).await;
    host.deploy("shop", "ledger", guest("ledger-v2")).await;
    host.post("log-then-trap", &entity(2), &event_id(100), &json!({})).await.expect(201);
    host.parks("shop", "hostile", &entity(2)).await;
    host.settles().await;
    host
}

/// All that readers get, by path.
async fn everything(host: &Host) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for domain in ["ledger", "journal", "echo", "hostile"] {
        let path = format!("/shop/{domain}/models");
        all.insert(path.clone(), host.get(&path).await.expect(200).json());
    }
    for path in ["/shop/events", "/garden/events", "/_/parked"] {
        all.insert(path.to_owned(), host.get(path).await.expect(200).json());
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_moves_with_all_that_it_holds_and_goes_on() {
    let mut old = lived_in().await;
    let (before, reducers) = (everything(&old).await, old.config().reducers.clone());
    let etag = old.get(&format!("/shop/ledger/{}/model", entity(1))).await.header("etag").to_owned();
    let places = Places::new();
    let (one, two, new) = (places.text("one"), places.text("two"), places.store("new.db"));
    // A database gives all of it as of one moment, also while hosts use it.
    if old.place().database().is_none() {
        let said = refused(&["export", &one, "--store", &old.store()]).await;
        assert!(said.contains("in use") && said.contains("everfold backup"), "{said}");
    }
    old.terminate().await;

    told(&["export", &one, "--store", &old.store()]).await;
    let text = fs::read_to_string(&one).unwrap();
    assert!(text.contains(r#""data":{"json":{"n":1.0,"n":1E2}}"#), "data is as it was posted, and readable");
    assert_eq!(told(&["export", "--store", &old.store()]).await, text, "to stdout as well");
    let told_of = told(&["import", &one, "--store", &new]).await;
    assert!(told_of.contains("imported and read back 10 events"), "{told_of}");
    told(&["export", &two, "--store", &new]).await;
    assert!(fs::read_to_string(&two).unwrap() == text, "other bytes");
    verified(&new).await;

    let host = Host::start(|config| {
        config.store.clone_from(&new);
        config.reducers.clone_from(&reducers);
    })
    .await;
    host.settles().await;
    assert_eq!(everything(&host).await, before);
    let path = format!("/shop/ledger/{}/model", entity(1));
    let again = host.send(host.request("GET", &path).header("if-none-match", &etag)).await;
    again.expect(304);
    let posted = host.post("said", &entity(1), &event_id(200), &json!({"n": 1})).await.expect(201);
    assert_eq!(posted.position(), 11);
    let known = before["/shop/events"]["events"].as_array().unwrap();
    let first = known.iter().find(|event| event["id"] == event_id(10)).unwrap();
    let again = host.post("said", &entity(1), &event_id(10), &first["data"]).await.expect(200);
    assert_eq!(first["position"], again.position());
    host.model_that(&format!("/shop/echo/{}/model", entity(1)), |model| model["said"] == 4).await;
    // It answers otherwise, and everything is folded again: what was emitted stays, and nothing comes twice.
    host.deploy("shop", "echo", guest("echo-v2")).await;
    host.settles().await;
    let echoed = host.events("shop").await.iter().filter(|event| event["type"] == "echoed").count();
    assert_eq!(echoed, 4);
    host.stop().await;
    verified(&new).await;
}

/// Changes an export.
fn changed(places: &Places, name: &str, change: impl FnOnce(&mut Vec<String>)) -> String {
    let text = fs::read_to_string(places.path("whole")).unwrap();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    fs::write(places.path(name), lines.concat()).unwrap();
    places.text(name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_export_is_refused_with_the_line() {
    let mut host = Host::with_ledger_process().await;
    for n in 1..=4 {
        host.post("noted", &entity(n), &event_id(n), &json!({"n": 70 + n})).await.expect(201);
    }
    host.settles().await;
    host.terminate().await;
    let places = Places::new();
    told(&["export", &places.text("whole"), "--store", &host.store()]).await;
    let lines = fs::read_to_string(places.path("whole")).unwrap();
    let of = |needle: &str| lines.lines().position(|line| line.contains(needle)).unwrap();
    let (second, last) = (of("\"n\":72"), lines.lines().count());
    let cut = changed(&places, "cut", |lines| lines[last - 1].truncate(20));
    let flipped =
        changed(&places, "flipped", |lines| lines[second] = lines[second].replace("\"n\":72", "\"n\":73"));
    let swapped = changed(&places, "swapped", |lines| lines.swap(second, second + 1));
    let missing = changed(&places, "missing", |lines| drop(lines.remove(second)));
    let ended = changed(&places, "ended", |lines| lines.truncate(second));
    let store = places.store("new.db");
    for (file, says) in [
        (&cut, format!("ends after line {}", last - 1)),
        (&flipped, format!("lines 1 to {last} of the export are damaged")),
        (&swapped, format!("line {} of the export is damaged: position 2 is due, not 3", second + 1)),
        (&missing, format!("line {} of the export is damaged: position 2 is due, not 3", second + 1)),
        (&ended, format!("ends after line {second}")),
    ] {
        let said = refused(&["import", file, "--store", &store]).await;
        assert!(said.contains(&says), "{file}: {said}");
    }
    told(&["import", &places.text("whole"), "--store", &store]).await;
    verified(&store).await;
    let said = refused(&["import", &places.text("whole"), "--store", &store]).await;
    assert!(said.contains("is not empty"), "{said}");
    let nowhere = places.store("nowhere.db");
    let said = refused(&["export", "--store", &nowhere]).await;
    assert!(said.contains("there is no store at") && !places.path("nowhere.db").exists(), "{said}");
}

fn holds(file: &Path, needle: &[u8]) -> bool {
    fs::read(file).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_goes_on_after_kill_9() {
    let mut host = Host::with_ledger_process().await;
    let member = |n: u64| json!({"id": event_id(n), "type": "noted", "entity": entity(n % 40), "data": {"n": 1_000_000 + n}});
    host.post_batch("shop", &json!((1..=4_000).map(member).collect::<Vec<_>>())).await.expect(201);
    host.settles().await;
    host.terminate().await;
    let places = Places::new();
    let (whole, store) = (places.text("whole"), places.store("new.db"));
    told(&["export", &whole, "--store", &host.store()]).await;
    let text = fs::read(&whole).unwrap();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();

    let mut import = fed(&["import", "--store", &store]);
    import.stdin.as_mut().unwrap().write_all(&lines[..3_100].concat()).await.unwrap();
    // Blocks are written one after another: once something of the third is there, the second is durable.
    wait_until("the third block", async || {
        let written = ["new.db", "new.db-wal"].iter().any(|file| holds(&places.path(file), b"1002500"));
        if written { Ok(()) } else { Err("it is not there".to_owned()) }
    })
    .await;
    import.kill().await.unwrap();

    for command in
        [&["serve", "--listen", "127.0.0.1:0", "--store", &store][..], &["verify", "--store", &store]]
    {
        let said = refused(command).await;
        assert!(said.contains("half imported (") && said.contains("go on with everfold import"), "{said}");
    }
    let (status, told_of, said) = run(&["import", &whole, "--store", &store], &[]).await;
    assert!(status.success() && told_of.contains("read back 4000 events, 40 rows"), "{told_of}{said}");
    let got = said.split("going on: ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(["2050", "3075"].contains(&got), "{said}");
    told(&["export", &places.text("again"), "--store", &store]).await;
    assert!(fs::read(places.path("again")).unwrap() == text, "other bytes");
    verified(&store).await;
}
