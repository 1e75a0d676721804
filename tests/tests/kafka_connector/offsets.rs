//! Where reading goes on: committed offsets, seeks, and positions that are gone.

use super::{options, read, uri};
use cep_tests::broker::{Broker, Record};
use runtime::connector::{AtEnd, ConnectorOptions, Position, open_source};

#[test]
fn committed_offsets_are_kept_under_the_application() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("commit", 2).unwrap();
    let records: Vec<_> =
        (0..10).map(|i| Record::keyless(format!("{i}")).in_partition(i % 2)).collect();
    broker.produce(&topic, &records).unwrap();
    let options = ConnectorOptions { app_id: "farm-watch".into(), ..options(AtEnd::Stop) };
    {
        let mut source = open_source(&uri(broker, &topic), &options).unwrap();
        assert_eq!(source.committed().unwrap(), []);
        assert_eq!(read(&mut *source, usize::MAX).len(), 10);
        assert!(broker.committed("farm-watch", &topic).unwrap().is_empty(), "not by itself");
        source.commit(&[Position { partition: 0, offset: 2 }]).unwrap();
        source.commit(&[Position { partition: 0, offset: 3 }]).unwrap();
        source.commit(&[Position { partition: 1, offset: 5 }]).unwrap();
    } // Going, it sees the last commit through.
    assert_eq!(broker.committed("farm-watch", &topic).unwrap(), [(0, 3), (1, 5)].into());
    let mut source = open_source(&uri(broker, &topic), &options).unwrap();
    let positions = source.committed().unwrap();
    source.seek(&positions).unwrap();
    let values: Vec<_> = read(&mut *source, usize::MAX).into_iter().map(|seen| seen.2).collect();
    assert_eq!(values, ["6", "8"]);
}

#[test]
fn seeking_back_amid_prefetched_records_loses_and_repeats_none() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("seek", 2).unwrap();
    let records: Vec<_> =
        (0..20_000).map(|i| Record::keyless(format!("{i}")).in_partition(i % 2)).collect();
    broker.produce(&topic, &records).unwrap();
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Stop)).unwrap();
    for (cut, offset) in [(5_000, 10), (9_000, 3_000), (100, 7_000), (12_000, 0)] {
        read(&mut *source, cut);
        source.seek(&[0, 1].map(|partition| Position { partition, offset })).unwrap();
        let first = read(&mut *source, 1);
        for partition in [0, 1] {
            let offsets: Vec<_> = first.iter().filter(|s| s.0 == partition).map(|s| s.1).collect();
            let expected: Vec<_> = (offset..).take(offsets.len()).collect();
            assert_eq!(offsets, expected, "without a gap from {offset} on");
        }
    }
    source.seek(&[0, 1].map(|partition| Position { partition, offset: 2_000 })).unwrap();
    assert_eq!(read(&mut *source, usize::MAX).len(), 16_000);
}

#[test]
fn a_position_beyond_the_end_says_that_the_topic_was_made_anew() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("anew", 1).unwrap();
    broker.produce(&topic, &[Record::keyless("only")]).unwrap();
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Stop)).unwrap();
    let error = source.seek(&[Position { partition: 0, offset: 500 }]).unwrap_err();
    assert!(error.to_string().contains("partition 0 ends at offset 1, which is before offset 500"));
    assert!(error.help.unwrap().contains("made anew"));
}

#[test]
fn records_that_retention_deleted_are_passed_over() {
    let broker = Broker::shared();
    let topic = broker.fresh_topic("retention", 1).unwrap();
    let records: Vec<_> = (0..10).map(|i| Record::keyless(format!("{i}"))).collect();
    broker.produce(&topic, &records).unwrap();
    // While it is open: what is deleted before it is read is gone.
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Follow)).unwrap();
    broker.delete_before(&topic, 0, 4).unwrap();
    assert_eq!(read(&mut *source, 1)[0].1, 4);
    // A position that is gone.
    source.seek(&[Position { partition: 0, offset: 2 }]).unwrap();
    assert_eq!(read(&mut *source, 1)[0].1, 4);
    // A source that is opened afterwards begins where the log begins.
    let mut source = open_source(&uri(broker, &topic), &options(AtEnd::Stop)).unwrap();
    let offsets: Vec<_> = read(&mut *source, usize::MAX).into_iter().map(|seen| seen.1).collect();
    assert_eq!(offsets, [4, 5, 6, 7, 8, 9]);
}
