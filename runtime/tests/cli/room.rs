//! A folder with rules and events in it, and calls of `cep` in that folder.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder that goes away with the test.
pub struct Room {
    dir: tempfile::TempDir,
}

/// Farms in ten-second windows, two seconds of lateness.
pub const RULES: &str = r#"
stream Harvest from kafka("costcenter") {
    farm:  int       from "farmid"
    count: int       from "batchcnt"
    at:    timestamp from "batchtime"

    key  farm
    time at, lateness 2s
}

param floor: int = 150

// cep: allow W0108
rule disaster {
    from   Harvest
    by     farm
    window tumbling(10s)
    when   sum(count) < floor
    emit   Disaster { farm, harvested: sum(count), since: window.start }
}
"#;

/// 2020-03-23T16:31:50Z, the start of a ten-second window.
const START_MS: u64 = 1_584_981_110_000;

/// A harvest so many milliseconds after the start.
pub fn harvest(farm: u64, count: u64, after_ms: u64) -> String {
    let at = START_MS + after_ms;
    format!("{{\"farmid\":{farm},\"batchcnt\":{count},\"batchtime\":{at}}}\n")
}

/// Harvests of three farms, one every second each, of which farm 2 is poor.
pub fn harvests(seconds: std::ops::Range<u64>) -> String {
    let at = |second: u64, farm: u64| {
        harvest(farm, if farm == 2 { 10 } else { 20 }, second * 1000 + farm)
    };
    seconds.flat_map(|second| (1..=3).map(move |farm| at(second, farm))).collect()
}

/// What a call gave.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Room {
    /// A folder with [`RULES`] and these events beside them.
    pub fn with(events: &str) -> Self {
        let room = Self::empty();
        room.write("farm.rules", RULES);
        room.write("Harvest.jsonl", events);
        room
    }

    /// A folder without anything.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn append(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let mut file = std::fs::File::options().append(true).open(self.path(name)).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command, in this folder, in a fixed environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cep"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CEP_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Calls `cep` with these words, split at spaces.
    pub fn cep(&self, words: &str) -> Ran {
        let args: Vec<&str> = words.split_whitespace().collect();
        Ran::of(self.command(&args).output().unwrap())
    }

    /// The same with something on standard input.
    pub fn cep_with_input(&self, words: &str, input: &[u8]) -> Ran {
        let args: Vec<&str> = words.split_whitespace().collect();
        let mut command = self.command(&args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Code, output and words, for a snapshot; what differs from run to run is left out.
    pub fn show(&self) -> String {
        let code = self.code.map_or("a signal".into(), |code| code.to_string());
        format!("exit code: {code}\n--- stdout\n{}--- stderr\n{}", self.out, steady(&self.err))
    }

    /// The lines of standard output.
    pub fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }
}

/// Words without the numbers that differ from run to run.
fn steady(words: &str) -> String {
    let line = |line: &str| match (line.find(" in "), line.find(" a second)")) {
        (Some(from), Some(rate)) => {
            let rest = line.get(rate + " a second)".len()..).unwrap_or_default();
            let rest = rest.split("; peak memory").next().unwrap_or_default();
            format!("{}{rest}\n", line.get(..from).unwrap_or_default())
        }
        _ => format!("{}\n", line.split("; peak memory").next().unwrap_or_default()),
    };
    words.lines().map(line).collect()
}
