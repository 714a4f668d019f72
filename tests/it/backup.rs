//! Backups of a store in use, and the way back, by the real program.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::json;

use crate::harness::{
    Host, Log, Places, entity, foreign_id, guest, left_out, refused, told, verified, wait_until,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_store_in_use_holds_what_was_acknowledged_before() {
    if left_out("a file; databases have backups of their own") {
        return;
    }
    let mut host = Host::with_ledger_process().await;
    host.deploy("shop", "echo", guest("echo")).await;
    let (places, acknowledged, from) = (Places::new(), Mutex::new(BTreeMap::new()), host.store());
    let post = async |client: u16| {
        for n in 0.. {
            let id = foreign_id(if n % 4 == 3 { 90_000 - n } else { 90_000 + n }, client);
            let answer = host.post("said", &entity(n % 30), &id, &json!({"n": n})).await.expect(201);
            acknowledged.lock().unwrap().insert(answer.position(), id);
        }
    };
    let backups = async {
        let mut known = vec![];
        for n in 0..3 {
            wait_until("more events", async || {
                let count = acknowledged.lock().unwrap().len();
                if count >= 100 * (n + 1) { Ok(()) } else { Err(count.to_string()) }
            })
            .await;
            let before = acknowledged.lock().unwrap().clone();
            let said = told(&["backup", &places.text(&format!("backup-{n}")), "--store", &from]).await;
            let holds = said.split(" holds ").nth(1).and_then(|rest| rest.split(' ').next());
            known.push((before, holds.unwrap().parse::<u64>().unwrap()));
        }
        known
    };
    let known = tokio::select! {
        known = backups => known,
        _ = async { tokio::join!(post(1), post(2), post(3)) } => unreachable!(),
    };
    let mut log = Log::default();
    log.read_on(&host).await;
    for (n, (before, count)) in known.into_iter().enumerate() {
        let (backup, store) = (places.text(&format!("backup-{n}")), places.store(&format!("store-{n}.db")));
        let said = told(&["restore", &backup, "--store", &store]).await;
        assert!(said.contains("cursors and ETags that clients have are void"), "{said}");
        verified(&store).await;
        let restored = Host::start(|config| config.store.clone_from(&store)).await;
        let mut prefix = Log::default();
        // What was not folded yet goes on, and may emit.
        assert!(prefix.read_on(&restored).await as u64 >= count, "all of the backup");
        assert!((1..=count).all(|position| prefix.at(position) == log.at(position)), "a prefix of the log");
        for (position, id) in before {
            assert!(position <= count && prefix.at(position)["id"] == *id, "{id} at {position} of {count}");
        }
        restored.stop().await;
    }
    let taken = refused(&["backup", &places.text("backup-0"), "--store", &from]).await;
    assert!(taken.contains("exists already"), "{taken}");
    let there = refused(&["restore", &places.text("backup-0"), "--store", &from]).await;
    assert!(there.contains("in use by process"), "{there}");
    host.terminate().await;
    verified(&from).await;
}
