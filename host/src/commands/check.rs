//! `everfold check`: would the host take this module?

use everfold::words::{Descriptor, Fold, History, ModuleHash, Order, Upgrade};

use super::{Outcome, module};
use crate::cli::CheckArgs;

pub(crate) fn run(arguments: &CheckArgs) -> Outcome {
    let (_, module) = module::load(&arguments.file, &arguments.terms)?;
    let file = arguments.file.display();
    print!("{file}: the host takes it\n{}", describe(module.hash(), module.descriptor()));
    Ok(())
}

/// A descriptor for people, one line for each thing that it says.
fn describe(hash: ModuleHash, descriptor: &Descriptor) -> String {
    let fold = match descriptor.fold {
        Fold::Entity(Order::Occurred) => "one model for each entity, its events by id (occurred)",
        Fold::Entity(Order::Recorded) => "one model for each entity, its events by position (recorded)",
        Fold::WholeContext => "one model for the whole context, its events by position",
    };
    let upgrade = match descriptor.upgrade {
        Upgrade::Rebuild => "rebuild: a new module folds all events afresh",
        Upgrade::Resume => "resume: a new module goes on from the present models",
    };
    let history = match descriptor.history {
        History::Emit => "emit: events older than the first deployment emit",
        History::Silent => "silent: events older than the first deployment do not emit",
    };
    let attributes = descriptor.attributes.iter().map(|(key, value)| format!("{key} = {value}"));
    let lines = [
        ("module", hash.to_string()),
        ("fold", fold.to_owned()),
        ("takes", listed(descriptor.event_types.iter().cloned(), "all event types")),
        ("emits", listed(descriptor.emits.iter().cloned(), "none declared")),
        ("upgrade", upgrade.to_owned()),
        ("history", history.to_owned()),
        ("content type", descriptor.content_type.clone().unwrap_or_else(|| "application/json".to_owned())),
        ("attributes", listed(attributes, "none")),
    ];
    lines.iter().map(|(name, said)| format!("  {name:<13} {said}\n")).collect()
}

fn listed(members: impl Iterator<Item = String>, none: &str) -> String {
    let members: Vec<_> = members.collect();
    if members.is_empty() { none.to_owned() } else { members.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_reads_well() {
        let descriptor = Descriptor {
            event_types: vec!["ItemAdded".into(), "ItemRemoved".into()],
            fold: Fold::Entity(Order::Occurred),
            upgrade: Upgrade::Rebuild,
            history: History::Silent,
            content_type: None,
            emits: Vec::new(),
            attributes: vec![("team".into(), "checkout".into())],
        };
        let said = describe(ModuleHash::of(b"x"), &descriptor);
        for line in
            ["takes         ItemAdded, ItemRemoved\n", "emits         none declared\n", "team = checkout"]
        {
            assert!(said.contains(line), "{said}");
        }
    }
}
