//! What an instance of a module or component is made of.

use std::ops::AddAssign;

use crate::sandbox::{
    ReducerLimits,
    engine::{MEMORIES, TABLES},
};

use super::LoadError;

/// What an instance is made of. Sums saturate: they can exceed all bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Weight {
    pub(super) core_instances: u64,
    pub(super) component_instances: u64,
    pub(super) memories: u64,
    pub(super) tables: u64,
    /// What memories and tables take from the start.
    pub(super) bytes: u64,
}

impl Weight {
    /// Itself, and nothing in it.
    pub(super) const OF_MODULE: Self =
        Self { core_instances: 1, component_instances: 0, memories: 0, tables: 0, bytes: 0 };
    /// Itself, and nothing in it.
    pub(super) const OF_COMPONENT: Self =
        Self { core_instances: 0, component_instances: 1, memories: 0, tables: 0, bytes: 0 };

    pub(super) fn of_memory(bytes: u64) -> Self {
        Self { memories: 1, bytes, ..Self::default() }
    }

    pub(super) fn of_table(bytes: u64) -> Self {
        Self { tables: 1, bytes, ..Self::default() }
    }

    /// Refuses what unfolds too far.
    pub(super) fn check_instances(&self, limits: &ReducerLimits) -> Result<(), LoadError> {
        let limit = u64::from(limits.module_instances);
        for (what, actual) in
            [("core instances", self.core_instances), ("component instances", self.component_instances)]
        {
            if actual > limit {
                return Err(LoadError::Instances { what, actual, limit });
            }
        }
        Ok(())
    }

    /// Refuses what needs too much to begin with.
    pub(super) fn check_memory(&self, limits: &ReducerLimits) -> Result<(), LoadError> {
        LoadError::unless_at_most(MEMORIES.into(), self.memories, "memories")?;
        LoadError::unless_at_most(TABLES.into(), self.tables, "tables")?;
        let (actual, limit) = (self.bytes, limits.memory_bytes as u64);
        if actual > limit { Err(LoadError::Memory { actual, limit }) } else { Ok(()) }
    }
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        for (sum, more) in [
            (&mut self.core_instances, other.core_instances),
            (&mut self.component_instances, other.component_instances),
            (&mut self.memories, other.memories),
            (&mut self.tables, other.tables),
            (&mut self.bytes, other.bytes),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}
