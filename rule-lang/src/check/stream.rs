//! Streams: types of fields, `key`, `time`, connectors.

use super::convert::{is_number, literal_of_type};
use super::index;
use super::types::{Types, type_of};
use crate::ast::{self, TimeUnit};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, field_meant};
use cep_core::plan::{Connector, FieldPlan, FieldSource, StreamPlan, TimeSource, TimestampFormat};
use cep_core::time::Span;
use cep_core::value::{Type, Value};
use cep_core::written;

/// How far after its record's timestamp an event may be stamped if the stream does not say.
const DEFAULT_AHEAD: Span = Span::from_secs(3_600);

/// The stream's plan; fields that could not be understood are left out.
pub(super) fn check(
    ast: &ast::Stream,
    side: Side,
    types: &Types,
    out: &mut Vec<Diagnostic>,
) -> Option<StreamPlan> {
    let mut fields: Vec<FieldPlan> = Vec::new();
    for (position, field) in ast.fields.iter().enumerate() {
        let earlier =
            ast.fields.iter().take(position).find(|other| other.name.name == field.name.name);
        if let Some(earlier) = earlier {
            super::declared_twice(
                out,
                "the field",
                &field.name.name,
                field.name.span,
                earlier.name.span,
            );
            continue;
        }
        fields.extend(field_plan(field, types, out));
    }
    if is_debezium(ast) {
        fields_of_changes(ast, &mut fields, out);
    }
    let key = ast.key.as_ref().and_then(|key| {
        let found = position(&fields, &key.name);
        if found.is_none() && !is_declared(ast, &key.name) {
            unknown_field(ast, "`key` names a field of the stream", key, &fields, out);
        }
        found
    });
    let time = time_source(ast, side, &fields, out);
    let from = ast.connector.as_ref().and_then(|ast| connector(ast, side, out));
    let option = |value: Option<&ast::Spanned<i64>>| value.map(|spanned| Span(spanned.value));
    let clause = ast.time.as_ref();
    let plan = StreamPlan {
        name: ast.name.name.clone(),
        doc: ast.doc.clone(),
        fields,
        key,
        time: time?,
        lateness: option(clause.and_then(|c| c.lateness_us.as_ref())).unwrap_or(Span::ZERO),
        idle: option(clause.and_then(|c| c.idle_us.as_ref())),
        ahead: option(clause.and_then(|c| c.ahead_us.as_ref())).unwrap_or(DEFAULT_AHEAD),
        from,
    };
    Some(plan)
}

fn is_debezium(ast: &ast::Stream) -> bool {
    let options = ast.connector.iter().flat_map(|connector| &connector.options);
    options.into_iter().any(|(name, value)| name.name == "format" && value.value == "debezium")
}

/// Change events say what they did, in `op`, and what the row was, in `before`.
fn fields_of_changes(ast: &ast::Stream, fields: &mut Vec<FieldPlan>, out: &mut Vec<Diagnostic>) {
    let of_row = fields.iter().filter(|field| matches!(field.source, FieldSource::Path(_)));
    let row = of_row.map(|field| (field.name.clone(), field.ty.clone())).collect();
    let built_in = [
        ("op", Type::one_of(["c", "u", "d", "r"].map(str::to_owned)), FieldSource::Operation),
        ("before", Type::Record(row).optional(), FieldSource::Before),
    ];
    for (name, ty, source) in built_in {
        if let Some(field) = ast.fields.iter().find(|field| field.name.name == name) {
            out.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("every stream of `format: debezium` has a field `{name}`"),
                )
                .label(field.name.span, "declared again here")
                .help(format!(
                    "remove it; a column of that name is read as `row_{name}: TYPE from \"{name}\"`"
                )),
            );
            continue;
        }
        let format = TimestampFormat::Automatic;
        fields.push(FieldPlan { name: name.to_owned(), ty, source, format, least: None });
    }
}

/// Whether there is such a field, even if its type was not understood.
pub(super) fn is_declared(ast: &ast::Stream, name: &str) -> bool {
    ast.fields.iter().any(|field| field.name.name == name)
}

fn position(fields: &[FieldPlan], name: &str) -> Option<u32> {
    fields.iter().position(|field| field.name == name).map(index)
}

fn unknown_field(
    ast: &ast::Stream,
    label: &str,
    name: &ast::Ident,
    fields: &[FieldPlan],
    out: &mut Vec<Diagnostic>,
) {
    let known = fields.iter().map(|field| field.name.as_str());
    out.push(
        Diagnostic::new(
            Code::UnknownKeyOrTime,
            format!("`{}` has no field `{}`", ast.name.name, name.name),
        )
        .label(name.span, label)
        .maybe_help(field_meant(&name.name, &ast.name.name, known)),
    );
}

pub(super) fn field_plan(
    ast: &ast::Field,
    types: &Types,
    out: &mut Vec<Diagnostic>,
) -> Option<FieldPlan> {
    let ty = type_of(&ast.ty, types, out)?;
    if let Some(unit) = &ast.unit
        && ty.base() != &Type::Timestamp
    {
        out.push(
            Diagnostic::new(
                Code::TimeUnit,
                format!("`{}` is {ty}, not a timestamp", ast.name.name),
            )
            .label(unit.span, "how timestamps are written")
            .label(ast.ty.span, "")
            .help("write `timestamp` as its type"),
        );
    }
    let format = match ast.unit.as_ref().map(|unit| &unit.value) {
        None => TimestampFormat::Automatic,
        Some(TimeUnit::Seconds) => TimestampFormat::Seconds,
        Some(TimeUnit::Millis) => TimestampFormat::Millis,
        Some(TimeUnit::Micros) => TimestampFormat::Micros,
        Some(TimeUnit::Text(format)) => {
            check_format(ast, format, out);
            TimestampFormat::Text(format.clone())
        }
    };
    let source = match ast.source.as_ref().map(|source| &source.value) {
        Some(ast::FieldSource::Path(path)) => FieldSource::Path(names(ast, path, out)),
        Some(ast::FieldSource::Key) => FieldSource::Key,
        Some(ast::FieldSource::Header(name)) => FieldSource::Header(name.clone()),
        None => FieldSource::Path(vec![ast.name.name.clone()]),
    };
    let least = ast.least.as_ref().and_then(|least| least_of(ast, least, &ty, out));
    Some(FieldPlan { name: ast.name.name.clone(), ty, least, source, format })
}

/// The bound of a field, as a value of its type.
fn least_of(
    ast: &ast::Field,
    least: &ast::Spanned<ast::Literal>,
    ty: &Type,
    out: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let (title, help) = if !is_number(ty.base()) {
        let title = format!("`{}` is {ty}, and only numbers have a least value", ast.name.name);
        (title, "remove the bound, and write `where` in rules that ask for one")
    } else if let Some(value) = literal_of_type(&least.value, ty.base()) {
        return Some(value);
    } else {
        (format!("`{}` is {ty}, which this bound is not", ast.name.name), "write a whole number")
    };
    let bad = Diagnostic::new(Code::FieldBound, title).label(least.span, "");
    out.push(bad.label(ast.ty.span, "").help(help));
    None
}

/// Reports bounds of fields that are not read from records.
pub(super) fn no_bounds(fields: &[ast::Field], out: &mut Vec<Diagnostic>) {
    for field in fields {
        let Some(least) = &field.least else { continue };
        out.push(
            Diagnostic::new(Code::FieldBound, "only fields of streams and tables have a bound")
                .label(least.span, "nothing would check it")
                .help("remove it; bounds are checked as records are read"),
        );
    }
}

/// The names of a path.
fn names(ast: &ast::Field, path: &str, out: &mut Vec<Diagnostic>) -> Vec<String> {
    let names: Vec<String> = path.split('.').map(str::to_owned).collect();
    if names.iter().any(String::is_empty) {
        let span = ast.source.as_ref().map_or(ast.name.span, |source| source.span);
        out.push(
            Diagnostic::new(Code::UnknownOption, format!("`{path}` is not a path"))
                .label(span, "a name between two points is empty")
                .help("write names with points between them, as in `\"order.customer.id\"`"),
        );
    }
    names
}

/// Texts of a format must tell an instant.
fn check_format(ast: &ast::Field, format: &str, out: &mut Vec<Diagnostic>) {
    if let (Err(why), Some(unit)) = (written::check(format), &ast.unit) {
        out.push(
            Diagnostic::new(Code::TimeFormat, format!("the format `{format}` {why}"))
                .label(unit.span, "")
                .help("write it as `strftime` does, day and all: `\"%Y-%m-%d %H:%M:%S\"`"),
        );
    }
}

fn time_source(
    ast: &ast::Stream,
    side: Side,
    fields: &[FieldPlan],
    out: &mut Vec<Diagnostic>,
) -> Option<TimeSource> {
    let Some(clause) = &ast.time else {
        let stamp = fields.iter().find(|field| field.ty == Type::Timestamp);
        let name = stamp.map_or("record", |field| field.name.as_str());
        out.push(
            Diagnostic::new(
                Code::NoTime,
                format!("the stream `{}` does not say where its time is", ast.name.name),
            )
            .label(ast.name.span, "")
            .help(format!(
                "add `time {name}`{}",
                if stamp.is_some() { "" } else { " (the record's own timestamp)" }
            )),
        );
        return None;
    };
    let Some(name) = &clause.field else { return Some(TimeSource::Record) };
    let Some(at) = position(fields, &name.name) else {
        if !is_declared(ast, &name.name) {
            let label = match side {
                Side::Table => "`time` names a field of the table",
                Side::Read | Side::Write => "`time` names a field of the stream",
            };
            unknown_field(ast, label, name, fields, out);
        }
        return None;
    };
    let field = fields.get(at as usize)?;
    if field.ty != Type::Timestamp {
        out.push(
            Diagnostic::new(Code::TimeField, format!("`{}` is {}, time is a timestamp that is always there", name.name, field.ty))
                .label(name.span, "")
                .help(format!("declare `{}: timestamp`; for a number add `as millis`, `as seconds` or `as micros`", name.name)),
        );
        return None;
    }
    Some(TimeSource::Field(at))
}

/// Whether a connector is read from or written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `from` of a stream.
    Read,
    /// `from` of a table.
    Table,
    /// `to`
    Write,
}

impl Side {
    /// The formats of this version.
    fn formats(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["json", "csv", "debezium", "cloudevents"],
            Self::Table => &["json", "csv"],
            Self::Write => &["json"],
        }
    }
}

/// Reports a format that is not one of these.
fn wrong_format(side: Side, formats: &[&str], value: &ast::Spanned<String>) -> Diagnostic {
    const ALL: &[&str] = &["json", "avro", "protobuf", "csv", "debezium", "cloudevents"];
    let format = value.value.as_str();
    let choice = formats.iter().map(|format| format!("`format: {format}`"));
    let choice = format!("write {}", choice.collect::<Vec<_>>().join(" or "));
    if !ALL.contains(&format) {
        let title = format!("there is no format `{format}`");
        let help = did_you_mean(format, formats.iter().copied()).unwrap_or(choice.into());
        return Diagnostic::new(Code::UnknownOption, title).label(value.span, "").help(help);
    }
    let what = match side {
        Side::Read => "streams are not read",
        Side::Table => "tables are not read",
        Side::Write => "events are not written",
    };
    let title = format!("{what} as `{format}` in this version");
    let help = match format {
        "avro" | "protobuf" if side == Side::Read => format!(
            "{choice}; what stands in a schema registry is turned into JSON on the way, such as by a connector's `JsonConverter`"
        ),
        _ => choice,
    };
    Diagnostic::new(Code::NoConnectorYet, title).label(value.span, "").help(help)
}

/// A connector of `from` or `to`.
pub(super) fn connector(
    ast: &ast::Connector,
    side: Side,
    out: &mut Vec<Diagnostic>,
) -> Option<Connector> {
    const KNOWN: &[&str] = &["kafka", "file", "log"];
    let kind = ast.kind.name.as_str();
    if kind == "http" {
        out.push(
            Diagnostic::new(Code::NoConnectorYet, "`http` is not supported in this version")
                .label(ast.kind.span, "")
                .help("write `kafka(\"topic\")`, `file(\"path\")` or `log(\"dir/topic\")`"),
        );
        return None;
    }
    if !KNOWN.contains(&kind) {
        let help = did_you_mean(kind, KNOWN.iter().copied()).unwrap_or_else(|| {
            "write `kafka(\"topic\")`, `file(\"path\")` or `log(\"dir/topic\")`".into()
        });
        out.push(
            Diagnostic::new(Code::UnknownConnector, format!("there is no connector `{kind}`"))
                .label(ast.kind.span, "")
                .help(help),
        );
        return None;
    }
    let options = ast
        .options
        .iter()
        .filter_map(|(name, value)| connector_option((kind, side), name, value, out))
        .collect();
    let Some(target) = &ast.target else {
        let missing = Diagnostic::new(Code::Unexpected, format!("`{kind}` does not say which one"))
            .label(ast.span, "")
            .help(format!("write its name in quotes: `{kind}(\"…\")`"));
        // A name without quotes was reported when it was read.
        let reported =
            out.iter().any(|d| d.primary_span().is_some_and(|span| ast.span.contains(span)));
        if !reported {
            out.push(missing);
        }
        return None;
    };
    Some(Connector { kind: kind.to_owned(), target: target.value.clone(), options })
}

fn connector_option(
    (kind, side): (&str, Side),
    name: &ast::Ident,
    value: &ast::Spanned<String>,
    out: &mut Vec<Diagnostic>,
) -> Option<(String, String)> {
    if name.name != "format" {
        out.push(
            Diagnostic::new(Code::UnknownOption, format!("`{kind}` has no option `{}`", name.name))
                .label(name.span, "")
                .maybe_help(did_you_mean(&name.name, ["format"])),
        );
        return None;
    }
    let formats = side.formats();
    if !formats.contains(&value.value.as_str()) {
        out.push(wrong_format(side, formats, value));
    }
    Some((name.name.clone(), value.value.clone()))
}
