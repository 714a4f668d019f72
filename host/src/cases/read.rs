//! From the text of a case file to cases: names, ids, data and limits are checked as at the door, and what
//! is left out is filled in.

use std::{path::Path, sync::Arc};

use serde_json::value::RawValue;

use crate::{
    ingest::{Ingest, minify},
    words::{Descriptor, DomainKey, EntityId, Event, EventId},
};

use super::{
    case::{Case, Emitted, Then},
    files,
    form::{CaseForm, EmittedForm, FailureForm, GivenForm, ThenForm, form, without_place},
    json::Json,
    timeline::Timeline,
};

/// The entity of the cases that name none. The Rust SDK's tests take the same.
const ENTITY: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// What cases are checked against.
pub(super) struct Rules<'a> {
    pub(super) key: &'a DomainKey,
    pub(super) descriptor: &'a Descriptor,
    pub(super) door: &'a Ingest,
    /// The most events of one call.
    pub(super) call_events: usize,
}

impl Rules<'_> {
    /// The cases of a file, in its order.
    ///
    /// # Errors
    /// The first thing that is wrong; it names the file, the case and the place.
    pub(super) fn read(&self, file: &Path) -> Result<Vec<Case>, String> {
        let text = files::read(file)?;
        let text = text.trim_ascii();
        let read = |text| serde_json::from_str::<Vec<&RawValue>>(text);
        // A file that is no list is one case.
        let cases = if text.starts_with('[') {
            read(text).map_err(|why| why.to_string())?
        } else {
            vec![serde_json::from_str(text).map_err(|why| why.to_string())?]
        };
        let read = |(number, text)| self.case(file, number, text);
        let cases = (1..).zip(cases).map(read).collect::<Result<_, _>>();
        cases.map_err(|why: String| format!("{}: {why}", file.display()))
    }

    fn case(&self, file: &Path, number: usize, text: &RawValue) -> Result<Case, String> {
        let named: Option<Named> = serde_json::from_str(text.get()).ok();
        let place =
            named.map_or_else(|| format!("case {number}"), |named| format!("case {number} ({})", named.name));
        let raw: CaseForm<'_> = form(text, &place)?;
        let read = self.filled(file, &raw);
        read.map_err(|why| format!("{place}: {why}"))
    }

    fn filled(&self, file: &Path, raw: &CaseForm<'_>) -> Result<Case, String> {
        let entity: EntityId =
            raw.entity.as_deref().unwrap_or(ENTITY).parse().map_err(|why| format!("entity: {why}"))?;
        let given: GivenForm<'_> =
            raw.given.map(|given| form(given, "given")).transpose()?.unwrap_or_default();
        let model = given.model.map(model_bytes).transpose()?;
        let mut timeline = Timeline::new(self, entity);
        let given = timeline.events(&given.events, "given, event")?;
        let when = timeline.events(&raw.when, "when, event")?;
        if when.is_empty() {
            return Err("when: at least one event must come".to_owned());
        }
        if when.len() > self.call_events {
            return Err(format!(
                "when: it has {} events, but {} is the limit for one call (limits.call_events)",
                when.len(),
                self.call_events
            ));
        }
        let written: Vec<EventId> = when.iter().map(|event| event.fact.id).collect();
        let (given, when) =
            if self.descriptor.by_occurrence() { occurred(given, when)? } else { (given, when) };
        let then = then(&form(raw.then, "then")?, &written)?;
        let entity = (!self.descriptor.is_whole_context()).then_some(entity);
        Ok(Case { file: file.to_owned(), name: raw.name.clone(), entity, model, given, when, written, then })
    }
}

/// Enough of a case to say which one is wrong.
#[derive(serde::Deserialize)]
struct Named {
    name: String,
}

type Events = Vec<Arc<Event>>;

/// Puts events in the order of their ids, as a host would.
fn occurred(mut given: Events, mut when: Events) -> Result<(Events, Events), String> {
    for events in [&mut given, &mut when] {
        events.sort_by_key(|event| event.fact.id);
    }
    match (given.last(), when.first()) {
        (Some(last), Some(first)) if first.fact.id < last.fact.id => Err(format!(
            "when: the event {} happened before the given event {}, and under the order `occurred` a host folds it first: put both into `when`",
            first.fact.id, last.fact.id
        )),
        _ => Ok((given, when)),
    }
}

/// A model as the store would hold it.
fn model_bytes(text: &RawValue) -> Result<Arc<[u8]>, String> {
    let bytes = minify(text.get().as_bytes()).map_err(|why| format!("given, model: {why}"))?;
    Ok(Arc::from(&*bytes))
}

fn then(raw: &ThenForm<'_>, written: &[EventId]) -> Result<Then, String> {
    let looked_at = (raw.model, &raw.events, raw.failure);
    match looked_at {
        (None, None, Some(failure)) => expected_failure(failure, written),
        (_, _, Some(_)) => {
            Err("then: what fails leaves neither model nor events: name `failure` alone".to_owned())
        }
        (None, None, None) => {
            Err("then: nothing is looked at: name `model`, `events` or `failure`".to_owned())
        }
        (model, events, None) => {
            let model = model.map(|model| (model.get() != "null").then(|| Json::of(model.get())));
            let emitted = |(index, event): (usize, &&RawValue)| {
                let place = format!("then, event {index}");
                emitted(&form(event, &place)?, written).map_err(|why| format!("{place}: {why}"))
            };
            let events = events.as_ref().map(|events| events.iter().enumerate().map(emitted).collect());
            Ok(Then::Folded { model, events: events.transpose()? })
        }
    }
}

fn expected_failure(raw: &RawValue, written: &[EventId]) -> Result<Then, String> {
    let FailureForm { code, message, event } = form(raw, "then, failure")?;
    let event = event.map(|index| written_at(written, index)).transpose();
    let event = event.map_err(|why| format!("then, failure, event: {why}"))?;
    Ok(Then::Failure { code, message, event })
}

fn emitted(raw: &EmittedForm<'_>, written: &[EventId]) -> Result<Emitted, String> {
    Ok(Emitted {
        event_type: raw.event_type.parse().map_err(|why: crate::words::NameError| why.to_string())?,
        data: raw.data.map(|data| Json::of(data.get())),
        entity: raw.entity.as_deref().map(str::parse).transpose().map_err(|why| format!("entity: {why}"))?,
        metadata: raw.metadata.clone(),
        cause: raw
            .cause
            .map(|text| cause(text, written))
            .transpose()
            .map_err(|why| format!("cause: {why}"))?,
    })
}

/// The event that an expected one names as its cause, by index or by id.
fn cause(text: &RawValue, written: &[EventId]) -> Result<EventId, String> {
    if text.get().starts_with('"') {
        let id: String = serde_json::from_str(text.get()).map_err(|why| without_place(&why))?;
        return id.parse().map_err(|why: crate::words::IdError| why.to_string());
    }
    let index = serde_json::from_str(text.get());
    written_at(
        written,
        index.map_err(|_| "it is the index of an event in `when`, or the event's id".to_owned())?,
    )
}

fn written_at(written: &[EventId], index: usize) -> Result<EventId, String> {
    let id = written.get(index).copied();
    id.ok_or_else(|| {
        format!("{index} is no index into `when`, which has {} events (0 is the first)", written.len())
    })
}
