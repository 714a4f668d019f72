//! The events of a case, one after another: what they leave out follows from those before.

use std::{collections::HashSet, sync::Arc};

use serde_json::value::RawValue;

use crate::{
    ingest::RawEvent,
    words::{EntityId, Event, EventId, Position, TICKS_BEFORE_UNIX},
};

use super::{
    form::{EventForm, form},
    read::Rules,
};

/// 2026-01-01T00:00:00Z, in microseconds since the Unix epoch: when the first event happens.
const START: i64 = 1_767_225_600_000_000;
const SECOND: i64 = 1_000_000;
/// The last time that an event id can say.
const LATEST: i64 = (EventId::MAX_TICKS.cast_signed() - TICKS_BEFORE_UNIX) / 10;

/// Where the events of a case have got to.
pub(super) struct Timeline<'a> {
    rules: &'a Rules<'a>,
    entity: EntityId,
    /// When the last event happened.
    last: Option<i64>,
    position: Position,
    ids: HashSet<EventId>,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(rules: &'a Rules<'a>, entity: EntityId) -> Self {
        Self { rules, entity, last: None, position: Position(0), ids: HashSet::new() }
    }

    /// The next events, in the order of the file.
    ///
    /// # Errors
    /// The first thing that is wrong; it names the place and the event's index.
    pub(super) fn events(&mut self, raw: &[&RawValue], place: &str) -> Result<Vec<Arc<Event>>, String> {
        let event = |(index, raw): (usize, &&RawValue)| {
            let place = format!("{place} {index}");
            self.event(&form(raw, &place)?).map_err(|why| format!("{place}: {why}"))
        };
        raw.iter().enumerate().map(event).collect()
    }

    fn event(&mut self, raw: &EventForm<'_>) -> Result<Arc<Event>, String> {
        let id = match (&raw.id, &raw.at) {
            (Some(_), Some(_)) => return Err("`id` and `at` both say when it happened: name one".to_owned()),
            (Some(id), None) => id.clone(),
            (None, at) => self.id(at.as_deref())?.to_string(),
        };
        let own = self.entity.to_string();
        let raw_event = RawEvent {
            id: &id,
            event_type: &raw.event_type,
            entity: raw.entity.as_deref().unwrap_or(&own),
            data: raw.data.get().as_bytes(),
            metadata: raw.metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        };
        // Cases may tell of any time, so to the door it is late.
        let taken = self.rules.door.accept(&[raw_event], LATEST).map_err(|why| why.to_string())?;
        let mut fact = taken.into_iter().next().map(Arc::unwrap_or_clone).ok_or("no event")?;
        let descriptor = self.rules.descriptor;
        if !descriptor.takes(&fact.event_type) {
            let takes = descriptor.event_types.join(", ");
            return Err(format!("the module does not take {}; it takes {takes}", fact.event_type));
        }
        if fact.entity != self.entity && !descriptor.is_whole_context() {
            return Err(format!("it happened to {}, but the model is that of {own}", fact.entity));
        }
        if !self.ids.insert(fact.id) {
            return Err(format!("the id {} is there twice", fact.id));
        }
        fact.cause =
            raw.cause.as_deref().map(str::parse).transpose().map_err(|why| format!("cause: {why}"))?;
        fact.depth = u32::from(fact.cause.is_some());
        self.last = Some(fact.id.occurred_at());
        let position = self.next_position(raw.position)?;
        let context = self.rules.key.context.clone();
        Ok(Arc::new(Event { position, recorded_at: fact.id.occurred_at(), context, fact: Arc::new(fact) }))
    }

    /// The id of an event that happens at this time, or a second after the one before.
    fn id(&self, at: Option<&str>) -> Result<EventId, String> {
        let next = || self.last.map_or(START, |last| last.saturating_add(SECOND));
        let micros = match at {
            None => next(),
            Some(at) => micros(at).and_then(|after| START.checked_add(after)).ok_or_else(|| {
                format!("at {at:?} is no time after 2026-01-01T00:00:00Z: write a whole number and one of ms, s, m, h, d, such as 90m")
            })?,
        };
        if micros > LATEST {
            return Err("it happens later than an event id can say".to_owned());
        }
        // Those of one instant stay in the order of the file.
        let number = u32::try_from(self.ids.len()).unwrap_or(u32::MAX).to_be_bytes();
        Ok(EventId::at(micros, [0, 0, 0, 0, number[0], number[1], number[2], number[3]]))
    }

    /// The position that is named, or the next one.
    fn next_position(&mut self, named: Option<u64>) -> Result<Position, String> {
        let position = match named {
            Some(_) if self.rules.descriptor.by_occurrence() => {
                return Err("position: a module that folds in the order `occurred` is told none".to_owned());
            }
            Some(named) if named <= self.position.0 => {
                return Err(format!(
                    "position {named} does not come after {}: positions rise",
                    self.position
                ));
            }
            Some(named) => Position(named),
            None => Position(self.position.0.saturating_add(1)),
        };
        self.position = position;
        Ok(position)
    }
}

/// A duration in microseconds, such as `90m`.
fn micros(text: &str) -> Option<i64> {
    let unit = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let unit = match unit {
        "ms" => 1_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => 86_400 * SECOND,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}
