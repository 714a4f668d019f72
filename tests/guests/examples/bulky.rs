//! Stands for an interpreter: 10 MiB of objects in its data, a function for each of 256 instructions, and
//! every call reads and writes 1.5 MiB in 16 places, as counting references does. Takes everything, keeps
//! how often it ran and what came of it.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use everfold_sdk::{Event, NewEvent, Result, reducer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Objects of four bytes: the lowest is an instruction, the others change when it is carried out.
type Page = [AtomicU32; 1 << 10];
/// 10 MiB.
const PAGES: usize = 10 << 8;
/// So many places are written to, far from each other, and so many pages at each: 1.5 MiB.
const PLACES: usize = 16;
const PAGES_AT_PLACE: usize = 24;

static MEMORY: [Page; PAGES] = [const { page() }; PAGES];

/// The compiler makes one page and copies it: to make each would take it a minute.
const fn page() -> Page {
    let mut page = [const { AtomicU32::new(0) }; 1 << 10];
    let (mut at, mut noise) = (0, 1_u32);
    while at < page.len() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        page[at] = AtomicU32::new(noise >> 8);
        at += 1;
    }
    page
}

/// An instruction. Each is compiled by itself, so there is a function for it.
fn instruction<const CODE: u32>(accumulator: u32, operand: u32) -> u32 {
    let mixed = accumulator.rotate_left(CODE % 31) ^ operand.wrapping_mul(2 * CODE + 1);
    match CODE % 4 {
        0 => mixed.wrapping_add(CODE),
        1 => mixed.checked_div(operand % (CODE + 1)).unwrap_or(CODE),
        2 => (0..CODE % 16).fold(mixed, |sum, turn| sum.wrapping_add(operand >> turn)),
        _ => mixed.swap_bytes().wrapping_sub(CODE),
    }
}

type Instruction = fn(u32, u32) -> u32;

/// Sixteen instructions from `$code` on.
macro_rules! sixteen {
    ($($code:literal)*) => {
        [$([
            instruction::<{ $code }>, instruction::<{ $code + 1 }>, instruction::<{ $code + 2 }>,
            instruction::<{ $code + 3 }>, instruction::<{ $code + 4 }>, instruction::<{ $code + 5 }>,
            instruction::<{ $code + 6 }>, instruction::<{ $code + 7 }>, instruction::<{ $code + 8 }>,
            instruction::<{ $code + 9 }>, instruction::<{ $code + 10 }>, instruction::<{ $code + 11 }>,
            instruction::<{ $code + 12 }>, instruction::<{ $code + 13 }>, instruction::<{ $code + 14 }>,
            instruction::<{ $code + 15 }>,
        ]),*]
    };
}

static INSTRUCTIONS: [[Instruction; 16]; 16] =
    sixteen!(0 16 32 48 64 80 96 112 128 144 160 176 192 208 224 240);

/// What an interpreter would keep.
#[derive(Default, Serialize, Deserialize)]
struct Bulky {
    runs: u64,
    last: String,
    results: Vec<u32>,
}

fn run(seed: u32) -> u32 {
    // Each page once.
    (0..PLACES * PAGES_AT_PLACE).fold(seed, |accumulator, step| {
        let page = step % PLACES * (PAGES / PLACES) + step / PLACES;
        let object = MEMORY[page][step].fetch_add(1 << 8, Relaxed);
        let [code, ..] = object.to_le_bytes();
        INSTRUCTIONS[usize::from(code >> 4)][usize::from(code & 15)](accumulator, object >> 8)
    })
}

fn apply(bulky: &mut Bulky, event: Event<Value>) -> Result<Vec<NewEvent>> {
    bulky.runs += 1;
    let seed = event.data["n"].as_u64().unwrap_or_default();
    bulky.results.push(run(u32::try_from(seed).unwrap_or(u32::MAX)));
    // The newest results are enough.
    let old = bulky.results.len().saturating_sub(16);
    bulky.results.drain(..old);
    bulky.last = event.id;
    Ok(vec![])
}

reducer!(apply, order: occurred);
