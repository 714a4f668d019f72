//! What a module says about itself: `descriptor` of the contract.

use serde::{Deserialize, Serialize};

use super::EventType;

/// The order in which the events of one entity are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// By event id: as they happened.
    Occurred,
    /// By position: as they were recorded.
    Recorded,
}

/// What one model is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fold {
    /// One model for each entity.
    Entity(Order),
    /// One model for the whole context, by position.
    WholeContext,
}

/// What happens to present models when a module replaces another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upgrade {
    /// They are folded afresh in the background.
    Rebuild,
    /// They are taken over as they are.
    Resume,
}

/// Whether events that were in the log before the domain's first module make it emit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum History {
    /// They do.
    Emit,
    /// They do not.
    Silent,
}

/// What a module says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// The event types that it takes. Empty: all.
    pub event_types: Vec<String>,
    /// What one model is made of.
    pub fold: Fold,
    /// What happens to present models.
    pub upgrade: Upgrade,
    /// Whether old events emit.
    pub history: History,
    /// The media type of its models.
    pub content_type: Option<String>,
    /// The event types that it may emit. Empty: none, or unsaid.
    pub emits: Vec<String>,
    /// Anything else that it wants shown.
    pub attributes: Vec<(String, String)>,
}

impl Descriptor {
    /// Whether it takes events of this type.
    #[must_use]
    pub fn takes(&self, event_type: &EventType) -> bool {
        self.event_types.is_empty() || self.event_types.iter().any(|taken| taken == event_type.as_str())
    }

    /// Whether it keeps one model for all entities.
    #[must_use]
    pub fn is_whole_context(&self) -> bool {
        self.fold == Fold::WholeContext
    }

    /// Whether events are folded by their ids.
    #[must_use]
    pub fn by_occurrence(&self) -> bool {
        self.fold == Fold::Entity(Order::Occurred)
    }
}
