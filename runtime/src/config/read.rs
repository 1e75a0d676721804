//! Keys and values: from the file and from the environment, through one table.

use super::{Config, ConfigError};
use crate::connector::AtEnd;
use crate::driver::OnBadRecord;
use crate::duration;
use std::path::Path;
use std::time::Duration;
use toml::{Table, Value};

/// A key of a section and what it sets.
struct Key {
    section: &'static str,
    name: &'static str,
    set: fn(&mut Config, &Value, &Base<'_>) -> Result<(), String>,
}

/// What relative paths are relative to.
struct Base<'a>(&'a Path);

const KEYS: &[Key] = &[
    Key { section: "app", name: "id", set: |c, v, _| text(v).map(|id| c.app_id = id) },
    Key { section: "kafka", name: "brokers", set: |c, v, _| list(v).map(|all| c.brokers = all) },
    Key { section: "kafka", name: "security", set: security },
    Key { section: "kafka", name: "mechanism", set: |c, v, _| kafka(c, "sasl.mechanism", v) },
    Key { section: "kafka", name: "username", set: |c, v, _| kafka(c, "sasl.username", v) },
    Key { section: "kafka", name: "password_file", set: password_file },
    Key {
        section: "kafka",
        name: "ca_file",
        set: |c, v, b| kafka_path(c, "ssl.ca.location", v, b),
    },
    Key {
        section: "kafka",
        name: "connect_timeout",
        set: |c, v, _| time(v).map(|time| c.connect_timeout = time),
    },
    Key { section: "sink", name: "late", set: |c, v, b| place(v, b).map(|uri| c.late = Some(uri)) },
    Key {
        section: "sink",
        name: "errors",
        set: |c, v, b| place(v, b).map(|uri| c.errors = Some(uri)),
    },
    Key { section: "state", name: "store", set: store },
    Key {
        section: "state",
        name: "checkpoint_every",
        set: |c, v, _| time(v).map(|time| c.checkpoint_every = time),
    },
    Key { section: "run", name: "guarantee", set: guarantee },
    Key {
        section: "run",
        name: "commit_every",
        set: |c, v, _| time(v).map(|time| c.commit_every = time),
    },
    Key { section: "run", name: "on_bad_record", set: on_bad_record },
    Key { section: "run", name: "at_end", set: at_end },
    Key { section: "run", name: "max_record_bytes", set: max_record_bytes },
];

/// Sections whose keys are names of the program or of another one.
const OPEN_SECTIONS: [&str; 3] = ["bind", "sink", "kafka.client"];

pub(super) fn file(config: &mut Config, path: &Path) -> Result<(), ConfigError> {
    let name = path.display().to_string();
    let error = |what: String| ConfigError { place: name.clone(), what, help: None };
    let text = std::fs::read_to_string(path).map_err(|e| error(format!("cannot read it: {e}")))?;
    let table: Table = text.parse().map_err(|e: toml::de::Error| error(format!("{e}")))?;
    let base = Base(path.parent().unwrap_or(Path::new("")));
    for (section, keys) in &table {
        let Value::Table(keys) = keys else {
            return Err(unknown(&name, "section", section, sections()));
        };
        self::section(config, &name, section, keys, &base)?;
    }
    Ok(())
}

fn sections() -> Vec<&'static str> {
    let mut all = vec!["bind"];
    all.extend(KEYS.iter().map(|key| key.section));
    all.dedup();
    all
}

fn section(
    config: &mut Config,
    file: &str,
    section: &str,
    keys: &Table,
    base: &Base<'_>,
) -> Result<(), ConfigError> {
    if !sections().contains(&section) && !OPEN_SECTIONS.contains(&section) {
        return Err(unknown(file, "section", section, sections()));
    }
    for (name, value) in keys {
        let place = format!("{file}: [{section}] {name}");
        let wrong = |what: String| ConfigError { place: place.clone(), what, help: None };
        if let Some(key) = KEYS.iter().find(|key| key.section == section && key.name == name) {
            (key.set)(config, value, base).map_err(wrong)?;
            continue;
        }
        match (section, value) {
            ("bind", _) => {
                config.bind.insert(name.clone(), self::place(value, base).map_err(wrong)?);
            }
            ("sink", _) => {
                config.sink.insert(name.clone(), places(value, base).map_err(wrong)?);
            }
            ("kafka", Value::Table(settings)) if name == "client" => {
                for (setting, value) in settings {
                    client_setting(config, setting, value).map_err(wrong)?;
                }
            }
            ("kafka", _) if name == "password" => {
                return Err(ConfigError {
                    place,
                    what: "a secret does not belong into a file that is shared".into(),
                    help: Some("set CEP_KAFKA_PASSWORD, or name a file in `password_file`".into()),
                });
            }
            _ => {
                let known = KEYS.iter().filter(|key| key.section == section).map(|key| key.name);
                return Err(unknown(&format!("{file}: [{section}]"), "key", name, known.collect()));
            }
        }
    }
    Ok(())
}

pub(super) fn environment(
    config: &mut Config,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let mut variables: Vec<(String, String)> = variables.collect();
    variables.sort();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix("CEP_") else { continue };
        let wrong = |what: String| ConfigError { place: name.clone(), what, help: None };
        let base = Base(Path::new(""));
        let text = Value::String(value.clone());
        if let Some(key) = KEYS.iter().find(|key| variable(key) == rest) {
            (key.set)(config, &text, &base).map_err(wrong)?;
        } else if rest == "KAFKA_PASSWORD" {
            config.kafka.0.insert("sasl.password".into(), value);
        } else if let Some(stream) = rest.strip_prefix("BIND_") {
            let stream = same_name(config.bind.keys(), stream);
            config.bind.insert(stream, value);
        } else if let Some(event) = rest.strip_prefix("SINK_") {
            let event = same_name(config.sink.keys(), event);
            config.sink.insert(event, list(&text).map_err(wrong)?);
        } else if rest != "LOG" {
            // Not an error: other programs may begin their variables alike.
            let known = KEYS.iter().map(variable).collect::<Vec<_>>();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let meant = closest(rest, known).map(|it| format!("; did you mean `CEP_{it}`?"));
            tracing::warn!("`{name}` sets nothing{}", meant.unwrap_or_default());
        }
    }
    Ok(())
}

fn variable(key: &Key) -> String {
    format!("{}_{}", key.section, key.name).to_ascii_uppercase()
}

/// The name that is already known, whatever its case; otherwise the name as it is.
fn same_name<'a>(mut known: impl Iterator<Item = &'a String>, name: &str) -> String {
    known.find(|known| known.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.into())
}

fn unknown(place: &str, what: &str, name: &str, known: Vec<&str>) -> ConfigError {
    let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let help = match closest(name, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {list}"),
    };
    ConfigError {
        place: place.into(),
        what: format!("there is no {what} `{name}`"),
        help: Some(help),
    }
}

fn closest<'a>(name: &str, known: Vec<&'a str>) -> Option<&'a str> {
    rule_lang::diagnostic::closest(name, known)
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err("text is wanted".into()),
    }
}

/// A list of texts; one text is split at its commas.
fn list(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::String(all) if !all.is_empty() => {
            Ok(all.split(',').map(|one| one.trim().to_owned()).collect())
        }
        _ => Err("a list of texts is wanted".into()),
    }
}

fn time(value: &Value) -> Result<Duration, String> {
    let time = value.as_str().and_then(duration::parse);
    time.ok_or_else(|| "a length of time is wanted, such as \"100ms\" or \"30s\"".into())
}

/// A URI; a relative path in it is relative to the file that names it.
fn place(value: &Value, base: &Base<'_>) -> Result<String, String> {
    text(value).map(|uri| relative_to(base.0, &uri))
}

fn places(value: &Value, base: &Base<'_>) -> Result<Vec<String>, String> {
    match value {
        Value::Array(_) => Ok(list(value)?.iter().map(|uri| relative_to(base.0, uri)).collect()),
        _ => place(value, base).map(|uri| vec![uri]),
    }
}

/// The same place, seen from the working folder instead of `folder`.
pub(crate) fn relative_to(folder: &Path, uri: &str) -> String {
    match uri.split_once(':') {
        Some((scheme @ ("file" | "log"), path)) if !path.starts_with('/') => {
            format!("{scheme}:{}", folder.join(path).display())
        }
        _ => uri.to_owned(),
    }
}

fn one_of<T: Copy>(value: &Value, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| value.as_str() == Some(name));
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let names = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>();
        format!("{} is wanted", names.join(" or "))
    })
}

fn kafka(config: &mut Config, setting: &str, value: &Value) -> Result<(), String> {
    config.kafka.0.insert(setting.into(), text(value)?);
    Ok(())
}

fn kafka_path(
    config: &mut Config,
    setting: &str,
    value: &Value,
    base: &Base<'_>,
) -> Result<(), String> {
    let path = base.0.join(text(value)?);
    config.kafka.0.insert(setting.into(), path.display().to_string());
    Ok(())
}

fn client_setting(config: &mut Config, setting: &str, value: &Value) -> Result<(), String> {
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        _ => return Err(format!("`{setting}` wants a text, a whole number or a truth value")),
    };
    if setting.contains("password") || setting.contains("secret") {
        return Err("a secret does not belong into a file that is shared; set \
                    CEP_KAFKA_PASSWORD, or name a file in `password_file`"
            .into());
    }
    config.kafka.0.insert(setting.into(), value);
    Ok(())
}

fn security(config: &mut Config, value: &Value, _: &Base<'_>) -> Result<(), String> {
    let choices = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"].map(|name| (name, name));
    let protocol = one_of(value, &choices)?;
    config.kafka.0.insert("security.protocol".into(), protocol.into());
    Ok(())
}

fn password_file(config: &mut Config, value: &Value, base: &Base<'_>) -> Result<(), String> {
    let path = base.0.join(text(value)?);
    let secret = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    config.kafka.0.insert("sasl.password".into(), secret.trim_end().into());
    Ok(())
}

fn store(config: &mut Config, value: &Value, base: &Base<'_>) -> Result<(), String> {
    let store = text(value)?;
    let Some(path) = store.strip_prefix("dir:").filter(|path| !path.is_empty()) else {
        return Err("`dir:PATH` is wanted; this version keeps state in a folder only".into());
    };
    config.state = Some(base.0.join(path));
    Ok(())
}

fn guarantee(_: &mut Config, value: &Value, _: &Base<'_>) -> Result<(), String> {
    match value.as_str() {
        Some("at_least_once") => Ok(()),
        Some("exactly_once") => Err("this version gives at_least_once only".into()),
        _ => Err("\"at_least_once\" is wanted".into()),
    }
}

fn on_bad_record(config: &mut Config, value: &Value, _: &Base<'_>) -> Result<(), String> {
    let choices = [("dead_letter", OnBadRecord::DeadLetter), ("stop", OnBadRecord::Stop)];
    config.on_bad_record = one_of(value, &choices)?;
    Ok(())
}

fn at_end(config: &mut Config, value: &Value, _: &Base<'_>) -> Result<(), String> {
    config.at_end = Some(one_of(value, &[("stop", AtEnd::Stop), ("follow", AtEnd::Follow)])?);
    Ok(())
}

fn max_record_bytes(config: &mut Config, value: &Value, _: &Base<'_>) -> Result<(), String> {
    let number = match value {
        Value::Integer(number) => usize::try_from(*number).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match number.filter(|bytes| (1..=1 << 30).contains(bytes)) {
        Some(bytes) => {
            config.max_record_bytes = bytes;
            Ok(())
        }
        None => Err("a number of bytes is wanted, up to 1 GiB".into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cep.toml");
        std::fs::write(&path, toml).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Config::load(Some(&path), variables).map_err(|mut error| {
            error.place = error.place.replace(&dir.path().display().to_string(), "DIR");
            error
        })
    }

    #[test]
    fn every_key_reads_and_the_environment_wins() {
        let toml = r#"
            [app]
            id = "farm-watch"
            [kafka]
            brokers = ["a:9092", "b:9092"]
            security = "sasl_ssl"
            username = "farmer"
            [kafka.client]
            "fetch.wait.max.ms" = 50
            [bind]
            Harvest = "kafka://a:9092/costcenter"
            [sink]
            Disaster = ["stdout:", "file:/tmp/d.jsonl"]
            late = "file:/tmp/late.jsonl"
            [state]
            store = "dir:/tmp/state"
            checkpoint_every = "1m"
            [run]
            guarantee = "at_least_once"
            on_bad_record = "stop"
            at_end = "stop"
            max_record_bytes = 1000
        "#;
        let config = load(
            toml,
            &[
                ("CEP_RUN_COMMIT_EVERY", "1s"),
                ("CEP_KAFKA_PASSWORD", "hunter2"),
                ("CEP_BIND_HARVEST", "stdin:"),
                ("CEP_APP_ID", "other"),
                ("PATH", "/bin"),
            ],
        )
        .unwrap();
        assert_eq!((config.app_id.as_str(), config.bind["Harvest"].as_str()), ("other", "stdin:"));
        assert_eq!(config.brokers, ["a:9092", "b:9092"]);
        assert_eq!(config.kafka.0["fetch.wait.max.ms"], "50");
        assert_eq!(config.kafka.0["sasl.password"], "hunter2");
        assert_eq!(config.sink["Disaster"], ["stdout:", "file:/tmp/d.jsonl"]);
        assert_eq!(config.state.as_deref(), Some(Path::new("/tmp/state")));
        assert_eq!(config.commit_every, Duration::from_secs(1));
        assert_eq!((config.at_end, config.max_record_bytes), (Some(AtEnd::Stop), 1000));
        assert!(!format!("{config:?}").contains("hunter2"), "secrets are never printed");
    }

    #[test]
    fn mistakes_say_where_and_what_was_meant() {
        let report: String = [
            "[kafka]\nbroker = [\"a:1\"]",
            "[kafa]\nbrokers = [\"a:1\"]",
            "[run]\ncommit_every = 5",
            "[run]\non_bad_record = \"ignore\"",
            "[run]\nguarantee = \"exactly_once\"",
            "[kafka]\npassword = \"hunter2\"",
            "[kafka.client]\n\"sasl.password\" = \"hunter2\"",
            "[state]\nstore = \"s3://bucket\"",
            "[run]\nzzz = 1",
            "id = 1",
            "[run\n",
        ]
        .iter()
        .map(|toml| {
            let error = load(toml, &[]).unwrap_err();
            let help = error.help.as_ref().map(|help| format!("\n  help: {help}"));
            format!("{toml}\n=> {error}{}\n\n", help.unwrap_or_default())
        })
        .collect();
        insta::assert_snapshot!(report);
    }

    #[test]
    fn paths_in_the_file_are_relative_to_it() {
        let config = load("[bind]\nHarvest = \"file:h.jsonl\"", &[]).unwrap();
        assert!(config.bind["Harvest"].starts_with("file:/"), "{:?}", config.bind);
        assert_eq!(relative_to(Path::new("a"), "log:b/c"), "log:a/b/c");
        assert_eq!(relative_to(Path::new("a"), "kafka://h:1/t"), "kafka://h:1/t");
    }
}
