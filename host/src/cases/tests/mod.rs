//! Reading and comparing, without a module.

mod comparing;
mod reading;

use std::path::Path;

use crate::{
    config::Config,
    ingest::Ingest,
    words::{Descriptor, DomainKey, Fold, History, Order, Upgrade},
};

use super::{case::Case, read::Rules};

/// What the cases of a module that folds like this and takes `a` and `b` are, if this is their file.
fn read_under(fold: Fold, name: &str, text: &str) -> Result<Vec<Case>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let key = DomainKey { context: "test".parse().unwrap(), domain: "cart".parse().unwrap() };
    let descriptor = Descriptor {
        event_types: vec!["a".into(), "b".into()],
        fold,
        upgrade: Upgrade::Rebuild,
        history: History::Emit,
        content_type: None,
        emits: Vec::new(),
        attributes: Vec::new(),
    };
    let door = Ingest::new(&Config::embedded());
    let rules = Rules { key: &key, descriptor: &descriptor, door: &door, call_events: 3 };
    rules.read(&file).map_err(|why| {
        let file = Path::new(&file).display().to_string();
        why.strip_prefix(&file).unwrap_or_else(|| panic!("{why} does not name the file")).to_owned()
    })
}

fn read(text: &str) -> Result<Vec<Case>, String> {
    read_under(Fold::Entity(Order::Recorded), "cases.yaml", text)
}
