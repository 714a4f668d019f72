//! `wasi:random`: bytes that nobody can tell from random ones, and that are the same everywhere.

use sha2::{Digest, Sha256};
use wasmtime::{StoreContextMut, component::Linker};

use crate::sandbox::{
    failure::Ended,
    instance::{Instance, charge},
};

use super::{World, wasi};

/// SHA-256 in counter mode: block n is the hash of the seed and n.
pub(super) struct Random {
    seed: [u8; 32],
    block: u64,
}

impl Random {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { seed, block: 0 }
    }

    fn next(&mut self) -> [u8; 32] {
        let block = Sha256::new().chain_update(self.seed).chain_update(self.block.to_be_bytes()).finalize();
        self.block += 1;
        block.into()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count.next_multiple_of(32));
        while bytes.len() < count {
            bytes.extend_from_slice(&self.next());
        }
        bytes.truncate(count);
        bytes
    }

    fn number(&mut self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.next();
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Fuel for a byte, and for a number, which takes a block.
const BYTE: u64 = 8;
const NUMBER: u64 = 32 * BYTE;

type Context<'a> = StoreContextMut<'a, Instance>;

pub(super) fn add_to(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    let mut secure = linker.instance(wasi!("random/random"))?;
    secure.func_wrap("get-random-bytes", bytes)?;
    secure.func_wrap("get-random-u64", number)?;
    let mut insecure = linker.instance(wasi!("random/insecure"))?;
    insecure.func_wrap("get-insecure-random-bytes", bytes)?;
    insecure.func_wrap("get-insecure-random-u64", number)?;
    linker.instance(wasi!("random/insecure-seed"))?.func_wrap(
        "insecure-seed",
        |mut store: Context<'_>, (): ()| {
            charge(&mut store, 2 * NUMBER)?;
            let random = &mut World::called(&mut store)?.random;
            Ok(((random.number(), random.number()),))
        },
    )
}

fn bytes(mut store: Context<'_>, (count,): (u64,)) -> wasmtime::Result<(Vec<u8>,)> {
    charge(&mut store, count.saturating_mul(BYTE))?;
    // They must fit into the guest's memory; the host need not find that out by making them.
    let most = store.data().limits().memory_bytes;
    match usize::try_from(count) {
        Ok(fits) if fits <= most => Ok((World::called(&mut store)?.random.bytes(fits),)),
        _ => Err(wasmtime::Error::new(Ended::Greed(count))),
    }
}

fn number(mut store: Context<'_>, (): ()) -> wasmtime::Result<(u64,)> {
    charge(&mut store, NUMBER)?;
    Ok((World::called(&mut store)?.random.number(),))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_however_they_are_asked_for() {
        let mut random = Random::new([7; 32]);
        let mut again = Random::new([7; 32]);
        assert_eq!(random.bytes(64), [again.bytes(32), again.bytes(32)].concat());
        assert_ne!(random.bytes(32), random.bytes(32));
        assert_eq!(random.bytes(5).len(), 5);
        assert_ne!(Random::new([8; 32]).number(), Random::new([7; 32]).number());
    }

    #[test]
    fn a_block_is_the_hash_of_seed_and_number() {
        // The SHA-256 of 40 zero bytes begins like this.
        let block = Random::new([0; 32]).number();
        assert_eq!(block, 0x2c34_ce1d_f23b_838c);
    }
}
