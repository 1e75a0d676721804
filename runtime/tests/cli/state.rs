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
