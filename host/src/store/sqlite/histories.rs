//! Whole histories of many entities in one statement and one value.
//!
//! To carry a row from the database's thread to its reader costs more than to find it. So the statement packs
//! all that it finds into one value, and looks at the log in its own order: neighbours share pages.

use std::{collections::HashMap, str::FromStr, sync::Arc};

use crate::{
    store::{
        HistoriesQuery, Result, StoreError,
        names::Names,
        rows::{damaged, from_json, number, signed},
    },
    words::{ContextName, EntityId, Event, EventType, Fact, Metadata, Origin, Position},
};

use super::{
    SqliteStore,
    rows::{bytes16, event_id, optional_entity},
};

/// Each event is a list of numbers, most of them lengths (empty for NULL), and behind it the bytes. `concat`
/// passes over NULL, and takes blobs as they are. Of an event that is too large the data has no length.
const PACK: &str = "SELECT CAST(string_agg(concat( \
     position, ',', recorded_at, ',', depth, ',', origin, ',', octet_length(type), ',', \
     iif(octet_length(data) + ifnull(octet_length(metadata), 0) > ?6, NULL, octet_length(data)), ',', \
     octet_length(metadata), ',', octet_length(cause), ',', octet_length(origin_entity), ',', \
     id, entity, type, \
     iif(octet_length(data) + ifnull(octet_length(metadata), 0) > ?6, NULL, concat(data, metadata)), \
     cause, origin_entity), '') AS BLOB) \
     FROM events WHERE position IN ( \
     SELECT position FROM (SELECT position FROM events_of_entities \
     WHERE context = ?1 AND entity IN (SELECT unhex(value, '-') FROM json_each(?2)) AND position <= ?3 \
     ORDER BY entity, id LIMIT ?4) \
     UNION ALL SELECT value FROM json_each(?5))";

pub(super) async fn histories(
    store: &SqliteStore,
    query: &HistoriesQuery,
) -> Result<Vec<Option<Vec<Event>>>> {
    let Some(context) = store.names.context(&query.context) else { return Ok(query.answer([])) };
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    // Memory first: what leaves it in between is in the index then, behind the position that is asked for.
    let found = store.by_entity.of_entities(context, &query.entities, limit);
    let in_memory: Vec<String> = found.positions.iter().map(ToString::to_string).collect();
    let entities: Vec<String> = query.entities.iter().map(|entity| format!("\"{entity}\"")).collect();
    let packed: Option<Vec<u8>> = sqlx::query_scalar(PACK)
        .bind(context)
        .bind(format!("[{}]", entities.join(",")))
        .bind(signed(found.indexed.0))
        .bind(i64::from(query.limit) + 1)
        .bind(format!("[{}]", in_memory.join(",")))
        .bind(i64::from(query.event_bytes))
        .fetch_one(&store.readers)
        .await?;
    let packed = packed.unwrap_or_default();
    let mut rest = Packed(&packed);
    let mut unpack = Unpack { names: &store.names, context: &query.context, types: HashMap::new() };
    let mut events = Vec::new();
    while !rest.0.is_empty() {
        events.push(unpack.event(&mut rest)?);
    }
    Ok(query.answer(events))
}

struct Unpack<'a> {
    names: &'a Names,
    context: &'a ContextName,
    /// The types that were met: there are few.
    types: HashMap<&'a [u8], EventType>,
}

impl<'a> Unpack<'a> {
    /// The next event and its entity; only that, if it is too large.
    fn event(&mut self, packed: &mut Packed<'a>) -> Result<(EntityId, Option<Event>)> {
        let position = Position(number(packed.number()?)?);
        let (recorded_at, depth) = (packed.number()?, packed.number()?);
        let (origin, event_type) = (packed.optional()?, packed.number()?);
        let (data, metadata) = (packed.optional()?, packed.optional()?.unwrap_or(0));
        let (cause, model) = (packed.optional()?.unwrap_or(0), packed.optional()?.unwrap_or(0));
        let id = event_id(packed.bytes(16)?)?;
        let entity = EntityId::from_stored(bytes16(packed.bytes(16)?)?);
        let event_type = packed.bytes(event_type)?;
        let content = match data {
            Some(length) => Some((packed.bytes(length)?, packed.bytes(metadata)?)),
            None => None,
        };
        let (cause, model) = (packed.bytes(cause)?, packed.bytes(model)?);
        let Some((data, metadata)) = content else { return Ok((entity, None)) };
        let origin = match origin {
            None => None,
            Some(domain) => Some(Origin {
                domain: self.names.domain_key(domain)?.domain,
                entity: optional_entity(model)?,
            }),
        };
        let metadata: Option<Metadata> = text(metadata)?.map(from_json).transpose()?;
        let fact = Fact {
            id,
            entity,
            event_type: self.event_type(event_type)?,
            data: data.to_vec(),
            metadata: metadata.unwrap_or_default(),
            cause: if cause.is_empty() { None } else { Some(event_id(cause)?) },
            depth,
            origin,
        };
        let event = Event { position, recorded_at, context: self.context.clone(), fact: Arc::new(fact) };
        Ok((entity, Some(event)))
    }

    fn event_type(&mut self, name: &'a [u8]) -> Result<EventType> {
        if let Some(known) = self.types.get(name) {
            return Ok(known.clone());
        }
        let parsed: EventType = text(name)?.unwrap_or_default().parse().map_err(damaged)?;
        Ok(self.types.entry(name).or_insert(parsed).clone())
    }
}

/// What is not unpacked yet.
struct Packed<'a>(&'a [u8]);

impl<'a> Packed<'a> {
    fn number<T: FromStr>(&mut self) -> Result<T> {
        self.optional()?.ok_or_else(cut_short)
    }

    fn optional<T: FromStr>(&mut self) -> Result<Option<T>> {
        let end = self.0.iter().position(|byte| *byte == b',').ok_or_else(cut_short)?;
        let (digits, rest) = (&self.0[..end], &self.0[end + 1..]);
        self.0 = rest;
        text(digits)?.map(|digits| digits.parse().map_err(|_| cut_short())).transpose()
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(bytes)
    }
}

fn text(bytes: &[u8]) -> Result<Option<&str>> {
    let text = std::str::from_utf8(bytes).map_err(damaged)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn cut_short() -> StoreError {
    damaged("an event that is not as it was packed")
}
