//! new, completions, man.

use crate::room::Room;

#[test]
fn a_new_folder_runs_and_passes_its_test_at_once() {
    let room = Room::empty();
    let made = room.cep("new plant");
    assert_eq!((made.code, made.out.as_str()), (Some(0), ""), "{}", made.err);
    assert!(made.err.contains("cep run plant"), "{}", made.err);
    let ran = room.cep("run plant --format plain");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (
            Some(0),
            "{\"machine\":\"press\",\"mean\":82,\"readings\":2,\"until\":\"2026-01-01T08:00:10Z\"}\n"
        ),
        "{}",
        ran.err
    );
    let tested = room.cep("test plant");
    assert_eq!(tested.code, Some(0), "{}{}", tested.out, tested.err);
    let checked = room.cep("check plant");
    assert_eq!(
        (checked.code, checked.err.contains("warning")),
        (Some(0), false),
        "{}",
        checked.err
    );
    assert_eq!(room.cep("fmt --check plant").code, Some(0));
}

#[test]
fn new_overwrites_nothing() {
    let room = Room::empty();
    room.write("cep.toml", "mine");
    let ran = room.cep("new .");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("there is a `cep.toml`"), "{}", ran.err);
    assert_eq!(room.read("cep.toml"), "mine");
    assert!(!room.path("machines.rules").exists());
}

#[test]
fn completions_and_the_man_page_know_every_verb() {
    let room = Room::empty();
    for call in ["completions bash", "completions zsh", "completions fish", "man"] {
        let ran = room.cep(call);
        assert_eq!(ran.code, Some(0), "{call}: {}", ran.err);
        for verb in ["run", "check", "fmt", "explain", "test", "copy", "new"] {
            assert!(ran.out.contains(verb), "{call} does not know {verb}");
        }
    }
}
