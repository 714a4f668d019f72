//! The text so far, and how the members of an object come into order.
//!
//! Members are written as they come. Where all come in order, which costs a comparison each, the text is done when
//! the object ends. Otherwise those that are out of place are copied into order then.

use std::cmp::Ordering;

use serde::Serialize;

use super::{Error, string};
use crate::json::MAX_DEPTH;

pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    /// The members of all objects that have begun and not ended, the innermost object's last; those of one object
    /// as they came.
    members: Vec<Member>,
    /// Where members are put in order.
    spare: Vec<u8>,
    /// Whether any key had to be escaped.
    escaped: bool,
    /// Whether the first bytes of all keys compare as their UTF-16 code units do.
    plain: bool,
    depth: usize,
}

/// An object that has begun.
pub(super) struct Object {
    /// Where its first member begins in the text.
    start: usize,
    /// Whether it is none after all.
    taken_back: bool,
    /// Which of the writer's members is its first.
    first: usize,
    /// Whether its members came in order so far.
    in_order: bool,
}

/// Where a member of an object is in the text.
struct Member {
    /// The first eight bytes of the key, so that it mostly need not be read again.
    prefix: u64,
    /// Where it begins: at the quote before the key.
    start: usize,
    /// Where the key ends: at the quote behind it.
    key_end: usize,
    /// Where it ends.
    end: usize,
}

impl Writer {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            members: Vec::with_capacity(32),
            spare: Vec::new(),
            escaped: false,
            plain: true,
            depth: 0,
        }
    }

    pub(super) fn into_text(self) -> Vec<u8> {
        self.out
    }

    /// Begins an array or an object. What is nested more deeply could not be read again.
    pub(super) fn open(&mut self, bracket: u8) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::new(format!(
                "it is nested more than {MAX_DEPTH} levels deep: keep it flatter"
            )));
        }
        self.out.push(bracket);
        Ok(())
    }

    pub(super) fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        self.out.push(bracket);
    }

    /// Begins an object.
    pub(super) fn object(&mut self) -> Result<Object, Error> {
        self.open(b'{')?;
        Ok(Object { start: self.out.len(), taken_back: false, first: self.members.len(), in_order: true })
    }

    /// Removes the bracket of an object that has no members yet: a value takes its place.
    pub(super) fn take_back(&mut self, object: &mut Object) {
        self.out.truncate(object.start - 1);
        object.taken_back = true;
    }

    /// Writes what stands before a key, and tells where that begins.
    pub(super) fn key_start(&mut self, object: &Object) -> usize {
        if self.out.len() > object.start {
            self.out.push(b',');
        }
        self.out.len()
    }

    /// Writes the key of a member.
    pub(super) fn key(&mut self, key: &str) {
        let before = self.out.len();
        string::write(&mut self.out, key);
        if self.out.len() - before > key.len() + 2 {
            (self.escaped, self.plain) = (true, false);
        }
    }

    /// Writes the value of the member whose key was written from `start` on.
    pub(super) fn member<T: Serialize + ?Sized>(
        &mut self,
        object: &mut Object,
        start: usize,
        value: &T,
    ) -> Result<(), Error> {
        let key_end = self.out.len() - 1;
        self.out.push(b':');
        value.serialize(&mut *self)?;
        self.written(object, start, key_end);
        Ok(())
    }

    /// Notes the member that was just written.
    fn written(&mut self, object: &mut Object, start: usize, key_end: usize) {
        let prefix = prefix(&self.out[start + 1..], key_end - start - 1);
        // ASCII alone is simple.
        self.plain &= prefix & ((u64::MAX / 0xff) << 7) == 0;
        let member = Member { prefix, start, key_end, end: self.out.len() };
        if object.in_order
            && let Some(last) = self.members[object.first..].last()
        {
            object.in_order = self.keys().compare(last, &member) == Ordering::Less;
        }
        self.members.push(member);
    }

    /// Ends an object.
    pub(super) fn end(&mut self, object: &Object) -> Result<(), Error> {
        if object.taken_back {
            self.depth -= 1;
            return Ok(());
        }
        if !object.in_order {
            self.put_in_order(object)?;
        }
        self.members.truncate(object.first);
        self.close(b'}');
        Ok(())
    }

    /// Copies the members that are not where they belong into the order of their keys.
    #[cold]
    fn put_in_order(&mut self, object: &Object) -> Result<(), Error> {
        let mut all = std::mem::take(&mut self.members);
        let keys = self.keys();
        all[object.first..].sort_unstable_by(|left, right| keys.compare(left, right));
        let mut members = &all[object.first..];
        if let Some(twice) = members.windows(2).find(|two| keys.compare(&two[0], &two[1]) == Ordering::Equal)
        {
            let key = String::from_utf8_lossy(&self.out[twice[0].start..=twice[0].key_end]);
            return Err(Error::new(format!("two members of an object are called {key}")));
        }
        let (mut start, mut end) = (object.start, self.out.len());
        while let [first, others @ ..] = members
            && first.start == start
        {
            start = first.end + 1;
            members = others;
        }
        while let [others @ .., last] = members
            && last.end == end
        {
            end = last.start - 1;
            members = others;
        }
        self.spare.clear();
        self.spare.extend_from_slice(&self.out[start..end]);
        let mut to = start;
        for member in members {
            if to > start {
                self.out[to] = b',';
                to += 1;
            }
            let text = &self.spare[member.start - start..member.end - start];
            self.out[to..to + text.len()].copy_from_slice(text);
            to += text.len();
        }
        self.members = all;
        Ok(())
    }

    fn keys(&self) -> Keys<'_> {
        Keys { text: &self.out, plain: self.plain, escaped: self.escaped }
    }
}

/// What tells how members compare.
#[derive(Clone, Copy)]
struct Keys<'a> {
    text: &'a [u8],
    plain: bool,
    escaped: bool,
}

impl Keys<'_> {
    #[inline(always)]
    fn compare(self, left: &Member, right: &Member) -> Ordering {
        if self.plain && left.prefix != right.prefix {
            return left.prefix.cmp(&right.prefix);
        }
        self.compare_keys(left, right)
    }

    fn compare_keys(self, left: &Member, right: &Member) -> Ordering {
        let [left, right] = [left, right].map(|member| &self.text[member.start + 1..member.key_end]);
        if self.escaped { utf16_order(&unescaped(left), &unescaped(right)) } else { utf16_order(left, right) }
    }
}

/// The first eight bytes of the key that a text begins with. There are no zeros in a key.
fn prefix(text: &[u8], len: usize) -> u64 {
    match text.first_chunk() {
        Some(bytes) if len >= 8 => u64::from_be_bytes(*bytes),
        Some(bytes) => u64::from_be_bytes(*bytes) & !(u64::MAX >> (8 * len)),
        // So near to the end of the text that it need not be fast.
        None => (0..8).fold(0, |prefix, at| prefix << 8 | if at < len { u64::from(text[at]) } else { 0 }),
    }
}

/// How two texts compare by UTF-16 code units: as their bytes do, except that characters of two units (whose bytes
/// begin with 0xf0 or more) are less than U+E000 to U+FFFF (which begin with 0xee and 0xef).
fn utf16_order(left: &[u8], right: &[u8]) -> Ordering {
    let place = |byte: u8| if byte & 0xfe == 0xee { byte | 0xf0 } else { byte };
    match left.iter().zip(right).find(|(left, right)| left != right) {
        Some((left, right)) => place(*left).cmp(&place(*right)),
        None => left.len().cmp(&right.len()),
    }
}

#[cold]
fn unescaped(key: &[u8]) -> Vec<u8> {
    let quoted = [b"\"", key, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).unwrap_or_default().into_bytes()
}
