//! What one reduction costs, beside the floor: wasmtime itself, called directly, in the same run and with the
//! same settings. The guests are the tests' own, built first, as `everfold build` would:
//!
//! - `tally`, a small one, whose work is the call itself;
//! - `ledger`, which reads and writes JSON;
//! - `bulky`, which stands for an interpreter: 10 MiB of data, of which each call touches 1.5.
//!
//! ```sh
//! cargo bench -p everfold --bench reduction              # all
//! cargo bench -p everfold --bench reduction -- ledger    # some
//! ```
//!
//! Events have some 100 bytes of data, models some 300. `instantiate` is a store, an instance and their end;
//! `reduce` adds the call.

mod floor;
mod pairs;
mod wire;

use std::{error::Error, hint::black_box, path::Path, sync::Arc, time::Duration};

use criterion::{Criterion, Throughput};
use everfold::{
    Config,
    build::{self, BuildOptions},
    sandbox::{Call, ModelChange, Module, Sandbox, SandboxSettings},
    words::{DomainKey, EntityId, Event, Fact, Position},
};

use floor::Floor;
use wire::Target;

const ENTITY: &str = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
const EVENT_TYPE: &str = "noted";

fn main() -> Result<(), Box<dyn Error>> {
    let reducers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reducers");
    let built = build::components(&reducers, BuildOptions { examples: true })?;
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    for name in ["tally", "ledger", "bulky"] {
        let guest = built.iter().find(|built| built.name == name).ok_or("a guest is missing")?;
        measure(&mut criterion, name, &guest.component)?;
    }
    criterion.final_summary();
    Ok(())
}

fn measure(criterion: &mut Criterion, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    // As many workers as calls: this one.
    let settings = SandboxSettings { workers: 1, cache: None, ..SandboxSettings::from(&Config::embedded()) };
    let floor = Floor::load(settings.limits, bytes)?;
    let module = Sandbox::new(&settings)?.load(&bytes.into(), &settings.limits)?;
    let events = (0..64).map(event).collect::<Result<Vec<_>, _>>()?;
    let given = Given { key: DomainKey { context: "shop".parse()?, domain: name.parse()? }, model: None };
    // Six events make a model of some 300 bytes.
    let ModelChange::Put(model) = given.reduce(&module, &events[..6]) else {
        return Err("the guest makes no model".into());
    };
    eprintln!("{name}: {} bytes, a model of {} bytes", bytes.len(), model.len());
    let given = Given { model: Some(model), ..given };

    parts(criterion, name, &floor);
    for count in [1, 64] {
        let mut group = criterion.benchmark_group(format!("{name}: reduce {count}"));
        group.throughput(Throughput::Elements(count as u64));
        let ids: Vec<String> = events.iter().map(|event| event.fact.id.to_string()).collect();
        let lent: Vec<wire::Event<'_>> =
            events.iter().zip(&ids).take(count).map(|(event, id)| lend(event, id)).collect();
        let target = Target { context: given.key.context.as_str(), domain: name, entity: Some(ENTITY) };
        group.bench_function("floor", |bencher| {
            bencher.iter(|| floor.reduce((target, given.model.as_deref(), black_box(&lent))));
        });
        group.bench_function("everfold", |bencher| {
            bencher.iter(|| given.reduce(&module, black_box(&events[..count])));
        });
        group.finish();
        pairs::compare(
            &format!("{name}: reduce {count}, in turns"),
            || drop(black_box(floor.reduce((target, given.model.as_deref(), black_box(&lent))))),
            || drop(black_box(given.reduce(&module, black_box(&events[..count])))),
        );
    }
    Ok(())
}

/// Where the floor's time goes.
fn parts(criterion: &mut Criterion, name: &str, floor: &Floor) {
    let mut group = criterion.benchmark_group(format!("{name}: parts"));
    group.bench_function("store", |bencher| bencher.iter(|| floor.store()));
    group.bench_function("instantiate", |bencher| {
        bencher.iter(|| floor.instantiate(&mut floor.store()));
    });
    let mut store = floor.store();
    let instance = floor.instantiate(&mut store);
    group.bench_function("find the function", |bencher| {
        bencher.iter(|| floor.reduce_of(&mut store, &instance));
    });
}

/// What every call is given besides events.
struct Given {
    key: DomainKey,
    model: Option<Vec<u8>>,
}

impl Given {
    fn reduce(&self, module: &Module, events: &[Arc<Event>]) -> ModelChange {
        let entity = Some(events[0].fact.entity);
        let call = Call { key: &self.key, entity, model: self.model.as_deref(), events };
        module.reduce(&call).expect("the guest takes the events").model
    }
}

/// An event as the store would give it.
fn event(n: u64) -> Result<Arc<Event>, Box<dyn Error>> {
    let data = format!(
        r#"{{"n":{n},"sku":"kettle-{n:04}","name":"A kettle that whistles","qty":1,"price":2495,"note":"as a gift"}}"#
    );
    let fact = Fact {
        id: format!("c232ab{n:02x}-9414-11ec-b3c8-9f6bdeced846").parse()?,
        entity: ENTITY.parse::<EntityId>()?,
        event_type: EVENT_TYPE.parse()?,
        data: data.into_bytes(),
        metadata: Vec::new(),
        cause: None,
        depth: 0,
        origin: None,
    };
    let event =
        Event { position: Position(n + 1), recorded_at: 0, context: "shop".parse()?, fact: Arc::new(fact) };
    Ok(Arc::new(event))
}

/// The same, as wasmtime takes it.
fn lend<'a>(event: &'a Event, id: &'a str) -> wire::Event<'a> {
    wire::Event {
        id,
        entity: ENTITY,
        event_type: EVENT_TYPE,
        data: &event.fact.data,
        occurred_at: event.fact.id.occurred_at(),
        position: None,
        cause: None,
        metadata: &event.fact.metadata,
    }
}
