//! Rows of a table in a topic, and the records that delete them.

use super::*;

/// What the records `(key, value)` of a table give: rows end with whether they are deleted.
fn decode(table: &str, format: Format, records: &[(Option<&str>, Option<&str>)]) -> Vec<String> {
    let text = format!(
        "{table} from kafka(\"t\")\nstream S {{ at: timestamp, time at }}\n\
         rule r {{ from S emit E {{ at }} }}\n"
    );
    let compiled = rule_lang::compile(&[rule_lang::Source::new("t.rules", text.as_str())]);
    let plan = compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let id = plan.stream_id("T").unwrap();
    // The tiers' tests read the first stream.
    let plan = Plan {
        streams: vec![plan.stream(id).unwrap().clone()],
        tables: vec![cep_core::plan::TablePlan { of: Some(StreamId(0)), ..plan.tables[0].clone() }],
        ..Plan::empty()
    };
    let mut batch = RecordBatch::new();
    batch.reset(0);
    for (offset, (key, value)) in (0..).zip(records) {
        let key = key.map(str::as_bytes);
        batch.push(offset, Some(EventTime(5)), key, value.map(str::as_bytes));
    }
    let outcomes = Decoders::new(plan, format).decode_records(&batch);
    outcomes.iter().map(Outcome::shown).collect()
}

#[test]
fn a_record_without_a_value_deletes_the_row_of_its_key() {
    let rows = [
        (Some("7"), Some(r#"{"item":7,"price":2.5}"#)),
        (Some("7"), None),
        (Some("7"), Some(" null ")),
        (Some(r#"{"item":8,"more":1}"#), None),
        (Some("x"), Some(r#"{"item":9,"price":1}"#)),
        (Some("x"), None),
        (None, None),
        (Some(r#"{"price":1}"#), None),
        (Some("7"), Some(r#"{"item":7}"#)),
    ];
    let found = decode("table T { item: int, price: decimal } key item", Format::Json, &rows);
    insta::assert_snapshot!(found.join("\n"), @r#"
    7 | 2.5 | false
    7 | null | true
    7 | null | true
    8 | null | true
    9 | 1 | false
    bad: the record has no value, which deletes a row, and does not say which: field `item`: expected an integer, found the text "x"
    bad: the record has no value, which deletes a row, and does not say which: field `item`: the record has no key
    bad: the record has no value, which deletes a row, and does not say which: field `item` is missing
    bad: field `price` is missing
    "#);
}

#[test]
fn the_key_of_what_is_deleted_is_read_as_it_is_declared() {
    let rows = [
        (Some("north"), Some(r#"{"note":"a"}"#)),
        (Some("north"), None),
        (Some(r#"{"site":"north"}"#), None),
        (None, None),
    ];
    let found =
        decode("table T { site: string from key, note: string? } key site", Format::Json, &rows);
    insta::assert_snapshot!(found.join("\n"), @r#"
    north | a | false
    north | null | true
    {"site":"north"} | null | true
    bad: the record has no value, which deletes a row, and does not say which: field `site`: the record has no key
    "#);
}

#[test]
fn several_fields_are_found_in_a_key_that_is_an_object() {
    let rows = [
        (Some(r#"{"shop":1,"what":{"item":"a"}}"#), None),
        (Some("1"), None),
        (Some(r#"{"shop":1}"#), None),
    ];
    let table = "table T { shop: int, item: string from \"what.item\", n: int } key shop, item";
    insta::assert_snapshot!(decode(table, Format::Json, &rows).join("\n"), @r#"
    1 | a | null | true
    bad: the record has no value, which deletes a row, and does not say which: its key is no JSON object with `shop`, `what.item`
    bad: the record has no value, which deletes a row, and does not say which: field `item` is missing (at `what.item`)
    "#);
}

#[test]
fn rows_of_csv_are_deleted_alike() {
    let rows = [(Some("1"), Some("1,2.5")), (Some("1"), None), (Some("1"), Some("null"))];
    let found = decode("table T { item: int, price: decimal } key item", Format::Csv(None), &rows);
    insta::assert_snapshot!(found.join("\n"), @r#"
    1 | 2.5 | false
    1 | null | true
    bad: expected 2 cells, found 1
    "#);
}
