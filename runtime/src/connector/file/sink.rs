//! A file as a sink.

use super::{holds_records, place};
use crate::connector::{
    ConnectorError, ConnectorErrorKind, ConnectorOptions, Existing, OutRecord, Packing, Sink, Uri,
};
use crate::durable;
use std::fs::File;
use std::io::{self, Write};

/// How much output is gathered before it is handed to the system.
const OUT_BYTES: usize = 128 * 1024;

/// A file as a sink.
struct FileSink {
    uri: Uri,
    writer: Writer,
    /// Only what is on a disk can be forced there: not pipes, terminals or `/dev/full`.
    on_disk: OnDisk,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnDisk {
    Yes,
    No,
}

/// What packs the lines. A packed file is written in members that are ended at each flush, so
/// that after every flush it is a whole file.
enum Writer {
    Plain(io::BufWriter<File>),
    Gzip(Option<flate2::write::GzEncoder<File>>, File),
    Zstd(Option<zstd::Encoder<'static, File>>, File),
}

pub(in crate::connector) fn open_sink(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Sink>, ConnectorError> {
    if holds_records(uri) {
        return Err(ConnectorError::new(
            ConnectorErrorKind::Unsupported,
            format!("cannot write `{uri}`"),
            "what is put out has no partitions and offsets, which such a file holds",
        )
        .with_help("give the file another name, as `NAME.jsonl`"));
    }
    open_lines(uri, options)
}

/// A file of these lines, whatever its name says.
pub(super) fn open_lines(
    uri: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Sink>, ConnectorError> {
    let (path, packing) = place(uri)?;
    let failed = |error: &io::Error| ConnectorError::io(format!("cannot write `{uri}`"), error);
    if options.existing == Existing::Append && packing != Packing::Plain {
        return Err(ConnectorError::new(
            ConnectorErrorKind::Unsupported,
            format!("cannot append to `{uri}`"),
            "a packed file that was cut short could not be continued",
        )
        .with_help("write a plain file and pack it afterwards"));
    }
    let mut open = File::options();
    open.create(true).read(true).write(true);
    open.truncate(options.existing == Existing::Replace);
    // Some things can be written and not read: pipes, devices.
    let mut file = open
        .open(path)
        .or_else(|_| File::options().create(true).append(true).open(path))
        .map_err(|error| failed(&error))?;
    let on_disk = match file.metadata() {
        Ok(metadata) if metadata.is_file() => OnDisk::Yes,
        _ => OnDisk::No,
    };
    if on_disk == OnDisk::Yes {
        durable::drop_torn_line(&mut file).map_err(|error| failed(&error))?;
    }
    let writer = match packing {
        Packing::Plain => Writer::Plain(io::BufWriter::with_capacity(OUT_BYTES, file)),
        Packing::Gzip => Writer::Gzip(None, file),
        Packing::Zstd => Writer::Zstd(None, file),
    };
    Ok(Box::new(FileSink { uri: uri.clone(), writer, on_disk }))
}

impl Writer {
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        let out: &mut dyn Write = match self {
            Self::Plain(out) => out,
            Self::Gzip(member, file) => match member {
                Some(out) => out,
                None => member.insert(flate2::write::GzEncoder::new(
                    file.try_clone()?,
                    flate2::Compression::default(),
                )),
            },
            Self::Zstd(member, file) => match member {
                Some(out) => out,
                None => member.insert(zstd::Encoder::new(file.try_clone()?, 0)?),
            },
        };
        out.write_all(line)?;
        out.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<&File> {
        match self {
            Self::Plain(out) => {
                out.flush()?;
                Ok(out.get_ref())
            }
            Self::Gzip(member, file) => {
                member.take().map(flate2::write::GzEncoder::finish).transpose()?;
                Ok(file)
            }
            Self::Zstd(member, file) => {
                member.take().map(zstd::Encoder::finish).transpose()?;
                Ok(file)
            }
        }
    }
}

impl Sink for FileSink {
    fn write(&mut self, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        let written = self.writer.write_line(record.value.unwrap_or_default());
        written.map_err(|e| ConnectorError::io(format!("cannot write `{}`", self.uri), &e))
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        let flushed = self.writer.flush().and_then(|file| match self.on_disk {
            OnDisk::Yes => file.sync_data(),
            OnDisk::No => Ok(()),
        });
        flushed.map_err(|e| ConnectorError::io(format!("cannot write `{}`", self.uri), &e))
    }
}
