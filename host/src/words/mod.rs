//! The field's standard terms as types. What is here knows nothing of storage, sandboxes or HTTP.

mod capture;
mod derived;
mod descriptor;
mod divergence;
mod event;
mod event_id;
mod ids;
mod media;
mod model;
mod names;
mod pattern;
mod snapshot;
pub(crate) mod text;
mod time;

pub use capture::{Capture, CapturedEvent, CapturedFailure, CapturedLine};
pub use derived::derived_id;
pub(crate) use derived::{MOST_EMITTED, last_effect};
pub use descriptor::{Descriptor, Fold, History, Order, Upgrade};
pub use divergence::{Difference, Divergence};
pub use event::{Event, Fact, Metadata, Origin};
pub use event_id::EventId;
pub(crate) use event_id::TICKS_BEFORE_UNIX;
pub use ids::{ActivationNumber, EntityId, Epoch, IdError, LeaseEpoch, ModuleHash, Position, Version};
pub use media::is_json_type;
pub use model::{Model, Parked, Row, Segment};
pub use names::{ContextName, DomainKey, DomainName, EventType, NameError};
pub use pattern::TypePattern;
pub use snapshot::Snapshot;
pub(crate) use snapshot::thin;
pub use time::Time;
