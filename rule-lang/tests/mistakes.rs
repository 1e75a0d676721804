//! What the checks of names, types, time and windows answer. Each snapshot shows the part of the
//! program that matters, then the answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Source, compile};

const STREAM: &str = r#"stream Harvest {
    farm:    int
    count:   int
    weight:  float
    price:   decimal
    name:    string
    ok:      bool
    region:  string?
    bonus:   int?
    at:      timestamp
    took:    duration

    key  farm
    time at
}

param floor: int = 150
param rate:  decimal = 1.5
param site:  string = "north"
"#;

/// The part and what is said about it, in a program that has a stream and some params. Of warnings
/// only those that are asked for are shown.
fn answer(part: &str, warnings: &[&str]) -> String {
    let sources = [Source::new("harvest.rules", STREAM), Source::new("farm.rules", part)];
    let mut compiled = compile(&sources);
    compiled.diagnostics.retain(|d| d.is_error() || warnings.contains(&d.code.number()));
    let rendered = render_all(&compiled.diagnostics, &compiled.sources, Colour::Never);
    format!("{}\n=====\n{rendered}", part.trim_end())
}

fn errors(part: &str) -> String {
    answer(part, &[])
}

/// Errors of a rule without a window that emits this.
fn emit(expression: &str) -> String {
    errors(&format!("rule a {{\n    from Harvest\n    emit A {{ x: {expression} }}\n}}"))
}

/// Errors of a rule with a window that emits this.
fn emit_windowed(expression: &str) -> String {
    errors(&format!(
        "rule a {{\n    from Harvest\n    by farm\n    window tumbling(10s)\n    emit A {{ x: {expression} }}\n}}"
    ))
}

fn clauses(clauses: &str) -> String {
    errors(&format!("rule a {{\n    from Harvest\n{clauses}\n}}"))
}

macro_rules! answers {
    ($($name:ident: $text:expr;)*) => {
        $(#[test] fn $name() { insta::assert_snapshot!($text); })*
    };
}

mod names {
    use super::*;
    answers! {
    bounds_of_fields_are_numbers_that_something_checks: errors("stream S {\n    a: string >= 0\n    b: int >= 0.5\n    c: float? >= -1\n    at: timestamp\n    time at\n}\nevent E { x: int >= 0 }\ntype T { x: int >= 0 }\nrule a { from S emit E { x: b } }\ntest \"cells\" {\n    given S\n        | at | a   | b | c  |\n        | 1s | \"x\" | 1 | -2 |\n    expect no error\n}");
        an_unknown_field_is_guessed: clauses("    where cuont > 3\n    emit A { farm }");
        an_unknown_name_shows_what_there_is: errors("fn twice(n: int) -> int = 2 * n\nrule a {\n    from Harvest\n    where temperature > 3\n    let a = b\n    let b = b + 1\n    emit A { farm, x: twice }\n}");
        an_unknown_stream_is_guessed: errors("rule a {\n    from Harvset\n    where nothing > here\n    emit A { farm }\n}");
        an_unknown_function_is_guessed: emit("upperr(name) ");
        a_function_of_another_language_is_translated: emit_windowed("average(count)");
        functions_and_aggregates_to_come_are_named: emit_windowed("count() + overlaps(farm)");
        the_clock_cannot_be_read: emit("now() - at");
        an_unknown_type_is_guessed: errors("stream A {\n    a: integer\n    b: strng\n    c: json\n    d: Row\n    at: timestamp\n    time at\n}");
        names_are_declared_once: errors("param floor: int = 1\nstream Harvest {\n    at: timestamp\n    at: int\n    time at\n}\nrule a { from Harvest emit A { farm, farm } }\nrule a { from Harvest let b = 1 let b = 2 emit B { x: b } }");
        an_event_is_not_called_like_a_stream: errors("rule a { from Harvest emit Harvest { farm } }");
        key_and_time_name_fields: errors("stream A {\n    farm: int\n    at: timestamp\n    key fram\n    time att\n}");
        members_exist: clauses("    by farm\n    window tumbling(1s)\n    emit A { a: window.begin, b: farm.x, c: sum(Harvest.cont) }");
        an_event_is_not_a_value: errors("rule a {\n    from Harvest h\n    emit A { h, x: h.farm }\n}");
        a_sink_needs_its_event: errors("rule a { from Harvest emit Disaster { farm } }\nsink Disastr to kafka(\"d\")\nsink Harvest to kafka(\"d\")\nsink Disaster to kafak(\"d\")\nsink Disaster to kafka(\"d\", format: avro)\nsink Disaster to http(\"/d\")");
        a_part_of_the_key_has_a_name: clauses("    by farm div 10\n    window tumbling(1s)\n    emit A { n: count() }");
        several_rules_agree_on_an_event: errors("rule a { from Harvest emit A { farm, n: count } }\nrule b { from Harvest emit A { n: name, farm } }\nrule c { from Harvest emit A { farm } }");
        rules_that_feed_each_other: errors("rule a { from Harvest, C emit A { farm } }\nrule b { from A emit B { farm } }\nrule c { from B emit C { farm } }\nrule d { from B emit D { farm, x: farms } }\nrule e { from E emit E { n: 1 } }");
        streams_read_together: errors("stream Other { name: int, since: timestamp, time since }\nrule a { from Harvest, Other emit A { name } }\nrule b { from Harvest, Harvest emit B { farm } }\nrule c { from Harvest, Harvets emit C { farm } }");
        an_event_is_emitted_as_declared: errors("event A { farm: int, x: string? }\nevent A { farm: int }\nevent B { farm: int from \"f\", key farm }\nevent C { farm: int }\nrule a { from Harvest emit A { farm } }\nrule b { from A emit B { farm, y: x } }\nrule c { from Harvest emit C { farm: bonus } }");
        what_is_not_supported_is_not_reported_twice: errors("table Factor { farm: int } key farm from file(\"f.csv\")\nrule a { from Harvest emit A { x: Factor[farm] } }\nrule b {\n    match o: Harvest\n    then p: Harvest\n    within 1m\n    emit B { o.farm }\n}\nrule c { from B emit C { x } }\nsink B to kafka(\"b\")\ntest \"t\" {\n    expect no B\n}");
        changes_say_what_they_did: errors("stream Order from kafka(\"orders\", format: debezium) {\n    id: int\n    before: json\n    at: timestamp\n    time at\n}\nrule a { from Order where op == \"x\" emit A { id } }\nsink A to kafka(\"a\", format: debezium)\nstream B from kafka(\"b\", format: avro) {\n    at: timestamp\n    time at\n}\nstream D from kafka(\"b\", format: debezum) {\n    at: timestamp\n    time at\n}\ntable T { id: int, x: int } key id from file(\"t\", format: debezium)");
        attributes_stand_once: errors("@a(\"1\") @b @a(\"2\")\n@off @off\nrule a { from Harvest emit A { farm } }");
        attributes_have_values_that_travel: errors("@level(3000000000)\n@off(false)\nrule a { from Harvest emit A { farm } }");
        attributes_can_travel: errors("@Severity(\"high\")\n@id(\"x\")\nrule a { from Harvest emit A { farm } }");
    }
}

mod types {
    use super::*;
    answers! {
        text_is_not_a_number: clauses("    where farm == \"302\" and name == 5 and name < count\n    emit A { farm }");
        text_is_put_together_in_strings: emit("name + \"!\"");
        patterns_are_regular_expressions: clauses("    where matches(name, 'a(b|c') or matches(name, '*') or matches(name, '(?!a)b') or matches(name, \"[\\u0022\")\n    emit A { x: capture(name, '(a)\\1', 1), y: capture(name, '\\w{4000}', 0) }");
        patterns_and_formats_are_written_out: emit("if matches(name, name) then format(at, name) else matches(name)");
        a_group_is_in_its_pattern: emit("capture(name, '(a)(b)', 3) ?? capture(name, 'a', 1) ?? capture(name, '(a)', -1) ?? \"\"");
        formats_and_zones_exist: emit("format(at, \"%Y-%Q\") == format(at, \"%H\", \"Europe/Pari\") and hour(at, \"Berlin\") == 3 and truncate(at, 7h, name) == at");
        coalesce_takes_what_may_be_null: emit("[coalesce(bonus, count, 1), coalesce(bonus, name), coalesce(bonus), coalesce(null, 1), coalesce(bonus, bonus, 2)]");
        the_least_of_one_type: emit("least(count, name) == greatest(count, 1, 2.5, weight) and least(count) == 1 and least(name, 5) == 1");
        lists_of_texts: emit("join(split(name, 1), \"-\") == join([1, 2], \",\") and join(name, \",\") == \"\" and split(region, \",\") == []");
        float_and_decimal_do_not_mix: emit("weight * price");
        a_float_meets_a_literal: emit("weight * 1.5 > 2");
        what_may_be_null_needs_care: clauses("    where bonus > 3 or region == \"north\"\n    let a = bonus + 1\n    emit A { x: lower(region), a, b: \"{region}\" }");
        null_is_compared_with_equality: clauses("    where count > null\n    let a = null\n    emit A { x: a, y: null, z: if ok then null else null }");
        a_condition_is_true_or_false: clauses("    where count\n    emit A { x: if name then 1 else 2, y: not farm, z: ok and count }");
        a_value_that_is_there_needs_no_other: emit("count ?? 0");
        both_sides_have_one_type: clauses("    emit A { x: if ok then 1 else name, y: bonus ?? name, z: region ?? 1 }");
        arguments_fit: emit("lower(count) == starts_with(name) and contains(name, 5) == abs(ok)");
        times_have_units: clauses("    where took > 5 and at > 0 and at - at > 3\n    emit A { x: at + 5, y: took / 2, z: at + at, a: at * 2, b: name * 2, c: 2 + took, d: took * 1.5s, e: count * \"5\" }");
        lists_are_of_one_type: clauses("    where name in [\"a\", 5] and farm in [\"a\"] and count in 1..\"b\" and ok in []\n    emit A { farm }");
        bools_have_no_order: emit("ok < true");
        whole_division_is_for_ints: emit("price div 2");
        what_always_fails_is_found: emit("1 / 0 + count % 0 + 9223372036854775807 * 2");
        a_constant_is_one_that_the_function_takes: clauses("    emit A { a: truncate(at, 7h, \"Europe/Paris\"), b: truncate(at, 0s), c: round(price, -1), d: substr(name, 0, -1), e: truncate(at, -1s, \"UTC\") }");
        arguments_are_converted_by_name: clauses("    emit A { a: sqrt(price), b: pow(price, 2), c: least(weight, price), d: round(weight, 2), e: sqrt(name) }");
        numbers_beyond_a_type_are_of_the_next: clauses("    where weight > 1e30 and weight < -1e-40 and price < 9999999999999999999999999999 and count < 9223372036854775808\n    emit A { a: price > 1e30, b: 1e999, c: 0.12345678901234567890123456789, d: 79228162514264337593543950336, e: count + 9223372036854775808 }");
        a_declared_event_has_its_types: errors("event A { v: float, w: int, n: int, l: [int], o: string? }\nrule a {\n    from Harvest\n    emit A { v: price, w: 1, n: 1, l: [] }\n}\nrule b {\n    from Harvest\n    emit A { v: 1, w: null, n: 1, l: [] }\n}\nrule c {\n    from Harvest\n    emit A { v: 1, w: bonus, n: 1, l: [\"x\"] }\n}\nrule d {\n    from Harvest\n    emit A { v: 1, n: 1, l: [] }\n}\nrule e {\n    from Harvest\n    emit B { n: null, l: [] }\n}");
        a_param_has_a_literal_of_its_type: errors("param a: int = 1.5\nparam b: duration = 10\nparam c: int = \"x\"\nparam d: int = null\nparam e: int = 1 + 1\nparam f: float = 1.5\nparam g: int? = null\nparam h: bool = 1\nparam i: string = \"a{1}\"");
    }
}

mod windows {
    use super::*;
    answers! {
        early_is_for_windows_whose_end_is_known: errors("rule r0 {\n    from Harvest\n    by farm\n    window session(gap 1m, max 1h) early\n    when count() > 3\n    emit A { farm }\n}\nrule r1 {\n    from Harvest\n    by farm\n    window every(3) early\n    when count() > 3\n    emit B { farm }\n}\nrule r2 {\n    from Harvest\n    by farm\n    window sliding(10s) early\n    when count() > 3\n    emit C { farm }\n}\nrule r3 {\n    from Harvest\n    by farm\n    window tumbling(10s) fill 1m early\n    when count() > 3\n    emit D { farm }\n}\nrule r4 {\n    from Harvest\n    by farm\n    window tumbling(10s) early allow 1m\n    when count() > 3\n    emit E { farm }\n}\nrule r5 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    emit F { farm }\n}\nrule r6 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when count() > 3 for 2 windows\n    emit G { farm }\n}");
        silence_is_asked_of_alone: errors("rule a {\n    from Harvest\n    by farm\n    when not silent for 5m\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    when silent\n    emit B { farm }\n}");
        a_rate_of_one_instant_is_null: errors("rule a {\n    from Harvest\n    by farm\n    window last(10)\n    when rate() > 3\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    window forever\n    emit B { farm, rate: rate(weight) + 1.0 }\n}\nrule c {\n    from Harvest\n    by farm\n    window session(gap 1s, max 1m)\n    when rate() > 3\n    emit C { farm }\n}");
        early_waits_for_what_only_grows: errors("rule r0 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when avg(count) > 3\n    emit A { farm }\n}\nrule r1 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    let total = sum(count)\n    when total > 3\n    emit B { farm }\n}\nrule r2 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when count() > 3 and max(count) < floor\n    emit C { farm }\n}\nrule r3 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when count() == 3\n    emit D { farm }\n}\nrule r4 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when count() < 3\n    emit E { farm }\n}\nrule r5 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when sum(took) > 1m\n    emit F { farm }\n}\nrule r7 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when count() > (prev(1, count()) ?? 5)\n    emit H { farm }\n}\nrule r6 {\n    from Harvest\n    by farm\n    window tumbling(10s) early\n    when any(ok) and abs(count() - 5) < 3\n    emit G { farm }\n}");
        a_window_is_at_most_ten_thousand_days_long: errors(&["hopping(106751991d, every 53375995d)", "tumbling(1d) fill 10001d", "tumbling(1us) fill 1d", "session(gap 1d, max 20000d)", "sliding(10001d)", "tumbling(1d) allow 106751991d", "tumbling(10000d) fill 10000d"].map(|window| format!("rule a_{} {{\n    from Harvest\n    by farm\n    window {window}\n    emit A {{ farm }}\n}}\n", window.len())).concat());
        an_aggregate_needs_a_window: clauses("    when sum(count) < floor\n    emit A { farm }");
        an_aggregate_stands_below_the_window: clauses("    where count() > 3\n    by farm\n    window tumbling(1s)\n    emit A { farm }");
        a_percentile_needs_its_percent: emit_windowed("percentile(count)");
        top_is_ranked_by_one_aggregate: errors("rule a {\n    from Harvest\n    window tumbling(10s)\n    emit A {\n        a: top(3, name),\n        b: top(name by sum(count)),\n        c: top(3, name by count),\n        d: top(3, name by sum(count) / 2),\n        e: top(3, name by rate()),\n        f: top(3, name by corr(weight, weight)),\n        g: top(3, name, by sum(count)),\n        h: top(3, name by sum(top(1, name by count()))),\n    }\n}");
        top_is_of_so_many_plain_values: errors("rule a {\n    from Harvest\n    window tumbling(10s)\n    emit A {\n        a: top(0, name by count()),\n        b: top(1001, name by count()),\n        c: top(count, name by count()),\n        d: top(3, [count] by count()),\n        e: top(3, null by count()),\n        f: top(3, name by sum(region)),\n        g: top(3, name by last(ok)),\n        h: top(3, name by percentile(count)),\n        i: topk(3, name),\n    }\n}");
        prev_takes_a_number_and_one_aggregate: errors("rule a {\n    from Harvest\n    window tumbling(10s)\n    let total = sum(count)\n    let twice = total * 2\n    emit A {\n        a: prev(sum(count)),\n        b: prev(0, total),\n        c: prev(total, total),\n        d: prev(1, twice),\n        e: prev(1, rate()),\n        f: prev(1, prev(1, total)),\n        g: prev(1, sum(count) where ok),\n        h: prev(1, count),\n        i: prev(1, total) + 1,\n        j: sum(prev(1, total)),\n        k: lag(total),\n    }\n}");
        prev_needs_windows_before: errors("rule a { from Harvest window sliding(10s) emit A { x: prev(1, count()) } }\nrule b { from Harvest window session(gap 1s, max 1m) emit B { x: prev(1, count()) } }\nrule c { from Harvest window tumbling(10s) allow 1m emit C { x: prev(1, count()) } }\nrule d { from Harvest emit D { x: prev(1, count()) } }");
        a_percent_is_from_0_to_100: emit_windowed("percentile(count, 101) + percentile(count, farm)");
        a_half_life_is_a_duration: emit_windowed("ema(count, 30)");
        collect_has_a_limit: emit_windowed("len(collect(count))");
        the_limit_of_collect_is_bounded: emit_windowed("len(collect(count, 10001))");
        places_count_from_1: emit_windowed("nth(count, 0) ?? 0");
        the_largest_by_what: emit_windowed("max_by(farm)");
        any_of_what: emit_windowed("any(count)");
        numbers_that_do_not_mix_have_no_correlation: emit_windowed("corr(float(count), decimal(count))");
        an_aggregate_reads_events: emit_windowed("sum(max(count))");
        a_field_after_a_window_is_many_values: clauses("    by farm\n    window tumbling(10s)\n    when count < floor\n    emit A { farm, name, ok }");
        a_let_after_a_window_is_the_groups: clauses("    let double = count * 2\n    let limit = floor * 2\n    by farm\n    window tumbling(10s)\n    let total = sum(double)\n    when total < limit\n    emit A { farm, total, double, x: sum(total) }");
        aggregates_take_what_they_can: clauses("    by farm\n    window tumbling(10s)\n    emit A { a: sum(name), b: avg(ok), c: min(ok), d: sum(), e: max(count, farm), f: sum(took) }");
        what_may_be_null_in_a_filled_window: clauses("    by farm\n    window tumbling(10s) fill 1m\n    when min(count) < 3 and sum(count) < 3 and count() == 0\n    emit A { farm, low: min(count) }");
        what_may_be_null_under_a_filter: clauses("    by farm\n    window tumbling(10s)\n    when avg(count where ok) < 3\n    emit A { farm }");
        a_window_is_not_empty: clauses("    window tumbling(0s)\n    emit A { n: count() }");
        windows_have_no_gaps: clauses("    window hopping(1s, every 10s)\n    emit A { n: count() }");
        windows_do_not_overlap_without_bound: clauses("    window hopping(10d, every 1ms)\n    emit A { n: count() }");
        a_sliding_window_is_not_filled: clauses("    by farm\n    window sliding(10s) fill 1m\n    emit A { n: count() }");
        clear_needs_a_condition: clauses("    by farm\n    window sliding(10s)\n    emit A { n: count() }\n    clear B { farm }");
        clear_needs_an_edge: clauses("    by farm\n    window sliding(10s)\n    when each count() > 3\n    emit A { n: count() }\n    clear B { farm }");
        window_is_known_after_it: clauses("    where window.start > at\n    by farm\n    window tumbling(10s)\n    emit A { n: count(where window.end == at) }");
        a_stream_has_a_time: errors("stream A {\n    a: int\n    at: timestamp\n}\nstream B {\n    at: int\n    time at\n}\nstream C {\n    at: timestamp?\n    time at\n    n: int as millis\n}\nstream D { x: int }");
    }
}

mod tests_blocks {
    use super::*;

    const RULE: &str = "rule a {\n    from Harvest\n    where count > 0\n    by farm\n    window tumbling(10s)\n    emit A { farm, n: count(), since: window.start }\n}\n";

    fn test(lines: &str) -> String {
        let text = errors(&format!("{RULE}test \"t\" {{\n{lines}\n}}"));
        text.replacen(RULE, "", 1)
    }

    answers! {
        columns_are_fields: test("    given Harvest\n        | att | farm | count |\n        | 1s | 1 | 1 |\n    expect A\n        | fram | n |\n        | 1 | 1 |");
        what_may_stand_once_stands_once: test("    base @2026-01-01\n    base @2027-01-01\n    set floor = 3\n    set site = \"a\"\n    set floor = 4\n    until 5s\n    expect no A\n    until 6s");
        columns_that_are_like_no_field: test("    given Harvest\n        | at | farm | weather |\n        | 1s | 1 | 1 |\n    expect A\n        | weather |\n        | 1 |");
        cells_fit_their_columns: test("    given Harvest\n        | at | farm | count | name |\n        | 1 | \"1\" | - | 5 |\n    expect A\n        | farm | n | since |\n        | 1 | 1.5 | 0 |");
        what_rules_read_is_given: test("    given Harvest\n        | farm |\n        | 1 |\n    expect no A");
        tests_name_what_exists: test("    set flor = 1\n    set floor = \"x\"\n    given Harvst\n        | at |\n        | 1s |\n    expect B\n        | x |\n        | 1 |\n    expect late A\n    expect no Harvest");
    }
}

mod tables {
    use super::*;

    const TABLE: &str =
        "table Factor { farm: int, factor: decimal } key farm from file(\"f.csv\")\n";

    fn reading(value: &str) -> String {
        let rule = format!("rule a {{\n    from Harvest\n    emit A {{ x: {value} }}\n}}");
        errors(&format!("{TABLE}{rule}")).replacen(TABLE, "", 1)
    }

    fn test(lines: &str) -> String {
        let rule = "rule a { from Harvest emit A { x: Factor[farm]?.factor } }\n";
        let text = errors(&format!("{TABLE}{rule}test \"t\" {{\n{lines}\n}}"));
        text.replacen(TABLE, "", 1).replacen(rule, "", 1)
    }

    answers! {
        a_table_has_a_key_of_plain_values: errors("table A { a: int }\ntable B { a: int?, b: [int] } key a, b\ntable C { a: int } key b\ntable D { a: int } key a, a from file(\"d.csv\")\ntable E {\n    a: int\n    key a\n}");
        a_table_has_a_name_of_its_own: errors("table A { a: int } key a\ntable A { a: int } key a\ntable Harvest { a: int } key a\ntable floor { a: int } key a\ntable C { a: int } key a\nrule c { from Harvest emit C { farm } }");
        a_table_is_a_file_or_a_topic: errors("table A { a: int } key a from http(\"a\")\ntable B { a: int, at: timestamp?, time at } key a from kafka(\"b\", format: debezium)\ntable C { a: int, time b } key c from log(\"l/c\")\ntable D { a: int } from kafka(\"d\")\ntable Harvest { a: int } key a from kafka(\"e\")\ntable F { a: int } key a from kafka(\"f\")\ntable F { a: int } key a from kafka(\"f\")");
        a_table_in_a_topic_is_no_stream: errors("table A { farm: int, n: int } key farm from kafka(\"a\")\ntable B from A key farm\nrule a { from A emit C { farm } }\nrule b { from Harvest, A emit D { farm } }\nrule c {\n    from Harvest\n    by farm\n    window tumbling(1s) fill 1m for A\n    emit E { farm }\n}\nrule d {\n    from Harvest\n    by farm\n    window tumbling(1s) allow 5s\n    emit F { farm, last: A[farm]?.n }\n}");
        rows_of_a_topic_have_a_time_and_may_be_deleted: errors("table A { farm: int, n: int } key farm from kafka(\"a\")\nrule a { from Harvest emit C { n: A[farm]?.n } }\ntest \"t\" {\n    given A\n        | farm | n | deleted |\n        | 1    | 2 | -       |\n    given A\n        | time | farm | n | deleted | gone |\n        | 1s   | 1    | - | true    | -    |\n        | 2s   | -    | - | true    | -    |\n        | 3s   | 1    | - | false   | -    |\n        | 3s   | 1    | 1 | 7       | -    |\n    expect late A\n    expect A\n}");
        the_time_of_a_row_is_a_timestamp: errors("table A { a: int, at: timestamp, time record } key a from file(\"a.csv\")\ntable B { a: int, at: timestamp?, time at } key a from file(\"b.csv\")\ntable C { a: int, at: timestamp, time att } key a from file(\"c.csv\")\ntable D { a: int, at: timestamp, time at, lateness 2s } key a from file(\"d.csv\")");
        a_table_of_a_stream_is_of_a_declared_one: errors("table A from Harvst key farm\ntable B from C key farm\nrule c { from Harvest emit C { farm } }\ntable D from Harvest\ntable E from Harvest key bonus\ntable F from kafka(\"f\") key farm\ntable G from Harvest key frm");
        a_table_of_derived_events_is_no_cycle: errors("table A from B key farm\nrule b {\n    from Harvest\n    emit B { farm, n: seen(farm) }\n}\nfn seen(farm: int) -> int = told(farm) + 1\nfn told(farm: int) -> int = if A[farm] == null then 0 else 1\ntable C from D key farm\nrule d {\n    from E\n    emit D { farm }\n}\nrule e {\n    from Harvest\n    where C[farm] == null\n    emit E { farm }\n}\nrule f {\n    from Harvest\n    emit F { x: A[farm]?.n, y: C[farm]?.farm, z: told(count) }\n}");
        a_table_of_derived_events_has_their_fields: errors("table A from B key farm, n\ntable C from B\ntable D from B key frm\ntable E from B key farm\nrule b {\n    from Harvest\n    emit B { farm, n: if count > 3 then count else null }\n}\nrule c {\n    from Harvest\n    emit F { x: E[farm]?.m, y: E[farm]?.n + 1, Z: E[name], w: E }\n}\nrule h {\n    from E\n    emit H { farm }\n}\nrule i {\n    from Harvest\n    by farm\n    when silent for 5s for E\n    emit I { farm }\n}\nrule d {\n    from Harvest each it in [E[farm]?.n]\n    by farm\n    window tumbling(1s) allow 5s\n    emit G { farm, n: sum(it) }\n}\ntest \"t\" {\n    given E\n        | farm |\n        | 1    |\n    expect no F\n}");
        what_waits_for_a_stream_revises_nothing: errors("table A from Harvest key farm\nrule a {\n    from Harvest\n    by farm\n    window tumbling(1s) allow 5s\n    emit B { farm, last: A[farm]?.count }\n}\ntest \"t\" {\n    given A\n        | farm |\n        | 1    |\n    expect no B\n}");
        known_keys_are_those_of_the_rule: errors(&format!("{TABLE}table Site {{ site: string, n: int }} key site, n\nrule a {{\n    from Harvest\n    by ok\n    window tumbling(1s) fill 5s for Factor\n    emit A {{ ok }}\n}}\nrule b {{\n    from Harvest\n    when silent for 5s for Site\n    emit B {{ at: when.start }}\n}}\nrule c {{\n    from Harvest\n    by farm\n    when silent for 5s for Factr\n    emit C {{ farm }}\n}}\nrule d {{\n    from Harvest\n    by farm\n    when silent for 5s for Harvest\n    emit D {{ farm }}\n}}\ntable Latest from Harvest key farm\nrule e {{\n    from Harvest\n    by farm\n    when silent for 5s for Latest\n    emit E {{ farm }}\n}}"));
        a_known_key_may_have_no_event: errors(&format!("{TABLE}rule a {{\n    from Harvest\n    let twice = count * 2\n    by farm\n    when silent for 5s for Factor\n    emit A {{ farm, twice, more: last(count) + 1, fine: (count ?? 0) + 1, moved: changed(count) }}\n    clear B {{ farm, twice, count: count + 1 }}\n}}"));
        a_key_is_as_many_values_as_its_fields: reading("Factor[farm, count]?.factor");
        a_key_is_of_its_fields_types: reading("Factor[name]?.factor");
        a_key_is_always_there: reading("Factor[bonus]?.factor");
        a_row_may_not_be_there: reading("Factor[farm].factor");
        a_row_has_the_fields_of_its_table: reading("Factor[farm]?.facto");
        a_table_is_not_a_value: reading("Factor");
        tables_are_guessed: reading("Facto[farm]?.factor");
        a_table_is_no_input: errors(&format!("{TABLE}rule a {{ from Factor emit A {{ farm }} }}"));
        after_a_window_a_field_is_no_key: errors(&format!("{TABLE}rule a {{\n    from Harvest\n    by ok\n    window tumbling(1s)\n    emit A {{ x: Factor[farm]?.factor }}\n}}"));
        rows_of_a_test_are_whole: test("    given Factor\n        | farm |\n        | 1 |");
        rows_of_a_test_fit: test("    given Factor\n        | farm | factor | b |\n        | 1 | \"x\" | 2 |");
        rows_of_a_test_differ_in_their_keys: test("    given Factor\n        | farm | factor |\n        | 1 | 1 |\n        | 2 | 1 |\n        | 1 | 2 |");
    }
}

mod looking_back {
    use super::*;
    answers! {
        distinct_says_within_what: errors("rule a {\n    from Harvest\n    distinct farm\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    distinct farm, name within 10\n    emit B { farm }\n}\nrule c {\n    from Harvest\n    distinct farm within 0s\n    emit C { farm }\n}\nrule d {\n    from Harvest\n    distinct frm, region within 1m\n    emit D { farm }\n}");
        distinct_stands_once_before_the_key: clauses("    by farm\n    distinct farm within 1m\n    distinct name within 1m\n    emit A { farm }");
        what_is_looked_at_in_order_is_not_revised: errors("rule a {\n    from Harvest\n    distinct farm within 1m\n    by farm\n    window tumbling(1m) allow 1m\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    window tumbling(1m) allow 1m\n    emit B { n: count(where changed(count)) }\n}");
        changed_compares_events: errors("fn f(a: int) -> bool = changed(a)\nrule a {\n    from Harvest\n    by farm\n    window tumbling(1m)\n    when changed(count)\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    let moved = changed(count)\n    distinct moved within 1m\n    by x: changed(name), farm\n    emit B { x: changed(null), y: changed(changed(farm)), z: any(changed(n) for n in [farm]), w: changed(), v: changed(farm, name) }\n}\nrule c {\n    from Harvest each x in [changed(farm)]\n    emit C { x }\n}");
        forget_needs_something_to_forget: errors("rule a {\n    from Harvest\n    by farm\n    window tumbling(1m)\n    forget 1d\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    forget 0s\n    emit B { farm }\n}\nrule c {\n    from Harvest\n    distinct farm within 1m\n    by farm\n    limit 1 per 1m\n    forget 1d\n    emit C { farm }\n}");
        forget_waits_for_what_is_to_come: errors("rule a {\n    from Harvest\n    by farm\n    window sliding(1m)\n    when count() > 3\n    forget 1m\n    emit A { farm }\n    clear B { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    when silent for 5m\n    forget 1m\n    emit C { farm }\n}\nrule c {\n    from Harvest\n    by farm\n    window tumbling(1m) fill 1h\n    when count() > 3 for 2 windows\n    forget 30m\n    emit D { farm }\n}\nrule d {\n    from Harvest\n    by farm\n    window tumbling(1m) allow 1h\n    forget 1d\n    emit E { farm, n: count(where changed(ok)) }\n}");
        keys_without_number_are_remembered_for_ever: answer("rule a {\n    from Harvest\n    let named = lower(name)\n    by named, ok\n    window forever\n    emit A { named }\n}\nrule b {\n    from Harvest\n    by half: farm div 2, ok\n    window last(3)\n    emit B { half }\n}\nrule c {\n    from Harvest\n    by name\n    window sliding(1m)\n    when count() > 3\n    emit C { name }\n}\nrule d {\n    from Harvest\n    by name\n    when ok\n    emit D { name }\n}\nrule e {\n    from Harvest\n    by name\n    when ok\n    forget 1d\n    emit E { name }\n}", &["W0112"]);
        windows_are_counted_by_windows_and_a_type_follows_an_arrow: errors("fn f(x: int): int = x\nrule a { from Harvest by farm window tumbling(10s) when count() > f(1) for 3 window emit A { farm } }");
        a_change_stays_true_from_one_to_the_next: answer("rule a {\n    from Harvest\n    by farm\n    let moved = changed(count)\n    when moved or changed(name)\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    when changed(ok) and ok\n    emit B { farm }\n    clear C { farm }\n}", &["W0111"]);
    }
}

mod above_the_window {
    use super::*;
    answers! {
        an_aggregate_above_the_window_is_told_where_it_goes: clauses("    let s = sum(count)\n    where sum(count) > 3\n    by k: sum(count)\n    window tumbling(10s)\n    emit A { k }");
        a_number_behind_for_is_of_windows_or_of_seconds: errors("rule a {\n    from Harvest\n    window tumbling(10s)\n    when count() > 3 for 3\n    emit A { n: 1 }\n}\nrule b {\n    from Harvest\n    window sliding(10s)\n    when count() > 3 for 3\n    emit B { n: 1 }\n}");
    }
}

mod warnings {
    use super::*;

    /// What is said to be always false in rules with these clauses.
    fn never(parts: &[&str]) -> String {
        let stream = "stream Sized { farm: int, count: int, size: int >= 0, name: string, ok: bool, bonus: int?, at: timestamp, key farm, time at }\n";
        let rule = |(at, part): (usize, &&str)| {
            let from =
                if part.contains("size") || part.contains("bonus") { "Sized" } else { "Harvest" };
            format!("rule r{at} {{\n    from {from}\n{part}\n    emit R {{ n: 1 }}\n}}\n")
        };
        let rules: String = parts.iter().enumerate().map(rule).collect();
        answer(&format!("{stream}{rules}"), &["W0105"])
    }

    /// What a help says to write has no error, and is not warned of again.
    #[test]
    fn what_a_help_says_can_be_typed() {
        let rule = |clauses: &str| {
            let key = if clauses.contains("window") { "farm" } else { "name" };
            format!(
                "rule a {{\n    from Harvest\n    by {key}\n{clauses}\n    emit A {{ {key} }}\n}}"
            )
        };
        for (before, says, after) in [
            ("    when silent for 5d", "`forget 10d`", "    when silent for 5d\n    forget 10d"),
            ("    when silent for 1h", "`forget 1d`", "    when silent for 1h\n    forget 1d"),
            ("    when ok for 1d", "`forget 2d`", "    when ok for 1d\n    forget 2d"),
            (
                "    window sliding(10s)\n    when count() < 5 for 5s",
                "`for 10s`",
                "    window sliding(10s)\n    when count() < 5 for 10s",
            ),
            (
                "    window tumbling(10s)\n    when count() > 3 for 3",
                "`3 windows`",
                "    window tumbling(10s)\n    when count() > 3 for 3 windows",
            ),
            ("    window tumbling(10s) fill 5s", "`fill 1m`", "    window tumbling(10s) fill 1m"),
            (
                "    window tumbling(10s)\n    when count() == 0",
                "`fill 1m`",
                "    window tumbling(10s) fill 1m\n    when count() == 0",
            ),
        ] {
            let warnings = ["W0105", "W0107", "W0112", "W0113"];
            let said = answer(&rule(before), &warnings);
            assert!(said.contains(says), "{said}");
            let said = answer(&rule(after), &warnings);
            assert!(said.ends_with("=====\n"), "{said}");
        }
    }

    answers! {
        a_below_threshold_on_sliding_is_warned_of: answer("rule a {\n    from Harvest\n    by farm\n    window sliding(10s)\n    when sum(count) < floor\n    emit A { farm }\n}", &["W0107"]);
        an_above_threshold_on_sliding_is_fine: answer("rule a {\n    from Harvest\n    by farm\n    window sliding(10s)\n    when sum(count) > floor and min(count) < 3\n    emit A { farm }\n}", &["W0107"]);
        a_below_threshold_is_seen_through_lets: answer("rule a {\n    from Harvest\n    by farm\n    window sliding(10s)\n    let total = sum(count) * 2\n    let low = floor > total\n    when low\n    emit A { farm }\n}", &["W0107"]);
        a_condition_is_counted_where_it_holds: answer("rule a {\n    from Harvest\n    by farm\n    window tumbling(10s)\n    emit A { farm, n: count(count > 3), m: count(ok), too: count(ok where count > 3), b: count(bonus), best: top(3, name by count(ok)) }\n}", &["W0116"]);
        an_allowed_warning_is_silent: answer("// cep: allow W0107\nrule a {\n    from Harvest\n    by farm\n    window sliding(10s)\n    when sum(count) < floor\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    window sliding(10s)\n    when sum(count) < floor\n    emit B { farm }\n}", &["W0107"]);
        a_window_over_everything_is_warned_of: answer("rule a {\n    from Harvest\n    window tumbling(10s)\n    emit A { n: count() }\n}", &["W0106"]);
        what_nothing_reads_is_warned_of: answer("param spare: int = 1\nstream Spare {\n    at: timestamp\n    time at\n}\nrule a {\n    from Harvest\n    let b = count * 2\n    emit A { farm, x: floor, y: rate, z: site }\n}", &["W0101", "W0102", "W0103"]);
        a_hidden_name_is_warned_of: answer("param farm: int = 1\nrule a {\n    from Harvest\n    let floor = 3\n    by name: count div 10\n    window tumbling(1s)\n    emit A { name, floor }\n}", &["W0104"]);
        what_is_always_false_is_warned_of: answer("rule a {\n    from Harvest\n    where 1 > 2\n    emit A { farm }\n}\nrule b { from Harvest where count == null emit B { farm } }", &["W0105"]);
        what_never_holds_by_its_parts_is_warned_of: never(&[
            "    where false and farm > 3",
            "    where 1 > 2 or false",
            "    where not true",
            "    where count in 5..3",
            "    let much = count > 5\n    where much and count < 3 and ok",
            "    where size < 0",
            "    where -1 >= size or size == -2",
        ]);
        what_holds_at_times_is_not_always_false: never(&[
            "    where true or farm > 3",
            "    where count in 3..3",
            "    where size <= 0 and count < 0",
            "    where not (false and ok)",
            "    where count > 5 or count < 3",
            "    where name == \"a\" and count > 5 and size < 3",
        ]);
        a_window_without_events_is_none: never(&[
            "    by farm\n    window tumbling(10s)\n    when count() == 0",
            "    by farm\n    window sliding(10s)\n    when count() < 1",
            "    by farm\n    window session(gap 10s, max 1m)\n    let seen = count()\n    when seen <= 0",
        ]);
        a_window_that_may_be_empty_is_one: never(&[
            "    by farm\n    window tumbling(10s) fill 1m\n    when count() == 0",
            "    by farm\n    window sliding(10s)\n    when count(where ok) == 0 or count(bonus) == 0",
            "    by farm\n    window tumbling(10s)\n    when sum(size) == 0",
        ]);
        a_fill_that_makes_no_window_is_warned_of: answer("rule a {\n    from Harvest\n    by farm\n    window tumbling(10s) fill 10s\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    window hopping(10s, every 5s) fill 11s\n    emit B { farm }\n}", &["W0113"]);
        names_of_arguments_items_and_streams_hide_others: answer("fn half(floor: int) -> int = floor div 2\nrule a {\n    from Harvest count\n    let all = [1, 2]\n    emit A { a: sum(farm for farm in all), b: sum(all for all in all), c: half(farm), d: [[i for i in all] for i in all] }\n}", &["W0104"]);
        what_rules_that_are_off_emit_is_not_waited_for: answer("@off\nrule a { from Harvest emit A { farm } }\nrule b { from A emit B { farm } }\nrule c { from B emit C { farm } }\nrule d { from Harvest emit D { farm } }\n@off\nrule e { from Harvest emit D { farm } }\nrule f { from D emit F { farm } }\ntest \"t\" {\n    expect B\n        | farm |\n        | 1    |\n    expect some C\n        | farm |\n        | 1    |\n    expect no A\n    expect F\n        | farm |\n        | 1    |\n}", &["W0114"]);
        a_below_threshold_that_must_have_held_waits_for_a_full_window: answer("rule a {\n    from Harvest\n    by farm\n    window sliding(10s)\n    when count() > 2 and count() < 5 for 5s\n    emit A { farm }\n}\nrule b {\n    from Harvest\n    by farm\n    window sliding(10s)\n    when count() < 5 for 10s\n    emit B { farm }\n}", &["W0107"]);
        rules_without_any_test_are_warned_of_once: answer("rule a { from Harvest emit A { farm } }\nrule b { from Harvest emit B { farm } }", &["W0108"]);
        a_rule_without_a_test_is_warned_of: answer("rule a { from Harvest emit A { farm } }\nrule b { from Harvest emit B { farm } }\ntest \"t\" {\n    expect no A\n}", &["W0108"]);
    }
}

#[test]
fn ten_different_mistakes_get_ten_answers() {
    let text = include_str!("ten_mistakes.rules");
    let compiled = compile(&[Source::new("farm.rules", text)]);
    let rendered = render_all(&compiled.diagnostics, &compiled.sources, Colour::Never);
    insta::assert_snapshot!(format!("{text}=====\n{rendered}"));
    assert_eq!(compiled.diagnostics.iter().filter(|d| d.is_error()).count(), 10);
    assert!(compiled.plan.is_none());
}

#[test]
fn diagnostics_are_json_for_other_programs() {
    let text = "param a: int = 1\nrule b {\n    from Harvest\n    emit C { d: \"é\" + 1 }\n}\n";
    let compiled = compile(&[Source::new("a \"b\".rules", text)]);
    let lines: Vec<String> = compiled
        .diagnostics
        .iter()
        .map(|d| rule_lang::diagnostic::json::to_json(d, &compiled.sources))
        .collect();
    insta::assert_snapshot!(format!("{text}=====\n{}", lines.join("\n")));
}

#[test]
fn every_code_is_numbered_once_and_found_again() {
    use rule_lang::Code;
    for (position, code) in Code::ALL.iter().enumerate() {
        assert_eq!(Code::from_number(code.number()), Some(*code));
        let earlier = Code::ALL.iter().take(position).any(|other| other.number() >= code.number());
        let group = code.number().starts_with('E') && earlier;
        assert!(!group, "{code} is out of order or used twice");
    }
}

mod structures {
    use super::*;
    const ORDER: &str = "type Item { sku: string, n: int, grade: \"premium\" | \"standard\" }\nstream Order { items: [Item], first: Item?, tier: \"gold\" | \"silver\", extra: json, farm: int, at: timestamp, time at }\n";
    fn order(clauses: &str) -> String {
        errors(&format!("{ORDER}rule a {{\n    from Order\n{clauses}\n}}"))
    }
    answers! {
        members_of_records_are_guessed: order("    emit A { a: first?.skuu, b: first.sku, c: items.sku, d: extra.x, e: farm.x, f: first?.colour, g: items[0].colour }");
        texts_of_enums_are_guessed: order("    where tier == \"Gold\" or tier in [\"silver\", \"bronze\"] or \"gold\" != tier\n    emit A { x: any(i.grade == \"premum\" for i in items), y: contains([tier], \"x\") }");
        lists_are_where_lists_are_wanted: order("    where farm in farm and 1 in items\n    emit A { a: farm[0], b: items[\"x\"], h: tier[0], i: items[0][\"sku\"], j: extra[\"x\"], c: sum(x for x in tier), d: median(i.n for i in items), e: sum(i.sku for i in items), f: [1, \"a\"], g: [] }");
        comprehensions_are_read_to_their_end: order("    where any(i.n > 1 for in items)\n    emit A { a: sum(i.n for i items), b: {x: 1, x: 2}, c: [i.n for i in items if] }");
        an_item_has_a_name_of_its_own: errors(&format!("{ORDER}rule a {{ from Order each farm in items emit A {{ farm }} }}\nrule b {{ from Order each i, i in items emit B {{ i }} }}"));
        types_are_declared_once_and_end: errors("type A { b: B }\ntype B { c: C }\ntype C { a: [A] }\ntype D { x: int, x: string, y: Itm }\ntype D { x: int }\ntype int { x: int }\ntype Item { key x, n: int from \"m\" }");
        elements_are_aggregated_by_name: order("    emit A { a: sum(items), b: max([1, 2]), c: count(farm) }") + "\n" + &errors("fn total(l: [int]) -> int = sum(l)");
        json_is_not_compared: order("    where extra == extra and extra != null\n    emit A { x: extra }");
    }
}
