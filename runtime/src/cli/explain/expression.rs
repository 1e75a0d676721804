//! Expressions of a plan as the rule language writes them.

use cep_core::plan::{
    AggregateCall, BinaryOp, Expr, ExprKind, Fold, ListFold, Plan, RulePlan, TextPart, UnaryOp,
};
use cep_core::value::{Type, Value};

/// Where names are looked up.
pub(super) struct Names<'a> {
    pub plan: &'a Plan,
    pub rule: &'a RulePlan,
}

/// How tightly an expression binds; what binds less stands in brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    If,
    Or,
    And,
    Not,
    Comparison,
    Coalesce,
    Sum,
    Product,
    Sign,
    Atom,
}

impl Names<'_> {
    /// An expression as text.
    pub fn expression(&self, expr: &Expr) -> String {
        self.write(expr).0
    }

    /// An aggregate as it is called.
    pub fn aggregate(&self, call: &AggregateCall) -> String {
        let arguments = call.arguments.iter().map(literal);
        let inputs: Vec<String> = match (call.of_group(), call.inputs.first()) {
            (Some(of_group), Some(key)) => {
                let by = self.aggregate(&of_group);
                arguments.chain([format!("{} by {by}", self.expression(key))]).collect()
            }
            _ => call.inputs.iter().map(|it| self.expression(it)).chain(arguments).collect(),
        };
        let filter =
            call.filter.as_ref().map(|filter| format!("where {}", self.expression(filter)));
        let inputs = (!inputs.is_empty()).then(|| inputs.join(", "));
        let inside: Vec<String> = inputs.into_iter().chain(filter).collect();
        format!("{}({})", call.function.name(), inside.join(" "))
    }

    fn within(&self, expr: &Expr, least: Binding) -> String {
        let (text, binding) = self.write(expr);
        if binding < least { format!("({text})") } else { text }
    }

    fn list(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|expr| self.expression(expr)).collect::<Vec<_>>().join(", ")
    }

    /// A field of the stream, or what stands behind them: whether something changed.
    fn field(&self, at: usize) -> String {
        let fields = self.plan.stream(self.rule.input).map_or(&[][..], |stream| &stream.fields);
        let changed = || {
            let changes = self.rule.changes.as_ref()?;
            let value = changes.of.get(at.checked_sub(fields.len())?)?;
            Some(format!("changed({})", self.expression(value)))
        };
        let name = fields.get(at).map(|field| field.name.clone());
        name.or_else(changed).unwrap_or_else(|| "?".to_owned())
    }

    fn write(&self, expr: &Expr) -> (String, Binding) {
        let unknown = || "?".to_owned();
        let index = |index: u32| index as usize;
        let text = match &expr.kind {
            ExprKind::Literal(value) => literal(value),
            ExprKind::Field(field) => self.field(index(*field)),
            ExprKind::Param(id) => {
                self.plan.params.get(index(id.0)).map_or_else(unknown, |it| it.name.clone())
            }
            ExprKind::Key(part) => {
                self.rule.key.get(index(*part)).map_or_else(unknown, |it| it.name.clone())
            }
            ExprKind::Aggregate(call) => {
                let call = self.rule.aggregates.get(index(*call));
                call.map_or_else(unknown, |call| self.aggregate(call))
            }
            ExprKind::Previous(call) => {
                let call = self.rule.previous.get(index(*call));
                let of = call.and_then(|it| self.rule.aggregates.get(index(it.aggregate)));
                match (call, of) {
                    (Some(call), Some(of)) => {
                        format!("prev({}, {})", call.windows, self.aggregate(of))
                    }
                    _ => unknown(),
                }
            }
            ExprKind::WindowIndex => "window.index".into(),
            ExprKind::WindowStart => "window.start".into(),
            ExprKind::WindowEnd => "window.end".into(),
            ExprKind::WhenStart => "when.start".into(),
            ExprKind::WhenDuration => "when.duration".into(),
            ExprKind::Lookup(id, key) => {
                let name = self.plan.table(*id).map_or("?", |table| table.name.as_str());
                format!("{name}[{}]", self.list(key))
            }
            ExprKind::Call(function, arguments) => {
                format!("{}({})", function.info().name, self.list(arguments))
            }
            ExprKind::Search(function, pattern, arguments) => {
                // The pattern is the second argument of each function that has one.
                let mut arguments: Vec<String> =
                    arguments.iter().map(|argument| self.expression(argument)).collect();
                arguments.insert(1.min(arguments.len()), pattern_literal(pattern.text()));
                format!("{}({})", function.info().name, arguments.join(", "))
            }
            ExprKind::Text(parts) => self.interpolation(parts),
            ExprKind::Unary(op, operand) => return self.unary(*op, operand),
            ExprKind::Binary(op, left, right) => return self.binary(*op, left, right),
            ExprKind::If(condition, then, otherwise) => {
                let [condition, then] = [condition, then].map(|expr| self.expression(expr));
                let otherwise = self.within(otherwise, Binding::If);
                let text = format!("if {condition} then {then} else {otherwise}");
                return (text, Binding::If);
            }
            ExprKind::In(value, choices) => {
                let value = self.within(value, Binding::Coalesce);
                return (format!("{value} in [{}]", self.list(choices)), Binding::Comparison);
            }
            ExprKind::Item(item) => item_name(*item),
            ExprKind::Member(record, member) => {
                let point = if record.ty.is_optional() { "?." } else { "." };
                let name = match record.ty.base() {
                    Type::Record(fields) => fields.get(index(*member)),
                    _ => None,
                };
                let name = name.map_or("?", |(name, _)| name.as_str());
                format!("{}{point}{name}", self.within(record, Binding::Atom))
            }
            ExprKind::Index(list, at) => {
                format!("{}[{}]", self.within(list, Binding::Atom), self.expression(at))
            }
            ExprKind::List(items) => format!("[{}]", self.list(items)),
            ExprKind::Record(members) => {
                let members = members
                    .iter()
                    .map(|(name, member)| format!("{name}: {}", self.expression(member)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
            ExprKind::Fold(fold) => self.fold(fold),
            ExprKind::Try(inner) => format!("try({})", self.expression(inner)),
            ExprKind::Fail(why) => format!("fail({})", self.expression(why)),
        };
        (text, Binding::Atom)
    }

    fn fold(&self, fold: &Fold) -> String {
        let name = match fold.function {
            ListFold::Collect => "",
            ListFold::Sort => "sort",
            ListFold::Count => "count",
            ListFold::Sum => "sum",
            ListFold::Avg => "avg",
            ListFold::Min => "min",
            ListFold::Max => "max",
            ListFold::Any => "any",
            ListFold::All => "all",
        };
        let (open, close) = if name.is_empty() { ("[", "]") } else { ("(", ")") };
        let condition = fold
            .condition
            .as_ref()
            .map_or_else(String::new, |condition| format!(" if {}", self.expression(condition)));
        let (value, list) = (self.expression(&fold.value), self.expression(&fold.list));
        format!("{name}{open}{value} for {} in {list}{condition}{close}", item_name(fold.item))
    }

    fn interpolation(&self, parts: &[TextPart]) -> String {
        let inside: String = parts
            .iter()
            .map(|part| match part {
                TextPart::Literal(text) => escaped(text),
                TextPart::Value(expr) => format!("{{{}}}", self.expression(expr)),
            })
            .collect();
        format!("\"{inside}\"")
    }

    fn unary(&self, op: UnaryOp, operand: &Expr) -> (String, Binding) {
        match op {
            UnaryOp::Not => (format!("not {}", self.within(operand, Binding::Not)), Binding::Not),
            UnaryOp::Negate => (format!("-{}", self.within(operand, Binding::Sign)), Binding::Sign),
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> (String, Binding) {
        let (sign, binding) = sign(op);
        // Operators of one level group to the left; comparisons do not chain.
        let (on_left, on_right) = match binding {
            Binding::Or => (Binding::Or, Binding::And),
            Binding::And => (Binding::And, Binding::Not),
            Binding::Comparison => (Binding::Coalesce, Binding::Coalesce),
            Binding::Coalesce => (Binding::Coalesce, Binding::Sum),
            Binding::Sum => (Binding::Sum, Binding::Product),
            _ => (Binding::Product, Binding::Sign),
        };
        let (left, right) = (self.within(left, on_left), self.within(right, on_right));
        (format!("{left} {sign} {right}"), binding)
    }
}

/// An element of a list, whose name the plan has forgotten.
fn item_name(item: u32) -> String {
    format!("item{item}")
}

fn sign(op: BinaryOp) -> (&'static str, Binding) {
    match op {
        BinaryOp::Or => ("or", Binding::Or),
        BinaryOp::And => ("and", Binding::And),
        BinaryOp::Equal => ("==", Binding::Comparison),
        BinaryOp::NotEqual => ("!=", Binding::Comparison),
        BinaryOp::Less => ("<", Binding::Comparison),
        BinaryOp::LessEqual => ("<=", Binding::Comparison),
        BinaryOp::Greater => (">", Binding::Comparison),
        BinaryOp::GreaterEqual => (">=", Binding::Comparison),
        BinaryOp::Coalesce => ("??", Binding::Coalesce),
        BinaryOp::Add => ("+", Binding::Sum),
        BinaryOp::Subtract => ("-", Binding::Sum),
        BinaryOp::Multiply => ("*", Binding::Product),
        BinaryOp::Divide => ("/", Binding::Product),
        BinaryOp::FloorDivide => ("div", Binding::Product),
        BinaryOp::Remainder => ("%", Binding::Product),
    }
}

/// A value as a literal of the language.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{}\"", escaped(text)),
        Value::Timestamp(time) => format!("@{time}"),
        other => other.to_string(),
    }
}

/// A regular expression: in single quotes, where a backslash is just a backslash, if it has none.
fn pattern_literal(pattern: &str) -> String {
    let raw = !pattern.contains(['\'', '\n']);
    if raw { format!("'{pattern}'") } else { format!("\"{}\"", escaped(pattern)) }
}

/// A text with the escapes that a string of the language needs.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' | '{' | '}' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c if c.is_control() => written.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => written.push(c),
        }
    }
    written
}
