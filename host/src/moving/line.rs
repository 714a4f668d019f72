//! A part of a store as one line of JSON.

mod convert;

use serde::{Deserialize, Serialize};

use crate::{
    store::Part,
    words::{
        ActivationNumber, ContextName, Descriptor, DomainName, EntityId, EventId, EventType, Metadata,
        ModuleHash, Parked, Position, Segment, Version, text,
    },
};

use super::payload::Payload;

/// The version of the format. Whoever reads another refuses it.
pub(super) const FORMAT: u32 = 1;

/// A line. Its only member says what it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line<'a> {
    /// The first line.
    Everfold(HeadLine),
    Context(#[serde(with = "text")] ContextName),
    Module(ModuleLine),
    Domain(DomainLine),
    Activation(Box<ActivationLine>),
    File(FileLine),
    Event(#[serde(borrow)] Box<EventLine<'a>>),
    Row(#[serde(borrow)] Box<RowLine<'a>>),
    /// After a block of lines: the SHA-256 of all lines before.
    Check(String),
    /// The last line.
    End(EndLine),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadLine {
    pub(super) export: u32,
    pub(super) epoch: String,
    position: Position,
    version: Version,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModuleLine {
    #[serde(with = "text")]
    hash: ModuleHash,
    /// Base64.
    bytes: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainLine {
    #[serde(with = "text")]
    context: ContextName,
    #[serde(with = "text")]
    domain: DomainName,
    position: Position,
    settled: ActivationNumber,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActivationLine {
    number: ActivationNumber,
    #[serde(with = "text")]
    context: ContextName,
    #[serde(with = "text")]
    domain: DomainName,
    /// None: retired.
    module: Option<ServingLine>,
    head: Position,
    /// Microseconds since the Unix epoch, here and below.
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServingLine {
    #[serde(with = "text")]
    hash: ModuleHash,
    descriptor: Descriptor,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileLine {
    node: String,
    #[serde(with = "text")]
    context: ContextName,
    #[serde(with = "text")]
    domain: DomainName,
    #[serde(with = "text::optional")]
    hash: Option<ModuleHash>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventLine<'a> {
    position: Position,
    recorded_at: i64,
    #[serde(with = "text")]
    context: ContextName,
    #[serde(with = "text")]
    id: EventId,
    #[serde(with = "text")]
    entity: EntityId,
    #[serde(rename = "type", with = "text")]
    event_type: EventType,
    #[serde(borrow)]
    data: Payload<'a>,
    metadata: Metadata,
    #[serde(with = "text::optional")]
    cause: Option<EventId>,
    depth: u32,
    origin: Option<OriginLine>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OriginLine {
    #[serde(with = "text")]
    domain: DomainName,
    #[serde(with = "text::optional")]
    entity: Option<EntityId>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowLine<'a> {
    #[serde(with = "text")]
    context: ContextName,
    #[serde(with = "text")]
    domain: DomainName,
    #[serde(with = "text::optional")]
    entity: Option<EntityId>,
    #[serde(borrow)]
    model: Option<Payload<'a>>,
    version: Version,
    folded: Position,
    emitted: Position,
    #[serde(with = "text::optional")]
    last: Option<EventId>,
    events: u64,
    made_by: Vec<Segment>,
    parked: Option<Parked>,
    #[serde(borrow)]
    capture: Option<Payload<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub(super) counts: Counts,
    /// The SHA-256 of all lines before.
    pub(super) sha256: String,
}

/// How many parts of each kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each name says of what")]
pub struct Counts {
    pub contexts: u64,
    pub modules: u64,
    pub domains: u64,
    pub activations: u64,
    pub files: u64,
    pub events: u64,
    pub rows: u64,
}

impl Counts {
    pub(super) fn add(&mut self, part: &Part) {
        *match part {
            Part::Head { .. } => return,
            Part::Context(_) => &mut self.contexts,
            Part::Module(..) => &mut self.modules,
            Part::Domain(_) => &mut self.domains,
            Part::Activation(_) => &mut self.activations,
            Part::File(_) => &mut self.files,
            Part::Event(_) => &mut self.events,
            Part::Row(_) => &mut self.rows,
        } += 1;
    }
}
