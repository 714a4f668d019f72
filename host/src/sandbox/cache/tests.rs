//! What is kept is found, and whatever is wrong with it is compiled instead.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
    thread,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use wasmtime::{Config, Store, component::Linker};

use super::*;

const MUCH: u64 = 1 << 30;

/// A component that answers with a number.
fn answering(number: u32) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m (func (export "f") (result i32) (i32.const {number})))
            (core instance $i (instantiate $m))
            (func (export "f") (result u32) (canon lift (core func $i "f"))))"#
    );
    wat::parse_str(text).unwrap()
}

fn answer(engine: &Engine, component: &Component) -> u32 {
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, component).unwrap();
    instance.get_typed_func::<(), (u32,)>(&mut store, "f").unwrap().call(&mut store, ()).unwrap().0
}

struct Given {
    folder: TempDir,
    engine: Engine,
    cache: Cache,
}

fn given(limit: u64) -> Given {
    let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::default());
    let cache = Cache::new(folder.path().join("new/cache"), limit);
    Given { folder, engine, cache }
}

impl Given {
    /// What the component answers that is loaded for these bytes.
    fn load(&self, bytes: &[u8]) -> u32 {
        let loaded = component(Some(&self.cache), &self.engine, ModuleHash::of(bytes), bytes).unwrap();
        answer(&self.engine, &loaded)
    }

    fn finds(&self, bytes: &[u8]) -> Option<u32> {
        let found = self.cache.find(&self.engine, ModuleHash::of(bytes))?;
        Some(answer(&self.engine, &found))
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        self.cache.path.join(format::name(&key(&self.engine, ModuleHash::of(bytes))))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.cache.path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_one_process_compiles_another_finds() {
    let given = given(MUCH);
    let seven = answering(7);
    assert_eq!((given.finds(&seven), given.load(&seven), given.finds(&seven)), (None, 7, Some(7)));
    let engine = Engine::default();
    let cache = Cache::new(given.cache.path.clone(), MUCH);
    let again = Given { engine, cache, folder: tempfile::tempdir().unwrap() };
    assert_eq!((again.finds(&seven), again.finds(&answering(8))), (Some(7), None));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&given.cache.path), mode(&given.file(&seven))), (0o700, 0o600));
}

#[test]
fn another_engine_has_files_of_its_own() {
    let given = given(MUCH);
    let seven = answering(7);
    given.load(&seven);
    let engine = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let other = Cache::new(given.cache.path.clone(), MUCH);
    assert!(other.find(&engine, ModuleHash::of(&seven)).is_none());
    component(Some(&other), &engine, ModuleHash::of(&seven), &seven).unwrap();
    assert_eq!((given.names().len(), given.finds(&seven)), (2, Some(7)));
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_compiled_and_written_again() {
    let given = given(MUCH);
    let [seven, eight] = [answering(7), answering(8)];
    given.load(&seven);
    given.load(&eight);
    let (path, away) = (given.file(&seven), given.folder.path().join("away"));
    let whole = fs::read(&path).unwrap();
    let spoils: &[(&str, &dyn Fn())] = &[
        ("empty", &|| fs::write(&path, "").unwrap()),
        ("cut in the first line", &|| fs::write(&path, &whole[..9]).unwrap()),
        ("cut in the header", &|| fs::write(&path, &whole[..format::HEADER - 1]).unwrap()),
        ("cut before the code", &|| fs::write(&path, &whole[..format::HEADER]).unwrap()),
        ("cut in the code", &|| fs::write(&path, &whole[..whole.len() / 2]).unwrap()),
        ("cut at the end", &|| fs::write(&path, &whole[..whole.len() - 1]).unwrap()),
        ("longer", &|| fs::write(&path, [&whole[..], b"x"].concat()).unwrap()),
        ("foreign", &|| fs::write(&path, "hello").unwrap()),
        ("another module's", &|| fs::write(&path, fs::read(given.file(&eight)).unwrap()).unwrap()),
        ("writable by others", &|| allow(&path, 0o622)),
        ("missing", &|| fs::remove_file(&path).unwrap()),
        ("a link", &|| {
            fs::rename(&path, &away).unwrap();
            symlink(&away, &path).unwrap();
        }),
    ];
    for (what, spoil) in spoils {
        spoil();
        assert_eq!((given.finds(&seven), given.load(&seven)), (None, 7), "{what}");
        assert_eq!(given.finds(&seven), Some(7), "{what}: it is not written again");
        assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{what}");
    }
    assert_eq!(fs::read(away).unwrap(), whole, "what a link leads to is left alone");
}

#[test]
fn code_that_the_engine_refuses_is_removed() {
    let given = given(MUCH);
    let seven = answering(7);
    given.load(&seven);
    let key = key(&given.engine, ModuleHash::of(&seven));
    let code = b"no ELF file at all";
    fs::write(given.file(&seven), [&format::header(&key, code)[..], code].concat()).unwrap();
    assert_eq!(given.finds(&seven), None);
    assert!(!given.file(&seven).exists());
}

#[test]
fn a_file_that_cannot_be_replaced_does_no_harm() {
    let given = given(MUCH);
    let seven = answering(7);
    fs::create_dir_all(given.file(&seven).join("full")).unwrap();
    allow(&given.cache.path, 0o700);
    assert_eq!((given.load(&seven), given.finds(&seven)), (7, None));
    assert_eq!(given.names().len(), 1, "nothing unfinished is left");
}

/// Why a folder is not used.
fn refusal(path: &Path) -> String {
    Folder::enter(path, MUCH).map(drop).unwrap_err()
}

#[test]
fn a_folder_that_others_could_write_to_is_not_used() {
    let given = given(MUCH);
    let seven = answering(7);
    given.load(&seven);
    let (path, away) = (&given.cache.path, given.folder.path().join("away"));
    for mode in [0o777, 0o770, 0o720, 0o702] {
        allow(path, mode);
        assert!(refusal(path).contains("chmod go-w"), "{mode:o}");
        assert_eq!((given.finds(&seven), given.load(&seven)), (None, 7));
    }
    allow(path, 0o755);
    assert_eq!(given.finds(&seven), Some(7));
    // Only root may give a folder away.
    if chown(path, Some(12345), None).is_ok() {
        assert!(refusal(path).contains("user 12345"));
        assert_eq!((given.finds(&seven), given.load(&seven)), (None, 7));
        chown(path, Some(0), None).unwrap();
        chown(given.file(&seven), Some(12345), None).unwrap();
        assert_eq!((given.finds(&seven), given.load(&seven), given.finds(&seven)), (None, 7, Some(7)));
    }
    fs::rename(path, &away).unwrap();
    symlink(&away, path).unwrap();
    assert!(refusal(path).contains("symbolic link"));
    assert_eq!((given.finds(&seven), given.load(&seven)), (None, 7));
}

#[test]
fn a_folder_that_cannot_be_made_or_written_to_is_not_used() {
    let given = given(MUCH);
    let file = given.folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(refusal(&file).contains("cannot be made"));
    assert!(refusal(&file.join("below")).contains("cannot be made"));
    // Not even root may write there.
    assert!(refusal(Path::new("/proc")).contains("nothing can be written"));
    let seven = answering(7);
    let cache = Cache::new(PathBuf::from("/proc"), MUCH);
    let given = Given { cache, ..given };
    assert_eq!((given.load(&seven), given.finds(&seven)), (7, None));
}

#[test]
fn what_was_used_longest_ago_makes_room() {
    let given = given(MUCH);
    let modules = [answering(1), answering(2), answering(3), answering(4)];
    for (module, used) in modules[..3].iter().zip([10, 20, 30]) {
        given.load(module);
        let file = File::options().write(true).open(given.file(module)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(used)).unwrap();
    }
    for name in ["notes.code", ".everfold-0-0.tmp"] {
        let file = File::create(given.cache.path.join(name)).unwrap();
        file.set_len(1 << 20).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    assert_eq!(given.finds(&modules[0]), Some(1), "from now on the first was used last");
    let one = fs::metadata(given.file(&modules[0])).unwrap().len();
    let cache = Cache::new(given.cache.path.clone(), 3 * one);
    let given = Given { cache, ..given };
    given.load(&modules[3]);
    let left = modules.each_ref().map(|module| given.file(module).exists());
    assert_eq!(left, [true, false, true, true]);
    let mut others = given.names();
    others.retain(|name| !format::is_name(name));
    assert_eq!(others, ["notes.code"], "what is not the cache's stays, what was never finished goes");
}

#[test]
fn what_is_larger_than_the_limit_is_not_kept() {
    let given = given(format::HEADER as u64);
    assert_eq!((given.load(&answering(7)), given.names().len()), (7, 0));
}

#[test]
fn many_may_write_at_once() {
    let given = given(MUCH);
    let seven = answering(7);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (engine, hash) = (&given.engine, ModuleHash::of(&seven));
                let compiled = Component::from_binary(engine, &seven).unwrap();
                for _ in 0..20 {
                    given.cache.keep(engine, hash, &compiled);
                    assert_eq!(given.finds(&seven), Some(7), "a reader sees all or nothing");
                }
            });
        }
    });
    assert_eq!(given.names().len(), 1);
}
