//! A rule that passes the bound of its state.

use super::*;

/// Each second has one farm more than the one before.
fn more_and_more_farms() -> MemoryLog {
    let log = MemoryLog::new(2);
    for second in 0..400 {
        (0..=second).for_each(|farm| log.push(u32::from(farm % 2 == 1), harvest(farm, second, 1)));
    }
    log
}

#[test]
fn a_run_that_passes_a_bound_stops_safely_and_goes_on_with_more_room() {
    let log = more_and_more_farms();
    let whole = Bench::new();
    whole.run(&log).unwrap();
    let whole = lines(&whole.out);
    for with_state in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let state = with_state.then(|| dir.path().to_path_buf());
        let bound = Some(150_000);
        let bench = Bench { state, max_bytes_per_rule: bound, ..Bench::new() };
        let stopped = || match bench.run(&log) {
            Err(DriverError::StateBound(bound)) => bound,
            other => panic!("it should have stopped: {other:?}"),
        };
        let first = stopped();
        let told = lines(&bench.out);
        assert!(told.len() > 100 && told.len() < whole.len() * 3 / 4, "{} lines", told.len());
        assert!(whole.starts_with(&told), "what was put out is the beginning of the whole");
        // Without more room it stands where it stood.
        assert_eq!(stopped(), first);
        assert_eq!(lines(&bench.out), told);
        let roomier = Bench { max_bytes_per_rule: Some(3_000_000), ..bench };
        let (_, summary) = roomier.run(&log).unwrap();
        assert!(summary.state_bytes > 50_000, "{summary}");
        assert_eq!(summary.largest_state.as_deref(), Some("rule `total`"));
        assert_eq!(lines(&roomier.out), whole, "nothing is missing, nothing is told twice");
    }
}

#[test]
fn what_stops_a_run_is_said_with_its_largest_keys() {
    let bench = Bench { max_bytes_per_rule: Some(20_000), ..Bench::new() };
    let error = bench.run(&more_and_more_farms()).unwrap_err();
    insta::assert_snapshot!(error, @"stopped: rule `total` keeps 89.2 KiB of state in 64 keys and may keep 19.5 KiB; the largest: farm 0 (2.7 KiB), farm 2 (2.6 KiB), farm 4 (2.6 KiB), farm 6 (2.6 KiB), farm 8 (2.5 KiB)");
}
