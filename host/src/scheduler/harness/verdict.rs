//! The promises, held against what is in the store in the end and what was told on the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    store::{Append, LogQuery, ModelWrite, Reduction, Store, Which},
    words::{
        ActivationNumber, ContextName, DomainKey, EntityId, Event, EventId, Fact, Position, Row, Segment,
        Upgrade, Version,
    },
};

use super::{
    clients::Told,
    faulty::Note,
    life::find,
    oracle::Oracle,
    script::{Script, Sum},
};

type RowKey = (DomainKey, Option<EntityId>);
/// A finding: what is not as it was promised.
type Verdict = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}

/// Looks at a store at rest.
pub(super) async fn judge(store: &dyn Store, told: &[(Append, Told)], notes: &[Note]) -> Verdict {
    let all = LogQuery {
        context: None,
        after: Position(0),
        since: None,
        up_to: None,
        types: Vec::new(),
        limit: 1_000_000,
    };
    let log = store.log(&all).await.unwrap();
    let known = store.catalogue().await.unwrap();
    let with_script = |activation| (find(&activation), activation);
    let activations = known.activations.into_iter().map(with_script);
    let activations: BTreeMap<_, _> =
        activations.map(|(script, activation)| (activation.number.0, (activation, script))).collect();
    let oracle = Oracle { log, activations };
    let keys: BTreeSet<&DomainKey> =
        oracle.activations.values().map(|(activation, _)| &activation.key).collect();
    let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
    for key in keys {
        let of_key = store.rows_page(key, Which::All, None, 1_000).await.unwrap().entries;
        rows.extend(of_key.into_iter().map(|(entity, row)| ((key.clone(), entity), row)));
    }
    appends(&oracle, told)?;
    let (written, emitted) = reductions(&oracle, notes)?;
    ensure!(rows == written, "the rows are not those that were committed:\n{rows:#?}\n{written:#?}");
    emissions(&oracle, &emitted)?;
    nothing_waits(&oracle, &rows)
}

/// Promise 1: what was acknowledged is there, once, where it was said to be; what was refused is not.
fn appends(oracle: &Oracle, told: &[(Append, Told)]) -> Verdict {
    let gapless = oracle.log.iter().map(|event| event.position.0).eq(1..=oracle.log.len() as u64);
    ensure!(gapless, "positions have gaps");
    let ids: BTreeSet<_> = oracle.log.iter().map(|event| (&event.context, event.fact.id)).collect();
    ensure!(ids.len() == oracle.log.len(), "an id is there twice");
    let at = |position: Position| oracle.log.get(usize::try_from(position.0).unwrap().wrapping_sub(1));
    let mut posted = BTreeSet::new();
    let mut new = BTreeSet::new();
    for (append, told) in told {
        match told {
            Told::Appended(appended) => {
                ensure!(appended.len() == append.facts.len(), "{append:?} was told of {appended:?}");
                for (fact, appended) in append.facts.iter().zip(appended) {
                    let there = at(appended.position).is_some_and(|event| {
                        event.context == append.context
                            && event.fact.id == fact.id
                            && event.fact.same_content(fact)
                    });
                    ensure!(there, "{fact:?} is not where it was said to be: {appended:?}");
                    posted.insert(appended.position);
                    ensure!(!appended.new || new.insert(appended.position), "{} was new twice", fact.id);
                }
            }
            Told::Conflict(id, position) => {
                let mut of_id = append.facts.iter().filter(|fact| fact.id == *id);
                let other = match at(*position) {
                    Some(event) => {
                        event.context == append.context
                            && event.fact.id == *id
                            && of_id.any(|fact| !fact.same_content(&event.fact))
                    }
                    None => of_id.next().is_some_and(|first| of_id.any(|fact| !fact.same_content(first))),
                };
                ensure!(other, "{append:?} met no conflict of {id} at {position}");
            }
        }
    }
    let from_outside =
        oracle.log.iter().filter(|event| event.fact.origin.is_none()).map(|event| event.position);
    let unknown: Vec<_> = from_outside.filter(|position| !posted.contains(position)).collect();
    ensure!(unknown.is_empty(), "what nobody was told of is at {unknown:?}");
    Ok(())
}

/// What was emitted, and by which row: in the log unless something else has its id.
type Emitted<'a> = BTreeMap<(ContextName, EventId), &'a Fact>;

/// Promises 2 and 3: each reduction goes on from the one before, under the activation in force, to a model that
/// is the fold of its events; and (4) emits what is due up to where it goes, once.
fn reductions<'a>(
    oracle: &Oracle,
    notes: &'a [Note],
) -> Result<(BTreeMap<RowKey, Row>, Emitted<'a>), String> {
    let mut in_force: BTreeMap<&DomainKey, ActivationNumber> = BTreeMap::new();
    let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
    let mut emitted = Emitted::new();
    let mut newest = Version(0);
    for note in notes {
        let (reduction, version, divergent) = match note {
            Note::Activated(key, number) => {
                in_force.insert(key, *number);
                continue;
            }
            Note::Reduced(reduction, version, divergent) => (reduction, *version, divergent),
        };
        let key = (reduction.key.clone(), reduction.entity);
        let row = rows.entry(key.clone()).or_default();
        let what = || format!("{reduction:?} of {row:?}");
        ensure!(
            reduction.seen == (row.version, row.folded),
            "it does not go on from the one before: {}",
            what()
        );
        ensure!(in_force.get(&reduction.key) == Some(&reduction.activation), "it is late: {}", what());
        let goes_back = reduction.folded < row.folded || reduction.emitted < row.emitted;
        ensure!(!goes_back, "it goes back: {}", what());
        let due = oracle.emitted(&key, reduction.activation.0, (row.emitted.0, reduction.emitted.0));
        let mut emits: Vec<&Fact> = reduction.emissions.iter().map(|fact| &**fact).collect();
        emits.sort_by_key(|fact| fact.id);
        ensure!(emits.iter().copied().eq(&due), "{due:#?} is due: {}", what());
        for fact in emits.into_iter().filter(|fact| !divergent.contains(&fact.id)) {
            let before = emitted.insert((reduction.key.context.clone(), fact.id), fact);
            ensure!(before.is_none(), "{} was emitted before: {}", fact.id, what());
        }
        let after = next(row, reduction, version);
        let is_new = reduction.model != ModelWrite::Keep;
        ensure!(
            if is_new { version > newest } else { version == row.version },
            "another version: {}",
            what()
        );
        newest = newest.max(version);
        let wanted = oracle.fold(&key, &after.made_by, after.folded);
        ensure!(wanted == Ok(model(&after)), "{wanted:?} is the model: {}", what());
        *row = after;
    }
    Ok((rows, emitted))
}

/// The row after a reduction.
fn next(row: &Row, reduction: &Reduction, version: Version) -> Row {
    Row {
        model: match &reduction.model {
            ModelWrite::Keep => row.model.clone(),
            ModelWrite::Put(model) => Some(model.clone()),
            ModelWrite::Delete => None,
        },
        version,
        folded: reduction.folded,
        emitted: reduction.emitted,
        last: reduction.last,
        events: reduction.events,
        made_by: reduction.made_by.clone(),
        parked: reduction.parked.clone(),
    }
}

fn model(row: &Row) -> Option<Sum> {
    row.model.as_ref().map(|model| serde_json::from_slice(model).unwrap())
}

/// Promise 4: what was emitted is in the log as it was emitted, and nothing else is.
fn emissions(oracle: &Oracle, emitted: &Emitted<'_>) -> Verdict {
    let in_log: BTreeMap<_, &Event> =
        oracle.log.iter().map(|event| ((event.context.clone(), event.fact.id), event)).collect();
    for (key, fact) in emitted {
        let there = in_log.get(key).is_some_and(|event| event.fact.same_content(fact));
        ensure!(there, "{fact:?} was emitted and is not there: {:?}", in_log.get(key));
    }
    for (key, event) in in_log.iter().filter(|(_, event)| event.fact.origin.is_some()) {
        let made = emitted.get(key).is_some_and(|fact| **fact == *event.fact);
        ensure!(made, "nobody emitted {event:?}");
    }
    Ok(())
}

/// Whoever is served has folded everything, with the module that should have, or is parked for a reason.
fn nothing_waits(oracle: &Oracle, rows: &BTreeMap<RowKey, Row>) -> Verdict {
    let newest: BTreeMap<&DomainKey, u64> =
        oracle.activations.values().map(|(activation, _)| (&activation.key, activation.number.0)).collect();
    for (key, number) in newest {
        let (_, Some(script)) = &oracle.activations[&number] else { continue };
        let entities: BTreeSet<_> = if script.descriptor.is_whole_context() {
            BTreeSet::from([None])
        } else {
            let of_context = oracle.log.iter().filter(|event| event.context == key.context);
            of_context.map(|event| Some(event.fact.entity)).collect()
        };
        for entity in entities {
            let of = (key.clone(), entity);
            let row = rows.get(&of);
            at_rest(oracle, script, number, &of, row).map_err(|why| format!("{of:?} {why}: {row:?}"))?;
        }
    }
    Ok(())
}

fn at_rest(oracle: &Oracle, script: &Script, number: u64, of: &RowKey, row: Option<&Row>) -> Verdict {
    let head = Position(oracle.log.len() as u64);
    let afresh = oracle.fold(of, &[Segment { activation: number, from: 1 }], head);
    let none = Row::default();
    let row = row.unwrap_or(&none);
    let mut waiting = oracle.taken(script, of, (row.folded.0, head.0));
    waiting.sort_by_key(|event| event.position);
    if let Some(parked) = &row.parked {
        ensure!(parked.activation == number, "was not tried again");
        let goes_on = waiting.first().map(|event| oracle.step(script, model(row), event));
        let is_stuck = !script.descriptor.by_occurrence() && matches!(goes_on, Some(Err(_)));
        ensure!(is_stuck || afresh.is_err(), "could be mended: {afresh:?}");
        return Ok(());
    }
    ensure!(waiting.is_empty(), "has not folded {waiting:?}");
    if script.descriptor.upgrade == Upgrade::Rebuild {
        ensure!(afresh == Ok(model(row)), "should hold {afresh:?}");
        return Ok(());
    }
    // What resumes may go on from models that others made, but not from before the last that rebuilt.
    let rebuilt = oracle.activations.values().filter(|(activation, script)| {
        activation.key == of.0
            && script.as_ref().is_some_and(|script| script.descriptor.upgrade == Upgrade::Rebuild)
    });
    let rebuilt = rebuilt.map(|(activation, _)| activation.number.0).max().unwrap_or(0);
    // Whoever comes back to a row that it made alone may go on from it.
    let hash = |segment: &Segment| oracle.script(segment.activation).hash();
    let alone = |up_to: usize, by| row.made_by[..up_to].iter().all(|segment| hash(segment) == by);
    let mut made = row.made_by.iter().enumerate();
    let since = made.any(|(index, segment)| segment.activation >= rebuilt && alone(index, hash(segment)));
    let whole = since || alone(row.made_by.len(), script.hash());
    ensure!(row.folded == Position(0) || whole, "was never rebuilt");
    Ok(())
}
