//! What led to an event, and what it led to.

use super::{
    render::{self, Answer},
    visit::Visit,
};
use crate::{
    error::Invalid,
    words::{ContextName, EventId},
};

/// `GET /{context}/{event_id}/causes`: from the nearest to the one from outside.
pub(super) async fn causes(visit: Visit) -> Answer {
    visit.query(&[])?;
    let (context, id) = event(&visit)?;
    let causes = visit.host().causes(&context, id).await?;
    Ok(render::page(visit.form(), "events", &causes, render::event, None))
}

/// `GET /{context}/{event_id}/effects`: by id, page by page.
pub(super) async fn effects(visit: Visit) -> Answer {
    let query = visit.query(&["after", "limit"])?;
    let limit = query.limit(visit.host().config().limits.page)?;
    let after = query.parsed("after", "it must be the id of an event: effects come by id")?;
    let (context, id) = event(&visit)?;
    let effects = visit.host().effects(&context, id, after, limit).await?;
    let last = effects.last().filter(|_| render::is_full(effects.len(), limit)).map(|event| event.fact.id);
    let next = last.map(|last| query.next(visit.parts.uri.path(), last));
    Ok(render::page(visit.form(), "events", &effects, render::event, next))
}

fn event(visit: &Visit) -> Result<(ContextName, EventId), super::problem::Problem> {
    let [context, id] = visit.path()?;
    Ok((context.parse().map_err(Invalid::from)?, id.parse().map_err(Invalid::from)?))
}
