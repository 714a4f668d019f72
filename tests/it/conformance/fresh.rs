//! A new project in each language, with the commands of its own README: it passes its unit test, is built, taken,
//! passes its cases, and keeps a model.

use std::{path::Path, process::Command, time::Duration};

use everfold::projects::Language;
use serde_json::json;

use crate::harness::{Guest, Host, entity, event_id, run, run_within};

use super::projects::{folder, installed, toolchains};

/// For compiling what a language needs for the first time.
const LONG: Duration = Duration::from_secs(600);

/// How a language's own runner runs a project's unit test.
fn unit_test(language: Language) -> &'static [&'static str] {
    match language {
        Language::Rust => &["cargo", "test", "--quiet"],
        Language::Ts | Language::Js => &["npm", "test"],
        Language::Python => &["python3", "-m", "unittest"],
        Language::Go => &["go", "test", "./..."],
        Language::C => &["make", "test"],
        Language::Zig => &["python3", "-m", "ziglang", "build", "test"],
    }
}

async fn a_new_project_works(language: Language, name: &str) {
    let project = folder(&format!("new/{name}"));
    let path = project.to_str().unwrap();
    let lang = format!("{language:?}").to_lowercase();
    let (made, told, said) = run(&["new", path, "--lang", &lang], &[]).await;
    assert!(made.success() && told.contains("README.md"), "{told}{said}");
    installed(language, &project);
    passes_its_unit_test(language, &project).await;
    let module = project.join("built.wasm");
    let module = module.to_str().unwrap();
    let (built, told, said) = run_within(LONG, &["build", path, "-o", module]).await;
    assert!(built.success() && said.contains("everfold: "), "what is run is told: {told}{said}");
    let (taken, told, said) = run(&["check", module], &[]).await;
    assert!(taken.success() && told.contains("item_added"), "{told}{said}");
    let (passed, told, said) = run(&["test", module, &format!("{path}/cases")], &[]).await;
    assert!(passed.success(), "{told}{said}");
    let host = Host::start(|_| {}).await;
    host.deploy("shop", name, &Guest::new(std::fs::read(module).unwrap())).await;
    host.post("item_added", &entity(1), &event_id(1), &json!({"qty": 2})).await.expect(201);
    host.post("item_added", &entity(1), &event_id(2), &json!({"qty": 3})).await.expect(201);
    host.model_is(&format!("/shop/{name}/{}/model", entity(1)), &json!({"count": 5})).await;
    host.post("item_added", &entity(1), &event_id(3), &json!({"qty": -1})).await.expect(201);
    let parked = host.parks("shop", name, &entity(1)).await;
    assert_eq!(parked["code"], "negative-qty", "{parked}");
    host.stop().await;
}

async fn passes_its_unit_test(language: Language, project: &Path) {
    let words = unit_test(language);
    let [venv, npm] = [".venv/bin", "node_modules/.bin"].map(|bin| toolchains().join(bin));
    let mut command = Command::new("sh");
    command.args(["-c", "PATH=\"$0:$PATH\" exec \"$@\"", &format!("{}:{}", venv.display(), npm.display())]);
    command.args(words).current_dir(project);
    // The project has a toolchain of its own, or the machine's.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO_TARGET_DIR");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_project_in_rust_works() {
    a_new_project_works(Language::Rust, "my-rust").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_project_in_typescript_works() {
    a_new_project_works(Language::Ts, "my-typescript").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_project_in_javascript_works() {
    a_new_project_works(Language::Js, "my-javascript").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_project_in_python_works() {
    a_new_project_works(Language::Python, "my-python").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_project_in_go_works() {
    a_new_project_works(Language::Go, "my-go").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_project_in_c_works() {
    a_new_project_works(Language::C, "my-c").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_project_in_zig_works() {
    a_new_project_works(Language::Zig, "my-zig").await;
}
