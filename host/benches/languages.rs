//! What a reducer costs in each language: the same small one, as `everfold new` makes it.
//!
//! ```sh
//! cargo bench -p everfold --bench languages                  # all
//! cargo bench -p everfold --bench languages -- rust python   # some
//! ```
//!
//! Prints the rows of the table in `sdk/README.md`: bytes of the component; seconds to build it for the first time
//! and again; milliseconds until a host has compiled it, and to find it compiled; microseconds for a reduction of one
//! event and of 64, each in a fresh instance (the median of some thousand). The toolchains are those of `tests/run`.

use std::{
    env,
    error::Error,
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use everfold::{
    Config,
    build::{self, BuildOptions},
    projects::{self, Language},
    sandbox::{CacheSettings, Call, ModelChange, Module, Sandbox, SandboxSettings},
    words::{DomainKey, Event, Fact, Position},
};

/// How long reductions are measured.
const MEASURED: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let toolchains = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/toolchains");
    let folder = toolchains.join("projects/measured");
    let chosen: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!(
        "| language | size, KiB | build, s | again, s | compile, ms | cached, ms | 1 event, µs | 64 events, µs |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for language in Language::ALL {
        let name = format!("{language:?}").to_lowercase();
        if !chosen.is_empty() && !chosen.contains(&name) {
            continue;
        }
        let project = folder.join(&name);
        drop(fs::remove_dir_all(&project));
        fs::create_dir_all(&folder)?;
        projects::create(&project, language)?;
        if matches!(language, Language::Ts | Language::Js) {
            // What `npm install` does for the SDK; the tools lie above.
            fs::create_dir_all(project.join("node_modules"))?;
            symlink("../everfold-sdk", project.join("node_modules/everfold"))?;
        }
        measure(&name, &project)?;
    }
    Ok(())
}

fn measure(name: &str, project: &Path) -> Result<(), Box<dyn Error>> {
    let build = || build::components(project, BuildOptions::default());
    let (built, first) = timed(build)?;
    let (_, again) = timed(build)?;
    let bytes: Arc<[u8]> = Arc::from(built[0].component.as_slice());
    let folder = project.join("target/everfold/code");
    let config = Config::embedded();
    let cache = Some(CacheSettings { folder, bytes: config.limits.code_cache_bytes });
    let settings = SandboxSettings { workers: 1, cache, ..SandboxSettings::from(&config) };
    let load = || Sandbox::new(&settings)?.load(&bytes, &settings.limits).map_err(Box::<dyn Error>::from);
    let (_, compiled) = timed(load)?;
    let (module, found) = timed(load)?;
    let key = DomainKey { context: "shop".parse()?, domain: name.parse()? };
    let events = (0..64).map(event).collect::<Result<Vec<_>, _>>()?;
    let model = reduce(&module, &key, None, &events)?;
    let times = [1, 64].map(|count| median(|| drop(reduce(&module, &key, Some(&model), &events[..count]))));
    let [one, many] = times.map(|time| time.as_secs_f64() * 1e6);
    println!(
        "| {name} | {} | {:.1} | {:.1} | {:.0} | {:.1} | {one:.1} | {many:.1} |",
        bytes.len().div_ceil(1024),
        first.as_secs_f64(),
        again.as_secs_f64(),
        compiled.as_secs_f64() * 1e3,
        found.as_secs_f64() * 1e3,
    );
    Ok(())
}

fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let began = Instant::now();
    Ok((work()?, began.elapsed()))
}

fn median(mut work: impl FnMut()) -> Duration {
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < MEASURED {
        let before = Instant::now();
        work();
        times.push(before.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

fn reduce(
    module: &Module,
    key: &DomainKey,
    model: Option<&[u8]>,
    events: &[Arc<Event>],
) -> Result<Vec<u8>, Box<dyn Error>> {
    let call = Call { key, entity: Some(events[0].fact.entity), model, events };
    match module.reduce(&call) {
        Ok(reduced) => match reduced.model {
            ModelChange::Put(model) => Ok(model),
            other => Err(format!("the model is {other:?}").into()),
        },
        Err(failure) => Err(failure.message.into()),
    }
}

/// An event as the store would give it.
fn event(n: u64) -> Result<Arc<Event>, Box<dyn Error>> {
    let fact = Fact {
        id: format!("{n:08x}-9414-11ec-b3c8-9f6bdeced846").parse()?,
        entity: "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse()?,
        event_type: "item_added".parse()?,
        data: br#"{"sku":"kettle","name":"A kettle that whistles","qty":1,"price":2495,"note":"as a gift"}"#
            .to_vec(),
        metadata: Vec::new(),
        cause: None,
        depth: 0,
        origin: None,
    };
    Ok(Arc::new(Event {
        position: Position(n + 1),
        recorded_at: 0,
        context: "shop".parse()?,
        fact: Arc::new(fact),
    }))
}
