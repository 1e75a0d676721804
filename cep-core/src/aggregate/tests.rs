use super::two_stacks::Counts;
use super::*;
use crate::plan::{Expr, ExprKind};
use proptest::prelude::*;

fn call(function: Of, ty: Type) -> AggregateCall {
    let input = Expr::new(ty.clone(), ExprKind::Field(0));
    let ty = match (function, ty) {
        (Of::Count, _) => Type::Int,
        (Of::Avg, Type::Int) => Type::Decimal,
        (_, ty) => ty,
    };
    AggregateCall { function, input: Some(input), filter: None, ty: ty.optional() }
}

fn column(ty: &Type, values: &[Value]) -> Column {
    let mut column = Column::new(ty);
    values.iter().for_each(|value| column.push(value));
    column
}

/// The result over all rows, taken in as groups of the given sizes and then combined.
fn grouped(
    call: &AggregateCall,
    values: &[Value],
    groups: &[usize],
) -> Vec<Result<Value, EvalError>> {
    let ty = call.input.as_ref().map_or(Type::Int, |input| input.ty.clone());
    let input = column(&ty, values);
    let mut total = new_states(call);
    total.grow(1);
    let mut row = 0_u32;
    for size in groups.iter().copied().chain([values.len()]) {
        let mut part = new_states(call);
        part.grow(1);
        let end = (row as usize + size).min(values.len());
        let rows: Vec<u32> = (row..u32::try_from(end).unwrap_or(0)).collect();
        part.update(&vec![0; rows.len()], &rows, Some(&input), None);
        total.combine(&[0], part.as_ref());
        row = u32::try_from(end).unwrap_or(0);
    }
    let mut result = Column::new(&call.ty);
    let errors = total.lower(0, 1, &mut result);
    vec![errors.first().map_or_else(|| Ok(result.get(0)), |error| Err(error.clone()))]
}

fn values_of(ty: Type) -> BoxedStrategy<Vec<Value>> {
    let one = match ty {
        Type::Int => any::<i64>().prop_map(Value::Int).boxed(),
        Type::Float => (-1e300..1e300_f64)
            .prop_flat_map(|wide| {
                prop_oneof![Just(wide), Just(wide / 1e299), Just(wide / 1e290), Just(wide * 1e8)]
            })
            .prop_map(Value::Float)
            .boxed(),
        _ => (any::<i64>(), 0..=28_u32)
            .prop_map(|(mantissa, scale)| Value::Decimal(Decimal::new(mantissa, scale)))
            .boxed(),
    };
    prop::collection::vec(prop_oneof![9 => one, 1 => Just(Value::Null)], 0..40).boxed()
}

proptest! {
    #[test]
    fn grouping_and_order_never_matter(
        (ty, values) in prop_oneof![Just(Type::Int), Just(Type::Float), Just(Type::Decimal)]
            .prop_flat_map(|ty| (Just(ty.clone()), values_of(ty))),
        groups in prop::collection::vec(0..9_usize, 0..9),
    ) {
        let mut turned = values.clone();
        turned.reverse();
        for function in [Of::Count, Of::Sum, Of::Avg, Of::Min, Of::Max] {
            let call = call(function, ty.clone());
            let straight = grouped(&call, &values, &[]);
            prop_assert_eq!(&straight, &grouped(&call, &values, &groups));
            prop_assert_eq!(&straight, &grouped(&call, &turned, &groups));
        }
    }

    #[test]
    fn a_sliding_window_gives_what_recomputing_gives(
        values in values_of(Type::Int), size in 1..8_usize,
    ) {
        for function in [Of::Count, Of::Sum, Of::Avg, Of::Min, Of::Max] {
            let call = call(function, Type::Int);
            let input = column(&Type::Int, &values);
            let mut window = new_sliding(&call);
            for row in 0..values.len() {
                window.push(Some(&input), row, Counts::Yes);
                if row >= size {
                    window.evict();
                }
                let from = (row + 1).saturating_sub(size);
                prop_assert_eq!(window.current(), grouped(&call, &values[from..=row], &[])[0].clone());
            }
        }
    }
}

#[test]
fn float_sums_round_once() {
    let tenths = vec![Value::Float(0.1); 10];
    assert_eq!(grouped(&call(Of::Sum, Type::Float), &tenths, &[]), [Ok(Value::Float(1.0))]);
    let cancelled = [1e100, 1.0, -1e100].map(Value::Float);
    assert_eq!(grouped(&call(Of::Sum, Type::Float), &cancelled, &[]), [Ok(Value::Float(1.0))]);
}

#[test]
fn integer_sums_fail_only_if_the_result_does_not_fit() {
    let there_and_back = [i64::MAX, i64::MAX, -i64::MAX].map(Value::Int);
    let sum = call(Of::Sum, Type::Int);
    assert_eq!(grouped(&sum, &there_and_back, &[]), [Ok(Value::Int(i64::MAX))]);
    let over = [i64::MAX, 1].map(Value::Int);
    assert_eq!(grouped(&sum, &over, &[]), [Err(EvalError::IntegerOverflow)]);
}

#[test]
fn decimal_sums_keep_the_cents() {
    let prices = [Value::Decimal(Decimal::new(1250, 2)), Value::Decimal(Decimal::new(3, 0))];
    let sum = grouped(&call(Of::Sum, Type::Decimal), &prices, &[]);
    assert_eq!(sum[0].as_ref().map(ToString::to_string), Ok("15.50".to_owned()));
    let mean = grouped(&call(Of::Avg, Type::Int), &[1, 0, 0].map(Value::Int), &[]);
    assert_eq!(
        mean[0].as_ref().map(ToString::to_string),
        Ok("0.3333333333333333333333333333".to_owned())
    );
}
