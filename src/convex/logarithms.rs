//! Units in which data are of the order of 1, from the logarithms of their entries.
//!
//! Least squares of the logarithms have one solution up to what multiplies nothing, so that balanced data do not
//! depend on the units in which they came, other than by rounding.

use std::ops::Range;

/// Logarithm of an entry, with the places of the units that multiply it; the last place is that of no unit.
pub(crate) type Entry = (f64, [usize; 3]);

/// One step of Newton's method, the diagonal for the second derivative, towards the least sum of squares over the units
/// in a range of places, times `share`: 1 where no entry is multiplied by two of them.
pub(crate) fn centre(logarithms: &mut [f64], range: Range<usize>, share: f64, lists: &[&[Entry]]) {
    let mut sums = vec![(0.0, 0.0); range.len()];
    for (value, places) in lists.iter().copied().flatten() {
        let total = value + places.iter().map(|&place| logarithms[place]).sum::<f64>();
        // Only the first two places are ever the same.
        let twice = if places[0] == places[1] { 2.0 } else { 1.0 };
        for (&place, times) in places.iter().zip([twice, twice, 1.0]).filter(|(place, _)| range.contains(*place)) {
            let (sum, curvature) = &mut sums[place - range.start];
            *sum += total;
            *curvature += times;
        }
    }
    for (logarithm, (sum, curvature)) in logarithms[range].iter_mut().zip(sums) {
        *logarithm -= if curvature > 0.0 { share * sum / curvature } else { 0.0 };
    }
}
