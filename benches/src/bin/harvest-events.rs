//! Writes recorded harvests of any length: see [`cep_benches::harvest`].

use cep_benches::harvest::{Batches, FARMS, Shape};
use clap::Parser;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Bytes gathered before they are written.
const CHUNK_BYTES: usize = 1 << 20;

/// Write recorded harvests as JSON lines: the same options give the same bytes on every machine.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  harvest-events --out rules/harvest/Harvest.jsonl          the recorded example of the repository
  harvest-events --events 10_000_000 --out harvests.jsonl   about 1.4 GB
  harvest-events --events 10_000_000 --farms 1_000_000 --every-us 10 | cep run rules/harvest --bind Harvest=stdin:")]
struct Options {
    /// How many batches
    #[arg(long, default_value = "180", value_parser = number)]
    events: u64,
    /// How many farms report, which is how many keys there are
    #[arg(long, default_value_t = FARMS.len() as u64, value_parser = number)]
    farms: u64,
    /// Microseconds of event time from one batch to the next
    #[arg(long, default_value_t = Shape::default().every_us, value_parser = number)]
    every_us: u64,
    /// Where the numbers begin
    #[arg(long, default_value_t = Shape::default().seed, value_parser = number)]
    seed: u64,
    /// The file to write, instead of standard output
    #[arg(long)]
    out: Option<PathBuf>,
}

/// A whole number, with or without `_` between its digits.
fn number(text: &str) -> Result<u64, std::num::ParseIntError> {
    text.replace('_', "").parse()
}

fn main() -> ExitCode {
    match write(&Options::parse()) {
        // Whoever reads the pipe has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "harvest-events: {error}");
            ExitCode::from(3)
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}

fn write(options: &Options) -> io::Result<()> {
    let mut out: Box<dyn Write> = match &options.out {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(io::stdout().lock()),
    };
    let shape = Shape { seed: options.seed, farms: options.farms, every_us: options.every_us };
    let mut batches = Batches::new(shape);
    let mut left = options.events;
    let mut chunk = Vec::with_capacity(CHUNK_BYTES + 1024);
    while left > 0 {
        chunk.clear();
        while left > 0 && chunk.len() < CHUNK_BYTES {
            if let Some(batch) = batches.next() {
                batch.write_json(&mut chunk);
            }
            left -= 1;
        }
        out.write_all(&chunk)?;
    }
    out.flush()
}
