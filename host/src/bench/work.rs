//! What all connections do.

use ::http::{HeaderMap, HeaderValue, Uri, header};
use uuid::Uuid;

use super::{Workload, options::Plan, template::Template};
use crate::words::{ContextName, EventType};

/// What all connections send.
pub(super) struct Work {
    pub(super) what: What,
    pub(super) headers: HeaderMap,
    /// How many entities, or models, there are to choose from.
    pub(super) subjects: usize,
}

pub(super) enum What {
    Appends(Appends),
    Reads(Vec<Uri>),
}

pub(super) struct Appends {
    pub(super) form: Form,
    pub(super) context: ContextName,
    pub(super) event_type: EventType,
    pub(super) entities: Vec<Uuid>,
    pub(super) template: Template,
    pub(super) late_percent: u8,
    pub(super) late_ticks: u64,
}

/// How events go to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One in a request.
    Single,
    /// Many in a request, a line each.
    Lines,
    /// One in a message over a websocket.
    Messages,
}

impl Work {
    /// Appends, as the plan says.
    pub(super) fn appends(plan: &Plan, entities: Vec<Uuid>, mut headers: HeaderMap) -> Self {
        let form = match plan.options.workload {
            Workload::Batches => Form::Lines,
            Workload::Sockets => Form::Messages,
            _ => Form::Single,
        };
        let content_type = if form == Form::Lines { "application/x-ndjson" } else { "application/json" };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let appends = Appends {
            form,
            context: plan.options.context.clone(),
            event_type: plan.options.event_type.clone(),
            template: plan.template.clone(),
            late_percent: plan.late_percent,
            late_ticks: plan.late_ticks,
            entities,
        };
        let subjects = appends.entities.len();
        Self { what: What::Appends(appends), headers, subjects }
    }

    /// Reads of these models.
    pub(super) fn reads(models: Vec<Uri>, headers: HeaderMap) -> Self {
        let subjects = models.len();
        Self { what: What::Reads(models), headers, subjects }
    }

    /// Whether it writes.
    pub(super) fn appends_events(&self) -> bool {
        matches!(self.what, What::Appends(_))
    }

    /// The path of the websockets over which it goes, if it does.
    pub(super) fn socket(&self) -> Option<String> {
        match &self.what {
            What::Appends(Appends { form: Form::Messages, context, .. }) => {
                Some(format!("/{context}/subscribe"))
            }
            _ => None,
        }
    }
}
