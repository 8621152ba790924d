//! The instances of a calibration: small quadratics on which expectations are known exactly, every
//! left-hand side under every noise in turn, all else drawn from the seed.

use std::collections::BTreeMap;

use rand::{Rng, RngExt};

use super::FORMS;
use crate::oracle::source::{Axis, Gaussian, Rademacher, RelativeSigns, Sphere};
use crate::oracle::{SourceSpec, StreamKey};
use crate::problem::ProblemSpec;
use crate::problem::families::{DiagonalQuadraticSpec, HeterogeneousQuadraticSpec, QuadraticSpec};
use crate::verify::instances::{CellSpec, Start};

/// Most equally likely paths that a cell has.
pub(super) const PATHS: u64 = 1 << 8;
const NOISES: [&str; 5] = ["rademacher", "axis", "sphere", "relative-signs", "gaussian"];
const LARGEST_DIMENSION: usize = 4;
const LARGEST_HORIZON: usize = 6;
/// Combinations of a left-hand side and a noise.
pub(super) const GROUPS: u64 = (FORMS.len() * NOISES.len()) as u64;

/// One instance with what it is counted under.
pub(super) struct Drawn {
    /// Position in [`FORMS`].
    pub form: usize,
    /// The noise's name.
    pub noise: &'static str,
    pub spec: CellSpec,
}

/// The cell of that number.
pub(super) fn draw(seed: u64, number: u64) -> Drawn {
    let group = (number % GROUPS) as usize;
    let (form, noise) = (group % FORMS.len(), NOISES[group / FORMS.len()]);
    let mut random = StreamKey::new(seed, "calibrate", "instance").stream(number);
    let dimension = random.random_range(1..=LARGEST_DIMENSION);
    let mut horizon = random.random_range(1..=LARGEST_HORIZON);
    if noise == "relative-signs" {
        // 2^(dK) paths.
        horizon = horizon.min(PATHS.ilog2() as usize / dimension);
    }
    let (problem, smoothness) = problem(dimension, &mut random);
    let beta = f64::from(random.random_range(1..=16)) / 16.0;
    let gamma = f64::from(random.random_range(2..=24)) / 16.0 / smoothness;
    let start = Start(if random.random::<bool>() { "zero" } else { "first-gradient" }.to_owned());
    let point = (0..dimension).map(|_| random.random_range(-2.0..2.0)).collect();
    let spec = CellSpec {
        problem,
        oracle: vec![source(noise, 0.5f64.powi(random.random_range(-1..=3)))],
        start,
        parameters: BTreeMap::from([("beta".to_owned(), beta), ("gamma".to_owned(), gamma)]),
        operators: BTreeMap::new(),
        states: BTreeMap::new(),
        horizon,
        point: Some(point),
        witness: None,
    };
    Drawn { form, noise, spec }
}

/// A quadratic and its L.
fn problem(dimension: usize, random: &mut impl Rng) -> (ProblemSpec, f64) {
    let condition = f64::from(random.random_range(1..=16));
    match random.random_range(0..3) {
        0 => {
            let spectrum: Vec<f64> = (0..dimension).map(|_| f64::from(random.random_range(1..=16)) / 8.0).collect();
            let largest = spectrum.iter().copied().fold(0.0, f64::max);
            (DiagonalQuadraticSpec { spectrum }.into(), largest)
        }
        1 => (QuadraticSpec { dimension, condition, seed: random.next_u64() }.into(), 1.0),
        _ => {
            let workers = random.random_range(2..=3);
            let (spread, seed) = (1.0, random.next_u64());
            (HeterogeneousQuadraticSpec { dimension, workers, condition, spread, seed }.into(), 1.0)
        }
    }
}

fn source(noise: &str, size: f64) -> SourceSpec {
    match noise {
        "rademacher" => Rademacher { size }.into(),
        "axis" => Axis { size }.into(),
        "sphere" => Sphere { radius: size }.into(),
        "relative-signs" => RelativeSigns { factor: size }.into(),
        _ => Gaussian { size }.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::calibrate::forms;
    use crate::verify::deciding::exact_mean::Known;

    #[test]
    fn every_instance_has_a_known_expectation_and_every_group_its_turn() {
        let statements = forms().unwrap();
        let mut groups = BTreeSet::new();
        let (mut dimensions, mut horizons) = (BTreeSet::new(), BTreeSet::new());
        for number in 0..6 * GROUPS {
            let drawn = draw(1, number);
            let known = Known::build(&statements[drawn.form], &drawn.spec, PATHS);
            let known = known.unwrap_or_else(|err| panic!("{}: {err}", drawn.spec));
            assert_eq!(known.means().len(), 1);
            groups.insert((drawn.form, drawn.noise));
            dimensions.insert(drawn.spec.point.unwrap().len());
            horizons.insert(drawn.spec.horizon);
        }
        assert_eq!(groups.len() as u64, GROUPS);
        assert_eq!(dimensions.len(), LARGEST_DIMENSION);
        assert_eq!(horizons.len(), LARGEST_HORIZON);
    }

    #[test]
    fn instances_follow_from_the_seed() {
        assert_eq!(draw(1, 7).spec, draw(1, 7).spec);
        assert_ne!(draw(1, 7).spec, draw(2, 7).spec);
    }
}
