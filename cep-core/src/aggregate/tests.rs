#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use super::two_stacks::Counts;
use super::*;
use crate::plan::{Expr, ExprKind, RankedBy};
use crate::value::{Column, EventBatch};
use proptest::prelude::*;

fn call(function: Of, ty: Type) -> AggregateCall {
    let arguments = match function {
        Of::Percentile => vec![Value::Decimal(Decimal::new(905, 1))],
        Of::Nth | Of::Collect | Of::Top => vec![Value::Int(3)],
        Of::Ema => vec![Value::Duration(crate::time::Span(700))],
        _ => Vec::new(),
    };
    let of_field = |index| Expr::new(ty.clone(), ExprKind::Field(index));
    let inputs = match function {
        Of::Corr | Of::MaxBy | Of::MinBy | Of::Top => vec![of_field(0), of_field(1)],
        _ => vec![of_field(0)],
    };
    let averaged = if ty == Type::Int { Type::Decimal } else { ty.clone() };
    let ty = match function {
        Of::Count | Of::CountDistinct => Type::Int,
        Of::Any | Of::All => Type::Bool,
        Of::Corr => Type::Float,
        Of::Collect => Type::List(Box::new(ty)),
        Of::Avg | Of::Variance | Of::Stddev | Of::Median | Of::Ema | Of::Slope => averaged,
        Of::Top => top_of(&ty, &ty),
        _ => ty,
    };
    let ranked_by = (function == Of::Top).then(|| RankedBy {
        function: Of::Max,
        arguments: Vec::new(),
        ty: inputs[1].ty.clone(),
    });
    AggregateCall { function, inputs, arguments, filter: None, ranked_by, ty: ty.optional() }
}

/// A list of groups and their values.
fn top_of(key: &Type, value: &Type) -> Type {
    Type::Record(vec![("key".into(), key.clone()), ("value".into(), value.clone())]).list()
}

/// The types that an aggregate is tested over.
fn types_of(function: Of) -> &'static [Type] {
    match function {
        Of::Any | Of::All => &[Type::Bool],
        Of::First
        | Of::Last
        | Of::Nth
        | Of::Collect
        | Of::MaxBy
        | Of::MinBy
        | Of::CountDistinct => &[Type::Int, Type::Float, Type::Decimal, Type::Bool, Type::String],
        Of::Min | Of::Max | Of::Top => &[Type::Int, Type::Float, Type::Decimal, Type::String],
        _ => &[Type::Int, Type::Float, Type::Decimal],
    }
}

fn column(ty: &Type, values: &[Value]) -> Column {
    let mut column = Column::new(ty);
    values.iter().for_each(|value| column.push(value));
    column
}

/// Events in a batch: times that may be equal, and two values each.
#[derive(Clone, Debug)]
struct Events {
    batch: EventBatch,
}

impl Events {
    fn new(ty: &Type, rows: &[(i64, Value, Value)]) -> Self {
        let values = |pick: fn(&(i64, Value, Value)) -> &Value| {
            column(ty, &rows.iter().map(|row| pick(row).clone()).collect::<Vec<_>>())
        };
        Self {
            batch: EventBatch {
                stream: crate::plan::StreamId(0),
                partition: 0,
                times: rows.iter().map(|row| row.0).collect(),
                offsets: (0..rows.len() as u64).collect(),
                columns: vec![values(|row| &row.1), values(|row| &row.2)],
            },
        }
    }

    fn rows(&self, call: &AggregateCall) -> Rows<'_> {
        Rows {
            first: Some(&self.batch.columns[0]),
            second: (call.inputs.len() == 2).then(|| &self.batch.columns[1]),
            places: Places::Batch(&self.batch),
        }
    }

    /// The states of some rows.
    fn part(&self, call: &AggregateCall, rows: &[u32]) -> Box<dyn AggregateStates> {
        let mut part = new_states(call);
        part.grow(1);
        part.update(&vec![0; rows.len()], rows, &self.rows(call), None);
        part
    }
}

/// The result's canonical bytes, or the error.
fn lowered(states: &dyn AggregateStates, call: &AggregateCall) -> Result<Vec<u8>, EvalError> {
    let mut result = Column::new(&call.ty);
    let errors = states.lower(0, 1, &mut result);
    match errors.first() {
        Some(error) => Err(error.clone()),
        None => Ok(postcard::to_stdvec(&result.get(0)).unwrap()),
    }
}

/// The result over values taken in at once.
fn over(call: &AggregateCall, values: &[Value]) -> Result<Value, EvalError> {
    let ty = call.inputs[0].ty.clone();
    let rows: Vec<_> =
        (0..).zip(values).map(|(time, value)| (time * 100, value.clone(), value.clone())).collect();
    let events = Events::new(&ty, &rows);
    let all: Vec<u32> = (0..u32::try_from(values.len()).unwrap()).collect();
    let bytes = lowered(events.part(call, &all).as_ref(), call)?;
    Ok(postcard::from_bytes(&bytes).unwrap())
}

fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    let one = match ty {
        Type::Int => prop_oneof![any::<i64>(), -5..5_i64].prop_map(Value::Int).boxed(),
        Type::Float => (-1e300..1e300_f64)
            .prop_flat_map(|wide| {
                prop_oneof![
                    Just(wide),
                    Just(wide / 1e299),
                    Just((wide / 1e299).round()),
                    Just(wide / 1e290),
                    Just(wide * 1e8)
                ]
            })
            .prop_map(Value::Float)
            .boxed(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::String => {
            prop::sample::select(vec!["", "a", "b", "ab"]).prop_map(Value::text).boxed()
        }
        _ => (prop_oneof![any::<i64>(), -50..50_i64], 0..=28_u32)
            .prop_map(|(mantissa, scale)| Value::Decimal(Decimal::new(mantissa, scale)))
            .boxed(),
    };
    prop_oneof![9 => one, 1 => Just(Value::Null)].boxed()
}

type EventRow = (i64, Value, Value);

/// A type and events of it.
fn events() -> impl Strategy<Value = (Type, Vec<EventRow>)> {
    prop::sample::select(vec![Type::Int, Type::Float, Type::Decimal, Type::Bool, Type::String])
        .prop_flat_map(|ty| {
            let row = (0..20_i64, value_of(&ty), value_of(&ty))
                .prop_map(|(time, x, y)| (time * 100, x, y));
            (Just(ty), prop::collection::vec(row, 0..30))
        })
}

proptest! {
    /// Identity, associativity, commutativity and the round trip of every aggregate: however rows
    /// are dealt to parts, in whatever order parts are combined, by whatever tree, with empty ones
    /// between and each saved and loaded, the result has the same bytes.
    #[test]
    fn every_aggregate_is_a_function_of_its_rows_alone(
        (ty, rows) in events(),
        deal in prop::collection::vec(0..7_usize, 30),
        steps in prop::collection::vec(any::<prop::sample::Index>(), 16),
    ) {
        for function in Of::ALL.iter().copied().filter(|it| types_of(*it).contains(&ty)) {
            let call = call(function, ty.clone());
            let events = Events::new(&ty, &rows);
            let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
            let straight = lowered(events.part(&call, &all).as_ref(), &call);
            // Part 6 stays empty for the sake of the identity.
            let mut parts: Vec<Box<dyn AggregateStates>> = (0..7)
                .map(|part| {
                    let dealt = all.iter().zip(&deal).filter(|(_, to)| **to % 6 == part);
                    events.part(&call, &dealt.map(|(row, _)| *row).collect::<Vec<_>>())
                })
                .collect();
            for pair in steps.chunks(2) {
                if parts.len() < 2 {
                    break;
                }
                let taken = parts.swap_remove(pair[0].index(parts.len()));
                let into = pair[1].index(parts.len());
                parts[into].combine(&[0], taken.as_ref());
                let mut loaded = new_states(&call);
                loaded.load(&parts[into].save()).unwrap();
                loaded.grow(1);
                parts[into] = loaded;
            }
            prop_assert_eq!(parts.len(), 1);
            let found = lowered(parts[0].as_ref(), &call);
            prop_assert_eq!(&straight, &found, "{:?} of {}", function, ty);
        }
    }

    #[test]
    fn a_sliding_window_gives_what_recomputing_gives((ty, rows) in events(), size in 1..8_usize) {
        let mut rows = rows;
        rows.sort_by_key(|row| row.0);
        for function in Of::ALL.iter().copied().filter(|it| types_of(*it).contains(&ty)) {
            let call = call(function, ty.clone());
            let events = Events::new(&ty, &rows);
            let mut window = new_sliding(&call);
            for row in 0..rows.len() {
                let place = Rows { places: Places::One(events.batch.place(row)), ..events.rows(&call) };
                window.push(&place, row, Counts::Yes);
                if row >= size {
                    window.evict();
                }
                let mut loaded = new_sliding(&call);
                loaded.load(&window.save()).unwrap();
                window = loaded;
                let inside: Vec<u32> = ((row + 1).saturating_sub(size)..=row)
                    .map(|row| u32::try_from(row).unwrap())
                    .collect();
                let expected = lowered(events.part(&call, &inside).as_ref(), &call);
                let current = window.current().map(|value| postcard::to_stdvec(&value).unwrap());
                prop_assert_eq!(current, expected, "{:?} of {}", function, ty);
            }
        }
    }
}

#[test]
fn every_aggregate_says_what_it_is() {
    for function in Of::ALL {
        let info = function.info();
        assert_eq!(info.name, function.name());
        assert!(info.signature.starts_with(&format!("{}(", info.name)), "{}", info.signature);
        assert!(info.example.contains(&format!("{}(", info.name)), "{}", info.example);
        assert!(!types_of(*function).is_empty());
    }
}

#[test]
fn sketches_take_over_beyond_the_bound_whatever_the_grouping() {
    let values: Vec<EventRow> = (0..3_000_i64)
        .map(|row| (row, Value::Int(row * 7_919 % 3_000 * 1_000), Value::Null))
        .collect();
    let events = Events::new(&Type::Int, &values);
    let all: Vec<u32> = (0..3_000).collect();
    for function in [Of::Median, Of::Percentile, Of::CountDistinct] {
        let call = call(function, Type::Int);
        let straight = lowered(events.part(&call, &all).as_ref(), &call).unwrap();
        for size in [7, 500, 1_024, 1_025, 2_999] {
            let mut total = events.part(&call, &[]);
            for rows in all.rchunks(size) {
                total.combine(&[0], events.part(&call, rows).as_ref());
            }
            assert_eq!(lowered(total.as_ref(), &call).unwrap(), straight, "{function:?} {size}");
        }
        let found: Value = postcard::from_bytes(&straight).unwrap();
        let (found, exact) = match (function, found) {
            (Of::Median, Value::Decimal(found)) => (found, 1_499_500),
            (Of::Percentile, Value::Int(found)) => (found.into(), 2_714_000),
            (_, Value::Int(found)) => (found.into(), 3_000),
            (_, other) => panic!("{other:?}"),
        };
        let off = (found - Decimal::from(exact)).abs() / Decimal::from(exact);
        let allowed = if function == Of::CountDistinct { 33 } else { 4 };
        assert!(off < Decimal::new(allowed, 3), "{function:?} is off by {off}");
    }
}

#[test]
fn a_window_that_gives_back_comes_out_of_the_sketch_again() {
    let rows: Vec<EventRow> =
        (0..1_200_i64).map(|row| (row, Value::Int(row), Value::Null)).collect();
    let events = Events::new(&Type::Int, &rows);
    let call = call(Of::CountDistinct, Type::Int);
    let mut window = new_sliding(&call);
    for row in 0..1_200 {
        window.push(&events.rows(&call), row, Counts::Yes);
    }
    assert_ne!(window.current(), Ok(Value::Int(1_024)));
    (0..176).for_each(|_| window.evict());
    assert_eq!(window.current(), Ok(Value::Int(1_024)));
}

#[test]
fn statistics_are_of_exactly_these_values() {
    let ints = [2, 4, 4, 4, 5, 5, 7, 9].map(Value::Int);
    let shown = |function, ty| over(&call(function, ty), &ints).map(|value| value.to_string());
    assert_eq!(shown(Of::Variance, Type::Int), Ok("4".to_owned()));
    assert_eq!(shown(Of::Stddev, Type::Int), Ok("2".to_owned()));
    assert_eq!(shown(Of::Median, Type::Int), Ok("4.5".to_owned()));
    assert_eq!(shown(Of::Percentile, Type::Int), Ok("9".to_owned()));
    assert_eq!(shown(Of::Corr, Type::Int), Ok("1.0".to_owned()));
    assert_eq!(shown(Of::Nth, Type::Int), Ok("4".to_owned()));
    assert_eq!(shown(Of::Collect, Type::Int), Ok("[2, 4, 4]".to_owned()));
    assert_eq!(shown(Of::Delta, Type::Int), Ok("7".to_owned()));
    let floats = [1.0, 2.0].map(Value::Float);
    let float = |function| over(&call(function, Type::Float), &floats);
    assert_eq!(float(Of::Stddev), Ok(Value::Float(0.5)));
    // 2.0 a hundred microseconds after 1.0.
    assert_eq!(float(Of::Slope), Ok(Value::Float(10_000.0)));
}

#[test]
fn float_sums_round_once() {
    let tenths = vec![Value::Float(0.1); 10];
    assert_eq!(over(&call(Of::Sum, Type::Float), &tenths), Ok(Value::Float(1.0)));
    let cancelled = [1e100, 1.0, -1e100].map(Value::Float);
    assert_eq!(over(&call(Of::Sum, Type::Float), &cancelled), Ok(Value::Float(1.0)));
}

#[test]
fn integer_sums_fail_only_if_the_result_does_not_fit() {
    let there_and_back = [i64::MAX, i64::MAX, -i64::MAX].map(Value::Int);
    let sum = call(Of::Sum, Type::Int);
    assert_eq!(over(&sum, &there_and_back), Ok(Value::Int(i64::MAX)));
    let beyond = [i64::MAX, 1].map(Value::Int);
    assert_eq!(over(&sum, &beyond), Err(EvalError::IntegerOverflow));
}

#[test]
fn decimal_sums_keep_the_cents() {
    let prices = [Value::Decimal(Decimal::new(1250, 2)), Value::Decimal(Decimal::new(3, 0))];
    let sum = over(&call(Of::Sum, Type::Decimal), &prices);
    assert_eq!(sum.as_ref().map(ToString::to_string), Ok("15.50".to_owned()));
    let mean = over(&call(Of::Avg, Type::Int), &[1, 0, 0].map(Value::Int));
    assert_eq!(
        mean.as_ref().map(ToString::to_string),
        Ok("0.3333333333333333333333333333".to_owned())
    );
}
