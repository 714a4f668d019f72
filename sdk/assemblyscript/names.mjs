// AssemblyScript exports functions under names that are identifiers. The contract's are not: this renames them.

const INTERFACE = "everfold:domain/reducer@0.1.0";

export default class {
  afterCompile(module) {
    for (const name of ["describe", "reduce"]) {
      module.removeExport(name);
      module.addFunctionExport(`assembly/abi/${name}`, `${INTERFACE}#${name}`);
    }
  }
}
