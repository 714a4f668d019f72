//! Looks at the world with nothing but Rust's standard library, and keeps what it saw: for the tests of
//! WASI. It is built for `wasm32-wasip2` by plain cargo.

use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::{BuildHasher as _, Hasher as _},
    io::Read as _,
    process, thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use everfold_sdk::wire::{
    Descriptor, Event, Failure, Fold, Guest, History, ModelChange, Order, Reduction, Target, Upgrade,
};
use serde_json::{Value, json};

/// What this module exports.
pub struct Worldly;

impl Guest for Worldly {
    fn describe() -> Descriptor {
        Descriptor {
            event_types: vec![],
            fold: Fold::Entity(Order::Recorded),
            upgrade: Upgrade::Rebuild,
            history: History::Emit,
            content_type: None,
            emits: vec![],
            attributes: vec![],
        }
    }

    fn reduce(_target: Target, model: Option<Vec<u8>>, events: Vec<Event>) -> Result<Reduction, Failure> {
        let mut seen: Vec<Value> =
            model.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        for event in &events {
            match event.event_type.as_str() {
                "left" => process::exit(3),
                "panicked" => panic!("said before the end"),
                "printed" => print(event),
                _ => {}
            }
            seen.push(look(events.len()));
        }
        Ok(Reduction { model: ModelChange::Put(json!(seen).to_string().into_bytes()), events: vec![] })
    }
}

/// What the standard library says about the world.
#[expect(clippy::disallowed_methods, reason = "what the host gives for them is what the tests look at")]
fn look(at_once: usize) -> Value {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let before = now();
    let began = Instant::now();
    thread::sleep(Duration::from_secs(3600));
    let slept = began.elapsed();
    let random = || RandomState::new().build_hasher().finish().to_string();
    let mut input = String::new();
    json!({
        "at_once": at_once,
        "now_us": u64::try_from(before.as_micros()).unwrap_or_default(),
        "passed_us": u64::try_from((now() - before).as_micros()).unwrap_or_default(),
        "slept_ms": u64::try_from(slept.as_millis()).unwrap_or_default(),
        "random": [random(), random()],
        "arguments": env::args().count(),
        "environment": env::vars().count(),
        "files": fs::read_dir("/").is_ok() || fs::write("/tmp/x", "x").is_ok(),
        "input": std::io::stdin().read_to_string(&mut input).ok(),
    })
}

/// As the data's `text` says, on both streams; then ends, if it says so.
fn print(event: &Event) {
    let data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
    let text = data["text"].as_str().unwrap_or_default();
    print!("out: {text}\nout, not ended: {text}");
    eprint!("err: {text}\nerr, not ended: {text}");
    if data["then"] == "left" {
        process::exit(3);
    }
}

#[cfg(target_arch = "wasm32")]
everfold_sdk::bindings::export!(Worldly with_types_in everfold_sdk::bindings);
