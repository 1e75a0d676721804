//! The contract of all connectors.

use super::uri;
use cep_tests::broker::{Broker, Record};
use runtime::connector::contract::{self, Abilities, Place};
use runtime::connector::{
    ConnectorError, ConnectorOptions, Sink, Source, Uri, open_sink, open_source,
};

struct Topic {
    uri: Uri,
    name: String,
    partitions: u32,
}

impl Place for Topic {
    fn partitions(&self) -> u32 {
        self.partitions
    }

    fn append(&mut self, partition: u32, values: &[&[u8]]) -> Result<(), ConnectorError> {
        let partition = i32::try_from(partition).unwrap();
        let record = |value: &&[u8]| Record::keyless(*value).in_partition(partition);
        let records: Vec<Record> = values.iter().map(record).collect();
        Broker::shared().produce(&self.name, &records).unwrap();
        Ok(())
    }

    fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>, ConnectorError> {
        open_source(&self.uri, options)
    }

    fn sink(&self, options: &ConnectorOptions) -> Result<Option<Box<dyn Sink>>, ConnectorError> {
        open_sink(&self.uri, options).map(Some)
    }

    fn abilities(&self) -> Abilities {
        Abilities::SeekAndFollow
    }
}

#[test]
fn it_keeps_the_contract_of_all_connectors() {
    for partitions in [1, 3] {
        let name = format!("kafka with {partitions} partitions");
        contract::check(&name, &mut || {
            let topic = Broker::shared().fresh_topic("contract", partitions).unwrap();
            let uri = uri(Broker::shared(), &topic);
            let partitions = u32::try_from(partitions).unwrap();
            Ok(Box::new(Topic { uri, name: topic, partitions }))
        })
        .unwrap();
    }
}
