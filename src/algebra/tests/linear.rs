use super::*;
use crate::algebra::linear::{is_positive_semidefinite, nullspace, reduced_row_echelon, solve};

type Matrix = Vec<Vec<Rational>>;

/// Matrices of which many have linearly dependent rows.
fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = Matrix> {
    let entry = prop_oneof![3 => Just(q(0, 1)), 5 => (-4_i64..=4, 1_i64..=3).prop_map(|(n, d)| q(n, d))];
    let row = prop::collection::vec(entry, columns);
    (prop::collection::vec(row, rows), 0..rows, 0..rows, -2_i64..=2).prop_map(|(mut matrix, i, j, factor)| {
        if i != j {
            matrix[i] = matrix[j].iter().map(|entry| entry.clone() * factor).collect();
        }
        matrix
    })
}

fn integers(rows: &[&[i64]]) -> Matrix {
    rows.iter().map(|row| row.iter().map(|entry| q(*entry, 1)).collect()).collect()
}

fn dot(a: &[Rational], b: &[Rational]) -> Rational {
    a.iter().zip(b).fold(Rational::new(), |sum, (x, y)| sum + Rational::from(x * y))
}

fn applied(a: &Matrix, x: &[Rational]) -> Vec<Rational> {
    a.iter().map(|row| dot(row, x)).collect()
}

/// BᵀB.
fn gram(b: &Matrix) -> Matrix {
    let columns: Matrix = (0..b[0].len()).map(|j| b.iter().map(|row| row[j].clone()).collect()).collect();
    columns.iter().map(|left| columns.iter().map(|right| dot(left, right)).collect()).collect()
}

/// The reduced row echelon form by its definition, with fractions.
fn plain_echelon(rows: &mut Matrix) -> Vec<usize> {
    let mut pivots = Vec::new();
    for column in 0..rows[0].len() {
        let Some(chosen) = (pivots.len()..rows.len()).find(|i| rows[*i][column] != 0) else { continue };
        rows.swap(pivots.len(), chosen);
        let pivot = rows[pivots.len()][column].clone();
        rows[pivots.len()].iter_mut().for_each(|entry| *entry /= &pivot);
        let own = rows[pivots.len()].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != pivots.len()) {
            let factor = row[column].clone();
            row.iter_mut().zip(&own).for_each(|(entry, own)| *entry -= Rational::from(&factor * own));
        }
        pivots.push(column);
    }
    pivots
}

fn determinant(rows: &Matrix) -> Rational {
    let Some(first) = rows.first() else { return q(1, 1) };
    (0..first.len()).fold(Rational::new(), |sum, j| {
        let minor: Matrix = rows[1..].iter().map(|row| [&row[..j], &row[j + 1..]].concat()).collect();
        let term = determinant(&minor) * &first[j];
        if j % 2 == 0 { sum + term } else { sum - term }
    })
}

/// Whether all principal minors are nonnegative.
fn has_nonnegative_minors(a: &Matrix) -> bool {
    (0_u32..1 << a.len()).all(|subset| {
        let chosen: Vec<_> = (0..a.len()).filter(|i| subset >> i & 1 == 1).collect();
        let minor = chosen.iter().map(|i| chosen.iter().map(|j| a[*i][*j].clone()).collect()).collect();
        determinant(&minor) >= 0
    })
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_echelon_form_is_that_of_plain_elimination(a in matrix(4, 5)) {
        let (mut fast, mut plain) = (a.clone(), a);
        prop_assert_eq!(reduced_row_echelon(&mut fast), plain_echelon(&mut plain));
        prop_assert_eq!(fast, plain);
    }

    #[test]
    fn planted_solutions_are_found(a in matrix(5, 3), x in prop::collection::vec(rational(), 3)) {
        let b = applied(&a, &x);
        let found = solve(&a, &b).unwrap();
        prop_assert_eq!(applied(&a, &found), b);
        if nullspace(&a).is_empty() {
            prop_assert_eq!(found, x);
        }
    }

    #[test]
    fn systems_without_a_solution_are_refused(a in matrix(4, 3), x in prop::collection::vec(rational(), 3), y in matrix(1, 4)) {
        // The sum of the rows with the factors y, but with another right-hand side.
        let mut b = applied(&a, &x);
        let mut rows = a.clone();
        rows.push((0..3).map(|j| (0..4).fold(Rational::new(), |sum, i| sum + Rational::from(&y[0][i] * &a[i][j]))).collect());
        b.push(dot(&y[0], &b) + 1);
        prop_assert_eq!(solve(&rows, &b), None);
    }

    #[test]
    fn the_nullspace_is_all_that_is_mapped_to_zero(a in matrix(3, 5)) {
        let mut basis = nullspace(&a);
        prop_assert!(basis.iter().all(|x| applied(&a, x).iter().all(|entry| *entry == 0)));
        let rank = reduced_row_echelon(&mut a.clone()).len();
        prop_assert_eq!(basis.len(), 5 - rank);
        prop_assert_eq!(reduced_row_echelon(&mut basis).len(), 5 - rank);
    }

    #[test]
    fn gram_matrices_are_positive_semidefinite(b in matrix(3, 4)) {
        prop_assert!(is_positive_semidefinite(&gram(&b)));
    }

    #[test]
    fn gram_matrices_less_a_square_beyond_their_range_are_refused(b in matrix(3, 4), size in 1_i64..1_000_000) {
        // With xᵀGx = 0 and xᵢ = 1, the form of G less a small number at (i, i) is negative at x.
        let mut a = gram(&b);
        let x = &nullspace(&b)[0];
        let i = x.iter().position(|entry| *entry == 1).unwrap();
        a[i][i] -= q(1, size);
        prop_assert!(!is_positive_semidefinite(&a));
    }

    #[test]
    fn semidefinite_matrices_are_those_without_negative_principal_minors(b in matrix(3, 3)) {
        let shifted = |shift: i64| -> Matrix {
            let entry = |i: usize, j: usize| Rational::from(&b[i][j] + &b[j][i]) + if i == j { shift } else { 0 };
            (0..3).map(|i| (0..3).map(|j| entry(i, j)).collect()).collect()
        };
        for a in [shifted(0), shifted(3), shifted(8)] {
            prop_assert_eq!(is_positive_semidefinite(&a), has_nonnegative_minors(&a), "{:?}", a);
        }
    }
}

#[test]
fn matrices_with_a_negative_eigenvalue_or_without_symmetry_are_refused() {
    for rows in [
        &[&[-1_i64] as &[i64]] as &[&[i64]],
        &[&[0, 1], &[1, 0]],
        &[&[0, 1], &[1, 5]],
        &[&[5, 1], &[1, 0]],
        &[&[1, 2], &[2, 3]],
        &[&[1, 1, 0], &[1, 1, 1], &[0, 1, 1]],
        &[&[1, 0], &[1, 1]],
        &[&[1, 0]],
        &[&[1], &[0]],
        &[&[2, 1, 1], &[1, 0, 0], &[1, 0, 2]],
    ] {
        assert!(!is_positive_semidefinite(&integers(rows)), "{rows:?}");
    }
}

#[test]
fn matrices_with_zero_rows_are_accepted_where_the_others_are() {
    for rows in [
        &[] as &[&[i64]],
        &[&[0]],
        &[&[0, 0], &[0, 1]],
        &[&[1, 1], &[1, 1]],
        &[&[1, 1, 0], &[1, 1, 0], &[0, 0, 3]],
        &[&[2, 0, 2], &[0, 0, 0], &[2, 0, 5]],
    ] {
        assert!(is_positive_semidefinite(&integers(rows)), "{rows:?}");
    }
}

#[test]
fn rows_that_end_early_end_in_zeros() {
    let mut rows = integers(&[&[0, 2], &[1, 1, 1], &[]]);
    assert_eq!(reduced_row_echelon(&mut rows), [0, 1]);
    assert_eq!(rows, integers(&[&[1, 0, 1], &[0, 1, 0], &[0, 0, 0]]));
}

#[test]
fn a_system_without_equations_is_solved_by_nothing() {
    assert_eq!(solve(&[], &[]), Some(Vec::new()));
    assert_eq!(solve(&[Vec::new()], &[q(0, 1)]), Some(Vec::new()));
    assert_eq!(solve(&[Vec::new()], &[q(1, 1)]), None);
    assert!(nullspace(&[]).is_empty());
}
