//! Which functions a statement has: those of the engine that are named here. Each was looked at: it computes from its
//! arguments, the clock or chance, and reads no file, path, variable, setting or network. What a newer engine has beside
//! them is not there until somebody has looked at it, and a test says so.

use std::sync::Arc;

use datafusion::{
    catalog::TableFunction,
    execution::SessionStateDefaults,
    logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF},
};

/// What the engine has and a statement has not: where its rows lie in the store, and of which version it is.
#[cfg(test)]
const LEFT_OUT: &[&str] = &["file_row_index", "input_file_name", "version"];

/// Functions of a row.
#[rustfmt::skip]
pub(crate) const SCALAR: &[&str] = &[
    "abs", "acos", "acosh", "array_add", "array_any_value", "array_append", "array_avg", "array_compact",
    "array_concat", "array_dims", "array_distance", "array_distinct", "array_element", "array_except",
    "array_has", "array_has_all", "array_has_any", "array_intersect", "array_length", "array_max", "array_min",
    "array_ndims", "array_normalize", "array_pop_back", "array_pop_front", "array_position", "array_positions",
    "array_prepend", "array_product", "array_remove", "array_remove_all", "array_remove_n", "array_repeat",
    "array_replace", "array_replace_all", "array_replace_n", "array_resize", "array_reverse", "array_scale",
    "array_slice", "array_sort", "array_subtract", "array_sum", "array_to_string", "array_union", "arrays_zip",
    "arrow_cast", "arrow_field", "arrow_metadata", "arrow_try_cast", "arrow_typeof", "ascii", "asin", "asinh",
    "atan", "atan2", "atanh", "bit_length", "btrim", "cardinality", "cast_to_type", "cbrt", "ceil",
    "character_length", "chr", "coalesce", "concat", "concat_ws", "contains", "cos", "cosh", "cosine_distance",
    "cot", "current_date", "current_time", "date_bin", "date_part", "date_trunc", "decode", "degrees", "empty",
    "encode", "ends_with", "exp", "factorial", "find_in_set", "flatten", "floor", "from_unixtime", "gcd",
    "generate_series", "get_field", "greatest", "initcap", "inner_product", "isnan", "iszero", "lcm", "least",
    "left", "levenshtein", "ln", "log", "log10", "log2", "lower", "lpad", "ltrim", "make_array", "make_date",
    "make_time", "map", "map_entries", "map_extract", "map_keys", "map_values", "named_struct", "nanvl", "now",
    "nullif", "nvl", "nvl2", "octet_length", "overlay", "pi", "power", "radians", "random", "range",
    "regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_replace", "repeat", "replace",
    "reverse", "right", "round", "rpad", "rtrim", "signum", "sin", "sinh", "split_part", "sqrt", "starts_with",
    "string_to_array", "strpos", "struct", "substr", "substr_index", "tan", "tanh", "to_char", "to_date",
    "to_hex", "to_local_time", "to_time", "to_timestamp", "to_timestamp_micros", "to_timestamp_millis",
    "to_timestamp_nanos", "to_timestamp_seconds", "to_unixtime", "translate", "trunc", "try_cast_to_type",
    "union_extract", "union_tag", "upper", "uuid", "with_metadata",
];

/// Functions that take a function.
#[rustfmt::skip]
pub(crate) const HIGHER_ORDER: &[&str] = &[
    "array_any_match", "array_filter", "array_first", "array_transform",
];

/// Functions of a group.
#[rustfmt::skip]
pub(crate) const AGGREGATE: &[&str] = &[
    "any_value", "approx_distinct", "approx_median", "approx_percentile_cont",
    "approx_percentile_cont_with_weight", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and",
    "bool_or", "corr", "count", "covar_pop", "covar_samp", "first_value", "grouping", "last_value", "max",
    "median", "min", "nth_value", "percentile_cont", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept",
    "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "stddev", "stddev_pop", "string_agg", "sum",
    "var", "var_pop",
];

/// Functions of a window.
#[rustfmt::skip]
pub(crate) const WINDOW: &[&str] = &[
    "cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile",
    "percent_rank", "rank", "row_number",
];

/// Functions that give rows: one after the other, as they are asked for.
#[rustfmt::skip]
pub(crate) const TABLE: &[&str] = &[
    "generate_series", "range",
];

fn named<T>(all: Vec<T>, names: &[&str], name: impl Fn(&T) -> &str) -> Vec<T> {
    all.into_iter().filter(|one| names.contains(&name(one))).collect()
}

/// The functions of a row.
pub(crate) fn scalar() -> Vec<Arc<ScalarUDF>> {
    named(SessionStateDefaults::default_scalar_functions(), SCALAR, |one| one.name())
}

/// The functions that take a function.
pub(crate) fn higher_order() -> Vec<Arc<HigherOrderUDF>> {
    named(SessionStateDefaults::default_higher_order_functions(), HIGHER_ORDER, |one| one.name())
}

/// The functions of a group.
pub(crate) fn aggregate() -> Vec<Arc<AggregateUDF>> {
    named(SessionStateDefaults::default_aggregate_functions(), AGGREGATE, |one| one.name())
}

/// The functions of a window.
pub(crate) fn window() -> Vec<Arc<WindowUDF>> {
    named(SessionStateDefaults::default_window_functions(), WINDOW, |one| one.name())
}

/// The functions that give rows.
pub(crate) fn table() -> Vec<Arc<TableFunction>> {
    named(SessionStateDefaults::default_table_functions(), TABLE, |one| one.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that the engine has is either named or left out on purpose, and everything that is named is there.
    fn check(of_engine: Vec<String>, names: &[&str]) {
        for name in &of_engine {
            assert!(names.contains(&name.as_str()) || LEFT_OUT.contains(&name.as_str()), "nobody has looked at {name}");
        }
        names.iter().for_each(|name| assert!(of_engine.iter().any(|one| one == name), "there is no {name} any more"));
    }

    #[test]
    fn every_function_of_the_engine_was_looked_at() {
        let own = |name: &str| name.to_owned();
        check(SessionStateDefaults::default_scalar_functions().iter().map(|one| own(one.name())).collect(), SCALAR);
        let higher = SessionStateDefaults::default_higher_order_functions();
        check(higher.iter().map(|one| own(one.name())).collect(), HIGHER_ORDER);
        let aggregate = SessionStateDefaults::default_aggregate_functions();
        check(aggregate.iter().map(|one| own(one.name())).collect(), AGGREGATE);
        check(SessionStateDefaults::default_window_functions().iter().map(|one| own(one.name())).collect(), WINDOW);
        check(SessionStateDefaults::default_table_functions().iter().map(|one| own(one.name())).collect(), TABLE);
    }
}
