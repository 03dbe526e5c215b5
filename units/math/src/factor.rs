//! Systems of equations and what matrices are made of, always in f64. Signs that are free are fixed, so that the same
//! matrix always gives the same factors.

use faer::{Mat, Side};
use inos_unit::{Call, Determinism, Fault, Host, Method};
use serde_json::{Map, json};

use crate::blocks;
use crate::conquer;
use crate::dense::{self, Dense};
use crate::values;

/// The most rows or columns where work grows with their cube and little else: under 1 s.
const ORDER_MAX: usize = 2048;
/// The same where it takes many rounds.
const ROUNDS_ORDER_MAX: usize = 1024;
/// How far a matrix may be from its mirror image, by its largest number, and still count as symmetric.
const ASYMMETRY_MAX: f64 = 1e-6;

/// Makes the parts of a matrix, given with its right-hand side where it has one.
type Make = fn(Mat<f64>, &Mat<f64>, &dyn Host) -> Result<Vec<Dense>, Why>;

/// Why there are no parts.
pub(crate) enum Why {
    /// The matrix has none.
    Flaw(&'static str),
    /// The job was stopped.
    Fault(Fault),
}

impl From<Fault> for Why {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What a method here gives, and how.
struct Factor {
    name: &'static str,
    summary: &'static str,
    /// Whether it takes a right-hand side.
    with_b: bool,
    /// Whether only square matrices will do.
    square: bool,
    order_max: usize,
    gives: &'static [&'static str],
    run: Make,
}

const FACTORS: &[Factor] = &[
    Factor {
        name: "solve",
        summary: "What solves a system of equations a·x = b.",
        with_b: true,
        square: true,
        order_max: ORDER_MAX,
        gives: &["x"],
        run: solve,
    },
    Factor {
        name: "least_squares",
        summary: "What comes nearest to solving a·x = b with more equations than unknowns.",
        with_b: true,
        square: false,
        order_max: ORDER_MAX,
        gives: &["x"],
        run: least_squares,
    },
    Factor {
        name: "lu",
        summary: "Triangular factors of a square matrix with its rows in another order: row i of l·u is row p[i] of a.",
        with_b: false,
        square: true,
        order_max: ORDER_MAX,
        gives: &["l", "u", "p"],
        run: lu,
    },
    Factor {
        name: "qr",
        summary: "Orthonormal columns q and an upper triangle r with no negative diagonal: a = q·r.",
        with_b: false,
        square: false,
        order_max: ORDER_MAX,
        gives: &["q", "r"],
        run: qr,
    },
    Factor {
        name: "cholesky",
        summary: "The lower triangle l of a symmetric positive definite matrix: a = l·lᵀ.",
        with_b: false,
        square: true,
        order_max: ORDER_MAX,
        gives: &["l"],
        run: cholesky,
    },
    Factor {
        name: "svd",
        summary: "Singular values, falling, and orthonormal columns u and v: a = u·diag(s)·vᵀ.",
        with_b: false,
        square: false,
        order_max: ROUNDS_ORDER_MAX,
        gives: &["u", "s", "v"],
        run: svd,
    },
    Factor {
        name: "eigen_symmetric",
        summary: "Eigenvalues of a symmetric matrix, rising, and orthonormal eigenvectors as columns.",
        with_b: false,
        square: true,
        order_max: ROUNDS_ORDER_MAX,
        gives: &["values", "vectors"],
        run: eigen,
    },
];

pub(crate) fn methods() -> Vec<Method> {
    FACTORS.iter().map(Factor::method).collect()
}

/// Runs the method of this name, if it is one of these.
pub(crate) fn run(name: &str, call: &mut Call<'_>, host: &dyn Host) -> Option<Result<(), Fault>> {
    FACTORS.iter().find(|factor| factor.name == name).map(|factor| factor.run(call, host))
}

impl Factor {
    fn method(&self) -> Method {
        let mut params = Map::new();
        let example: &[&[f64]] = &[&[4.0, 1.0], &[1.0, 3.0]];
        params.insert("a".into(), dense::schema("The matrix.", example));
        params.insert("columns".into(), dense::columns_schema());
        params.insert("type".into(), crate::number::schema());
        if self.with_b {
            let about = "The right-hand side, as many rows as `a`; packed it has as many columns as are left.";
            params.insert("b".into(), dense::schema(about, &[&[1.0], &[2.0]]));
        }
        Method {
            // Faster instructions round elsewhere.
            determinism: Determinism::Tolerance,
            ..values::method(
                self.name,
                self.summary,
                values::object(params.into(), &[]),
                (0, if self.with_b { 2 } else { 1 }),
            )
        }
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        let mut next = 0;
        let columns = values::whole(call.params, "columns");
        let a = dense::read(call, "a", columns, &mut next, host)?;
        self.check(&a)?;
        let b = if self.with_b { Some(self.right_hand(&a, &mut next, call, host)?) } else { None };
        values::all_read(call, next)?;
        host.check()?;
        let b = b.as_ref().map_or_else(|| Ok(Mat::new()), |b| b.mat(host))?;
        let made = (self.run)(a.mat(host)?, &b, host).map_err(|why| match why {
            Why::Flaw(flaw) => Fault::invalid(&*a.values.pointer, flaw),
            Why::Fault(fault) => fault,
        })?;
        host.check()?;
        self.write(&made, a.values.packed, call, host)
    }

    fn right_hand(&self, a: &Dense, next: &mut usize, call: &mut Call<'_>, host: &dyn Host) -> Result<Dense, Fault> {
        let mut b = dense::read(call, "b", Some(1), next, host)?;
        if b.values.packed && b.rows % a.rows == 0 {
            (b.rows, b.columns) = (a.rows, b.rows / a.rows);
        }
        if b.rows != a.rows {
            let message = format!("has {} rows where the matrix has {}", b.rows, a.rows);
            return Err(Fault::invalid(b.values.pointer, message));
        }
        if b.columns > self.order_max {
            return Err(Fault::limit(self.order_max as u64, format!("{} columns of a right-hand side", b.columns)));
        }
        Ok(b)
    }

    fn check(&self, a: &Dense) -> Result<(), Fault> {
        if self.square && a.rows != a.columns {
            let message = format!("{} rows of {} columns are no square matrix", a.rows, a.columns);
            return Err(Fault::invalid(&*a.values.pointer, message));
        }
        if a.rows.max(a.columns) > self.order_max {
            let message = format!("rows or columns of a matrix of {} by {}", a.rows, a.columns);
            return Err(Fault::limit(self.order_max as u64, message));
        }
        Ok(())
    }

    /// Packed, each part is an output of its own, in the order of the names; else they are members of one object.
    fn write(&self, made: &[Dense], packed: bool, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        if packed {
            for part in made {
                call.output.begin("application/octet-stream")?;
                values::write_packed(&part.values.numbers, call, host)?;
            }
            return Ok(());
        }
        let mut parts = Map::new();
        for (name, part) in self.gives.iter().zip(made) {
            let value = if part.rows == 1 && matches!(*name, "s" | "p" | "values") {
                json!(values::listed(&part.values.numbers)?)
            } else {
                part.listed()?
            };
            parts.insert((*name).into(), value);
        }
        crate::batch::write_json(&parts.into(), call.output)
    }
}

fn dense(mat: &Mat<f64>, host: &dyn Host) -> Result<Dense, Fault> {
    Dense::made(mat.nrows(), mat.ncols(), host, |i, j| mat[(i, j)])
}

fn solve(a: Mat<f64>, b: &Mat<f64>, host: &dyn Host) -> Result<Vec<Dense>, Why> {
    let mut lu = a;
    let rows = blocks::lu(&mut lu, host)?;
    if (0..lu.nrows()).any(|i| lu[(i, i)] == 0.0) {
        return Err(Why::Flaw("this matrix is singular"));
    }
    let x = blocks::solve(&lu, &rows, b, host)?;
    if x.col_iter().any(|column| column.iter().any(|number| !number.is_finite())) {
        return Err(Why::Flaw("this matrix is singular, as far as numbers can tell"));
    }
    Ok(vec![dense(&x, host)?])
}

fn least_squares(a: Mat<f64>, b: &Mat<f64>, host: &dyn Host) -> Result<Vec<Dense>, Why> {
    let (rows, columns) = a.shape();
    if rows < columns {
        return Err(Why::Flaw("there are fewer equations than unknowns"));
    }
    let qr = blocks::qr(a, host)?;
    let diagonal = || (0..columns).map(|i| qr.made[(i, i)].abs());
    let largest = diagonal().fold(0.0, f64::max);
    if diagonal().any(|number| number <= largest * f64::EPSILON * rows as f64) {
        return Err(Why::Flaw("the columns of this matrix depend on one another"));
    }
    Ok(vec![dense(&qr.solve(b, host)?, host)?])
}

fn lu(a: Mat<f64>, _: &Mat<f64>, host: &dyn Host) -> Result<Vec<Dense>, Why> {
    let (order, mut lu) = (a.nrows(), a);
    let rows = blocks::lu(&mut lu, host)?;
    let lower = Dense::made(order, order, host, |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Greater => lu[(i, j)],
        std::cmp::Ordering::Equal => 1.0,
        std::cmp::Ordering::Less => 0.0,
    })?;
    let upper = Dense::made(order, order, host, |i, j| if i <= j { lu[(i, j)] } else { 0.0 })?;
    Ok(vec![lower, upper, Dense::made(1, order, host, |_, j| rows[j] as f64)?])
}

fn qr(a: Mat<f64>, _: &Mat<f64>, host: &dyn Host) -> Result<Vec<Dense>, Why> {
    let qr = blocks::qr(a, host)?;
    let (q, r) = (qr.thin_q(host)?, &qr.made);
    let sign = |i: usize| if r[(i, i)] < 0.0 { -1.0 } else { 1.0 };
    let upper = Dense::made(q.ncols(), r.ncols(), host, |i, j| if i <= j { r[(i, j)] * sign(i) } else { 0.0 })?;
    Ok(vec![Dense::made(q.nrows(), q.ncols(), host, |i, j| q[(i, j)] * sign(j))?, upper])
}

fn cholesky(a: Mat<f64>, _: &Mat<f64>, host: &dyn Host) -> Result<Vec<Dense>, Why> {
    symmetric(&a, host)?;
    let mut l = a;
    blocks::cholesky(&mut l, host)?.ok_or(Why::Flaw("this matrix is not positive definite"))?;
    Ok(vec![Dense::made(l.nrows(), l.ncols(), host, |i, j| if j <= i { l[(i, j)] } else { 0.0 })?])
}

fn symmetric(a: &Mat<f64>, host: &dyn Host) -> Result<(), Why> {
    let largest = a.col_iter().flat_map(|column| column.iter().map(|n| n.abs())).fold(0.0, f64::max);
    for j in 0..a.ncols() {
        host.check()?;
        if (0..j).any(|i| (a[(i, j)] - a[(j, i)]).abs() > largest * ASYMMETRY_MAX) {
            return Err(Why::Flaw("this matrix is not symmetric"));
        }
    }
    Ok(())
}

/// 1, or −1 where the number of the largest size in a column is negative.
fn column_sign(mat: faer::MatRef<'_, f64>, column: usize) -> f64 {
    let largest =
        (0..mat.nrows()).map(|i| mat[(i, column)]).fold(0.0_f64, |most, n| if n.abs() > most.abs() { n } else { most });
    if largest < 0.0 { -1.0 } else { 1.0 }
}

fn svd(a: Mat<f64>, _: &Mat<f64>, host: &dyn Host) -> Result<Vec<Dense>, Why> {
    let (u, s, v) = if a.nrows() < a.ncols() {
        let (v, s, u) = tall_svd(blocks::filled(a.ncols(), a.nrows(), host, |i, j| a[(j, i)])?, host)?;
        (u, s, v)
    } else {
        tall_svd(a, host)?
    };
    let signs: Vec<f64> = (0..u.ncols()).map(|j| column_sign(u.as_ref(), j)).collect();
    Ok(vec![
        Dense::made(u.nrows(), u.ncols(), host, |i, j| u[(i, j)] * signs[j])?,
        Dense::made(1, s.len(), host, |_, j| s[j])?,
        Dense::made(v.nrows(), v.ncols(), host, |i, j| v[(i, j)] * signs[j])?,
    ])
}

/// Columns on the left, values and columns on the right of a matrix with no more columns than rows.
fn tall_svd(a: Mat<f64>, host: &dyn Host) -> Result<conquer::Thin, Why> {
    if a.nrows() > conquer::WHOLE_MAX {
        return conquer::svd(a, host);
    }
    let svd = a.thin_svd().map_err(|_| Why::Flaw("its singular values were not found"))?;
    Ok((svd.U().to_owned(), svd.S().column_vector().iter().copied().collect(), svd.V().to_owned()))
}

fn eigen(a: Mat<f64>, _: &Mat<f64>, host: &dyn Host) -> Result<Vec<Dense>, Why> {
    symmetric(&a, host)?;
    let (values, vectors) = if a.nrows() > conquer::WHOLE_MAX {
        conquer::eigen(a, host)?
    } else {
        let eigen = a.self_adjoint_eigen(Side::Lower).map_err(|_| Why::Flaw("its eigenvalues were not found"))?;
        (eigen.S().column_vector().iter().copied().collect(), eigen.U().to_owned())
    };
    let signs: Vec<f64> = (0..vectors.ncols()).map(|j| column_sign(vectors.as_ref(), j)).collect();
    Ok(vec![
        Dense::made(1, values.len(), host, |_, j| values[j])?,
        Dense::made(vectors.nrows(), vectors.ncols(), host, |i, j| vectors[(i, j)] * signs[j])?,
    ])
}
