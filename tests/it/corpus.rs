//! Every file that the fuzzer began with or found is a test from then on.

use std::fs;

use crate::harness::root;

#[path = "../../host/fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "they are public where this file is a library")]
mod targets;

fn every_file(target: &str, run: fn(&[u8])) {
    let folder = root().join("host/fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 5, "the corpus {} is lost", folder.display());
    for file in files {
        println!("{}", file.display());
        run(&fs::read(file).unwrap());
    }
}

#[test]
fn modules_pass_or_are_refused_in_one_sentence() {
    every_file("module", targets::module);
}

#[test]
fn events_are_kept_as_they_were_sent() {
    every_file("event", targets::event);
}

#[test]
fn ids_and_names_are_written_as_they_are_read() {
    every_file("ids", targets::ids);
}

#[test]
fn cloudevents_say_as_events_what_they_said() {
    every_file("cloudevent", targets::cloudevent);
}
