//! The memory of a module: an arena that is there from the start, and behind it the usual allocator.
//!
//! An instance lives for one call. What a call frees need hardly ever be found again, and a call that needs no
//! more memory than its instance begins with costs the host nothing: to grow means two changes of the process's
//! memory map, which interrupt every core.

// An allocator cannot be written without.
#![allow(unsafe_code, reason = "the trait of allocators is unsafe")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, UnsafeCell},
    ptr::NonNull,
};

/// What the arena holds, in bytes. Most calls need a few thousand. In tests little, because there it lies on the
/// stack for a moment.
const ARENA: usize = if cfg!(test) { 16 * 1024 } else { 512 * 1024 };

#[repr(C, align(16))]
struct Bytes([u8; ARENA]);

/// Gives out the arena from its beginning to its end, then asks the system. The newest block can grow, shrink and
/// be given back; any other stays where it is until the call is over.
pub(crate) struct Memory {
    arena: UnsafeCell<Bytes>,
    used: Cell<usize>,
}

// SAFETY: a module has no threads: the host takes none that could have.
#[cfg(target_arch = "wasm32")]
unsafe impl Sync for Memory {}

impl Memory {
    pub(crate) const fn new() -> Self {
        Self { arena: UnsafeCell::new(Bytes([0; ARENA])), used: Cell::new(0) }
    }

    fn base(&self) -> *mut u8 {
        self.arena.get().cast()
    }

    /// Where in the arena a block begins, if that is where it is.
    fn offset(&self, block: *mut u8) -> Option<usize> {
        let offset = block.addr().wrapping_sub(self.base().addr());
        (offset < ARENA).then_some(offset)
    }

    /// Makes the newest block end elsewhere, or makes a new one: false if there is no room.
    fn end(&self, start: usize, size: usize) -> bool {
        let end = start.saturating_add(size);
        let fits = end <= ARENA;
        if fits {
            self.used.set(end);
        }
        fits
    }
}

// SAFETY: blocks of the arena do not overlap: each begins at or behind the end of the one before, `used`, which
// moves back only to the beginning of the newest block when that is given back. They are aligned, because the arena
// is aligned to 16 and larger alignments are left to the system. Whatever lies outside the arena is the system's.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.used.get().next_multiple_of(layout.align());
        // A block in the arena begins inside it, even if it is empty.
        if layout.align() <= align_of::<Bytes>() && start < ARENA && self.end(start, layout.size()) {
            // SAFETY: `end` has seen that the block lies within the arena.
            return unsafe { self.base().add(start) };
        }
        // SAFETY: the caller's promises about the layout are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match self.offset(block) {
            Some(start) if start + layout.size() == self.used.get() => self.used.set(start),
            Some(_) => {}
            // SAFETY: what is not in the arena came from the system, with this layout.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match self.offset(block) {
            // SAFETY: what is not in the arena came from the system, with this layout.
            None => return unsafe { System.realloc(block, layout, size) },
            Some(start) if start + layout.size() == self.used.get() && self.end(start, size) => return block,
            Some(_) if size <= layout.size() => return block,
            Some(_) => {}
        }
        // SAFETY: the caller promises that `size` makes a layout with this alignment.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if let Some(moved) = NonNull::new(moved) {
            // SAFETY: both blocks are at least as long, and blocks do not overlap.
            unsafe { moved.as_ptr().copy_from_nonoverlapping(block, layout.size()) };
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    /// Fills a new block with a byte.
    fn block(memory: &Memory, size: usize, byte: u8) -> *mut u8 {
        unsafe {
            let block = memory.alloc(layout(size));
            block.write_bytes(byte, size);
            block
        }
    }

    fn holds(block: *mut u8, size: usize, byte: u8) -> bool {
        unsafe { std::slice::from_raw_parts(block, size) }.iter().all(|there| *there == byte)
    }

    #[test]
    fn blocks_are_aligned_and_keep_what_they_hold() {
        let memory = Box::new(Memory::new());
        let sizes = [(1, b'a'), (8, b'b'), (3, b'c'), (100, b'd'), (7, b'e')];
        let blocks = sizes.map(|(size, byte)| (block(&memory, size, byte), size, byte));
        for (block, size, byte) in blocks {
            assert!(holds(block, size, byte) && block.addr().is_multiple_of(8));
            assert!(memory.offset(block).is_some());
        }
    }

    #[test]
    fn the_newest_block_grows_in_its_place_and_others_move() {
        let memory = Box::new(Memory::new());
        unsafe {
            let first = block(&memory, 16, 1);
            let newest = block(&memory, 16, 2);
            assert_eq!(memory.realloc(newest, layout(16), 1000), newest);
            let moved = memory.realloc(first, layout(16), 64);
            assert_ne!(moved, first);
            assert!(holds(moved, 16, 1) && holds(newest, 16, 2));
            assert_eq!(memory.realloc(first, layout(16), 8), first, "what shrinks stays");
            let used = memory.used.get();
            memory.dealloc(moved, layout(64));
            assert_eq!(memory.used.get(), used - 64, "the newest is given back");
            memory.dealloc(first, layout(16));
            assert_eq!(memory.used.get(), used - 64, "others are not");
        }
    }

    #[test]
    fn what_does_not_fit_comes_from_the_system() {
        let memory = Box::new(Memory::new());
        unsafe {
            let small = block(&memory, 1000, 1);
            let large = block(&memory, ARENA, 2);
            assert!(memory.offset(small).is_some() && memory.offset(large).is_none());
            let larger = memory.realloc(large, layout(ARENA), 2 * ARENA);
            assert!(holds(larger, ARENA, 2));
            memory.dealloc(larger, layout(2 * ARENA));
            let moved = memory.realloc(small, layout(1000), ARENA + 8);
            assert!(memory.offset(moved).is_none() && holds(moved, 1000, 1));
            memory.dealloc(moved, layout(ARENA + 8));
            let page = Layout::from_size_align(64, 4096).unwrap();
            let aligned = memory.alloc(page);
            assert!(memory.offset(aligned).is_none() && aligned.addr().is_multiple_of(4096));
            memory.dealloc(aligned, page);
        }
    }

    #[test]
    fn the_arena_is_given_out_to_its_last_byte_and_no_further() {
        let memory = Box::new(Memory::new());
        unsafe {
            let most = memory.alloc(layout(ARENA - 8));
            assert!(memory.offset(most).is_some());
            let last = memory.alloc(layout(8));
            assert_eq!((memory.offset(last), memory.used.get()), (Some(ARENA - 8), ARENA));
            let none = memory.alloc(layout(8));
            assert!(memory.offset(none).is_none());
            memory.dealloc(none, layout(8));
        }
    }
}
