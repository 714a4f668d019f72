//! `everfold bench`: loads a host over its HTTP interface and measures, for users who size a machine.
//!
//! A run writes real events into the host's store. It takes three steps: a warm-up, which is not measured;
//! the load; and the wait until the domains have folded the last event, so that a rate counts what became
//! of events and not just answers. Latency counts from when a request was *due*: in an open loop (a fixed
//! rate) a host that stalls is charged for what should have been sent meanwhile.
//!
//! The client shares the machine with the host, so it is light: a thread that drives its connections by
//! itself, and says how busy it was.

mod client;
mod connection;
mod domains;
mod drive;
mod error;
mod files;
mod follower;
mod ids;
mod lane;
mod latency;
mod live;
mod messages;
mod numbers;
mod options;
mod pacer;
mod report;
mod requests;
mod schedule;
mod status;
mod table;
mod tally;
mod target;
mod template;
mod threads;
mod timer;
mod under_way;
mod updates;
mod websocket;
mod work;
mod workload;

use std::sync::Arc;

use ::http::Uri;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

pub use connection::Failure;
pub use error::BenchError;
pub use latency::{Bucket, Latency};
pub use options::BenchOptions;
pub use report::{Log, Report};
pub use status::Served;
pub use table::table;
pub use tally::Trouble;
pub use workload::Workload;

use client::Client;
use domains::Domains;
use drive::{Phase, drive};
use live::{Followed, Followers};
use options::{Limit, Plan};
use report::{After, Measured};
use status::{Reducers, folded};
use tally::Tally;
use target::Target;
use work::Work;

/// Loads a host as the options say, until that is done or `stop` fires; what was measured by then is
/// reported. `tell` hears what goes on, a line at a time. If this process may not open as many files as there are
/// connections, its limit is raised as far as it may be.
///
/// # Errors
/// [`BenchError`], with the way out, if nothing could be measured. Requests that failed are in the report.
pub async fn run(
    options: BenchOptions,
    stop: CancellationToken,
    tell: impl Fn(&str),
) -> Result<Report, BenchError> {
    let plan = Arc::new(Plan::new(options)?);
    let options = &plan.options;
    let target = Target::find(&options.url, options.anywhere, options.token.as_ref()).await?;
    let mut client = Client::new(target.clone());
    let reducers = Reducers::ask(&mut client).await?;
    let domains = Domains::choose(&reducers, &plan)?;
    let followed = Followed::by(&plan, &domains);
    files::make_room(plan.lanes + followed.sockets)?;
    let work = Arc::new(work(&plan, &domains, &target, &mut client).await?);
    let warm_up = Limit { duration: Some(plan.options.warm_up), events: None };
    let mut phase = Phase { plan, target, work, limit: warm_up, updates: None, stop };
    settle(&mut client, &domains, &phase.stop, reducers.head, &tell).await?;
    if !phase.plan.options.warm_up.is_zero() {
        tell(&format!("warming up for {} s", phase.plan.options.warm_up.as_secs_f64()));
        let tally = drive(&phase).await?;
        settle(&mut client, &domains, &phase.stop, tally.position, &tell).await?;
    }
    if phase.stop.is_cancelled() {
        return Err(BenchError::Stopped);
    }
    phase.limit = phase.plan.limit;
    let measured = measure(phase, &domains, followed, &mut client, &tell).await?;
    Ok(Report::new(measured))
}

async fn measure(
    mut phase: Phase,
    domains: &Domains,
    followed: Followed,
    client: &mut Client,
    tell: impl Fn(&str),
) -> Result<Measured, BenchError> {
    let followers = followers(&phase, followed, &tell).await?;
    phase.updates = followers.as_ref().map(|followers| Arc::clone(&followers.updates));
    let before = Reducers::ask(client).await?.head;
    tell("measuring; ctrl-c ends it early and shows what was measured so far");
    let mut tally = drive(&phase).await?;
    let mut updated = None;
    if let Some(followers) = followers {
        let outcome = followers.settle(&phase.stop).await?;
        outcome.failures.iter().for_each(|failure| tally.failed(failure));
        tally.busy.extend(outcome.busy);
        updated = Some(outcome.seen);
        if outcome.unseen > 0 {
            let example = "within 5 s of the last update somebody was not sent the model again".to_owned();
            tally.troubles(Trouble { kind: "no update".to_owned(), count: outcome.unseen, example });
        }
    }
    let after = after(&phase, domains, client, &mut tally, &tell).await;
    Ok(Measured {
        before,
        after,
        server: client.server.clone(),
        url: phase.target.url(),
        stopped: phase.stop.is_cancelled(),
        tally,
        updated,
        plan: phase.plan,
    })
}

/// How the host is once all was sent, and folded, if that is waited for. One that is gone by then is a
/// trouble among others: what was measured is shown all the same.
async fn after(
    phase: &Phase,
    domains: &Domains,
    client: &mut Client,
    tally: &mut Tally,
    tell: impl Fn(&str),
) -> Option<After> {
    let look = async {
        let mut folded_at = None;
        if phase.work.appends_events() && tally.events > 0 {
            tell("waiting until the last event is folded");
            folded_at = folded(client, domains, tally.position, &phase.stop).await?;
        }
        let reducers = Reducers::ask(client).await?;
        Ok::<_, BenchError>(After { folded_at, head: reducers.head, served: reducers.served(domains) })
    };
    let seen = look.await;
    seen.map_err(|error| tally.trouble("the host is gone".to_owned(), error.to_string())).ok()
}

/// Waits until nothing is left to fold, so that what came before does not count as load.
async fn settle(
    client: &mut Client,
    domains: &Domains,
    stop: &CancellationToken,
    position: u64,
    tell: impl Fn(&str),
) -> Result<(), BenchError> {
    let is_folded = folded(client, domains, position, stop).await?.is_some();
    if !is_folded && !domains.chosen.is_empty() && !stop.is_cancelled() {
        tell("older events are still not folded, and it does not go on: the figures hold that, too");
    }
    Ok(())
}

/// What to send. For reads, that is what the host has.
async fn work(
    plan: &Plan,
    domains: &Domains,
    target: &Target,
    client: &mut Client,
) -> Result<Work, BenchError> {
    if plan.options.workload != Workload::Read {
        let context = &plan.options.context;
        // Says so if there is no such context.
        let _: Keys = client.get(&format!("/{context}/keys?limit=1")).await?;
        return Ok(Work::appends(plan, ids::entities(plan.entities), target.headers()));
    }
    let mut models = Vec::new();
    for path in present_models(plan, domains, client).await? {
        let refused = |why: ::http::uri::InvalidUri| BenchError::Broken(format!("{path}: {why}"));
        models.push(path.parse::<Uri>().map_err(refused)?);
    }
    if models.is_empty() {
        let why = "it has no models: append some events first (--workload append-fold)".to_owned();
        return Err(BenchError::OneDomain { workload: "read", why });
    }
    Ok(Work::reads(models, target.headers()))
}

/// A page of names.
#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
    next: Option<String>,
}

/// The paths of models that the host has, as many as there should be entities.
async fn present_models(
    plan: &Plan,
    domains: &Domains,
    client: &mut Client,
) -> Result<Vec<String>, BenchError> {
    let context = &plan.options.context;
    let mut paths = Vec::new();
    for (domain, is_whole) in &domains.chosen {
        if *is_whole {
            paths.push(format!("/{context}/{domain}/model"));
            continue;
        }
        let mut next = Some(format!("/{context}/{domain}/keys"));
        while let Some(path) = next.filter(|_| paths.len() < plan.entities) {
            let page: Keys = client.get(&path).await?;
            paths.extend(page.keys.iter().map(|entity| format!("/{context}/{domain}/{entity}/model")));
            next = page.next;
        }
    }
    paths.truncate(plan.entities);
    Ok(paths)
}

/// Opens the websockets that follow, if there are to be any.
async fn followers(
    phase: &Phase,
    followed: Followed,
    tell: impl Fn(&str),
) -> Result<Option<Followers>, BenchError> {
    if followed.sockets == 0 {
        return Ok(None);
    }
    tell(&format!("opening {}", numbers::many(followed.sockets, "websocket")));
    let threads = phase.plan.options.threads;
    Followers::open(followed, &phase.target, threads, &phase.stop).await.map(Some)
}
