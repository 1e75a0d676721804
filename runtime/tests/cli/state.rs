//! Going on where an earlier run stopped.

use crate::room::{Ran, Room, harvests};

#[test]
fn a_run_with_state_goes_on_where_the_last_one_stopped() {
    let whole = Room::with(&harvests(0..100)).cep("run .").out;
    let room = Room::with(&harvests(0..35));
    let run = || room.cep("run . --state state --sink file:out.jsonl");
    assert_eq!(run().code, Some(0));
    room.append("Harvest.jsonl", harvests(35..70));
    let second = run();
    assert!(second.err.contains("105 events in"), "only what is new is read: {}", second.err);
    room.append("Harvest.jsonl", harvests(70..100));
    assert_eq!(run().code, Some(0));
    let again = run();
    assert!(again.err.contains("0 events in"), "{}", again.err);
    assert_eq!(room.read("out.jsonl"), whole);
}

#[test]
fn state_of_another_input_or_other_rules_is_said_and_not_used() {
    let room = Room::with(&harvests(0..35));
    room.write("other.jsonl", harvests(0..35));
    let first = room.cep("run . --state state");
    let moved = room.cep("run . --state state --bind Harvest=file:other.jsonl");
    assert_eq!(moved.code, Some(0));
    assert_eq!(moved.out.replace("other.jsonl", "Harvest.jsonl"), first.out);
    assert!(moved.err.contains("which is read from elsewhere now; starting over"), "{}", moved.err);
    // Other rules: what is safe already is not given again, what is new is.
    let changed = room.cep("run . --state state --bind Harvest=file:other.jsonl --set floor=1000");
    assert_eq!((changed.code, changed.lines().len()), (Some(0), 0));
    let told = "the checkpoint cannot be used: the checkpoint belongs to other rules or parameters";
    assert!(changed.err.contains(told), "{}", changed.err);
}

#[test]
fn a_place_is_the_same_wherever_the_run_is_started_from() {
    let room = Room::with(&harvests(0..35));
    assert_eq!(room.cep("run . --state state").lines().len(), 3);
    std::fs::create_dir(room.path("below")).unwrap();
    let mut command = room.command(&["run", "..", "--state", "../state"]);
    let output = command.current_dir(room.path("below")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}

#[test]
fn standard_input_cannot_be_gone_on_with() {
    let room = Room::with("");
    let run = "run . --state state --bind Harvest=stdin:";
    assert_eq!(room.cep_with_input(run, harvests(0..35).as_bytes()).code, Some(0));
    let ran = room.cep(run);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.show());
}

#[test]
fn two_runs_cannot_share_a_state_folder() {
    use std::process::Stdio;
    let room = Room::with("");
    let mut first = room
        .command(&["run", ".", "--state", "state", "--bind", "Harvest=stdin:"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lock = room.path("state").join("journal.jsonl");
    while !lock.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let second = room.cep("run . --state state");
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, Some(3));
    assert_eq!(
        second.err,
        "error: cannot use the state folder `state`: another process is using it\n"
    );
}

/// A rule that keeps a key for ever.
const HOARDER: &str = r#"
stream Order { id: int, customer: string, amount: int >= 0, at: timestamp
    time at }

// cep: allow W0108
rule regular {
    from   Order
    by     customer
    window forever
    when   count() >= 2
    emit   Regular { customer, orders: count() }
}
"#;

#[test]
fn a_rule_that_keeps_too_much_stops_the_run_and_more_room_lets_it_go_on() {
    let room = Room::empty();
    room.write("shop.rules", HOARDER);
    let order = |id: u64| {
        let customer = if id.is_multiple_of(4) { 0 } else { id / 2 };
        let at = 1_584_981_110_000 + id * 1_000;
        format!("{{\"id\":{id},\"customer\":\"c{customer}\",\"amount\":5,\"at\":{at}}}\n")
    };
    room.write("Order.jsonl", (0..20_000).map(order).collect::<String>());
    let whole = room.cep("run . --format plain");
    assert_eq!(whole.code, Some(0), "{}", whole.err);
    let run = |bound: &str| {
        let words =
            ["run", ".", "--format", "plain", "--state", "state", "--sink", "file:out.jsonl"];
        let mut command = room.command(&words);
        Ran::of(command.env("CEP_STATE_MAX_BYTES_PER_RULE", bound).output().unwrap())
    };
    let stopped = run("256KiB");
    assert_eq!(stopped.code, Some(1));
    insta::assert_snapshot!(stopped.show());
    assert!(whole.out.starts_with(&room.read("out.jsonl")));
    let went_on = run("none");
    assert_eq!(went_on.code, Some(0), "{}", went_on.err);
    assert_eq!(room.read("out.jsonl"), whole.out);
}

/// Farms in ten-second windows; the first line of a stream's `time` is to be filled in.
fn windows(time: &str) -> String {
    format!(
        "stream H {{ farm: int, at: timestamp
          key farm
          time {time} }}
        // cep: allow W0108
        rule tu {{ from H by farm window tumbling(10s) emit Tu {{ farm, n: count(), s: window.start }} }}"
    )
}

/// Events of farm 1 at these seconds.
fn seconds(at: &[u32]) -> String {
    at.iter().map(|second| format!("{{\"farm\":1,\"at\":{second}000}}\n")).collect()
}

fn window(count: u32, start: u32) -> String {
    format!("{{\"farm\":1,\"n\":{count},\"s\":\"1970-01-01T00:00:{start:02}Z\"}}\n")
}

#[test]
fn an_empty_partition_makes_nothing_come_again() {
    let room = Room::empty();
    room.write("w.rules", windows("at"));
    let more = |at: &[u32]| {
        room.write("part.jsonl", seconds(at));
        let copy = "copy -q file:part.jsonl log:d/t --partitions 2 --key farm";
        assert_eq!(room.cep(copy).code, Some(0));
        room.cep("run . --bind H=log:d/t --state state --format plain -q").out
    };
    assert_eq!(more(&[1, 11, 21]), window(1, 0) + &window(1, 10));
    assert_eq!(more(&[31]), window(1, 20));
    std::fs::remove_file(room.path("state/checkpoint")).unwrap();
    assert_eq!(more(&[]), "");
    assert_eq!(more(&[41]), window(1, 30));
}

#[test]
fn what_the_end_of_an_earlier_run_decided_stays_decided() {
    let room = Room::empty();
    room.write("w.rules", windows("at, lateness 5s"));
    let run = "run . --bind H=file:h.jsonl --state state --format plain -q --late file:late.jsonl";
    room.write("h.jsonl", seconds(&[1, 9, 11]));
    assert_eq!(room.cep(run).out, window(2, 0));
    room.append("h.jsonl", seconds(&[8, 12, 20]));
    assert_eq!(room.cep(run).out, window(2, 10));
    let late = room.read("late.jsonl");
    assert_eq!(late.lines().count(), 1, "{late}");
    assert!(late.contains("\"offset\":3,"), "{late}");
}

#[test]
fn a_flush_decides_what_an_earlier_end_left_open_and_is_the_last() {
    let room = Room::empty();
    room.write("w.rules", windows("at"));
    room.write("h.jsonl", seconds(&[1, 11]));
    let run = "run . --bind H=file:h.jsonl --state state --format plain -q";
    let flush = format!("{run} --flush");
    assert_eq!(room.cep(run).out, window(1, 0));
    assert_eq!(room.cep(&flush).out, window(1, 10));
    assert_eq!((room.cep(&flush).out, room.cep(run).out), (String::new(), String::new()));
    room.append("h.jsonl", seconds(&[12]));
    let more = room.cep(run);
    assert_eq!(more.code, Some(2));
    insta::assert_snapshot!(more.show());
}

#[test]
fn an_empty_partition_and_an_old_one_are_passed_over_when_idle() {
    for (name, old) in [("empty", ""), ("old", "{\"farm\":4,\"at\":-1000}\n")] {
        let room = Room::empty();
        room.write("w.rules", windows("at, idle 1s"));
        room.write("h.jsonl", old.to_owned() + &seconds(&[1, 11, 21]));
        let copy = "copy -q file:h.jsonl log:d/t --partitions 2 --key farm";
        assert_eq!(room.cep(copy).code, Some(0));
        let run = "run . --bind H=log:d/t --at-end follow --format plain --sink file:out.jsonl";
        let args: Vec<&str> = run.split_whitespace().collect();
        let mut child = room.command(&args).spawn().unwrap();
        let begun = std::time::Instant::now();
        let came = || std::fs::read_to_string(room.path("out.jsonl")).unwrap_or_default();
        while came().lines().filter(|line| line.contains("\"farm\":1,")).count() < 2 {
            assert!(begun.elapsed().as_secs() < 30, "{name}: {}", came());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
