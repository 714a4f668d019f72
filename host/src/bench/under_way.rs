//! Requests of one connection that are under way at the same time.

use std::mem;

use super::pacer::Turn;

/// What is under way, by number. Numbers are small and are used again.
#[derive(Debug)]
pub(super) struct UnderWay {
    most: usize,
    turns: Vec<Option<Turn>>,
    free: Vec<usize>,
}

impl UnderWay {
    /// Of at most so many.
    pub(super) fn new(most: usize) -> Self {
        Self { most, turns: Vec::new(), free: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Whether there may be another one.
    pub(super) fn has_room(&self) -> bool {
        self.count() < self.most
    }

    fn count(&self) -> usize {
        self.turns.len() - self.free.len()
    }

    /// Adds one and gives its number.
    pub(super) fn begin(&mut self, turn: Turn) -> usize {
        if let Some(number) = self.free.pop() {
            self.turns[number] = Some(turn);
            return number;
        }
        self.turns.push(Some(turn));
        self.turns.len() - 1
    }

    /// Ends that of this number, if there is one.
    pub(super) fn end(&mut self, number: usize) -> Option<Turn> {
        let turn = self.turns.get_mut(number)?.take()?;
        self.free.push(number);
        Some(turn)
    }

    /// Ends all.
    pub(super) fn end_all(&mut self) -> Vec<Turn> {
        self.free.clear();
        mem::take(&mut self.turns).into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_is_under_way_ends_once_and_in_any_order() {
        let turn = |events| Turn { due: Instant::now(), events };
        let [a, b, c] = [1, 2, 3].map(turn);
        let mut under_way = UnderWay::new(2);
        let [first, second] = [a, b].map(|turn| under_way.begin(turn));
        assert!(!under_way.has_room());
        assert_eq!(under_way.end(first), Some(a));
        assert_eq!((under_way.end(first), under_way.end(7)), (None, None), "answers to nothing");
        assert!(under_way.has_room() && !under_way.is_empty());
        assert_eq!(under_way.begin(c), first, "numbers are used again");
        assert_eq!(under_way.end(second), Some(b));
        assert_eq!(under_way.end_all(), [c]);
        assert!(under_way.is_empty());
    }
}
