//! Which partitions are idle, and how far they are lifted.

use super::*;
use cep_core::plan::TimeSource;

const SECOND: Duration = Duration::from_secs(1);

fn stream(idle: Option<i64>, partitions: usize) -> StreamTime {
    numbered(0, idle, partitions)
}

fn numbered(id: u32, idle: Option<i64>, partitions: usize) -> StreamTime {
    let plan = StreamPlan {
        name: "Harvest".into(),
        doc: String::new(),
        fields: Vec::new(),
        key: None,
        time: TimeSource::Record,
        lateness: Span::from_secs(2),
        idle: idle.map(Span::from_secs),
        ahead: Span::from_secs(3_600),
        from: None,
    };
    StreamTime::new(StreamId(id), &plan, vec![Watermark::BEFORE_ALL; partitions])
}

/// What is due when all that are at their ends have just been confirmed to be.
fn confirmed(time: &mut StreamTime, now: Duration) -> Vec<Advance> {
    for partition in 0..u32::try_from(time.partitions.len()).unwrap_or(0) {
        if time.partitions.get(partition as usize).is_some_and(|p| p.silence.is_some()) {
            time.stands_at_end(partition, now);
        }
    }
    due_of(time, now)
}

fn due_of(time: &StreamTime, now: Duration) -> Vec<Advance> {
    let alone = BTreeSet::from([BTreeSet::from([time.stream])]);
    let due = due(std::slice::from_ref(time), &alone, now);
    due.into_iter().map(|(_, advance)| advance).collect()
}

fn at(partition: u32, seconds: i64) -> Advance {
    Advance { partition, to: EventTime(seconds * 1_000_000) }
}

#[test]
fn a_silent_partition_goes_on_with_the_clock_from_where_it_stood() {
    let mut time = stream(Some(30), 1);
    time.saw(0, &[100_000_000]);
    time.stands_at_end(0, 5 * SECOND);
    time.stands_at_end(0, 20 * SECOND); // said again, silent since 5 s
    assert_eq!(confirmed(&mut time, 34 * SECOND), []);
    assert_eq!(confirmed(&mut time, 35 * SECOND), [at(0, 128)]);
    time.lifted(at(0, 128), 35 * SECOND);
    assert_eq!(confirmed(&mut time, 36 * SECOND), [], "not at every turn of the loop");
    assert_eq!(confirmed(&mut time, 40 * SECOND), [at(0, 133)]);
}

#[test]
fn it_is_lifted_at_least_to_the_other_partitions() {
    let mut time = stream(Some(30), 3);
    time.saw(0, &[1_000_000_000]);
    time.saw(1, &[1_100_000_000]);
    time.saw(2, &[100_000_000]);
    time.stands_at_end(2, SECOND);
    assert_eq!(confirmed(&mut time, 31 * SECOND), [at(2, 998)]);
}

#[test]
fn one_that_has_just_fallen_silent_still_counts() {
    let mut time = stream(Some(30), 3);
    time.saw(0, &[1_000_000_000]);
    time.saw(1, &[500_000_000]);
    time.stands_at_end(2, SECOND);
    time.stands_at_end(1, 20 * SECOND);
    assert_eq!(confirmed(&mut time, 31 * SECOND), [at(2, 498)]);
}

#[test]
fn one_that_never_had_an_event_follows_the_others_only() {
    let mut time = stream(Some(1), 2);
    time.stands_at_end(1, SECOND);
    assert_eq!(confirmed(&mut time, 60 * SECOND), []);
    time.saw(0, &[50_000_000]);
    assert_eq!(confirmed(&mut time, 60 * SECOND), [at(1, 48)]);
}

#[test]
fn when_all_are_idle_they_follow_the_one_that_has_come_furthest() {
    let mut time = stream(Some(1), 3);
    time.saw(0, &[50_000_000]);
    time.saw(1, &[10_000_000]);
    (0..3).for_each(|partition| time.stands_at_end(partition, 60 * SECOND));
    let first = confirmed(&mut time, 61 * SECOND);
    assert_eq!(first, [at(0, 49), at(1, 48), at(2, 48)]);
    first.into_iter().for_each(|advance| time.lifted(advance, 61 * SECOND));
    let second = confirmed(&mut time, 63 * SECOND);
    assert_eq!(second, [at(0, 51), at(1, 49), at(2, 49)], "no faster than the clock");
}

#[test]
fn streams_that_a_rule_waits_for_together_follow_each_other() {
    let (mut a, mut b, c) = (numbered(0, None, 1), numbered(1, Some(1), 1), numbered(2, None, 1));
    a.saw(0, &[50_000_000]);
    b.stands_at_end(0, SECOND);
    b.stands_at_end(0, 3 * SECOND);
    let (of_a, of_c) = ([StreamId(0), StreamId(1)], [StreamId(1), StreamId(2)]);
    let together = BTreeSet::from([BTreeSet::from(of_a), BTreeSet::from(of_c)]);
    let times = [a, b, c];
    let lifted = due(&times, &together, 3 * SECOND);
    assert_eq!(lifted, [(StreamId(1), at(0, 48))], "the rule over C does not hold that over A");
    let apart = BTreeSet::from([BTreeSet::from([StreamId(1)])]);
    assert_eq!(due(&times, &apart, 3 * SECOND), [], "no rule waits for both");
}

#[test]
fn a_record_ends_the_silence() {
    let mut time = stream(Some(1), 1);
    time.saw(0, &[50_000_000]);
    time.stands_at_end(0, SECOND);
    time.heard(0);
    assert_eq!(confirmed(&mut time, 60 * SECOND), []);
}

#[test]
fn silence_does_not_grow_while_nothing_confirms_it() {
    let mut time = stream(Some(30), 1);
    time.saw(0, &[100_000_000]);
    time.stands_at_end(0, 5 * SECOND);
    // The broker is away; then it is back, and nothing has come meanwhile.
    assert_eq!(due_of(&time, 500 * SECOND), []);
    time.stands_at_end(0, 501 * SECOND);
    assert_eq!(due_of(&time, 501 * SECOND), [at(0, 98 + 496)]);
}

#[test]
fn a_silent_partition_without_idle_is_warned_about_once() {
    let mut time = stream(None, 2);
    time.saw(0, &[50_000_000]);
    time.stands_at_end(1, SECOND);
    time.stands_at_end(1, 2 * SECOND);
    assert_eq!(time.holding_back(), None);
    time.stands_at_end(1, 11 * SECOND);
    assert_eq!(time.holding_back(), Some(1));
    assert_eq!(time.holding_back(), None);
    assert_eq!(confirmed(&mut time, 60 * SECOND), []);
}
