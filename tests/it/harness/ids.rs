//! Ids in an order that tests choose.

/// 2025-01-01T00:00:00Z in 100 ns ticks since 1582-10-15.
const START: u64 = 0x01B2_1DD2_1381_4000 + 1_735_689_600 * 10_000_000;
/// One millisecond.
const STEP: u64 = 10_000;

/// The `n`th event id: a version 1 UUID, one millisecond after the one before.
pub(crate) fn event_id(n: u64) -> String {
    version_1(START + n * STEP, 0x5EED)
}

/// Several of them.
pub(crate) fn event_ids<const N: usize>(numbers: [u64; N]) -> [String; N] {
    numbers.map(event_id)
}

/// An id of the same instant as `event_id(n)` whose other bits are those of another maker.
pub(crate) fn foreign_id(n: u64, maker: u16) -> String {
    version_1(START + n * STEP, maker)
}

fn version_1(ticks: u64, maker: u16) -> String {
    let (low, mid, high) = (ticks & 0xFFFF_FFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0xFFF);
    format!("{low:08x}-{mid:04x}-1{high:03x}-8000-00000000{maker:04x}")
}

/// The timestamp of a version 1 UUID, in ticks.
pub(crate) fn ticks(id: &str) -> u64 {
    let part = |range: std::ops::Range<usize>| u64::from_str_radix(&id[range], 16).unwrap();
    assert_eq!(&id[14..15], "1", "{id} is not version 1");
    part(15..18) << 48 | part(9..13) << 32 | part(0..8)
}

/// The `n`th entity: a version 4 UUID, greater than the one before.
pub(crate) fn entity(n: u64) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

/// Several of them.
pub(crate) fn entities<const N: usize>(numbers: [u64; N]) -> [String; N] {
    numbers.map(entity)
}
