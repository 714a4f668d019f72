//! Finds tools, says how they are called, and calls them.

use std::{
    ffi::OsStr,
    io, iter,
    path::Path,
    process::{Command, Stdio},
};

use super::{BuildError, project::Project};

/// Where tools are put for one project, or for the folder that holds several.
const OWN: [&str; 3] = [".venv/bin", "venv/bin", "node_modules/.bin"];

/// How to get Zig.
pub(super) const INSTALL_ZIG: &str = "python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.0";

/// A tool as somebody who stands in the project's folder would call it: the one that was put beside the project, or
/// else the one in PATH.
pub(super) fn tool(project: &Project, name: &str) -> Command {
    let beside = project.dir.ancestors().flat_map(|dir| OWN.map(|folder| dir.join(folder).join(name)));
    let own = beside.into_iter().find(|path| path.is_file());
    let mut command = own.map_or_else(|| Command::new(name), Command::new);
    command.current_dir(&project.dir).stdin(Stdio::null());
    command
}

/// Zig: as itself, or as the package `ziglang` of a Python.
pub(super) fn zig(project: &Project) -> Result<Command, BuildError> {
    let answers = |command: &mut Command| {
        let asked = command.arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    for (name, arguments) in [("zig", &[][..]), ("python3", &["-m", "ziglang"])] {
        let mut found = tool(project, name);
        found.args(arguments);
        if answers(tool(project, name).args(arguments)) {
            return Ok(found);
        }
    }
    Err(BuildError::NoTool { tool: "zig".to_owned(), install: INSTALL_ZIG })
}

/// Says how a tool is called, and calls it; what it prints goes to stderr. `install` is the one command that brings
/// it where it is missing.
///
/// # Errors
/// [`BuildError::NoTool`], [`BuildError::Failed`].
pub(super) fn run(mut command: Command, install: &'static str) -> Result<(), BuildError> {
    let shown = shown(&command);
    eprintln!("everfold: {shown}");
    let name = command.get_program().to_string_lossy().into_owned();
    let status = match command.stdout(io::stderr()).status() {
        Ok(status) => status,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BuildError::NoTool { tool: name, install });
        }
        Err(error) => return Err(BuildError::Failed { command: shown, why: error.to_string() }),
    };
    if status.success() {
        return Ok(());
    }
    Err(BuildError::Failed { command: shown, why: "its messages above say why".to_owned() })
}

/// A call as one would type it in the folder where it is made.
pub(super) fn shown(command: &Command) -> String {
    let text = |text: &OsStr| text.to_string_lossy().into_owned();
    let set = command.get_envs().filter_map(|(key, value)| Some(format!("{}={}", text(key), text(value?))));
    let program = Path::new(command.get_program());
    let here = command.get_current_dir().and_then(|dir| program.strip_prefix(dir).ok());
    let program = here.unwrap_or(program).as_os_str();
    let words = iter::once(program).chain(command.get_args()).map(|word| quoted(&text(word)));
    set.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn project() -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::open(folder.path()).unwrap();
        (folder, project)
    }

    #[test]
    fn a_call_is_shown_as_one_would_type_it() {
        let (_folder, project) = project();
        let mut go = tool(&project, "go");
        go.env("GOOS", "wasip1").args(["build", "-ldflags=-s -w", "."]);
        assert_eq!(shown(&go), "GOOS=wasip1 go build '-ldflags=-s -w' .");
    }

    #[test]
    fn a_projects_own_tool_goes_before_that_in_the_path() {
        let (folder, project) = project();
        fs::create_dir_all(folder.path().join(".venv/bin")).unwrap();
        fs::write(folder.path().join(".venv/bin/go"), "").unwrap();
        assert_eq!(shown(&tool(&project, "go")), ".venv/bin/go");
    }

    #[test]
    fn a_tool_that_is_missing_or_fails_is_named_with_the_way_out() {
        let (_folder, project) = project();
        let missing = run(tool(&project, "everfold-has-no-such-tool"), "get it").unwrap_err().to_string();
        assert!(missing.contains("everfold-has-no-such-tool") && missing.contains("get it"), "{missing}");
        let failed = run(tool(&project, "false"), "").unwrap_err().to_string();
        assert!(failed.contains("false failed: its messages above say why"), "{failed}");
    }
}
