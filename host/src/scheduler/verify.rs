//! Folds a stored row again, from the log, with the modules that made it.

use std::{collections::HashMap, sync::Arc};

use crate::{
    config::Config,
    sandbox::{LoadError, Module, ReducerLimits, Sandbox},
    store::{Activation, HistoryCursor, Store, StoreError},
    words::{DomainKey, EntityId, ModuleHash, Position, Row},
};

use super::{
    divergence,
    history::{Halt, History},
    serving::Serving,
    state::{Fold, State},
    turn::Turn,
};

/// Why a row could not be folded again.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A module that made models is not in the store.
    #[error("the store does not hold module {0}, which made models of {1}")]
    NoModule(ModuleHash, DomainKey),
    /// The machine failed: nothing is known of the model.
    #[error("a model of {0} could not be folded again just now: {1}")]
    Machine(DomainKey, String),
    /// A module that made models cannot be loaded here.
    #[error("module {0}, which made models of {1}, cannot be loaded: {2}")]
    Load(ModuleHash, DomainKey, LoadError),
}

/// What folding a row again has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refolded {
    /// How the model differs, in a sentence; none if it is the same to the byte.
    pub difference: Option<String>,
    /// How emissions differ from those in the log, each in a sentence.
    pub divergences: Vec<String>,
}

/// Folds rows again. Modules are loaded once.
pub struct Verifier {
    store: Arc<dyn Store>,
    sandbox: Sandbox,
    config: Config,
    activations: Vec<Activation>,
    /// Of each domain, because limits are.
    modules: HashMap<(DomainKey, ModuleHash), Arc<Module>>,
}

impl Verifier {
    /// A verifier of this store, whose activations are given by number.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        sandbox: Sandbox,
        config: Config,
        activations: Vec<Activation>,
    ) -> Self {
        Self { store, sandbox, config, activations, modules: HashMap::new() }
    }

    /// Folds one row again, up to where it says that it is folded.
    ///
    /// # Errors
    /// [`VerifyError`]; a fold that fails is a difference and not an error.
    pub async fn refold(
        &mut self,
        key: &DomainKey,
        entity: Option<EntityId>,
        row: &Row,
    ) -> Result<Refolded, VerifyError> {
        let mut parts = Vec::with_capacity(row.made_by.len());
        for (index, segment) in row.made_by.iter().enumerate() {
            let next = row.made_by.get(index + 1);
            let up_to = next.map_or(row.folded, |next| Position(next.from - 1));
            parts.push(Part { serving: self.serving(key, segment.activation).await?, up_to });
        }
        let again = Again { store: &self.store, turn: Turn::begin(), entity, row };
        let state = match again.fold(&parts).await {
            Ok(state) => state,
            Err(Halt::Store(error)) => return Err(error.into()),
            Err(Halt::Stuck(stuck)) if stuck.failure.transient => {
                return Err(VerifyError::Machine(key.clone(), stuck.failure.message));
            }
            Err(Halt::Stuck(stuck)) => {
                let difference = format!(
                    "the event {} at position {} cannot be folded again: {}",
                    stuck.event.fact.id, stuck.event.position, stuck.failure.message
                );
                return Ok(Refolded { difference: Some(difference), divergences: Vec::new() });
            }
        };
        let difference = if state.model == row.model { None } else { Some(again.difference(&parts).await?) };
        let divergences = divergence::compare(&self.store, key, entity, None, &state.repeated).await?;
        let divergences = divergences.iter().map(ToString::to_string).collect();
        Ok(Refolded { difference, divergences })
    }

    async fn serving(&mut self, key: &DomainKey, number: u64) -> Result<Serving, VerifyError> {
        let chain: Vec<Activation> =
            self.activations.iter().filter(|a| a.key == *key && a.number.0 <= number).cloned().collect();
        let in_force = chain.last().filter(|activation| activation.number.0 == number);
        let Some((hash, _)) = in_force.and_then(|activation| activation.module.as_ref()) else {
            return Err(StoreError::Damaged(format!(
                "{key} has a row of activation {number}, which is none of its"
            ))
            .into());
        };
        let (hash, activation) = (*hash, chain[chain.len() - 1].number);
        let module = self.module(key, hash).await?;
        let limits = self.config.limits_for(key).clone();
        Ok(Serving::new(key.clone(), activation, module, chain, limits))
    }

    async fn module(&mut self, key: &DomainKey, hash: ModuleHash) -> Result<Arc<Module>, VerifyError> {
        if let Some(module) = self.modules.get(&(key.clone(), hash)) {
            return Ok(Arc::clone(module));
        }
        let bytes = self.store.module(&hash).await?;
        let bytes = bytes.ok_or_else(|| VerifyError::NoModule(hash, key.clone()))?;
        let limits = ReducerLimits::from(self.config.limits_for(key));
        let loaded = self.sandbox.load(&bytes.into(), &limits);
        let module = Arc::new(loaded.map_err(|error| VerifyError::Load(hash, key.clone(), error))?);
        self.modules.insert((key.clone(), hash), Arc::clone(&module));
        Ok(module)
    }
}

/// What one module made of a row.
pub(super) struct Part {
    pub(super) serving: Serving,
    /// The last position that it may have folded.
    pub(super) up_to: Position,
}

/// A row that is folded again.
pub(super) struct Again<'a> {
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) turn: Turn,
    pub(super) entity: Option<EntityId>,
    pub(super) row: &'a Row,
}

impl Again<'_> {
    fn of<'a>(&'a self, part: &'a Part) -> (Fold<'a>, History<'a>) {
        let Part { serving, .. } = part;
        let (limits, entity, emitted) = (&serving.limits, self.entity, self.row.emitted);
        // What is to be verified must not be what it is verified with.
        let fold = Fold { serving, limits, entity, emitted, snapshot_events: 0 };
        (fold, History { serving, store: self.store, turn: &self.turn, ahead: None })
    }

    pub(super) async fn fold(&self, parts: &[Part]) -> Result<State, Halt> {
        let mut state = State::default();
        for part in parts {
            let (fold, history) = self.of(part);
            state = history.fold_on(&fold, state, part.up_to).await?;
        }
        Ok(state)
    }

    /// Where the stored model began to differ, in a sentence: the row's events are folded one by one, and the
    /// last time that they make the stored model is noted.
    pub(super) async fn difference(&self, parts: &[Part]) -> Result<String, StoreError> {
        let mut state = State::default();
        // Behind the event at the first position the model is the stored one; behind that at the second no more.
        let mut differs = None;
        let mut newest = Position(0);
        'fold: for part in parts {
            let (fold, history) = self.of(part);
            let by_occurrence = part.serving.by_occurrence();
            let mut cursor = if by_occurrence {
                HistoryCursor::Id(state.last)
            } else {
                HistoryCursor::Position(state.folded)
            };
            loop {
                let page = history.read(&fold, cursor, Some(part.up_to)).await?;
                let Some(last) = page.last() else { break };
                cursor = match cursor {
                    HistoryCursor::Id(_) => HistoryCursor::Id(Some(last.fact.id)),
                    HistoryCursor::Position(_) => HistoryCursor::Position(last.position),
                };
                for event in history.taken(page) {
                    if state.model == self.row.model {
                        differs = Some((newest, event.position));
                    }
                    newest = event.position;
                    if state.fold(&fold, &[event]).is_err() {
                        break 'fold;
                    }
                }
            }
        }
        // One by one they may make it after all: then only folding them together does not.
        Ok(match differs.filter(|_| state.model != self.row.model) {
            Some((last, first)) => format!(
                "the stored model is what its events fold to up to position {last}; from the event at position {first} on it is not"
            ),
            None => {
                format!("the stored model is not what its events fold to, up to position {}", self.row.folded)
            }
        })
    }
}
