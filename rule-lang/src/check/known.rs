//! Keys that are known before they have an event: `fill D for TABLE`, `silent for D for TABLE`.

use super::scope::{Reads, Scope, Seen};
use super::trigger::silent_of;
use crate::ast::{self, ClauseKind};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::typed::Expr;
use cep_core::plan::FieldPlan;
use cep_core::value::Type;

/// The table whose keys a rule knows from the start.
pub(super) fn known_keys(ast: &ast::Rule) -> Option<&ast::Ident> {
    ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Window(window) => window.fill_for.as_ref(),
        ClauseKind::Silent(silence) => silence.table.as_ref(),
        _ => None,
    })
}

impl Scope<'_, '_> {
    /// The table of `for TABLE`: its key is the rule's.
    pub(super) fn known_keys(&mut self, name: &ast::Ident) -> Option<u32> {
        let Some((id, table)) = self.declared.table_named(&name.name) else {
            self.unknown_table(name);
            return None;
        };
        self.usage.tables.insert(id);
        if table.plan.of.is_some() {
            self.out.push(
                Diagnostic::new(
                    Code::KnownKeys,
                    format!("no key of `{}` is known from the start", name.name),
                )
                .label(name.span, "its rows are known as they come")
                .help("name a table with rows of its own, `from file(\"….csv\")`"),
            );
            return None;
        }
        let fields: Vec<&FieldPlan> =
            table.plan.key.iter().filter_map(|at| table.plan.fields.get(*at as usize)).collect();
        let written: Option<Vec<(&str, &Type)>> = self
            .keys
            .iter()
            .map(|key| Some((key.name.as_str(), &key.value.as_ref()?.ty)))
            .collect();
        // What is wrong with a part of the key was reported.
        let written = written?;
        let fits = written.len() == fields.len()
            && written.iter().zip(&fields).all(|((_, ty), field)| same_values(ty, &field.ty));
        if fits {
            return Some(id);
        }
        let listed = |parts: &mut dyn Iterator<Item = String>| parts.collect::<Vec<_>>().join(", ");
        let of_table =
            listed(&mut fields.iter().map(|field| format!("{}: {}", field.name, field.ty)));
        let of_rule = listed(&mut written.iter().map(|(name, ty)| format!("{name}: {ty}")));
        let names = listed(&mut fields.iter().map(|field| field.name.clone()));
        let own = if of_rule.is_empty() {
            "this rule has no `by`".to_owned()
        } else {
            format!("this rule is by {of_rule}")
        };
        self.out.push(
            Diagnostic::new(
                Code::KnownKeys,
                format!("the keys of `{}` are not those of this rule", name.name),
            )
            .label(name.span, format!("its rows are found by {of_table}; {own}"))
            .help(format!("write `by {names}`, or name a table with the key of the rule")),
        );
        None
    }

    fn unknown_table(&mut self, name: &ast::Ident) {
        if self.declared.broken.contains(name.name.as_str()) {
            return;
        }
        let tables = self.declared.tables.iter().map(|table| table.plan.name.as_str());
        let help = did_you_mean(&name.name, tables).unwrap_or_else(|| {
            if self.declared.stream_named(&name.name).is_some() {
                return "keys that are known from the start stand in a table; those of a stream are known as they come".into();
            }
            let key = self.keys.first().map_or("f", |key| key.name.as_str());
            format!("declare it: `table {} {{ … }} key {key} from file(\"….csv\")`", name.name)
                .into()
        });
        self.out.push(
            Diagnostic::new(Code::UnknownStream, format!("there is no table `{}`", name.name))
                .label(name.span, "whose keys are known from the start?")
                .help(help),
        );
    }

    /// From here on the event that is read may never have come, if the rule knows keys without one;
    /// gives what was known of events.
    pub(super) fn see_unseen(&mut self, ast: &ast::Rule) -> Option<Vec<Expr>> {
        silent_of(ast)?.table.as_ref()?;
        self.seen = Seen::Perhaps;
        Some(std::mem::take(&mut self.facts))
    }

    /// From here on there is an event again, of which this was known.
    pub(super) fn see_again(&mut self, facts: Option<Vec<Expr>>) {
        self.seen = Seen::Yes;
        if let Some(facts) = facts {
            self.facts = facts;
        }
    }

    /// A field of the event that is read here.
    pub(super) fn as_seen(&self, field: Expr) -> Expr {
        match self.seen {
            Seen::Yes => field,
            Seen::Perhaps => Expr { ty: field.ty.optional(), ..field },
        }
    }

    /// Whether a `let` may be read here; reports one that reads an event that may never have come.
    pub(super) fn may_be_unseen(&mut self, name: &str, reads: Reads, span: Span) -> bool {
        if self.seen == Seen::Yes || reads != Reads::Event {
            return false;
        }
        self.out.push(
            Diagnostic::new(
                Code::KnownKeys,
                format!(
                    "`{name}` is made of an event, and a key of a table may never have had one"
                ),
            )
            .label(span, "")
            .help("write here what it stands for: fields are null where there was no event"),
        );
        true
    }
}

/// Whether values of both types can be the same.
fn same_values(one: &Type, other: &Type) -> bool {
    let is_text = |ty: &Type| matches!(ty, Type::String | Type::Enum(_));
    one.base() == other.base() || (is_text(one.base()) && is_text(other.base()))
}
