//! Compiled code is kept on disk: a module is compiled once and not at each start, and nothing depends on it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Host, entity, event_id, guest, run};

/// A module as a file, and a folder for its code that is not there yet.
struct Given {
    folder: TempDir,
}

impl Given {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("module.wasm"), &guest(name).bytes).unwrap();
        Self { folder }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// What `everfold check` says about the module with `cache` as the option, in full.
    async fn check(&self, cache: &str) -> String {
        let file = self.folder.path().join("module.wasm");
        let environment = [("EVERFOLD_CODE_CACHE", cache), ("EVERFOLD_LOG", "warn,everfold::sandbox=debug")];
        let (status, told, said) = run(&["check", file.to_str().unwrap()], &environment).await;
        assert!(status.success() && told.contains("the host takes it"), "{told}{said}");
        said
    }
}

const COMPILED: &str = "compiled module=";
const TAKEN: &str = "taken from the cache";

/// The one file in a folder.
fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = files.try_into().unwrap();
    file
}

#[tokio::test]
async fn a_module_is_compiled_once_and_again_if_its_file_is_damaged() {
    let given = Given::new("ledger");
    let path = given.cache();
    let cache = path.to_str().unwrap();
    let said = given.check(cache).await;
    assert!(said.contains(COMPILED) && !said.contains(TAKEN), "{said}");
    let said = given.check(cache).await;
    assert!(said.contains(TAKEN) && !said.contains(COMPILED), "{said}");

    let file = only_file(&path);
    assert!(file.file_name().unwrap().to_str().unwrap().starts_with(&guest("ledger").hash));
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 3]).unwrap();
    let said = given.check(cache).await;
    assert!(said.contains("damaged") && said.contains(COMPILED), "{said}");
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[tokio::test]
async fn a_folder_that_others_could_write_to_is_named_and_not_used() {
    let given = Given::new("ledger");
    let path = given.cache();
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
    let said = given.check(path.to_str().unwrap()).await;
    assert!(said.contains("chmod go-w") && said.contains(path.to_str().unwrap()), "{said}");
    assert_eq!(said.matches("WARN").count(), 1, "once: {said}");
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
}

#[tokio::test]
async fn the_users_cache_is_used_unless_it_is_switched_off() {
    let given = Given::new("roll");
    let home = given.folder.path().to_str().unwrap();
    let file = given.folder.path().join("module.wasm");
    for (option, kept) in [("", false), ("auto", true)] {
        let environment = [("XDG_CACHE_HOME", home), ("EVERFOLD_CODE_CACHE", option)];
        let (status, _, said) = run(&["check", file.to_str().unwrap()], &environment).await;
        assert!(status.success() && said.is_empty(), "{said}");
        assert_eq!(given.folder.path().join("everfold").exists(), kept, "{option:?}");
    }
}

#[tokio::test]
async fn a_large_module_folds_like_any_other_also_out_of_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let host = Host::start(|config| config.code_cache = path.to_str().unwrap().to_owned()).await;
    assert!(guest("bulky").bytes.len() > 10 << 20);
    host.deploy("shop", "bulky", guest("bulky")).await;
    let model = format!("/shop/bulky/{}/model", entity(1));
    let run = |runs: u64| move |model: &Value| model["runs"] == runs;
    for n in [1, 2] {
        host.post("noted", &entity(1), &event_id(n), &json!({"n": 7})).await.expect(201);
        host.model_that(&model, run(n)).await;
    }
    let file = only_file(&path);
    let kept = fs::metadata(&file).unwrap().modified().unwrap();

    let host = host.restart(|_| {}).await;
    host.post("noted", &entity(1), &event_id(3), &json!({"n": 7})).await.expect(201);
    let after = host.model_that(&model, run(3)).await;
    let results = after["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result == &results[0]), "no call sees what another left: {after}");
    assert!(fs::metadata(only_file(&path)).unwrap().modified().unwrap() > kept, "it was taken from there");
}
