//! One behaviour, one story, one file for each language: whatever a reducer is written in, the host must be given the
//! same models and the same new events, byte for byte, in one call and event by event.

mod carts;
mod dev;
mod fresh;
mod projects;
mod story;

use everfold::projects::Language;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::harness::{Guest, Host, entity, event_id, ticks, wait_until};

use projects::module;
use story::{Parked, Story, line};

/// What every language does (the journal first: its model says positions), ...
const BEHAVIOURS: [&str; 12] = [
    "journal", "counter", "cart", "emits", "rejects", "traps", "large", "texts", "numbers", "nested",
    "noticed", "forgets",
];
/// ... and what those do in which something can be thrown.
const CRASHES: &str = "crashes";
/// Events in one call: as many as a host gives at once, and each by itself.
const CALLS: [usize; 2] = [64, 1];

/// Every behaviour in one language.
async fn conforms(language: Language) {
    let throws = !matches!(language, Language::Rust | Language::C | Language::Zig);
    let behaviours = BEHAVIOURS.into_iter().chain(throws.then_some(CRASHES));
    let told: Vec<_> =
        behaviours.map(|behaviour| (Story::of(behaviour), module(language, behaviour))).collect();
    let wrong = all_wrong(&told).await;
    assert!(wrong.is_empty(), "{language:?}:\n{}", wrong.join("\n"));
}

/// What is not as stories say it must be.
async fn all_wrong(told: &[(Story, &Guest)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for calls in CALLS {
        let host = Host::start(|config| {
            config.contexts = told.iter().map(|(story, _)| story.name.clone()).collect();
            config.limits.call_events = calls;
            for story in told.iter().map(|(story, _)| story) {
                let key = format!("{}/reducer", story.name).parse().unwrap();
                let own = config.limits_of.entry(key).or_insert_with(|| config.limits.clone());
                own.fuel = story.fuel.unwrap_or(own.fuel);
            }
        })
        .await;
        for (story, module) in told {
            let found = differences(&host, story, module).await;
            wrong.extend(found.into_iter().map(|what| format!("{} ({calls} a call): {what}", story.name)));
        }
        host.stop().await;
    }
    wrong
}

/// Deploys a module, tells it the story, and compares.
async fn differences(host: &Host, story: &Story, module: &Guest) -> Vec<String> {
    let context = &story.name;
    let served = host.deploy(context, "reducer", module).await;
    let mut found = Differences::default();
    found.compare(
        "the descriptor",
        &said(&served.0["descriptor"]).to_string(),
        &story.descriptor().to_string(),
    );
    tell(host, context, story.batch()).await;
    for (of, model) in story.models() {
        let of = of.map_or_else(String::new, |entity| format!("/{entity}"));
        let answer = host.get(&format!("/{context}/reducer{of}/model")).await;
        let there = if answer.status == 200 { answer.text() } else { "none".to_owned() };
        found.compare(&format!("the model{of}"), &there, model.as_deref().unwrap_or("none"));
    }
    let (are, must) = (emitted(host, context, "").await, story.emitted());
    found.compare("how many events are new", &are.len().to_string(), &must.len().to_string());
    are.iter().zip(&must).for_each(|(is, must)| found.compare("a new event", is, must));
    for (number, expected) in &story.parked {
        let parked = host.get(&format!("/_/parked/{context}/reducer/{}", entity(*number))).await;
        match serde_json::from_slice::<Captured>(&parked.body) {
            Ok(captured) if parked.status == 200 => found.parked(*number, &captured, expected),
            _ => found.compare(&format!("what is parked of {number}"), &parked.text(), "a failed call"),
        }
    }
    found.0
}

/// What is not as it must be.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, is: &str, must: &str) {
        if is != must {
            self.0.push(format!("{what} is\n    {}\n  and must be\n    {}", short(is), short(must)));
        }
    }

    fn parked(&mut self, number: u64, captured: &Captured, expected: &Parked) {
        let Captured { events, failure, log } = captured;
        let is = json!([events[0].id, failure.code]);
        let must = json!([event_id(expected.event + 1), expected.code]);
        self.compare(&format!("why {number} is parked"), &is.to_string(), &must.to_string());
        if !failure.message.contains(&expected.message) {
            self.compare("the message", &failure.message, &expected.message);
        }
        if expected.trace && failure.trace.is_none() {
            self.compare("the trace", "none", "a text");
        }
        if !expected.log.is_empty() {
            self.compare("what was logged", &json!(log).to_string(), &json!(expected.log).to_string());
        }
    }
}

/// A failed call, but for its data: that may be what nobody here can read.
#[derive(Deserialize)]
struct Captured {
    events: Vec<Named>,
    failure: Failed,
    log: Vec<Value>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Failed {
    code: String,
    message: String,
    trace: Option<String>,
}

/// Of a text that may be long, enough to see what it is.
fn short(text: &str) -> String {
    let cut = text.char_indices().nth(600).map_or(text.len(), |(at, _)| at);
    if cut < text.len() { format!("{}… ({} bytes)", &text[..cut], text.len()) } else { text.to_owned() }
}

/// A descriptor, but for the order of what has none.
fn said(descriptor: &Value) -> Value {
    let mut said = descriptor.clone();
    for list in ["event_types", "emits"] {
        said[list].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    }
    said
}

/// Posts a batch, and waits until it is folded.
async fn tell(host: &Host, context: &str, batch: String) {
    let request = host.request("POST", &format!("/{context}/events"));
    host.send(request.header("content-type", "application/json").body(batch)).await.expect(201);
    wait_until(&format!("{context} to be folded"), async || {
        let reducer = host.reducer(context, "reducer").await.unwrap();
        if reducer.lag() == 0 { Ok(()) } else { Err(format!("{reducer:?}")) }
    })
    .await;
}

/// An event that a reducer made, with its data as it was written.
#[derive(Deserialize)]
struct Emitted<'a> {
    id: String,
    r#type: String,
    entity: String,
    cause: Option<String>,
    metadata: Value,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// What reducers made, of a thousand events that are chosen so, in the order of their ids.
async fn emitted(host: &Host, context: &str, chosen: &str) -> Vec<String> {
    let request = host.request("GET", &format!("/{context}/events?limit=1000{chosen}"));
    let page = host.send(request.header("accept", "application/x-ndjson")).await.expect(200).text();
    let events = page.lines().map(|line| serde_json::from_str::<Emitted<'_>>(line).unwrap());
    let mut made: Vec<_> = events.filter_map(|event| Some((event.cause.clone()?, event))).collect();
    made.sort_by_key(|(_, event)| ticks(&event.id));
    let shown = |(cause, event): &(String, Emitted<'_>)| {
        line(cause, &event.r#type, &event.entity, event.data.get(), &event.metadata)
    };
    made.iter().map(shown).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rust_conforms() {
    conforms(Language::Rust).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typescript_conforms() {
    conforms(Language::Ts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_conforms() {
    conforms(Language::Js).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_conforms() {
    conforms(Language::Python).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_conforms() {
    conforms(Language::Go).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_conforms() {
    conforms(Language::C).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zig_conforms() {
    conforms(Language::Zig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seventh_language_conforms() {
    let wrong = all_wrong(&[(Story::of("counter"), &projects::assembly_script())]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
