//! From parts to lines and back.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    store::{Activation, FileRecord, Head, Mark, Part, StoredRow},
    words::{DomainKey, Epoch, Event, Fact, LeaseEpoch, Origin, Row},
};

use super::{
    ActivationLine, DomainLine, EventLine, FORMAT, FileLine, HeadLine, Line, ModuleLine, OriginLine, Payload,
    RowLine, ServingLine,
};

impl<'a> From<&'a Part> for Line<'a> {
    fn from(part: &'a Part) -> Self {
        match part {
            Part::Head { epoch, head } => Self::Everfold(HeadLine {
                export: FORMAT,
                epoch: epoch.0.to_string(),
                position: head.position,
                version: head.version,
            }),
            Part::Context(name) => Self::Context(name.clone()),
            Part::Module(hash, bytes) => {
                Self::Module(ModuleLine { hash: *hash, bytes: STANDARD.encode(bytes) })
            }
            Part::Domain(Mark { key: DomainKey { context, domain }, position, settled, .. }) => {
                let (context, domain) = (context.clone(), domain.clone());
                Self::Domain(DomainLine { context, domain, position: *position, settled: *settled })
            }
            Part::Activation(activation) => Self::Activation(Box::new(activation.into())),
            Part::File(FileRecord { node, key: DomainKey { context, domain }, hash }) => {
                let (context, domain) = (context.clone(), domain.clone());
                Self::File(FileLine { node: node.clone(), context, domain, hash: *hash })
            }
            Part::Event(event) => Self::Event(Box::new((&**event).into())),
            Part::Row(row) => Self::Row(Box::new((&**row).into())),
        }
    }
}

impl From<&Activation> for ActivationLine {
    fn from(activation: &Activation) -> Self {
        let module = activation.module.as_ref();
        Self {
            number: activation.number,
            context: activation.key.context.clone(),
            domain: activation.key.domain.clone(),
            module: module
                .map(|(hash, descriptor)| ServingLine { hash: *hash, descriptor: descriptor.clone() }),
            head: activation.head,
            at: activation.at,
        }
    }
}

impl<'a> From<&'a Event> for EventLine<'a> {
    fn from(event: &'a Event) -> Self {
        let fact = &event.fact;
        let origin = fact.origin.as_ref();
        Self {
            position: event.position,
            recorded_at: event.recorded_at,
            context: event.context.clone(),
            id: fact.id,
            entity: fact.entity,
            event_type: fact.event_type.clone(),
            data: Payload::of(&fact.data),
            metadata: fact.metadata.clone(),
            cause: fact.cause,
            depth: fact.depth,
            origin: origin.map(|origin| OriginLine { domain: origin.domain.clone(), entity: origin.entity }),
        }
    }
}

impl<'a> From<&'a StoredRow> for RowLine<'a> {
    fn from(stored: &'a StoredRow) -> Self {
        let StoredRow { key, entity, row, capture } = stored;
        Self {
            context: key.context.clone(),
            domain: key.domain.clone(),
            entity: *entity,
            model: row.model.as_deref().map(Payload::of),
            version: row.version,
            folded: row.folded,
            emitted: row.emitted,
            last: row.last,
            events: row.events,
            made_by: row.made_by.clone(),
            parked: row.parked.clone(),
            capture: capture.as_deref().map(Payload::of),
        }
    }
}

impl Line<'_> {
    /// The part that it is, or a sentence. None: it is no part.
    pub(in crate::moving) fn into_part(self) -> Result<Option<Part>, String> {
        Ok(Some(match self {
            Self::Check(_) | Self::End(_) => return Ok(None),
            Self::Everfold(HeadLine { export: FORMAT, epoch, position, version }) => {
                Part::Head { epoch: Epoch(epoch.into()), head: Head { position, version } }
            }
            Self::Everfold(HeadLine { export, .. }) => {
                return Err(format!(
                    "it is an export of format {export}, and this Everfold knows format {FORMAT}: import it with the one that exported it, or a newer one"
                ));
            }
            Self::Context(name) => Part::Context(name),
            Self::Module(ModuleLine { hash, bytes }) => {
                let bytes = STANDARD.decode(bytes).map_err(|error| format!("base64: {error}"))?;
                Part::Module(hash, bytes.into())
            }
            Self::Domain(DomainLine { context, domain, position, settled }) => {
                let key = DomainKey { context, domain };
                Part::Domain(Mark { key, position, settled, leases: LeaseEpoch::default() })
            }
            Self::Activation(line) => Part::Activation((*line).into()),
            Self::File(FileLine { node, context, domain, hash }) => {
                Part::File(FileRecord { node, key: DomainKey { context, domain }, hash })
            }
            Self::Event(line) => Part::Event(Arc::new((*line).try_into()?)),
            Self::Row(line) => Part::Row(Box::new((*line).try_into()?)),
        }))
    }
}

impl From<ActivationLine> for Activation {
    fn from(line: ActivationLine) -> Self {
        let ActivationLine { number, context, domain, module, head, at } = line;
        let module = module.map(|ServingLine { hash, descriptor }| (hash, descriptor));
        Self { number, key: DomainKey { context, domain }, module, head, at }
    }
}

impl TryFrom<EventLine<'_>> for Event {
    type Error = String;

    fn try_from(line: EventLine<'_>) -> Result<Self, String> {
        let fact = Fact {
            id: line.id,
            entity: line.entity,
            event_type: line.event_type,
            data: line.data.bytes()?,
            metadata: line.metadata,
            cause: line.cause,
            depth: line.depth,
            origin: line.origin.map(|OriginLine { domain, entity }| Origin { domain, entity }),
        };
        let (position, recorded_at, context) = (line.position, line.recorded_at, line.context);
        Ok(Self { position, recorded_at, context, fact: Arc::new(fact) })
    }
}

impl TryFrom<RowLine<'_>> for StoredRow {
    type Error = String;

    fn try_from(line: RowLine<'_>) -> Result<Self, String> {
        let model = line.model.map(|model| model.bytes()).transpose()?;
        let row = Row {
            model: model.map(Arc::from),
            version: line.version,
            folded: line.folded,
            emitted: line.emitted,
            last: line.last,
            events: line.events,
            made_by: line.made_by,
            parked: line.parked,
        };
        let capture = line.capture.map(|capture| capture.bytes()).transpose()?;
        let key = DomainKey { context: line.context, domain: line.domain };
        Ok(Self { key, entity: line.entity, row, capture })
    }
}
