//! Findings as text, like that of other test runners.

use similar::{ChangeTag, TextDiff};

use super::{case::Case, compare::Finding};

/// Unchanged lines that are shown around changed ones.
const CONTEXT: usize = 4;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// For terminals.
    On,
    /// For files and pipes.
    Off,
}

#[derive(Clone, Copy)]
enum Hue {
    Red = 31,
    Green = 32,
}

impl Colour {
    fn paint(self, hue: Hue, text: &str) -> String {
        match self {
            Self::On => format!("\x1b[{}m{text}\x1b[0m", hue as u8),
            Self::Off => text.to_owned(),
        }
    }

    /// The word for how something ended: green if it is good.
    #[must_use]
    pub fn verdict(self, is_good: bool, word: &str) -> String {
        self.paint(if is_good { Hue::Green } else { Hue::Red }, word)
    }
}

/// What is wrong with a case, on several lines.
#[must_use]
pub fn report(case: &Case, findings: &[Finding], colour: Colour) -> String {
    let mut text = format!("---- {}: {}\n", case.file.display(), case.name);
    for finding in findings {
        match finding {
            Finding::Says { what, why } => {
                text += &format!("{what}\n");
                text.extend(why.lines().map(|line| format!("    {line}\n")));
            }
            Finding::Differs { what, first, second } => {
                text += &format!("{what}\n");
                text += &diff(first, second, colour);
            }
        }
    }
    text
}

fn diff(first: &str, second: &str, colour: Colour) -> String {
    let mut text = String::new();
    let diff = TextDiff::from_lines(first, second);
    for (at, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if at > 0 {
            text += "    ...\n";
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end_matches('\n');
            text += &match change.tag() {
                ChangeTag::Equal => format!("      {line}"),
                ChangeTag::Delete => colour.paint(Hue::Red, &format!("    - {line}")),
                ChangeTag::Insert => colour.paint(Hue::Green, &format!("    + {line}")),
            };
            text.push('\n');
        }
    }
    text
}
