//! How deep types lie in types. The parser calls itself for each level, so a file of 30 KB can exhaust the
//! stack and with it end the host; it is counted here first, without a call for each level.

use wasmparser::{BinaryReader, ComponentType, ComponentTypeDeclaration, Result};

use super::LoadError;

/// How deep a type may lie in others: as deep as the validator takes types that refer to others.
const DEEPEST: u64 = 100;

/// What a declaration inside of a type begins with if it is a type itself.
const TYPE: u8 = 0x01;
/// What types begin with that hold declarations.
const COMPONENT: u8 = 0x41;
const INSTANCE: u8 = 0x42;

/// Checks the content of a section of component types.
pub(super) fn check(mut section: BinaryReader<'_>) -> Result<(), LoadError> {
    // Of the section and of every type that is open: how much of it is still to be read.
    let mut open = vec![section.read_var_u32()?];
    while let Some(left) = open.last_mut() {
        let Some(rest) = left.checked_sub(1) else {
            open.pop();
            continue;
        };
        *left = rest;
        let outermost = open.len() == 1;
        let mut ahead = section.clone();
        if (outermost || ahead.read_u8()? == TYPE) && matches!(ahead.read_u8()?, COMPONENT | INSTANCE) {
            LoadError::unless_at_most(DEEPEST, open.len() as u64, "levels of types in types")?;
            open.push(ahead.read_var_u32()?);
            section = ahead;
        } else if outermost {
            section.read::<ComponentType<'_>>()?;
        } else {
            section.read::<ComponentTypeDeclaration<'_>>()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One type in another, `levels` of them.
    fn nested(levels: usize) -> Vec<u8> {
        let mut section = vec![1];
        section.extend([INSTANCE, 1, TYPE].repeat(levels - 1));
        section.extend([INSTANCE, 0]);
        section
    }

    fn checked(section: &[u8]) -> Result<(), LoadError> {
        check(BinaryReader::new(section, 0))
    }

    #[test]
    fn depth_is_counted_without_depth() {
        assert_eq!(checked(&nested(100)), Ok(()));
        let too_deep =
            |actual| LoadError::TooMany { what: "levels of types in types", actual, limit: DEEPEST };
        assert_eq!(checked(&nested(101)), Err(too_deep(101)));
        assert_eq!(checked(&nested(1_000_000)), Err(too_deep(101)));
    }

    #[test]
    fn what_stands_side_by_side_is_not_deep() {
        let instances = [TYPE, INSTANCE, 0].repeat(120);
        let section = [&[2, INSTANCE, 120][..], &instances, &[0x7f]].concat();
        assert_eq!(checked(&section), Ok(()));
        assert!(matches!(checked(&section[..section.len() - 1]), Err(LoadError::Invalid(_))));
    }
}
