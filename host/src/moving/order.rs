//! Whether parts come in their order and fit together. So nothing is written of an export that is not one.

use std::collections::BTreeSet;

use crate::{
    store::{Activation, FileRecord, Head, Part, StoredRow},
    words::{ActivationNumber, ContextName, DomainKey, EntityId, Event, ModuleHash, Position},
};

type Complaint = Result<(), String>;

/// What came before a part. Of names, which are few, all are kept; of what is many, the last.
#[derive(Debug, Default)]
pub(super) struct Order {
    head: Option<Head>,
    /// Which kind came last, counted in the order of kinds.
    kind: u8,
    contexts: BTreeSet<ContextName>,
    modules: BTreeSet<[u8; 32]>,
    domains: BTreeSet<DomainKey>,
    activation: ActivationNumber,
    file: Option<(String, DomainKey)>,
    position: Position,
    recorded_at: i64,
    row: Option<(DomainKey, Option<EntityId>)>,
}

impl Order {
    /// Notes the next part, or says why it cannot be the next.
    pub(super) fn next(&mut self, part: &Part) -> Complaint {
        let (kind, name) = kind(part);
        let first = self.head.is_none();
        if first != (kind == 0) {
            let why = if first { "an export begins with its head" } else { "a head comes first, and once" };
            return Err(why.to_owned());
        }
        must(kind >= self.kind, || format!("{name} must stand further up"))?;
        self.kind = kind;
        match part {
            Part::Head { head, .. } => {
                self.head = Some(*head);
                Ok(())
            }
            Part::Context(name) => {
                must(self.contexts.last() < Some(name), || format!("context {name} is not behind the last"))?;
                self.contexts.insert(name.clone());
                Ok(())
            }
            Part::Module(hash, bytes) => {
                let real = ModuleHash::of(bytes);
                must(real == *hash, || format!("the bytes of module {hash} are those of {real}"))?;
                let is_behind = self.modules.last() < Some(hash.as_bytes());
                self.modules.insert(*hash.as_bytes());
                must(is_behind, || format!("module {hash} is not behind the last"))
            }
            Part::Domain(mark) => {
                let key = &mark.key;
                self.knows(&key.context)?;
                must(self.domains.last() < Some(key), || format!("domain {key} is not behind the last"))?;
                self.domains.insert(key.clone());
                self.is_counted(mark.position)
            }
            Part::Activation(activation) => self.activation(activation),
            Part::File(file) => self.file(file),
            Part::Event(event) => self.event(event),
            Part::Row(row) => self.row(row),
        }
    }

    /// Whether nothing is missing at the end.
    pub(super) fn end(&self) -> Complaint {
        let Some(head) = self.head else { return Err("an export begins with its head".to_owned()) };
        must(head.position == self.position, || {
            format!("there are events up to position {}, not {}", self.position, head.position)
        })
    }

    fn activation(&mut self, activation: &Activation) -> Complaint {
        let Activation { number, key, module, head, .. } = activation;
        self.has(key)?;
        must(*number > self.activation, || format!("activation {number} is not behind the last"))?;
        self.activation = *number;
        if let Some((hash, _)) = module {
            must(self.modules.contains(hash.as_bytes()), || format!("there is no module {hash}"))?;
        }
        self.is_counted(*head)
    }

    fn file(&mut self, file: &FileRecord) -> Complaint {
        self.has(&file.key)?;
        let next = Some((file.node.clone(), file.key.clone()));
        must(self.file < next, || format!("file {} of {} is not behind the last", file.key, file.node))?;
        self.file = next;
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Complaint {
        let (position, due) = (event.position, Position(self.position.0 + 1));
        must(position == due, || format!("position {due} is due, not {position}"))?;
        self.position = position;
        self.is_counted(position)?;
        must(event.recorded_at >= self.recorded_at || position.0 == 1, || {
            format!("position {position} was recorded before the one before it")
        })?;
        self.recorded_at = event.recorded_at;
        self.knows(&event.context)?;
        match &event.fact.origin {
            None => Ok(()),
            Some(origin) => {
                self.has(&DomainKey { context: event.context.clone(), domain: origin.domain.clone() })
            }
        }
    }

    fn row(&mut self, stored: &StoredRow) -> Complaint {
        let StoredRow { key, entity, row, .. } = stored;
        self.has(key)?;
        let next = Some((key.clone(), *entity));
        must(self.row < next, || format!("the row of {key} is not behind the last"))?;
        self.row = next;
        let newest = self.head.unwrap_or_default().version;
        must(row.version <= newest, || format!("version {} is greater than the head's", row.version))?;
        must(row.activation() <= self.activation, || format!("there is no activation {}", row.activation()))?;
        self.is_counted(row.folded.max(row.emitted))
    }

    fn knows(&self, context: &ContextName) -> Complaint {
        must(self.contexts.contains(context), || format!("there is no context {context}"))
    }

    fn has(&self, key: &DomainKey) -> Complaint {
        must(self.domains.contains(key), || format!("there is no domain {key}"))
    }

    fn is_counted(&self, position: Position) -> Complaint {
        let newest = self.head.unwrap_or_default().position;
        must(position <= newest, || format!("position {position} is greater than the head's, {newest}"))
    }
}

fn must(holds: bool, why: impl FnOnce() -> String) -> Complaint {
    if holds { Ok(()) } else { Err(why()) }
}

/// The place of a kind among the others, and its name.
fn kind(part: &Part) -> (u8, &'static str) {
    match part {
        Part::Head { .. } => (0, "a head"),
        Part::Context(_) => (1, "a context"),
        Part::Module(..) => (2, "a module"),
        Part::Domain(_) => (3, "a domain"),
        Part::Activation(_) => (4, "an activation"),
        Part::File(_) => (5, "a file"),
        Part::Event(_) => (6, "an event"),
        Part::Row(_) => (7, "a row"),
    }
}
