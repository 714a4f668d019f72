use serde_json::Value;

use super::*;

/// What is left of `from` once its patch is applied, by a library that is not ours; none: there is no patch.
fn rebuilt(from: &str, to: &str) -> Option<Value> {
    let patch = between(from.as_bytes(), to.as_bytes())?;
    assert!(patch.len() < to.len(), "{patch} is not shorter than {to}");
    let mut document = serde_json::from_str(from).unwrap();
    let patch: json_patch::Patch = serde_json::from_str(&patch).unwrap();
    json_patch::patch(&mut document, &patch).unwrap();
    Some(document)
}

/// The same documents with something long beside them, so that patches are worth it.
fn patch(from: &str, to: &str) -> String {
    let beside = |json: &str| format!(r#"{{"":{json},"long":"{}"}}"#, "x".repeat(1000));
    let (from, to) = (beside(from), beside(to));
    assert_eq!(rebuilt(&from, &to), Some(serde_json::from_str(&to).unwrap()));
    between(from.as_bytes(), to.as_bytes()).unwrap()
}

#[test]
fn members_and_entries_are_changed_where_they_differ() {
    for (from, to, expected) in [
        ("1", "1", "[]"),
        ("[1, 2]", "[1,2]", "[]"),
        ("1", "1.0", r#"[{"op":"replace","path":"/","value":1.0}]"#),
        ("{}", "[]", r#"[{"op":"replace","path":"/","value":[]}]"#),
        (r#"{"a":1}"#, r#"{"b":2}"#, r#"[{"op":"remove","path":"//a"},{"op":"add","path":"//b","value":2}]"#),
        (r#"{"a":{"b":1}}"#, r#"{"a":{"b":2}}"#, r#"[{"op":"replace","path":"//a/b","value":2}]"#),
        (r#"{"a/~b":1}"#, r#"{"a/~b":2}"#, r#"[{"op":"replace","path":"//a~1~0b","value":2}]"#),
        (r#"{"\n\"":1}"#, "{}", r#"[{"op":"remove","path":"//\n\""}]"#),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#, "[]"),
        ("[1,2,3]", "[1,3]", r#"[{"op":"remove","path":"//1"}]"#),
        ("[1,3]", "[1,2,3]", r#"[{"op":"add","path":"//1","value":2}]"#),
        ("[1]", "[1,2,3]", r#"[{"op":"add","path":"//1","value":2},{"op":"add","path":"//2","value":3}]"#),
        ("[1,2]", "[]", r#"[{"op":"remove","path":"//0"},{"op":"remove","path":"//0"}]"#),
        ("[[1],[2]]", "[[1],[3]]", r#"[{"op":"replace","path":"//1/0","value":3}]"#),
        (
            "[0,1,2,3,4]",
            "[1,2,9,4,5]",
            r#"[{"op":"remove","path":"//0"},{"op":"replace","path":"//2","value":9},{"op":"add","path":"//4","value":5}]"#,
        ),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567891",
            r#"[{"op":"replace","path":"/","value":123456789012345678901234567891}]"#,
        ),
    ] {
        assert_eq!(patch(from, to), expected, "{from} to {to}");
    }
}

#[test]
fn what_is_no_shorter_or_no_json_or_too_deep_has_no_patch() {
    let deep = |leaf: u8| format!("{}{leaf}{}", "[0,".repeat(100), "]".repeat(100));
    let long = "9".repeat(60);
    for (from, to) in [
        ("1", "2"),
        (r#"{"a":1}"#, r#"{"a":2}"#),
        ("[", "[1,1,1,1,1,1,1,1,1,1,1]"),
        ("", "1"),
        (&*deep(1), &*deep(2)),
        (&format!(r#"["{long}"]"#), &format!(r#"["a{long}"]"#)),
    ] {
        assert_eq!(between(from.as_bytes(), to.as_bytes()), None, "{from} to {to}");
    }
    assert_eq!(between(b"\xff", b"[1,1,1,1,1]"), None);
}

/// A case of the public suite: what is to become of a document.
#[derive(Deserialize)]
struct Case {
    doc: Value,
    expected: Option<Value>,
}

#[test]
fn documents_of_the_public_suite_become_what_they_should() {
    let suites = [
        include_str!("../../../../../sdk/js-client/test/suite/tests.json"),
        include_str!("../../../../../sdk/js-client/test/suite/spec_tests.json"),
    ];
    let cases = suites.iter().flat_map(|suite| serde_json::from_str::<Vec<Case>>(suite).unwrap());
    let mut compared = 0;
    for Case { doc, expected } in cases {
        let Some(expected) = expected else { continue };
        patch(&doc.to_string(), &expected.to_string());
        patch(&expected.to_string(), &doc.to_string());
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
}

/// A random document, and then what becomes of it.
struct Documents(fastrand::Rng);

impl Documents {
    fn value(&mut self, depth: u32) -> Value {
        let random = &mut self.0;
        match random.u32(..if depth == 0 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => random.bool().into(),
            2 => random.i64(-9..999).into(),
            3 => (random.f64() * 1e9).into(),
            4 => self.name().into(),
            5 => (0..self.0.usize(..6)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.0.usize(..6)).map(|_| (self.name(), self.value(depth - 1))).collect(),
        }
    }

    fn name(&mut self) -> String {
        let parts = ["a", "b", "/", "~", "~1", "é", "\"", "\u{1}", "0", "-", "", "\u{1f600}"];
        (0..self.0.usize(1..4)).map(|_| parts[self.0.usize(..parts.len())]).collect()
    }

    /// Changes something, somewhere.
    fn change(&mut self, value: &mut Value, depth: u32) {
        match value {
            Value::Object(members) if self.0.u32(..6) > 0 => {
                let name = members.keys().nth(self.0.usize(..=members.len())).cloned();
                match name {
                    Some(name) if self.0.u32(..4) == 0 => drop(members.remove(&name)),
                    Some(name) => self.change(members.get_mut(&name).unwrap(), depth.saturating_sub(1)),
                    None => drop(members.insert(self.name(), self.value(depth))),
                }
            }
            Value::Array(entries) if self.0.u32(..6) > 0 => {
                let index = self.0.usize(..=entries.len());
                match entries.get_mut(index) {
                    Some(entry) if self.0.bool() => self.change(entry, depth.saturating_sub(1)),
                    Some(_) if self.0.bool() => drop(entries.remove(index)),
                    _ => entries.insert(index, self.value(depth)),
                }
            }
            value => *value = self.value(depth),
        }
    }
}

#[test]
fn a_hundred_thousand_documents_are_rebuilt() {
    let mut documents = Documents(fastrand::Rng::with_seed(7));
    let (mut patched, mut steps) = (0, 0);
    while steps < 100_000 {
        let mut document = documents.value(4);
        for _ in 0..50 {
            let from = document.to_string();
            for _ in 0..documents.0.u32(1..4) {
                documents.change(&mut document, 3);
            }
            let to = document.to_string();
            if let Some(rebuilt) = rebuilt(&from, &to) {
                patched += 1;
                // Read as it was, because the library may read a number's last digit otherwise than it wrote it.
                let to: Value = serde_json::from_str(&to).unwrap();
                assert_eq!(rebuilt.to_string(), to.to_string(), "{from}");
            }
            steps += 1;
        }
    }
    assert!(patched > 30_000, "only {patched} patches were worth it");
}
