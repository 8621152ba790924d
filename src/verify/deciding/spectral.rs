//! Linear algebra in any arithmetic, where only what is certain counts.

use crate::number::Scalar;

/// The solution of a square system, by elimination with pivots that are certainly not zero; none where none is
/// left.
pub(crate) fn solved<S: Scalar>(mut rows: Vec<Vec<S>>, mut right: Vec<S>, context: S::Context) -> Option<Vec<S>> {
    let zero = S::zero(context);
    let size = right.len();
    for column in 0..size {
        let is_pivot = |row: &usize| {
            let entry = &rows[*row][column];
            entry.certainly_lt(&zero) || zero.certainly_lt(entry)
        };
        let pivot = (column..size).find(is_pivot)?;
        rows.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..size {
            let factor = rows[row][column].clone().div(&rows[column][column]);
            let [own, pivot] = rows.get_disjoint_mut([row, column]).ok()?;
            for (entry, pivot) in own[column..].iter_mut().zip(&pivot[column..]) {
                entry.sub_assign(&factor.clone().mul(pivot));
            }
            let product = factor.mul(&right[column]);
            right[row].sub_assign(&product);
        }
    }
    for row in (0..size).rev() {
        for j in row + 1..size {
            let product = rows[row][j].clone().mul(&right[j]);
            right[row].sub_assign(&product);
        }
        right[row] = right[row].clone().div(&rows[row][row]);
    }
    Some(right)
}

/// Coefficients of det(z − A), the leading one last, by the method of Faddeev and LeVerrier.
fn characteristic<S: Scalar>(matrix: &[Vec<S>], context: S::Context) -> Vec<S> {
    let size = matrix.len();
    let mut coefficients = vec![S::zero(context); size + 1];
    coefficients[size] = S::one(context);
    let mut power = vec![vec![S::zero(context); size]; size];
    for step in 1..=size {
        // power <- A power + c I.
        let mut next = vec![vec![S::zero(context); size]; size];
        for (row, entries) in next.iter_mut().enumerate() {
            for (column, entry) in entries.iter_mut().enumerate() {
                (0..size).for_each(|l| entry.add_product(&matrix[row][l], &power[l][column]));
            }
            entries[row].add_assign(&coefficients[size + 1 - step]);
        }
        power = next;
        let mut trace = S::zero(context);
        for row in 0..size {
            (0..size).for_each(|l| trace.add_product(&matrix[row][l], &power[l][row]));
        }
        coefficients[size - step] = trace.neg().div(&S::from_f64(step as f64, context));
    }
    coefficients
}

/// Whether all eigenvalues of a matrix are certainly inside the unit circle, by the criterion of Schur and Cohn.
pub(crate) fn is_stable<S: Scalar>(matrix: &[Vec<S>], context: S::Context) -> bool {
    let mut polynomial = characteristic(matrix, context);
    while polynomial.len() > 1 {
        let degree = polynomial.len() - 1;
        let (last, first) = (polynomial[degree].clone(), polynomial[0].clone());
        if !first.clone().abs().certainly_lt(&last.clone().abs()) {
            return false;
        }
        // (a_n p - a_0 p*)/z.
        polynomial = (1..=degree)
            .map(|i| {
                let mut next = last.clone().mul(&polynomial[i]);
                next.sub_product(&first, &polynomial[degree - i]);
                next
            })
            .collect();
    }
    true
}

#[cfg(test)]
mod tests {
    use rug::Rational;

    use crate::number::Exact;
    use crate::verify::deciding::spectral::*;

    fn rational(numerator: i64, denominator: i64) -> Exact {
        Exact::from_rational(&Rational::from((numerator, denominator)), ())
    }

    fn matrix(entries: &[&[i64]], denominator: i64) -> Vec<Vec<Exact>> {
        entries.iter().map(|row| row.iter().map(|x| rational(*x, denominator)).collect()).collect()
    }

    #[test]
    fn a_system_is_solved_exactly_and_a_singular_one_is_not() {
        let solution = solved(
            matrix(&[&[0, 2, 1], &[1, 1, 0], &[3, 0, 1]], 1),
            vec![rational(5, 1), rational(3, 1), rational(4, 1)],
            (),
        )
        .unwrap();
        let check: Vec<Exact> = [[0, 2, 1], [1, 1, 0], [3, 0, 1]]
            .iter()
            .map(|row| row.iter().zip(&solution).fold(rational(0, 1), |sum, (a, x)| sum.add(&rational(*a, 1).mul(x))))
            .collect();
        for (found, expected) in check.iter().zip([5, 3, 4]) {
            assert_eq!(found.compare(&rational(expected, 1)), Some(std::cmp::Ordering::Equal));
        }
        assert!(solved(matrix(&[&[1, 2], &[2, 4]], 1), vec![rational(1, 1), rational(1, 1)], ()).is_none());
    }

    #[test]
    fn eigenvalues_on_or_outside_of_the_circle_are_not_stable() {
        // A rotation by a right angle, scaled.
        assert!(is_stable(&matrix(&[&[0, -99], &[99, 0]], 100), ()));
        assert!(!is_stable(&matrix(&[&[0, -1], &[1, 0]], 1), ()));
        assert!(!is_stable(&matrix(&[&[1, 0], &[0, 0]], 1), ()));
        assert!(!is_stable(&matrix(&[&[-101, 5], &[0, 3]], 100), ()));
        // Of three states, with eigenvalues 1/2, -1/3 and 9/10.
        assert!(is_stable(&matrix(&[&[15, 7, 3], &[0, -10, 4], &[0, 0, 27]], 30), ()));
        assert!(!is_stable(&matrix(&[&[15, 7, 3], &[0, -10, 4], &[0, 0, 30]], 30), ()));
    }
}
