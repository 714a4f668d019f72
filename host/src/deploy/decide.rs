//! What a file says. Pure: the rules of the folder, and nothing that could fail.

use crate::words::ModuleHash;

/// What is at a domain's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// A complete file with this content.
    File(ModuleHash),
    /// Nothing, in a context folder that is there.
    Missing,
    /// Nothing, and the context folder is not there either: not mounted, perhaps.
    NoFolder,
}

/// What a host recorded for a path: the file's content, or none if it was gone.
pub(super) type Record = Option<ModuleHash>;

/// Everything that matters to what a file says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// What is at the path.
    pub(super) path: Path,
    /// What this host last recorded for the path, if it ever did.
    pub(super) recorded: Option<Record>,
    /// The module in force, if there is one.
    pub(super) active: Option<ModuleHash>,
    /// Whether the domain ever had the file's module.
    pub(super) had_before: bool,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing: the path does not speak.
    Nothing,
    /// Remember what is there; what serves goes on serving.
    Record,
    /// Let the file's module serve.
    Activate,
    /// Let the domain rest.
    Retire,
}

/// Applies the rules: a folder speaks only where a file differs from what this host recorded for it; without
/// a record, only with a module that is new to the domain; a missing file retires only what was recorded.
pub(super) fn decide(now: &Situation) -> Decision {
    match (now.path, now.recorded) {
        (Path::File(hash), Some(recorded)) if recorded == Some(hash) => Decision::Nothing,
        // Without a record this could be an old folder, or one that another host's upgrades have outrun.
        (Path::File(_), None) if now.had_before => Decision::Record,
        (Path::File(hash), _) if now.active == Some(hash) => Decision::Record,
        (Path::File(_), _) => Decision::Activate,
        (Path::Missing, Some(Some(_))) if now.active.is_some() => Decision::Retire,
        (Path::Missing, Some(Some(_))) => Decision::Record,
        (Path::Missing | Path::NoFolder, _) => Decision::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str) -> ModuleHash {
        ModuleHash::of(name.as_bytes())
    }

    fn situation(
        path: Path,
        recorded: Option<Option<&str>>,
        active: Option<&str>,
        had: &[&str],
    ) -> Situation {
        let had_before = matches!(path, Path::File(hash) if had.iter().any(|name| module(name) == hash));
        let recorded = recorded.map(|hash| hash.map(module));
        Situation { path, recorded, active: active.map(module), had_before }
    }

    fn file(name: &str, recorded: Option<Option<&str>>, active: Option<&str>, had: &[&str]) -> Decision {
        decide(&situation(Path::File(module(name)), recorded, active, had))
    }

    fn no_file(path: Path, recorded: Option<Option<&str>>, active: Option<&str>) -> Decision {
        decide(&situation(path, recorded, active, &["a"]))
    }

    #[test]
    fn a_new_file_deploys() {
        assert_eq!(file("a", None, None, &[]), Decision::Activate);
        // Another host deployed something else there, and this module is new to the domain.
        assert_eq!(file("b", None, Some("a"), &["a"]), Decision::Activate);
    }

    #[test]
    fn an_overwritten_file_upgrades_also_if_it_changed_while_the_host_was_down() {
        assert_eq!(file("b", Some(Some("a")), Some("a"), &["a"]), Decision::Activate);
        // Back to an older one: the file changed, so it speaks.
        assert_eq!(file("a", Some(Some("b")), Some("b"), &["a", "b"]), Decision::Activate);
    }

    #[test]
    fn an_unchanged_file_is_silent_whatever_serves() {
        assert_eq!(file("a", Some(Some("a")), Some("a"), &["a"]), Decision::Nothing);
        // Rolled back or upgraded elsewhere: the folder has said what it had to say.
        assert_eq!(file("a", Some(Some("a")), Some("b"), &["a", "b"]), Decision::Nothing);
        assert_eq!(file("a", Some(Some("a")), None, &["a"]), Decision::Nothing);
    }

    #[test]
    fn without_a_record_a_module_that_the_domain_had_undoes_nothing() {
        assert_eq!(file("a", None, Some("b"), &["a", "b"]), Decision::Record);
        assert_eq!(file("a", None, None, &["a"]), Decision::Record);
        assert_eq!(file("b", None, Some("b"), &["a", "b"]), Decision::Record);
    }

    #[test]
    fn a_changed_file_that_already_serves_is_recorded() {
        assert_eq!(file("b", Some(Some("a")), Some("b"), &["a", "b"]), Decision::Record);
        assert_eq!(file("b", Some(None), Some("b"), &["b"]), Decision::Record);
    }

    #[test]
    fn a_deleted_file_retires_what_this_host_had_recorded() {
        assert_eq!(no_file(Path::Missing, Some(Some("a")), Some("a")), Decision::Retire);
        assert_eq!(no_file(Path::Missing, Some(Some("a")), None), Decision::Record);
        assert_eq!(no_file(Path::Missing, Some(None), Some("a")), Decision::Nothing);
        assert_eq!(no_file(Path::Missing, None, Some("a")), Decision::Nothing);
    }

    #[test]
    fn without_its_context_folder_a_missing_file_says_nothing() {
        for recorded in [None, Some(None), Some(Some("a"))] {
            assert_eq!(no_file(Path::NoFolder, recorded, Some("a")), Decision::Nothing);
        }
    }

    #[test]
    fn the_same_file_coming_back_speaks_again() {
        assert_eq!(file("a", Some(None), None, &["a"]), Decision::Activate);
    }
}
