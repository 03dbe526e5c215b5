//! Systems of equations and what matrices are made of, always in f64. Signs that are free are fixed, so that the same
//! matrix always gives the same factors. A single one cannot be stopped in its middle, which bounds their size.

use faer::linalg::solvers::{Solve, SolveLstsq};
use faer::{Mat, Side};
use inos_unit::{Call, Determinism, Fault, Host, Method};
use serde_json::{Map, json};

use crate::dense::{self, Dense};
use crate::values;

/// The most rows or columns where work grows with their cube and little else: under 1 s.
const ORDER_MAX: usize = 2048;
/// The same where it takes many rounds.
const ROUNDS_ORDER_MAX: usize = 1024;
/// How far a matrix may be from its mirror image, by its largest number, and still count as symmetric.
const ASYMMETRY_MAX: f64 = 1e-6;

/// Makes the parts of a matrix, given with its right-hand side where it has one.
type Make = fn(&Mat<f64>, &Mat<f64>) -> Result<Vec<Dense>, &'static str>;

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
        let b = b.as_ref().map_or_else(Mat::new, Dense::mat);
        let made = (self.run)(&a.mat(), &b).map_err(|why| Fault::invalid(&*a.values.pointer, why))?;
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

fn dense(mat: &Mat<f64>) -> Dense {
    Dense::made(mat.nrows(), mat.ncols(), |i, j| mat[(i, j)])
}

fn solve(a: &Mat<f64>, b: &Mat<f64>) -> Result<Vec<Dense>, &'static str> {
    let lu = a.partial_piv_lu();
    if (0..a.nrows()).any(|i| lu.U()[(i, i)] == 0.0) {
        return Err("this matrix is singular");
    }
    let x = lu.solve(b);
    if x.col_iter().any(|column| column.iter().any(|number| !number.is_finite())) {
        return Err("this matrix is singular, as far as numbers can tell");
    }
    Ok(vec![dense(&x)])
}

fn least_squares(a: &Mat<f64>, b: &Mat<f64>) -> Result<Vec<Dense>, &'static str> {
    if a.nrows() < a.ncols() {
        return Err("there are fewer equations than unknowns");
    }
    let qr = a.qr();
    let diagonal = || (0..a.ncols()).map(|i| qr.R()[(i, i)].abs());
    let largest = diagonal().fold(0.0, f64::max);
    if diagonal().any(|number| number <= largest * f64::EPSILON * a.nrows() as f64) {
        return Err("the columns of this matrix depend on one another");
    }
    Ok(vec![dense(&qr.solve_lstsq(b))])
}

fn lu(a: &Mat<f64>, _: &Mat<f64>) -> Result<Vec<Dense>, &'static str> {
    let lu = a.partial_piv_lu();
    let order = a.nrows();
    let lower = Dense::made(order, order, |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Greater => lu.L()[(i, j)],
        std::cmp::Ordering::Equal => 1.0,
        std::cmp::Ordering::Less => 0.0,
    });
    let upper = Dense::made(order, order, |i, j| if i <= j { lu.U()[(i, j)] } else { 0.0 });
    let (forward, _) = lu.P().arrays();
    Ok(vec![lower, upper, Dense::made(1, order, |_, j| forward[j] as f64)])
}

fn qr(a: &Mat<f64>, _: &Mat<f64>) -> Result<Vec<Dense>, &'static str> {
    let qr = a.qr();
    let (q, r) = (qr.compute_thin_Q(), qr.thin_R());
    let sign = |i: usize| if r[(i, i)] < 0.0 { -1.0 } else { 1.0 };
    let q = Dense::made(q.nrows(), q.ncols(), |i, j| q[(i, j)] * sign(j));
    let r = Dense::made(r.nrows(), r.ncols(), |i, j| if i <= j { r[(i, j)] * sign(i) } else { 0.0 });
    Ok(vec![q, r])
}

fn cholesky(a: &Mat<f64>, _: &Mat<f64>) -> Result<Vec<Dense>, &'static str> {
    symmetric(a)?;
    let llt = a.llt(Side::Lower).map_err(|_| "this matrix is not positive definite")?;
    let l = llt.L();
    Ok(vec![Dense::made(a.nrows(), a.ncols(), |i, j| if j <= i { l[(i, j)] } else { 0.0 })])
}

fn symmetric(a: &Mat<f64>) -> Result<(), &'static str> {
    let largest = a.col_iter().flat_map(|column| column.iter().map(|n| n.abs())).fold(0.0, f64::max);
    let uneven = (0..a.nrows()).any(|i| (0..i).any(|j| (a[(i, j)] - a[(j, i)]).abs() > largest * ASYMMETRY_MAX));
    if uneven { Err("this matrix is not symmetric") } else { Ok(()) }
}

/// 1, or −1 where the number of the largest size in a column is negative.
fn column_sign(mat: faer::MatRef<'_, f64>, column: usize) -> f64 {
    let largest =
        (0..mat.nrows()).map(|i| mat[(i, column)]).fold(0.0_f64, |most, n| if n.abs() > most.abs() { n } else { most });
    if largest < 0.0 { -1.0 } else { 1.0 }
}

fn svd(a: &Mat<f64>, _: &Mat<f64>) -> Result<Vec<Dense>, &'static str> {
    let svd = a.thin_svd().map_err(|_| "its singular values were not found")?;
    let (u, s, v) = (svd.U(), svd.S().column_vector(), svd.V());
    let signs: Vec<f64> = (0..u.ncols()).map(|j| column_sign(u, j)).collect();
    Ok(vec![
        Dense::made(u.nrows(), u.ncols(), |i, j| u[(i, j)] * signs[j]),
        Dense::made(1, s.nrows(), |_, j| s[j]),
        Dense::made(v.nrows(), v.ncols(), |i, j| v[(i, j)] * signs[j]),
    ])
}

fn eigen(a: &Mat<f64>, _: &Mat<f64>) -> Result<Vec<Dense>, &'static str> {
    symmetric(a)?;
    let eigen = a.self_adjoint_eigen(Side::Lower).map_err(|_| "its eigenvalues were not found")?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let signs: Vec<f64> = (0..vectors.ncols()).map(|j| column_sign(vectors, j)).collect();
    Ok(vec![
        Dense::made(1, values.nrows(), |_, j| values[j]),
        Dense::made(vectors.nrows(), vectors.ncols(), |i, j| vectors[(i, j)] * signs[j]),
    ])
}
