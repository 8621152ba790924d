//! Rational points at which the conditions hold: inside, and on their boundaries.

use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rug::Rational;

use crate::algebra::Polynomial;
use crate::prove::problem::{Condition, Form, Problem};

/// Tries for one kind of points.
const MOST_TRIES: usize = 20_000;
/// Largest numerator or denominator of a number of a point that is solved for.
const LARGEST: u32 = 1 << 30;

/// Values of all numbers, by variable.
pub type Point = Vec<Rational>;

/// Where a condition is an equality.
#[derive(Clone, Debug)]
pub struct Face {
    /// The variable that the others give there.
    pub variable: usize,
    /// The condition in that variable: what is left without it, and the slope.
    coefficients: Vec<Polynomial>,
}

impl Face {
    /// The point moved onto it; none where there is none near.
    pub fn completed(&self, point: &Point) -> Option<Point> {
        let mut moved = point.clone();
        solve_for(&self.coefficients, self.variable, &mut moved).then_some(moved)
    }
}

/// Draws points of a problem.
pub struct Points<'p> {
    problem: &'p Problem,
    /// The variables that it reads.
    variables: Vec<usize>,
    random: ChaCha8Rng,
    pool: Vec<Rational>,
}

impl<'p> Points<'p> {
    /// From a seed.
    pub fn new(problem: &'p Problem, seed: u64) -> Self {
        let short = (1..20).map(|k| Rational::from((k, 20)));
        let others = [(1, 1), (2, 1), (3, 1), (3, 2), (1, 3), (5, 1)].map(Rational::from);
        Points {
            problem,
            variables: variables(problem),
            random: ChaCha8Rng::seed_from_u64(seed),
            pool: short.chain(others).collect(),
        }
    }

    /// The variables that the problem reads.
    pub fn variables(&self) -> &[usize] {
        &self.variables
    }

    /// Numbers of higher denominators as well.
    pub fn finer(mut self) -> Self {
        self.pool.extend((1..97).step_by(3).map(|k| Rational::from((k, 97))));
        self.pool.extend((1..10).map(|k| Rational::from((k, 200))));
        self
    }

    fn draw(&mut self) -> Point {
        let mut point = vec![Rational::new(); self.problem.numbers.len()];
        for variable in &self.variables {
            if let Some(value) = self.pool.choose(&mut self.random) {
                point[*variable].clone_from(value);
            }
        }
        point
    }

    /// So many different points, or as many as were found; strictly inside if asked.
    pub fn inside(&mut self, count: usize, strictly: bool) -> Vec<Point> {
        let mut found = Vec::new();
        for _ in 0..MOST_TRIES {
            if found.len() >= count {
                break;
            }
            let point = self.draw();
            if self.admits(&point, strictly) && !found.contains(&point) {
                found.push(point);
                if self.variables.is_empty() {
                    break;
                }
            }
        }
        found
    }

    /// So many points on the boundary of each condition, found by a number in which it is linear.
    pub fn on_boundaries(&mut self, count: usize) -> Vec<Point> {
        let mut found = Vec::new();
        let problem = self.problem;
        for condition in problem.conditions.iter().filter(|condition| !condition.strict) {
            let linear = |variable: &&usize| condition.polynomial.degree(**variable) == 1;
            let Some(variable) = self.variables.iter().find(linear).copied() else { continue };
            let face = Face { variable, coefficients: condition.polynomial.coefficients_in(variable) };
            for point in self.on_face(&face, count) {
                if !found.contains(&point) {
                    found.push(point);
                }
            }
        }
        found
    }

    /// So many different points on a face, or as many as were found.
    pub fn on_face(&mut self, face: &Face, count: usize) -> Vec<Point> {
        let mut found = Vec::new();
        for _ in 0..MOST_TRIES / 5 {
            if found.len() >= count {
                break;
            }
            let point = self.draw();
            if let Some(moved) = face.completed(&point)
                && self.admits(&moved, false)
                && !found.contains(&moved)
            {
                found.push(moved);
            }
        }
        found
    }

    /// Conditions that may be equalities, each with a variable in which it is linear.
    pub fn faces(&self) -> Vec<Face> {
        let mut all = Vec::new();
        for condition in self.problem.conditions.iter().filter(|condition| !condition.strict) {
            // Bounds of one number are left to the other conditions.
            if condition.polynomial.variables().len() < 2 {
                continue;
            }
            let linear = |variable: &&usize| condition.polynomial.degree(**variable) == 1;
            for variable in self.variables.iter().filter(linear) {
                let coefficients = condition.polynomial.coefficients_in(*variable);
                all.push(Face { variable: *variable, coefficients });
            }
        }
        all
    }

    /// Whether the conditions hold there and no coefficient has a pole.
    pub fn admits(&self, point: &Point, strictly: bool) -> bool {
        let conditions = &self.problem.conditions;
        let holds = conditions.iter().all(|condition| {
            let value = condition.polynomial.at(point);
            if condition.strict || strictly { value > 0 } else { value >= 0 }
        });
        holds && forms(self.problem).flat_map(Form::coefficients).all(|coefficient| coefficient.at(point).is_some())
    }
}

/// Sets the variable so that slope·variable + rest = 0; whether that is a number of moderate size.
fn solve_for(coefficients: &[Polynomial], variable: usize, point: &mut Point) -> bool {
    let [rest, slope] = coefficients else { return false };
    let (rest, slope) = (rest.at(point), slope.at(point));
    if slope == 0 {
        return false;
    }
    let value = -rest / slope;
    let is_moderate = *value.numer() <= LARGEST && *value.numer() >= -i64::from(LARGEST) && *value.denom() <= LARGEST;
    point[variable] = value;
    is_moderate
}

/// The claim and the facts.
pub fn forms(problem: &Problem) -> impl Iterator<Item = &Form> {
    std::iter::once(&problem.claim).chain(problem.facts.iter().map(|fact| &fact.form))
}

/// The variables that conditions and forms read.
fn variables(problem: &Problem) -> Vec<usize> {
    let conditions: Vec<&Condition> = problem.conditions.iter().collect();
    let in_use = |variable: &usize| {
        let reads = |polynomial: &Polynomial| polynomial.degree(*variable) > 0;
        conditions.iter().any(|condition| reads(&condition.polynomial))
            || forms(problem).flat_map(Form::coefficients).any(|c| reads(c.numerator()) || reads(&c.denominator()))
    };
    (0..problem.numbers.len()).filter(in_use).collect()
}
