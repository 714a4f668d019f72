//! `everfold test`: given, when, then, against the real module.

use std::{fs, path::Path};

use crate::harness::{guest, root, run};

/// What came of `everfold test`.
struct Tested {
    passed: bool,
    told: String,
    said: String,
}

impl Tested {
    #[track_caller]
    fn tells(&self, words: &[&str]) -> &Self {
        for words in words {
            assert!(self.told.contains(words), "{words:?} is not in:\n{}{}", self.told, self.said);
        }
        self
    }
}

/// Tests the guest of that name with these files.
async fn test(name: &str, files: &[(&str, &str)]) -> Tested {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        fs::write(folder.path().join(file), text).unwrap();
    }
    test_with(name, folder.path(), &[]).await
}

async fn test_with(name: &str, cases: &Path, environment: &[(&str, &str)]) -> Tested {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join(format!("{name}.wasm"));
    fs::write(&module, &guest(name).bytes).unwrap();
    let arguments = ["test", module.to_str().unwrap(), cases.to_str().unwrap()];
    let (status, told, said) = run(&arguments, environment).await;
    Tested { passed: status.success(), told, said }
}

#[tokio::test]
async fn the_cases_of_the_shop_pass() {
    for name in ["cart", "cart-analytics", "coupons", "product-analytics"] {
        let tested = test_with(name, &root().join("reducers").join(name).join("cases"), &[]).await;
        assert!(tested.passed, "{name}: {}{}", tested.told, tested.said);
        tested.tells(&[" ... ok\n", "test result: ok. ", "; 0 failed\n"]);
        assert!(!tested.told.contains('\u{1b}'), "colour is for terminals");
    }
}

#[tokio::test]
async fn a_case_that_fails_shows_what_differs() {
    let good = "- name: a sum\n  given: {model: {ids: [], sum: 40}}\n  when:\n    - {type: said, data: {n: 2}, id: c232ab00-9414-11ec-b3c8-9f6bdeced846}\n  \
                then: {model: {sum: 42, ids: [c232ab00-9414-11ec-b3c8-9f6bdeced846]}, events: []}\n";
    let bad = good.replace("a sum", "a wrong sum").replace("sum: 42", "sum: 43");
    let tested = test("ledger", &[("a.yaml", &format!("{good}{bad}"))]).await;
    assert!(!tested.passed && tested.said.contains("1 case failed"), "{}", tested.said);
    tested.tells(&[
        "a.yaml: a sum ... ok\n",
        "a.yaml: a wrong sum ... FAILED\n",
        "a.yaml: a wrong sum\nthe model is not as expected (- expected, + actual)\n",
        "    -   \"sum\": 43\n    +   \"sum\": 42\n",
        "test result: FAILED. 1 passed; 1 failed\n",
    ]);
}

#[tokio::test]
async fn emitted_events_are_compared_with_their_causes() {
    let to = "5e0f0000-0000-4000-8000-000000000001";
    let text = format!(
        "name: echoes\nwhen:\n  - {{type: said, data: {{times: 2}}}}\n  - {{type: said, data: {{to: {to}}}}}\n\
         then:\n  model: {{said: 2}}\n  events:\n    - {{type: echoed, cause: 0}}\n    - {{type: echoed, cause: 0, data: {{times: 2}}}}\n    \
         - {{type: echoed, cause: 1, entity: {to}, metadata: {{}}}}\n"
    );
    // What was silent about its history emits all the same: before the first event there was none.
    for name in ["echo", "echo-silent"] {
        let tested = test(name, &[("a.yml", &text)]).await;
        assert!(tested.passed, "{name}: {}{}", tested.told, tested.said);
    }
    let tested = test("echo", &[("a.yml", &text.replace("cause: 1", "cause: 0"))]).await;
    assert!(!tested.passed);
    tested.tells(&["-     \"cause\": 0,\n    +     \"cause\": 1,\n"]);
}

#[tokio::test]
async fn a_reducer_that_depends_on_the_cut_is_caught() {
    let text = "name: counted\nwhen: [{type: counted, data: {}}, {type: counted, data: {}}]\nthen: {model: {events: 2, most_in_one_call: 2}}\n";
    let tested = test("impure", &[("a.yaml", text)]).await;
    assert!(!tested.passed);
    tested.tells(&[
        "the model depends on how events are cut into calls (- in one call, + one by one)\n",
        "    -   \"most_in_one_call\": 2\n    +   \"most_in_one_call\": 1\n",
        "the emitted events depend on how events are cut",
        "    -       \"in_this_call\": 2\n    +       \"in_this_call\": 1\n",
    ]);
    assert!(!tested.told.contains("as expected"), "in one call it is: {}", tested.told);
    let one = text.replace("[{type: counted, data: {}}, ", "[").replace("2", "1");
    assert!(test("impure", &[("a.yaml", &one)]).await.passed, "one event cannot be cut");
}

#[tokio::test]
async fn what_the_reducer_said_before_it_broke_is_shown() {
    let text = "name: it breaks\nwhen: [{type: counted, data: {}}, {type: broken, data: by the test}]\nthen: {events: []}\n";
    let tested = test("impure", &[("a.yaml", text)]).await;
    assert!(!tested.passed);
    tested.tells(&["host.trap: ", "at event 1 of `when`: broken\n", "trace:\n", "log:\n", "by the test"]);
    let tested =
        test("impure", &[("a.yaml", &text.replace("events: []", "failure: {code: host.trap, event: 1}"))])
            .await;
    assert!(tested.passed, "{}", tested.told);
}

#[tokio::test]
async fn a_failure_can_be_what_is_expected() {
    let text = "name: locked\nwhen:\n  - {type: opened, data: {}}\n  - {type: unlocked, data: {}}\nthen:\n  \
                failure: {code: locked, message: nobody unlocked, event: 0}\n";
    let tested = test("door", &[("a.yaml", text)]).await;
    assert!(tested.passed, "{}{}", tested.told, tested.said);
    // Under `occurred` the events are folded as they happened.
    let later =
        text.replace("{type: opened,", "{at: 1h, type: opened,").replace("{type: unl", "{at: 0s, type: unl");
    let tested = test("door", &[("a.yaml", &later)]).await;
    assert!(!tested.passed);
    tested.tells(&["it was expected to fail, but it did not"]);
    let tested = test("door", &[("a.yaml", &text.replace("message: nobody", "message: somebody"))]).await;
    assert!(!tested.passed);
    tested
        .tells(&["not with a message with \"somebody unlocked\"", "locked: nobody unlocked the door before"]);
}

#[tokio::test]
async fn positions_are_told_where_the_order_is_that_of_positions() {
    // What a case leaves out is always the same.
    let text = "name: positions\ngiven: {events: [{type: noted, data: 0}]}\nwhen: [{type: noted, data: 1}, {type: noted, data: 2, position: 9}]\n\
                then: {model: {positions: [1, 2, 9], ids: [d0c3c000-e6a4-11f0-8000-010000000000, \
                d15c5680-e6a4-11f0-8000-010000000001, d1f4ed00-e6a4-11f0-8000-010000000002]}}\n";
    let tested = test("journal", &[("a.yaml", text)]).await;
    assert!(tested.passed, "{}{}", tested.told, tested.said);
    let whole = "name: a roll\nwhen: [{type: noted, data: 1, entity: 5e0f0000-0000-4000-8000-000000000001, id: c232ab00-9414-11ec-b3c8-9f6bdeced846}]\n\
                 then: {model: {ids: [c232ab00-9414-11ec-b3c8-9f6bdeced846]}}\n";
    let tested = test("roll", &[("a.yaml", whole)]).await;
    assert!(tested.passed, "{}{}", tested.told, tested.said);
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_named_and_nothing_runs() {
    let good = "name: x\nwhen: [{type: noted, data: 1}]\nthen: {model: null}\n";
    for (file, text, words) in [
        (
            "b.yaml",
            good.replace("then:", "than:"),
            "b.yaml: case 1 (x): unknown member `than`, expected one of `name`",
        ),
        (
            "b.yaml",
            good.replace("noted", "said"),
            "b.yaml: case 1 (x): when, event 0: the module does not take said; it takes noted",
        ),
        ("b.json", good.to_owned(), "b.json is not JSON: "),
        (
            "b.yml",
            good.replace("1}", "0x1}"),
            "b.yml is not YAML that can be used: line 2: JSON has no number 0x1",
        ),
    ] {
        let tested = test("roll", &[("a.yaml", good), (file, &text)]).await;
        assert!(!tested.passed && tested.told.is_empty(), "{}", tested.told);
        assert!(tested.said.contains(words), "{words:?}: {}", tested.said);
    }
    let tested = test("roll", &[("a.yaml", "[]")]).await;
    assert!(
        !tested.passed && tested.said.contains("holds no case"),
        "no case is no success: {}",
        tested.said
    );
    let tested = test("roll", &[]).await;
    assert!(!tested.passed && tested.said.contains("no file in this folder"), "{}", tested.said);
    let tested = test("contradiction", &[("a.yaml", good)]).await;
    assert!(!tested.passed && tested.said.contains("contradiction.wasm: "), "{}", tested.said);
}

#[tokio::test]
async fn the_limits_are_those_of_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"[{"name": "small", "given": {"events": [{"type": "said", "data": {"n": 40}}]},
        "when": [{"type": "said", "data": {"n": 2}}], "then": {"events": []}}]"#;
    fs::write(folder.path().join("a.json"), text).unwrap();
    let tested = test_with("ledger", folder.path(), &[]).await;
    assert!(tested.passed, "{}{}", tested.told, tested.said);
    let tested = test_with("ledger", folder.path(), &[("EVERFOLD_LIMITS__MODEL_BYTES", "20")]).await;
    assert!(!tested.passed);
    tested.tells(&["what is given could not be folded\n    host.model-bytes: ", "limits.model_bytes"]);
}

#[tokio::test]
async fn a_domain_is_tested_under_its_own_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (module, case, config) = (path("ledger.wasm"), path("case.yaml"), path("everfold.toml"));
    fs::write(&module, &guest("ledger").bytes).unwrap();
    fs::write(&case, "name: one\nwhen:\n  - {type: said, data: {n: 2}}\nthen: {events: []}\n").unwrap();
    fs::write(&config, "[limits_of.\"shop/ledger\"]\nfuel = 1000\n").unwrap();
    let test = async |domain: &str| {
        let arguments = ["test", &module, &case, "--config", &config, "--domain", domain];
        let (status, told, said) = run(&arguments, &[]).await;
        (status.success(), told + &said)
    };
    let (passed, said) = test("shop/other").await;
    assert!(passed, "{said}");
    // Enough to describe itself.
    let (passed, said) = test("shop/ledger").await;
    assert!(!passed && said.contains("1000 units of fuel"), "{said}");
    let (passed, said) = test("ledger").await;
    assert!(!passed && said.contains("--domain"), "{said}");
}
