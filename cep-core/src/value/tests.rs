use super::*;

fn record(members: &[(&str, Value)]) -> Value {
    Value::Record(members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

#[test]
fn types_are_shown_as_they_are_written() {
    let grade = Type::one_of(["standard".into(), "premium".into(), "standard".into()]);
    let line = Type::Record(vec![
        ("sku".into(), Type::String),
        ("grade".into(), grade.clone().optional()),
        ("sizes".into(), Type::Int.list().optional()),
    ]);
    assert_eq!(grade.to_string(), r#""premium" | "standard""#);
    assert_eq!(
        line.list().to_string(),
        r#"[{ sku: string, grade: "premium" | "standard"?, sizes: [int]? }]"#
    );
}

#[test]
fn lists_and_records_are_shown_as_the_language_writes_them() {
    let value = record(&[
        ("sku", Value::text("a")),
        ("sizes", Value::List([Value::Int(1), Value::Null].into())),
        ("rest", Value::Json("{\"x\":1}".into())),
    ]);
    assert_eq!(value.to_string(), r#"{sku: "a", sizes: [1, null], rest: {"x":1}}"#);
    assert_eq!(Value::List([].into()).to_string(), "[]");
    assert_eq!(record(&[]).to_string(), "{}");
}

#[test]
fn the_first_difference_orders_lists() {
    let list = |numbers: &[i64]| Value::List(numbers.iter().map(|n| Value::Int(*n)).collect());
    let mut lists = [list(&[2]), list(&[1, 5]), list(&[]), list(&[1])];
    lists.sort();
    assert_eq!(lists, [list(&[]), list(&[1]), list(&[1, 5]), list(&[2])]);
}

#[test]
fn a_column_of_lists_keeps_them_beside_nulls() {
    let mut column = Column::new(&Type::Int.list().optional());
    let list = Value::List([Value::Int(1)].into());
    column.push(&list);
    column.push_null();
    column.push(&list);
    let picked = column.gather(&[2, 1]);
    assert_eq!((picked.get(0), picked.get(1)), (list, Value::Null));
}
