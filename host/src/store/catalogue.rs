//! How a catalogue is put together of what the tables hold.

use crate::words::{ActivationNumber, Descriptor, LeaseEpoch, Position, Version};

use super::{
    Activation, Catalogue, Head, Imported, Mark, Result,
    names::Names,
    rows::{damaged, from_json, hash, number},
};

/// A row of `activations`: number, domain, module, descriptor, head, and when that was.
pub(super) type ActivationRow = (i64, i64, Option<Vec<u8>>, Option<String>, i64, i64);

/// What the tables hold, as of one moment.
pub(super) struct CatalogueRows {
    /// Position and version.
    pub(super) counted: (i64, i64),
    /// The lease epoch in force.
    pub(super) leases: i64,
    /// By name.
    pub(super) contexts: Vec<String>,
    /// By number.
    pub(super) activations: Vec<ActivationRow>,
    /// Of each domain: its number, position and settled activation.
    pub(super) marks: Vec<(i64, i64, i64)>,
    /// How far an import has got that has not ended.
    pub(super) import: Option<Imported>,
}

impl CatalogueRows {
    /// The catalogue. Every name must be known.
    pub(super) fn catalogue(self, names: &Names) -> Result<Catalogue> {
        let activation = |(activation, domain, module, descriptor, head, at): ActivationRow| {
            let descriptor: Option<Descriptor> = descriptor.as_deref().map(from_json).transpose()?;
            Ok(Activation {
                number: ActivationNumber(number(activation)?),
                key: names.domain_key(domain)?,
                module: module.as_deref().map(hash).transpose()?.zip(descriptor),
                head: Position(number(head)?),
                at,
            })
        };
        let leases = LeaseEpoch(number(self.leases)?);
        let mark = |(domain, position, settled)| {
            Ok(Mark {
                key: names.domain_key(domain)?,
                position: Position(number(position)?),
                settled: ActivationNumber(number(settled)?),
                leases,
            })
        };
        let mut marks = self.marks.into_iter().map(mark).collect::<Result<Vec<_>>>()?;
        marks.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let (position, version) = self.counted;
        Ok(Catalogue {
            contexts: self
                .contexts
                .iter()
                .map(|name| name.parse().map_err(damaged))
                .collect::<Result<_>>()?,
            activations: self.activations.into_iter().map(activation).collect::<Result<_>>()?,
            marks,
            head: Head { position: Position(number(position)?), version: Version(number(version)?) },
            import: self.import,
        })
    }
}
