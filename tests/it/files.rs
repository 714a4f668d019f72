//! Files from strangers: what is wrong with one is said before anything of it is compiled, in one sentence,
//! and no file keeps the host busy or ends it.

use std::{fs::File, sync::LazyLock};

use everfold::{
    Config,
    sandbox::{ReducerLimits, Sandbox, SandboxSettings, inspect},
};

use crate::harness::{guest, run};

const REDUCER: &str = "everfold:domain/reducer@0.1.0";

static LIMITS: LazyLock<ReducerLimits> = LazyLock::new(|| (&Config::embedded().limits).into());

/// A component that exports what a reducer must, with these parts before and in its one module.
fn component(parts: &str, in_module: &str) -> Vec<u8> {
    let text = format!(
        r#"(component {parts}
            (core module $m (func (export "f")) {in_module})
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $r (export "describe" (func $f)) (export "reduce" (func $f)))
            (export "{REDUCER}" (instance $r)))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The sentence that refuses these bytes, which holds all of these words.
fn refusal(bytes: &[u8], words: &[&str]) -> String {
    let sentence = inspect(bytes, &LIMITS).expect_err(words[0]).to_string();
    for word in words {
        assert!(sentence.contains(word), "{word:?} is not in: {sentence}");
    }
    assert_eq!(sentence.lines().count(), 1, "one sentence: {sentence}");
    sentence
}

/// Parts that unfold: each component instantiates the one before it `width` times.
fn unfolding(levels: usize, width: usize, innermost: &str) -> String {
    let mut text = format!("(component $c0 {innermost})");
    for level in 1..=levels {
        let outer = format!("(alias outer 1 $c{} (component $inner))", level - 1);
        let instances = "(instance (instantiate $inner))".repeat(width);
        text += &format!("(component $c{level} {outer} {instances})");
    }
    text + &format!("(instance (instantiate $c{levels}))")
}

#[test]
fn every_import_that_a_reducer_is_not_given_is_named() {
    let names = [
        "wasi:sockets/tcp@0.2.0",
        "wasi:http/types@0.2.3",
        "wasi:random/random@0.3.0",
        "everfold:domain/log@0.2.0",
        "fetch",
    ];
    let import = |name: &str| format!(r#"(import "{name}" (instance))"#);
    let refused: String = names.into_iter().map(import).collect();
    let given = [
        "everfold:domain/types@0.1.0",
        "everfold:domain/log@0.1.0",
        "wasi:cli/environment@0.2.3",
        "wasi:io/streams@0.2.6",
    ];
    let given: String = given.into_iter().map(import).collect();
    let sentence = refusal(&component(&(given.clone() + &refused), ""), &names);
    for name in ["wasi:cli", "wasi:io/streams"] {
        assert!(!sentence.split("which").next().unwrap().contains(name), "{sentence}");
    }
    // Without those it passes, and what it will see of the world is known.
    let of = |imports: &str| {
        let inspected = inspect(&component(imports, ""), &LIMITS).unwrap();
        (inspected.wasi, inspected.reads_time_or_randomness)
    };
    assert_eq!(of(""), (false, false));
    assert_eq!(of(&given), (true, false));
    assert_eq!(of(&import("wasi:clocks/monotonic-clock@0.2.0")), (true, true));
    assert_eq!(of(&import("wasi:random/insecure-seed@0.2.99")), (true, true));
    // What a component inside imports, its own component gives.
    assert_eq!(of(r#"(component (import "fetch" (instance)))"#), (false, false));
}

#[test]
fn every_function_that_is_missing_is_named() {
    let text =
        format!(r#"(component (instance $r (export "other" (func $f))) (export "{REDUCER}" (instance $r)))"#);
    let with_function = text.replacen(
        "(component",
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
           (func $f (canon lift (core func $i "f")))"#,
        1,
    );
    refusal(&wat::parse_str(with_function).unwrap(), &["0.1.0#describe, ", "0.1.0#reduce"]);
}

#[test]
fn a_module_cut_short_anywhere_is_refused() {
    let whole = &guest("ledger").bytes;
    assert!(inspect(whole, &LIMITS).is_ok());
    for part in 1..=64 {
        let cut = &whole[..(whole.len() - 1) * part / 64];
        refusal(cut, &[if cut.len() < 4 { "not WebAssembly" } else { "not a valid component" }]);
    }
}

#[test]
fn what_is_off_is_named() {
    for (in_module, words) in [
        ("(memory 1 2 shared)", "threads"),
        ("(memory i64 1)", "memory64"),
        ("(type (struct (field i32)))", "gc"),
        ("(tag)", "exceptions"),
    ] {
        refusal(&component("", in_module), &["not a valid component", words, "offset"]);
    }
    refusal(&component("(type (future))", ""), &["not a valid component", "async", "offset"]);
}

#[test]
fn what_unfolds_without_end_is_refused_by_its_numbers() {
    let limit = "64 is the limit (limits.module_instances)";
    let million = component(&unfolding(20, 2, ""), "");
    assert!(million.len() < 2_000, "{}", million.len());
    refusal(&million, &["component instances", "limits.module_instances"]);
    let module = "(core module $m) (core instance (instantiate $m)) (core instance (instantiate $m))";
    refusal(&component(&unfolding(1, 32, module), ""), &["65 core instances", limit]);
    assert!(inspect(&component(&unfolding(1, 31, module), ""), &LIMITS).is_ok());
    // The same without an instance of the outermost: nobody needs such a component.
    let idle = unfolding(20, 2, "");
    let idle = &idle[..idle.rfind("(instance").unwrap()];
    refusal(&component(idle, ""), &["component instances", limit]);
    let unused = format!("(component (component $c) {})", "(instance (instantiate $c))".repeat(33)).repeat(2);
    refusal(&component(&unused, ""), &["65 component instances", limit]);
    // Out of hands that are not the component's own.
    let foreign = r#"(component $c (core module $m) (export "m" (core module $m))) (instance $i (instantiate $c))
                     (alias export $i "m" (core module $n)) (core instance (instantiate $n))"#;
    refusal(&component(foreign, ""), &["instantiates a module", "beforehand"]);
    // Its own under another index is its own.
    let own = r#"(core module $p) (component (alias outer 1 $p (core module $n)) (export $o "m" (core module $n))
                 (core instance (instantiate $o)))"#;
    assert!(inspect(&component(own, ""), &LIMITS).is_ok());
}

#[test]
fn what_would_keep_the_validator_busy_is_refused_first() {
    let components = "(component)".repeat(100);
    let wide = format!("(component {components})").repeat(10);
    refusal(&component(&wide, ""), &["modules and components inside of it", "1000"]);
    let types = r#"(type (func (param "some-long-name-of-a-parameter" u8)))"#.repeat(10_000);
    refusal(&component(&types, ""), &["bytes of types, imports, exports and instances"]);
    let resource = |n| format!(r#"(export "r{n}" (type (sub resource)))"#);
    let resources: String = (0..100).map(resource).collect();
    let resources = format!("(type (instance {resources}))");
    assert!(inspect(&component(&resources.repeat(2), ""), &LIMITS).is_ok());
    refusal(
        &component(&(resources.repeat(2) + "(type (resource (rep i32)))"), ""),
        &["201 resource types", "200"],
    );
    // One instance type in another: a parser that follows them needs stack for each.
    let mut deep = wat::parse_str("(component)").unwrap();
    // Section 7 holds types; this one has 300 003 bytes, written seven bits at a time.
    deep.extend([7, 0xe3, 0xa7, 0x12, 1]);
    deep.extend([0x42, 1, 1].repeat(100_000));
    deep.extend([0x42, 0]);
    refusal(&deep, &["levels of types in types", "100"]);
    // One instance type after another, each of the one before it.
    let mut chain = "(type $t0 (instance))".to_owned();
    for level in 1..140 {
        let before = level - 1;
        chain += &format!(
            r#"(type $t{level} (instance (alias outer 1 $t{before} (type $x)) (export "a" (instance (type $x)))))"#
        );
    }
    refusal(&component(&chain, ""), &["the parser gave up on it"]);
}

#[test]
fn memory_is_counted_before_there_is_any() {
    refusal(&component("", "(memory 65536)"), &["4294967296 bytes", "67108864", "limits.memory_bytes"]);
    let module = "(core module $n (memory 600)) (core instance (instantiate $n))";
    assert!(inspect(&component(module, ""), &LIMITS).is_ok());
    refusal(&component(module, "(memory 600)"), &["78643200 bytes", "limits.memory_bytes"]);
    refusal(&component("", &"(memory 1)".repeat(9)), &["9 memories", "8"]);
    refusal(&component("", &"(table 1 funcref)".repeat(17)), &["17 tables", "16"]);
    refusal(&component("", "(table 2000000 funcref)"), &["2000000 elements in one table"]);
    // A module that is never instantiated takes nothing.
    assert!(inspect(&component("(core module (memory 65536))", ""), &LIMITS).is_ok());
}

#[test]
fn a_start_that_fails_is_told_by_what_it_did() {
    let settings = SandboxSettings::from(&Config::embedded());
    let sandbox = Sandbox::new(&settings).unwrap();
    for (start, word) in [("unreachable", "trapped"), ("(loop $again (br $again))", "limits.fuel")] {
        let bytes = component("", &format!("(func $start {start}) (start $start)"));
        assert!(inspect(&bytes, &LIMITS).is_ok());
        let sentence = sandbox.load(&bytes.into(), &settings.limits).err().unwrap().to_string();
        assert!(sentence.contains(word), "{word:?} is not in: {sentence}");
        assert_eq!(sentence.lines().count(), 1, "one sentence: {sentence}");
    }
}

#[tokio::test]
async fn a_file_too_large_to_be_read_is_refused_by_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cart.wasm");
    // All holes: it takes no room on the disk, but nobody could read it.
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let (status, _, said) = run(&["check", path.to_str().unwrap()], &[]).await;
    assert!(!status.success());
    for words in ["cart.wasm", "1099511627776 bytes", "67108864", "limits.module_bytes"] {
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
    assert_eq!(said.trim_end().lines().count(), 1, "one sentence: {said}");
}
