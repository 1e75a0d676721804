//! Keys and values: from the file and from the environment, through one table.

use super::keys::{Base, KEYS, Key, client_setting, list, uri_of, uris_of};
use super::{Config, ConfigError};
use std::path::Path;
use toml::{Table, Value};

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
                config.bind.insert(name.clone(), uri_of(value, base).map_err(wrong)?);
            }
            ("sink", _) => {
                config.sink.insert(name.clone(), uris_of(value, base).map_err(wrong)?);
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

#[cfg(test)]
mod tests;
