//! A table in a compacted topic, looked up by a live run and by the ones after it, through the `cep` program.

use super::TIMEOUT;
use cep_tests::broker::{Broker, Record};
use cep_tests::process::{self, Running};
use serde_json::Value;
use std::time::{Duration, Instant};

const RULES: &str = r#"
stream Sale { item: int, at: timestamp, time at }

table Price { item: int, price: int } key item from kafka("prices")

// cep: allow W0108
rule worth { from Sale emit Worth { item, price: Price[item]?.price } }
"#;

/// Topics and a folder of rules, and a group of their own.
struct Shop {
    broker: &'static Broker,
    folder: tempfile::TempDir,
    sales: String,
    prices: String,
    worths: String,
}

impl Shop {
    fn new() -> Self {
        let broker = Broker::shared();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop.rules"), RULES).unwrap();
        Self {
            folder,
            sales: broker.fresh_topic("sales", 1).unwrap(),
            prices: broker.compacted_topic("prices", 2).unwrap(),
            worths: broker.fresh_topic("worths", 1).unwrap(),
            broker,
        }
    }

    fn start(&self, more: &[&str]) -> Running {
        let uri = |name: &str, topic: &str| format!("{name}={}", self.broker.uri(topic));
        let (sales, prices) = (uri("Sale", &self.sales), uri("Price", &self.prices));
        let worths = uri("Worth", &self.worths);
        let folder = self.folder.path().to_str().unwrap();
        let args = ["run", folder, "--bind", &sales, "--bind", &prices, "--sink", &worths];
        let variables = [("CEP_APP_ID", self.sales.as_str()), ("CEP_RUN_COMMIT_EVERY", "20ms")];
        process::start(&[&args, more].concat(), &variables)
    }

    fn sell(&self, item: i64, second: i64) {
        let value = format!("{{\"item\":{item},\"at\":{second}000}}");
        let record = Record::new(&item.to_string(), value).at_ms(second * 1_000);
        self.broker.produce(&self.sales, &[record]).unwrap();
    }

    /// Writes a price, or deletes it.
    fn price(&self, item: i64, second: i64, price: Option<i64>) {
        let key = item.to_string();
        let record = match price {
            Some(price) => Record::new(&key, format!("{{\"item\":{item},\"price\":{price}}}")),
            None => Record::tombstone(&key),
        };
        self.broker.produce(&self.prices, &[record.at_ms(second * 1_000)]).unwrap();
    }

    /// Waits until the group has committed all prices written so far.
    fn wait_for_prices(&self, written: i64, run: &Running) {
        let begun = Instant::now();
        loop {
            let committed = self.broker.committed(&self.sales, &self.prices).unwrap();
            if committed.values().sum::<i64>() >= written {
                return;
            }
            assert!(begun.elapsed() < TIMEOUT, "{committed:?}; {}", run.words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for what a sale gives: its second, item and price.
    fn wait_for(&self, second: i64, item: i64, price: Option<i64>, run: &Running) {
        let wanted = (second * 1_000, Value::from(item), Value::from(price));
        let begun = Instant::now();
        loop {
            let found = self.broker.read_all(&self.worths).unwrap();
            let found = found.iter().map(|record| {
                let data: Value = serde_json::from_str(&record.value).unwrap();
                let time = record.timestamp_ms.unwrap_or_default();
                (time, data["item"].clone(), data["price"].clone())
            });
            let found: Vec<_> = found.collect();
            if found.contains(&wanted) {
                return;
            }
            let words = run.words();
            assert!(begun.elapsed() < TIMEOUT, "{wanted:?} is not in {found:?}; {words}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn rows_and_deletions_hold_from_their_records_on_and_a_silent_topic_holds_nobody_back() {
    let shop = Shop::new();
    let run = shop.start(&[]);
    // One partition of the table stays empty for a while.
    shop.price(1, 1, Some(5));
    shop.price(1, 3, None);
    shop.wait_for_prices(2, &run);
    [(1, 2), (1, 4), (2, 4), (2, 9)].into_iter().for_each(|(item, at)| shop.sell(item, at));
    shop.wait_for(2, 1, Some(5), &run);
    shop.wait_for(4, 1, None, &run);
    shop.wait_for(4, 2, None, &run);
    shop.price(1, 10, Some(6));
    shop.price(2, 10, Some(7));
    shop.wait_for_prices(4, &run);
    [(1, 20), (2, 20), (2, 30)].into_iter().for_each(|(item, at)| shop.sell(item, at));
    shop.wait_for(20, 1, Some(6), &run);
    shop.wait_for(20, 2, Some(7), &run);
    assert_eq!(run.stop().exit_code, Some(0));
}

#[test]
fn a_second_run_of_the_group_finds_the_rows_that_were_committed() {
    let shop = Shop::new();
    let state = shop.folder.path().join("state");
    for more in [&[][..], &["--state", state.to_str().unwrap()]] {
        let run = shop.start(more);
        shop.price(1, 1, Some(5));
        shop.price(2, 1, Some(6));
        shop.price(2, 2, None);
        shop.sell(1, 10);
        shop.sell(1, 20);
        shop.wait_for(10, 1, Some(5), &run);
        shop.wait_for_prices(3, &run);
        assert_eq!(run.stop().exit_code, Some(0));
        for at in [30, 50] {
            let run = shop.start(more);
            shop.sell(1, at);
            shop.sell(2, at);
            shop.sell(1, at + 10);
            shop.wait_for(at, 1, Some(5), &run);
            shop.wait_for(at, 2, None, &run);
            assert_eq!(run.stop().exit_code, Some(0));
        }
    }
}
