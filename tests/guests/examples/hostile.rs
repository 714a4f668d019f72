//! Does what a module must not, as the event's type says, and otherwise counts: for the tests of limits,
//! traps and parking. It does without `reducer!`, which would not let most of it pass.

use std::{
    hint::{black_box, spin_loop},
    sync::atomic::{AtomicU64, Ordering},
};

use everfold_sdk::log::{info, warn};
use everfold_sdk::wire::{
    Descriptor, Event, Failure, Fold, Guest, History, ModelChange, NewEvent, Order, Reduction, Target,
    Upgrade,
};
use serde_json::{Value, json};

/// What this module exports.
pub struct Hostile;

impl Guest for Hostile {
    fn describe() -> Descriptor {
        Descriptor {
            event_types: vec![],
            fold: Fold::Entity(Order::Occurred),
            upgrade: Upgrade::Rebuild,
            history: History::Emit,
            content_type: None,
            emits: vec![],
            attributes: vec![],
        }
    }

    fn reduce(_target: Target, model: Option<Vec<u8>>, events: Vec<Event>) -> Result<Reduction, Failure> {
        let model: Value = model.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let mut count = model["count"].as_u64().unwrap_or_default();
        let mut bytes = None;
        let mut new_events = vec![];
        for (index, event) in (0..).zip(&events) {
            match event.event_type.as_str() {
                "reject" => return Err(rejection(index, event)),
                "bad-model" => bytes = Some(b"not JSON".to_vec()),
                "huge-model" => bytes = Some(huge_model()),
                "boast" => bytes = Some(boast()),
                "remember" => bytes = Some(remember()),
                "flood" => new_events.extend(flood(index, event)),
                "burn" => burn(event),
                other => match bad_event(other, index) {
                    Some(bad) => new_events.push(bad),
                    None => misbehave(other),
                },
            }
            count += 1;
        }
        let counted = || json!({ "count": count }).to_string().into_bytes();
        let model = ModelChange::Put(bytes.unwrap_or_else(counted));
        Ok(Reduction { model, events: new_events })
    }
}

/// Ways not to come back; other types pass.
fn misbehave(event_type: &str) {
    match event_type {
        "trap" => std::process::abort(),
        "log-then-trap" => log_then_trap(),
        "spin" => loop {
            spin_loop();
        },
        "allocate" => allocate(),
        "recurse" => drop(black_box(recurse(1))),
        "chatter" => chatter(),
        "probe" => probe(),
        _ => {}
    }
}

/// Says so first. Not inlined, so that the backtrace has its name.
#[inline(never)]
fn log_then_trap() {
    warn("about to trap");
    std::process::abort()
}

/// Takes memory until the host gives no more.
fn allocate() {
    let mut taken: Vec<Vec<u8>> = vec![];
    loop {
        let mut block = Vec::new();
        if taken.try_reserve(1).is_err() || block.try_reserve_exact(1 << 20).is_err() {
            std::process::abort();
        }
        taken.push(block);
    }
}

/// Logs for ever.
fn chatter() {
    for line in 0_u64.. {
        info(format!("line {line}: {}", "x".repeat(100)));
    }
}

/// Asks for more memory than it may have, and would go on happily without it.
fn probe() {
    #[cfg(target_arch = "wasm32")]
    black_box(core::arch::wasm32::memory_grow::<0>(60_000));
}

/// Works for as long as the data's `loops` say, without harm.
fn burn(event: &Event) {
    let data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
    (0..data["loops"].as_u64().unwrap_or_default()).for_each(|turn| {
        black_box(turn);
    });
}

/// A model of a gigabyte that is not there.
#[expect(unsafe_code, reason = "a lie that safe code cannot tell; nobody in here looks at it")]
fn boast() -> Vec<u8> {
    let truth = Box::leak(Box::new([b' '; 16]));
    // SAFETY: there is none. The host must not believe it.
    unsafe { Vec::from_raw_parts(truth.as_mut_ptr(), 1 << 30, 1 << 30) }
}

/// What an earlier call left behind: nothing, if instances are fresh.
fn remember() -> Vec<u8> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    json!({ "calls_before": CALLS.fetch_add(1, Ordering::Relaxed) }).to_string().into_bytes()
}

/// Calls itself until the stack ends. The string keeps it from becoming a loop.
#[inline(never)]
fn recurse(depth: u64) -> String {
    let deeper = black_box(depth) + 1;
    if deeper == 0 { String::new() } else { recurse(deeper) + "." }
}

/// As the data's `message` says.
fn rejection(index: u32, event: &Event) -> Failure {
    let data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
    let message = data["message"].as_str().unwrap_or("no reason given").to_owned();
    Failure { event: Some(index), code: "rejected".to_owned(), message, trace: None }
}

/// Valid JSON, but more than 4 MiB of it.
fn huge_model() -> Vec<u8> {
    let mut text = vec![b'x'; 5 << 20];
    text[0] = b'"';
    text.push(b'"');
    text
}

/// As many events as the data's `count` says, a million if it does not.
fn flood(cause: u32, event: &Event) -> impl Iterator<Item = NewEvent> + use<> {
    let data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
    (0..data["count"].as_u64().unwrap_or(1_000_000)).map(move |_| new_event(cause))
}

/// A new event with one thing wrong.
fn bad_event(event_type: &str, index: u32) -> Option<NewEvent> {
    let good = new_event(index);
    Some(match event_type {
        "bad-emit-text" => NewEvent { event_type: not_utf8(), ..good },
        "bad-emit-type" => NewEvent { event_type: "no spaces allowed".to_owned(), ..good },
        "bad-emit-entity" => NewEvent { entity: Some("not-a-uuid".to_owned()), ..good },
        "bad-emit-data" => NewEvent { data: b"not JSON".to_vec(), ..good },
        "bad-cause" => NewEvent { cause: 99, ..good },
        _ => return None,
    })
}

#[expect(unsafe_code, reason = "a lie that safe code cannot tell; nobody in here looks at it")]
fn not_utf8() -> String {
    // SAFETY: there is none. The host must not believe it.
    unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe]) }
}

fn new_event(cause: u32) -> NewEvent {
    NewEvent { cause, event_type: "flooded".to_owned(), entity: None, data: b"{}".to_vec(), metadata: vec![] }
}

#[cfg(target_arch = "wasm32")]
everfold_sdk::bindings::export!(Hostile with_types_in everfold_sdk::bindings);
