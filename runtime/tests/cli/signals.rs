//! Signals end a run cleanly; a run that is killed is made good by the next one.

use crate::room::{Ran, Room, harvests};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

fn follow(room: &Room) -> Child {
    follow_with(room, &["--state", "state"])
}

fn follow_with(room: &Room, more: &[&str]) -> Child {
    let words = ["run", ".", "--at-end", "follow", "--sink", "file:out.jsonl"];
    room.command(&[&words, more].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the output has so many lines.
fn wait_for(room: &Room, lines: usize) {
    let begun = Instant::now();
    let count =
        || std::fs::read_to_string(room.path("out.jsonl")).unwrap_or_default().lines().count();
    while count() < lines {
        assert!(begun.elapsed() < PATIENCE, "only {} of {lines} lines came", count());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn what_has_no_end_is_in_the_order_of_time_if_asked() {
    let room = Room::with(&harvests(0..100));
    room.write("each.rules", "// cep: allow W0108\nrule each { from Harvest emit Each { farm } }");
    let child = follow_with(&room, &["--ordered"]);
    wait_for(&room, 280);
    signal(&child, "-TERM");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    let (all, out) = (room.cep("run .").out, room.read("out.jsonl"));
    assert!(out.contains("Disaster") && all.starts_with(&out), "{out}");
}

#[test]
fn the_first_signal_stops_cleanly_and_the_next_run_goes_on() {
    for name in ["-INT", "-TERM"] {
        let room = Room::with(&harvests(0..35));
        let child = follow(&room);
        wait_for(&room, 3);
        room.append("Harvest.jsonl", harvests(35..50));
        wait_for(&room, 4);
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.err);
        assert!(ran.err.contains("stopped: 150 events in"), "{name}: {}", ran.err);
        room.append("Harvest.jsonl", harvests(50..100));
        let next = room.cep("run . --state state --sink file:out.jsonl");
        assert!(next.err.contains("150 events in"), "{name}: {}", next.err);
        assert_eq!(room.read("out.jsonl"), Room::with(&harvests(0..100)).cep("run .").out);
    }
}

#[test]
fn after_a_kill_nothing_is_missing() {
    let whole = Room::with(&harvests(0..100)).cep("run .").out;
    let room = Room::with(&harvests(0..35));
    let mut child = follow(&room);
    wait_for(&room, 3);
    room.append("Harvest.jsonl", harvests(35..60));
    wait_for(&room, 5);
    child.kill().unwrap();
    child.wait().unwrap();
    room.append("Harvest.jsonl", harvests(60..100));
    assert_eq!(room.cep("run . --state state --sink file:out.jsonl").code, Some(0));
    // At least once: a line may stand there twice, none is missing, and no other is there.
    let mut lines: Vec<String> = Vec::new();
    for line in room.read("out.jsonl").lines() {
        if !lines.iter().any(|known| known == line) {
            lines.push(line.to_owned());
        }
    }
    assert_eq!(lines.join("\n") + "\n", whole);
}
