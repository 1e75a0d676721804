//! The table of keys, and how each value is read.

use super::Config;
use crate::connector::AtEnd;
use crate::driver::OnBadRecord;
use crate::{bytes, duration};
use std::path::Path;
use std::time::Duration;
use toml::Value;

/// A key of a section and what it sets.
pub(super) struct Key {
    pub section: &'static str,
    pub name: &'static str,
    pub set: fn(&mut Config, &Value, &Base<'_>) -> Result<(), String>,
}

/// What relative paths are relative to.
pub(super) struct Base<'a>(pub &'a Path);

pub(super) const KEYS: &[Key] = &[
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
    Key {
        section: "sink",
        name: "late",
        set: |c, v, b| uri_of(v, b).map(|uri| c.late = Some(uri)),
    },
    Key {
        section: "sink",
        name: "errors",
        set: |c, v, b| uri_of(v, b).map(|uri| c.errors = Some(uri)),
    },
    Key { section: "state", name: "store", set: store },
    Key {
        section: "state",
        name: "checkpoint_every",
        set: |c, v, _| time(v).map(|time| c.checkpoint_every = time),
    },
    Key { section: "state", name: "max_bytes_per_rule", set: max_bytes_per_rule },
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

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err("text is wanted".into()),
    }
}

/// A list of texts; one text is split at its commas.
pub(super) fn list(value: &Value) -> Result<Vec<String>, String> {
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
pub(super) fn uri_of(value: &Value, base: &Base<'_>) -> Result<String, String> {
    text(value).map(|uri| relative_to(base.0, &uri))
}

pub(super) fn uris_of(value: &Value, base: &Base<'_>) -> Result<Vec<String>, String> {
    match value {
        Value::Array(_) => Ok(list(value)?.iter().map(|uri| relative_to(base.0, uri)).collect()),
        _ => uri_of(value, base).map(|uri| vec![uri]),
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

pub(super) fn client_setting(
    config: &mut Config,
    setting: &str,
    value: &Value,
) -> Result<(), String> {
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

fn max_bytes_per_rule(config: &mut Config, value: &Value, _: &Base<'_>) -> Result<(), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    config.max_bytes_per_rule = match bytes::parse(&text).filter(|bytes| *bytes > 0) {
        _ if text == "none" => None,
        None => {
            let meant = bytes::meant(&text).filter(|meant| bytes::parse(meant) > Some(0));
            let meant = meant.map(|meant| format!("; did you mean \"{meant}\"?"));
            let wanted = "a number of bytes such as \"256MiB\" is wanted, or \"none\" for no limit";
            return Err(format!("{wanted}{}", meant.unwrap_or_default()));
        }
        bytes => bytes,
    };
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
