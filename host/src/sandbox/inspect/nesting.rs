//! How deep types lie in types. The parser calls itself for each level, so a file of 30 KB can exhaust the
//! stack and with it end the host; it is counted here first, without a call for each level. Resource types
//! are counted on the way.

use wasmparser::{
    BinaryReader, ComponentType, ComponentTypeDeclaration, ComponentTypeRef, Result, TypeBounds,
};

use super::LoadError;

/// How deep a type may lie in others: as deep as the validator takes types that refer to others.
const DEEPEST: u64 = 100;

/// What a declaration inside of a type begins with if it is a type itself.
const TYPE: u8 = 0x01;
/// What types begin with that hold declarations.
const COMPONENT: u8 = 0x41;
const INSTANCE: u8 = 0x42;

/// Checks the content of a section of component types, and counts the resource types that it declares.
pub(super) fn check(mut section: BinaryReader<'_>) -> Result<u64, LoadError> {
    let mut resources = 0;
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
            continue;
        }
        let is_resource = if outermost {
            matches!(section.read()?, ComponentType::Resource { .. })
        } else {
            match section.read()? {
                ComponentTypeDeclaration::Export { ty, .. } => declares_resource(ty),
                ComponentTypeDeclaration::Import(import) => declares_resource(import.ty),
                _ => false,
            }
        };
        resources += u64::from(is_resource);
    }
    Ok(resources)
}

/// Whether an import, or a declared export, is a resource type that nothing else is.
pub(super) fn declares_resource(ty: ComponentTypeRef) -> bool {
    matches!(ty, ComponentTypeRef::Type(TypeBounds::SubResource))
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

    fn checked(section: &[u8]) -> Result<u64, LoadError> {
        check(BinaryReader::new(section, 0))
    }

    #[test]
    fn depth_is_counted_without_depth() {
        assert_eq!(checked(&nested(100)), Ok(0));
        let too_deep =
            |actual| LoadError::TooMany { what: "levels of types in types", actual, limit: DEEPEST };
        assert_eq!(checked(&nested(101)), Err(too_deep(101)));
        assert_eq!(checked(&nested(1_000_000)), Err(too_deep(101)));
    }

    #[test]
    fn what_stands_side_by_side_is_not_deep() {
        let instances = [TYPE, INSTANCE, 0].repeat(120);
        let section = [&[2, INSTANCE, 120][..], &instances, &[0x7f]].concat();
        assert_eq!(checked(&section), Ok(0));
        assert!(matches!(checked(&section[..section.len() - 1]), Err(LoadError::Invalid(_))));
    }
}
