//! Matrices of any size as a method is given them: rows of numbers in a parameter, or packed row by row in an input.

use inos_unit::{Call, Fault, Host};
use serde_json::{Value, json};

use crate::blocks;
use crate::values::{self, Values};

/// The most rows and columns of a matrix in a parameter.
const GIVEN_MAX: usize = 64;
/// How many rows are copied between two looks at the host.
const STEP_ROWS: usize = 64;

/// A matrix, row by row.
pub(crate) struct Dense {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: Values,
}

/// The schema of a matrix in a parameter.
pub(crate) fn schema(about: &str, example: &[&[f64]]) -> Value {
    let row = json!({ "type": "array", "items": { "type": "number" }, "minItems": 1, "maxItems": GIVEN_MAX });
    json!({
        "type": "array",
        "items": row,
        "minItems": 1,
        "maxItems": GIVEN_MAX,
        "description": format!("{about} Its rows; left out, it is packed row by row in the next input."),
        "examples": [example],
    })
}

/// The schema of the number of columns of a packed matrix.
pub(crate) fn columns_schema() -> Value {
    json!({
        "type": "integer", "minimum": 1, "maximum": 65_536, "examples": [3],
        "description": "Columns of the matrix `a`, where it is packed; left out, it is square.",
    })
}

/// The matrix of the parameter `name` or of the next input, whose columns are `columns` where they are known.
pub(crate) fn read(
    call: &mut Call<'_>,
    name: &str,
    columns: Option<usize>,
    next: &mut usize,
    host: &dyn Host,
) -> Result<Dense, Fault> {
    if let Some(Value::Array(rows)) = call.params.get(name) {
        return given(rows, format!("/params/{name}"));
    }
    let values = values::read(call, name, next, host)?;
    let count = values.numbers.len();
    let columns = columns.unwrap_or_else(|| count.isqrt());
    if count == 0 || columns == 0 || count % columns != 0 || count / columns > u32::MAX as usize {
        let message = format!("{count} numbers are no rows of {columns}");
        return Err(Fault::invalid(values.pointer, message));
    }
    values.finite(host)?;
    Ok(Dense { rows: count / columns, columns, values })
}

fn given(rows: &[Value], pointer: String) -> Result<Dense, Fault> {
    let rows: Vec<Vec<f64>> = rows.iter().filter_map(values::numbers).collect();
    let columns = rows.first().map_or(0, Vec::len);
    if let Some(at) = rows.iter().position(|row| row.len() != columns) {
        return Err(Fault::invalid(format!("{pointer}/{at}"), "has another number of columns than the first row"));
    }
    let values = Values { numbers: rows.concat(), packed: false, pointer };
    Ok(Dense { rows: rows.len(), columns, values })
}

impl Dense {
    /// One made here, row by row.
    pub(crate) fn made(
        rows: usize,
        columns: usize,
        host: &dyn Host,
        at: impl Fn(usize, usize) -> f64,
    ) -> Result<Self, Fault> {
        let mut numbers = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            if row % STEP_ROWS == 0 {
                host.check()?;
            }
            numbers.extend((0..columns).map(|column| at(row, column)));
        }
        Ok(Self { rows, columns, values: Values { numbers, packed: false, pointer: "/params".into() } })
    }

    /// As rows of JSON.
    pub(crate) fn listed(&self) -> Result<Value, Fault> {
        let rows = self.values.numbers.chunks(self.columns.max(1)).map(values::listed);
        Ok(Value::Array(rows.map(|row| row.map(Value::Array)).collect::<Result<_, _>>()?))
    }

    /// The matrix as its factors are made from.
    pub(crate) fn mat(&self, host: &dyn Host) -> Result<faer::Mat<f64>, Fault> {
        blocks::filled(self.rows, self.columns, host, |i, j| self.values.numbers[i * self.columns + j])
    }
}
