//! What one instance of a component is made of, counted in the file. Components hold components and
//! instantiate them: a few hundred bytes can unfold into billions, and the compiler would unfold them.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Encoding, Instance,
    Payload,
};

use crate::sandbox::{ReducerLimits, engine::TABLE_ELEMENTS, instance::ELEMENT_BYTES};

use super::{LoadError, nesting, weight::Weight};

/// Modules and components inside of a component, at any depth: as many as the validator takes in each one.
/// The time that it needs grows with the square of their number.
const MOST_DEFINITIONS: u64 = 1_000;
/// What a file holds beside modules, in bytes. The validator goes through what is declared there again for
/// each instance of it. The whole of WASI takes a tenth of this.
const MOST_STRUCTURE_BYTES: u64 = 256 << 10;
/// Resource types. Those cost it the most: each is made anew for each instance and import that has it. All
/// of WASI has some forty.
const MOST_RESOURCES: u64 = 200;

/// What can be instantiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Component,
}

impl Kind {
    fn of(kind: ComponentExternalKind) -> Option<Self> {
        match kind {
            ComponentExternalKind::Module => Some(Self::Module),
            ComponentExternalKind::Component => Some(Self::Component),
            _ => None,
        }
    }

    fn of_outer(kind: ComponentOuterAliasKind) -> Option<Self> {
        match kind {
            ComponentOuterAliasKind::CoreModule => Some(Self::Module),
            ComponentOuterAliasKind::Component => Some(Self::Component),
            ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => None,
        }
    }
}

/// What an instance of it is made of; none for what somebody else defines.
type Definition = Option<Weight>;

/// A component whose end was not reached yet.
#[derive(Default)]
struct Scope {
    modules: Vec<Definition>,
    components: Vec<Definition>,
    /// Itself, and all that it instantiates.
    weight: Weight,
}

impl Scope {
    fn define(&mut self, kind: Kind, definition: Definition) {
        match kind {
            Kind::Module => self.modules.push(definition),
            Kind::Component => self.components.push(definition),
        }
    }

    /// What is defined under this index. One that is not there is refused by the validator.
    fn find(&self, kind: Kind, index: u32) -> Definition {
        let defined = match kind {
            Kind::Module => &self.modules,
            Kind::Component => &self.components,
        };
        let definition = usize::try_from(index).ok().and_then(|index| defined.get(index));
        definition.copied().unwrap_or(Some(Weight::default()))
    }
}

/// Counts along while a file is parsed.
pub(super) struct Census<'a> {
    limits: &'a ReducerLimits,
    /// The component that is being read, inside of those that it lies in.
    scopes: Vec<Scope>,
    /// The module that is being read, if one is.
    module: Option<Weight>,
    definitions: u64,
    structure_bytes: u64,
    resources: u64,
    /// What is instantiated anywhere in the file, each as often as that is written.
    written: Weight,
    /// The component itself, once its end was reached.
    whole: Weight,
}

impl<'a> Census<'a> {
    pub(super) fn new(limits: &'a ReducerLimits) -> Self {
        Self {
            limits,
            scopes: Vec::new(),
            module: None,
            definitions: 0,
            structure_bytes: 0,
            resources: 0,
            written: Weight::default(),
            whole: Weight::default(),
        }
    }

    /// Whether what is being read belongs to the component itself, and to none inside of it.
    pub(super) fn at_root(&self) -> bool {
        self.scopes.len() == 1 && self.module.is_none()
    }

    /// What one instance of the whole component is made of.
    pub(super) fn whole(&self) -> Weight {
        self.whole
    }

    /// Counts what the parser met, before the validator looks at it. What is not valid is left to that.
    pub(super) fn see(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        self.bound(payload)?;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => self.module = Some(Weight::OF_MODULE),
            Payload::Version { encoding: Encoding::Component, .. } => {
                self.scopes.push(Scope { weight: Weight::OF_COMPONENT, ..Scope::default() });
            }
            Payload::End(_) => self.end(),
            payload if self.module.is_some() => self.see_in_module(payload)?,
            payload => self.see_in_component(payload)?,
        }
        Ok(())
    }

    /// Refuses what would keep the validator busy for too long.
    fn bound(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                self.definitions += 1;
                let what = "modules and components inside of it";
                LoadError::unless_at_most(MOST_DEFINITIONS, self.definitions, what)
            }
            Payload::CustomSection(_) => Ok(()),
            payload if self.module.is_none() => {
                let section = payload.as_section().map_or(0, |(_, range)| range.len());
                self.structure_bytes += section as u64;
                let what = "bytes of types, imports, exports and instances";
                LoadError::unless_at_most(MOST_STRUCTURE_BYTES, self.structure_bytes, what)
            }
            _ => Ok(()),
        }
    }

    /// Counts resource types that were declared.
    pub(super) fn count_resources(&mut self, declared: u64) -> Result<(), LoadError> {
        self.resources += declared;
        LoadError::unless_at_most(MOST_RESOURCES, self.resources, "resource types")
    }

    fn see_in_module(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        let Some(module) = &mut self.module else { return Ok(()) };
        match payload {
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    let memory = memory?;
                    let page = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX);
                    *module += Weight::of_memory(memory.initial.saturating_mul(page));
                }
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    let elements = table?.ty.initial;
                    LoadError::unless_at_most(TABLE_ELEMENTS as u64, elements, "elements in one table")?;
                    *module += Weight::of_table(elements.saturating_mul(ELEMENT_BYTES as u64));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn see_in_component(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::InstanceSection(instances) => {
                for instance in instances.clone() {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        self.instantiate(Kind::Module, module_index)?;
                    }
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances.clone() {
                    if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                        self.instantiate(Kind::Component, component_index)?;
                    }
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    let ty = import?.ty;
                    self.count_resources(u64::from(nesting::declares_resource(ty)))?;
                    self.define(Kind::of(ty.kind()), None);
                }
            }
            Payload::ComponentExportSection(exports) => {
                // An export has an index of its own, which can be used from then on.
                for export in exports.clone() {
                    let export = export?;
                    self.alias(Kind::of(export.kind), 0, export.index);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases.clone() {
                    match alias? {
                        ComponentAlias::InstanceExport { kind, .. } => self.define(Kind::of(kind), None),
                        ComponentAlias::Outer { kind, count, index } => {
                            self.alias(Kind::of_outer(kind), count, index);
                        }
                        ComponentAlias::CoreInstanceExport { .. } => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn define(&mut self, kind: Option<Kind>, definition: Definition) {
        if let (Some(kind), Some(scope)) = (kind, self.scopes.last_mut()) {
            scope.define(kind, definition);
        }
    }

    /// Gives another index to what is defined so many components further out.
    fn alias(&mut self, kind: Option<Kind>, outwards: u32, index: u32) {
        let scope = usize::try_from(outwards).ok().and_then(|count| self.scopes.iter().rev().nth(count));
        if let (Some(kind), Some(scope)) = (kind, scope) {
            let definition = scope.find(kind, index);
            self.define(Some(kind), definition);
        }
    }

    fn instantiate(&mut self, kind: Kind, index: u32) -> Result<(), LoadError> {
        let (what, itself) = match kind {
            Kind::Module => ("module", Weight::OF_MODULE),
            Kind::Component => ("component", Weight::OF_COMPONENT),
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.weight += scope.find(kind, index).ok_or(LoadError::Unforeseeable(what))?;
            scope.weight.check_instances(self.limits)?;
        }
        self.written += itself;
        self.written.check_instances(self.limits)
    }

    /// The end of a module, or else of a component.
    fn end(&mut self) {
        if let Some(module) = self.module.take() {
            self.define(Some(Kind::Module), Some(module));
        } else if let Some(scope) = self.scopes.pop() {
            self.whole = scope.weight;
            self.define(Some(Kind::Component), Some(scope.weight));
        }
    }
}
