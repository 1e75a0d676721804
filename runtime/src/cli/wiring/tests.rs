#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use rule_lang::{Source, compile};

const RULES: &str = r#"
stream Harvest from kafka("costcenter") { farm: int, at: timestamp, key farm, time at }
stream Price { price: int, at: timestamp, time at }
stream Unread { x: int, at: timestamp, time at }
stream Idle { x: int, at: timestamp, time at }
@off
rule off { from Idle emit Off { x } }
rule many { from Harvest by farm window tumbling(10s) emit Many { farm, n: count() } }
rule dear { from Price where price > 5 emit Dear { price } }
sink Many to kafka("many")
"#;

fn plan() -> Plan {
    compile(&[Source::new("t.rules", RULES)]).plan.unwrap()
}

#[derive(Default)]
struct Case {
    files: &'static [&'static str],
    config: Config,
    bind: &'static [&'static str],
    sink: &'static [&'static str],
}

impl Case {
    /// The wiring as text, with the folder as DIR.
    fn wire(&self) -> String {
        let dir = tempfile::tempdir().unwrap();
        self.files.iter().for_each(|file| std::fs::write(dir.path().join(file), "").unwrap());
        let plan = plan();
        let bindings = |all: &[&str]| all.iter().map(|text| binding(text).unwrap()).collect();
        let (bind, sink): (Vec<Binding>, Vec<Binding>) = (bindings(self.bind), bindings(self.sink));
        let wishes = Wishes {
            plan: &plan,
            folder: dir.path(),
            config: &self.config,
            bind: &bind,
            sink: &sink,
        };
        let wired = wishes.inputs().and_then(|inputs| Ok((inputs, wishes.outputs()?)));
        let text = match wired {
            Ok((inputs, outputs)) => {
                let name = |id: StreamId| plan.stream(id).unwrap().name.clone();
                let input = |place: &InputPlace| {
                    let streams =
                        place.streams.iter().map(|(id, f)| format!("{} {f:?}", name(*id)));
                    format!("{} <- {}\n", streams.collect::<Vec<_>>().join(", "), place.uri)
                };
                let output = |(event, uris): (&cep_core::plan::EventPlan, &Vec<Uri>)| {
                    let uris: Vec<_> = uris.iter().map(Uri::to_string).collect();
                    format!("{} -> {}\n", event.name, uris.join(" "))
                };
                let inputs: String = inputs.iter().map(input).collect();
                inputs + &plan.events.iter().zip(&outputs).map(output).collect::<String>()
            }
            Err(failure) => {
                format!("{}\nhelp: {}\n", failure.message, failure.help.unwrap_or_default())
            }
        };
        text.replace(&dir.path().display().to_string(), "DIR")
    }
}

#[test]
fn the_files_beside_the_rules_are_read_where_nothing_is_said() {
    let own =
        Case { files: &["Harvest.jsonl", "Price.jsonl.gz", "events.jsonl"], ..Case::default() };
    insta::assert_snapshot!(own.wire(), @r"
    Harvest Json <- file:DIR/Harvest.jsonl
    Price Json <- file:DIR/Price.jsonl.gz
    Dear -> stdout:
    Many -> stdout:
    Off -> stdout:
    ");
    let shared = Case { files: &["events.jsonl"], ..Case::default() };
    insta::assert_snapshot!(shared.wire(), @r"
    Harvest CloudEvents, Price CloudEvents <- file:DIR/events.jsonl
    Dear -> stdout:
    Many -> stdout:
    Off -> stdout:
    ");
}

#[test]
fn brokers_make_topics_of_what_the_rules_declare() {
    let config = Config { brokers: vec!["h:1".into()], ..Config::default() };
    let case = Case { files: &["events.jsonl"], config, ..Case::default() };
    insta::assert_snapshot!(case.wire(), @r"
    Harvest Json <- kafka://h:1/costcenter
    Price CloudEvents <- file:DIR/events.jsonl
    Dear -> stdout:
    Many -> kafka://h:1/many
    Off -> stdout:
    ");
}

#[test]
fn a_flag_wins_over_the_configuration_and_both_over_the_rules() {
    let mut config = Config { brokers: vec!["h:1".into()], ..Config::default() };
    config.bind.insert("Harvest".into(), "log:x/y".into());
    config.bind.insert("Price".into(), "stdin:".into());
    config.sink.insert("Many".into(), vec!["null:".into()]);
    let case = Case {
        config,
        bind: &["Harvest=file:a=b.jsonl?format=cloudevents"],
        sink: &["Dear=null:", "Dear=file:d.jsonl"],
        ..Case::default()
    };
    insta::assert_snapshot!(case.wire(), @r"
    Harvest CloudEvents <- file:a=b.jsonl
    Price Json <- stdin:
    Dear -> null: file:d.jsonl
    Many -> null:
    Off -> stdout:
    ");
    let all = Case { files: &["events.jsonl"], sink: &["null:"], ..Case::default() };
    assert!(all.wire().ends_with("Dear -> null:\nMany -> null:\nOff -> null:\n"));
}

#[test]
fn what_cannot_be_wired_says_what_to_type() {
    let cases = [
        Case::default(),
        Case { bind: &["Harvest=null:"], ..Case::default() },
        Case { bind: &["Harvst=null:"], ..Case::default() },
        Case { bind: &["null:"], ..Case::default() },
        Case { files: &["events.jsonl"], sink: &["Zebra=null:"], ..Case::default() },
        Case { files: &["events.jsonl"], sink: &["ftp://x"], ..Case::default() },
        Case { bind: &["Harvest=file:x", "Price=file:x"], ..Case::default() },
        Case { bind: &["Harvest=file:x?format=avro", "Price=null:"], ..Case::default() },
    ];
    insta::assert_snapshot!(cases.iter().map(Case::wire).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_stream_of_the_time_of_records_is_not_read_from_lines() {
    let rules = "stream S { x: int, time record }\nrule r { from S emit E { x } }";
    let plan = compile(&[Source::new("t.rules", rules)]).plan.unwrap();
    let inputs = |bind: &str| {
        let (config, bind) = (Config::default(), [binding(bind).unwrap()]);
        let folder = Path::new("");
        let wishes = Wishes { plan: &plan, folder, config: &config, bind: &bind, sink: &[] };
        wishes.inputs().map(|_| ()).map_err(|failure| failure.message)
    };
    let refused = |place| {
        Err(format!("stream `S` takes its time from its records, and those of `{place}` have none"))
    };
    assert_eq!(inputs("S=file:S.jsonl"), refused("file:S.jsonl"));
    assert_eq!(inputs("S=stdin:"), refused("stdin:"));
    assert_eq!(inputs("S=log:d/t"), Ok(()));
    assert_eq!(inputs("S=file:S.records.jsonl.gz"), Ok(()));
}
