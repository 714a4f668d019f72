//! What has changed between two JSON documents, as a JSON Patch (RFC 6902).
//!
//! Both are compared as text, and read only where they differ, a level at a time: numbers keep their digits, and
//! what did not change costs no more than to look over it. Lists are compared from both ends, what is left in between
//! by the algorithm of Myers (1986) where it is short, else entry by entry.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write};

use serde::Deserialize;
use serde_json::value::RawValue;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lists with more entries between what is alike at both ends are compared entry by entry.
const LONGEST: usize = 1000;

/// How many times a document may be read through, level by level, before that is too much work.
const READINGS: usize = 16;

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Of members with the same name the last one counts, as everywhere.
type Members<'a> = BTreeMap<Key<'a>, &'a RawValue>;

/// The operations that make `to` of `from`, as a JSON array. None if that is not shorter than `to` itself, or takes too
/// much work, or if one of them is no JSON.
pub(super) fn between(from: &[u8], to: &[u8]) -> Option<String> {
    let (from, to) = (std::str::from_utf8(from).ok()?, std::str::from_utf8(to).ok()?);
    let mut patch = Patch {
        out: String::from("["),
        longest: to.len(),
        path: String::new(),
        work: READINGS * (from.len() + to.len()),
    };
    patch.value(from.trim_ascii(), to.trim_ascii())?;
    patch.out.push(']');
    (patch.out.len() < patch.longest).then_some(patch.out)
}

struct Patch {
    out: String,
    longest: usize,
    /// Where it is, as a JSON Pointer (RFC 6901).
    path: String,
    /// Bytes that may still be read.
    work: usize,
}

impl Patch {
    fn value(&mut self, from: &str, to: &str) -> Option<()> {
        if from == to {
            return Some(());
        }
        self.work = self.work.checked_sub(from.len() + to.len())?;
        match (from.as_bytes().first()?, to.as_bytes().first()?) {
            (b'{', b'{') => self.members(&read(from)?, &read(to)?),
            (b'[', b'[') => self.entries(&read::<Vec<_>>(from)?, &read::<Vec<_>>(to)?),
            _ => self.operation("replace", Some(to)),
        }
    }

    fn members(&mut self, from: &Members<'_>, to: &Members<'_>) -> Option<()> {
        for key in from.keys().filter(|key| !to.contains_key(key)) {
            self.at(&key.0, |patch| patch.operation("remove", None))?;
        }
        for (key, new) in to {
            self.at(&key.0, |patch| match from.get(key) {
                Some(old) => patch.value(old.get(), new.get()),
                None => patch.operation("add", Some(new.get())),
            })?;
        }
        Some(())
    }

    fn entries(&mut self, from: &[&RawValue], to: &[&RawValue]) -> Option<()> {
        let is_same = |(old, new): &(&&RawValue, &&RawValue)| old.get() == new.get();
        let start = from.iter().zip(to).take_while(is_same).count();
        let (from, to) = (&from[start..], &to[start..]);
        let end = from.iter().rev().zip(to.iter().rev()).take_while(is_same).count();
        let (from, to) = (&from[..from.len() - end], &to[..to.len() - end]);
        if from.len() + to.len() > LONGEST {
            return self.pairs(start, from, to);
        }
        let mut at = start;
        for step in capture_diff_slices(Algorithm::Myers, &texts(from), &texts(to)) {
            if !matches!(step, DiffOp::Equal { .. }) {
                self.pairs(at, from.get(step.old_range())?, to.get(step.new_range())?)?;
            }
            at += step.new_range().len();
        }
        Some(())
    }

    /// Makes entries of others, one by one, from an index on; then takes away those that are too many, or adds more.
    fn pairs(&mut self, start: usize, from: &[&RawValue], to: &[&RawValue]) -> Option<()> {
        for (index, (old, new)) in (start..).zip(from.iter().zip(to)) {
            self.at(&index.to_string(), |patch| patch.value(old.get(), new.get()))?;
        }
        let both = from.len().min(to.len());
        for _ in both..from.len() {
            self.at(&(start + both).to_string(), |patch| patch.operation("remove", None))?;
        }
        for (index, new) in (start + both..).zip(to.iter().skip(both)) {
            self.at(&index.to_string(), |patch| patch.operation("add", Some(new.get())))?;
        }
        Some(())
    }

    fn at(&mut self, token: &str, inside: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let outside = self.path.len();
        self.path.push('/');
        self.path.push_str(&token.replace('~', "~0").replace('/', "~1"));
        inside(self)?;
        self.path.truncate(outside);
        Some(())
    }

    fn operation(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        let comma = if self.out.len() > 1 { "," } else { "" };
        let path = serde_json::to_string(&self.path).ok()?;
        let _ = write!(self.out, r#"{comma}{{"op":"{name}","path":{path}"#);
        if let Some(value) = value {
            let _ = write!(self.out, r#","value":{value}"#);
        }
        self.out.push('}');
        (self.out.len() < self.longest).then_some(())
    }
}

fn texts<'a>(entries: &[&'a RawValue]) -> Vec<&'a str> {
    entries.iter().map(|entry| entry.get()).collect()
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests;
