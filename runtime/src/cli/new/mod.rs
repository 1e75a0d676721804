//! `cep new`: a working folder to begin from.

use super::{Exit, Failure};
use crate::connector::ConnectorError;
use clap::Args;
use std::fs::{File, create_dir_all};
use std::io::Write;
use std::path::PathBuf;

/// Make a folder with rules, a test and events that work at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep new machines
  cep run machines                 it raises an event from the events beside the rules
  cep test machines                its test passes, and its events give what is stored

Exit codes: 0 made, 2 one of the files is there already, 3 the folder cannot be written.")]
pub(super) struct NewArgs {
    /// The folder; it may exist, the files must not.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// The files, by name.
const FILES: [(&str, &str); 4] = [
    ("machines.rules", include_str!("machines.rules")),
    ("events.jsonl", include_str!("events.jsonl")),
    ("derived.snap", include_str!("derived.snap")),
    ("cep.toml", include_str!("cep.toml")),
];

pub(super) fn run(args: &NewArgs) -> Result<Exit, Failure> {
    let dir = args.dir.display();
    if let Some((name, _)) = FILES.iter().find(|(name, _)| args.dir.join(name).exists()) {
        let failure = Failure::usage(format!("there is a `{name}` in {dir} already"));
        return Err(failure.with_help("name a folder that does not exist yet"));
    }
    create_dir_all(&args.dir)
        .map_err(|error| ConnectorError::io(format!("cannot make {dir}"), &error))?;
    for (name, text) in FILES {
        let path = args.dir.join(name);
        File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(
            |error| ConnectorError::io(format!("cannot write {}", path.display()), &error),
        )?;
    }
    let typed = typed(&dir.to_string());
    tracing::info!("made {dir}; now try `cep run {typed}` and `cep test {typed}`");
    Ok(Exit::Fine)
}

/// A path as one types it to a shell.
fn typed(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%,".contains(c);
    match path.chars().all(plain) && !path.is_empty() {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn a_path_is_said_as_one_types_it() {
        let all = ["machines", "a b", "it's"].map(typed);
        assert_eq!(all, ["machines", "'a b'", r"'it'\''s'"]);
    }
}
