//! Rows kept in memory, so that an entity that stays busy is not read for every reduction.

use std::sync::Arc;

use hashlink::LruCache;

use crate::words::{EntityId, Row};

/// What a row takes besides its model, in bytes, roughly.
const OVERHEAD: usize = 256;

/// The rows of one domain that were used last, up to a number of bytes.
pub(super) struct Rows {
    kept: LruCache<Option<EntityId>, Arc<Row>>,
    bytes: usize,
    most: usize,
}

impl Rows {
    pub(super) fn new(most: usize) -> Self {
        Self { kept: LruCache::new_unbounded(), bytes: 0, most }
    }

    pub(super) fn get(&mut self, entity: Option<EntityId>) -> Option<Arc<Row>> {
        self.kept.get(&entity).map(Arc::clone)
    }

    pub(super) fn put(&mut self, entity: Option<EntityId>, row: Arc<Row>) {
        self.bytes += size(&row);
        if let Some(replaced) = self.kept.insert(entity, row) {
            self.bytes -= size(&replaced);
        }
        while self.bytes > self.most
            && let Some((_, oldest)) = self.kept.remove_lru()
        {
            self.bytes -= size(&oldest);
        }
    }

    pub(super) fn forget(&mut self, entity: Option<EntityId>) {
        if let Some(forgotten) = self.kept.remove(&entity) {
            self.bytes -= size(&forgotten);
        }
    }
}

fn size(row: &Row) -> usize {
    OVERHEAD + row.model.as_ref().map_or(0, |model| model.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bytes: usize) -> Arc<Row> {
        Arc::new(Row { model: Some(vec![0; bytes].into()), ..Row::default() })
    }

    fn entity(number: u8) -> Option<EntityId> {
        Some(EntityId::from_stored([number; 16]))
    }

    #[test]
    fn what_was_used_last_stays() {
        let mut rows = Rows::new(3 * (100 + OVERHEAD));
        for number in 1..=3 {
            rows.put(entity(number), row(100));
        }
        assert!(rows.get(entity(1)).is_some());
        rows.put(entity(4), row(100));
        assert!(rows.get(entity(2)).is_none(), "the one not used for longest goes");
        assert!(
            rows.get(entity(1)).is_some() && rows.get(entity(3)).is_some() && rows.get(entity(4)).is_some()
        );
    }

    #[test]
    fn bytes_are_counted_truly() {
        let mut rows = Rows::new(10_000);
        rows.put(entity(1), row(100));
        rows.put(entity(1), row(700));
        assert_eq!(rows.bytes, 700 + OVERHEAD);
        rows.forget(entity(1));
        assert_eq!(rows.bytes, 0);
        rows.put(entity(1), row(20_000));
        assert_eq!((rows.bytes, rows.get(entity(1))), (0, None));
    }
}
