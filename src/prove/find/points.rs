//! Rational points at which the conditions hold: inside, and on their boundaries.

use std::time::Instant;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rug::Rational;

use crate::algebra::Polynomial;
use crate::prove::problem::{Condition, Form, Problem};

/// Tries for one kind of points.
const MOST_TRIES: usize = 20_000;
/// Largest numerator or denominator of a number of a point that is solved for.
const LARGEST: u32 = 1 << 30;

/// Largest whole number that is drawn for a count.
const LARGEST_COUNT: u32 = 24;

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
    /// Variables that are drawn as whole numbers.
    whole: Vec<usize>,
    /// Polynomials that are to be 0.
    equations: &'p [Polynomial],
    /// When it ends.
    until: Option<Instant>,
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
            whole: Vec::new(),
            equations: &[],
            until: None,
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

    /// Whole numbers for these variables.
    pub fn whole(mut self, variables: &[usize]) -> Self {
        self.whole = variables.to_vec();
        self
    }

    /// Where these polynomials are 0.
    pub fn solving(mut self, equations: &'p [Polynomial]) -> Self {
        self.equations = equations;
        let more = equations.iter().flat_map(Polynomial::variables);
        self.variables.extend(more);
        self.variables.sort_unstable();
        self.variables.dedup();
        self
    }

    /// No longer than that.
    pub fn until(mut self, until: Instant) -> Self {
        self.until = Some(until);
        self
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() > until)
    }

    /// A point where the equations hold, as far as each is solved for a number in which it is linear.
    fn draw(&mut self) -> Point {
        let mut point = self.draw_freely();
        for equation in self.equations {
            let linear = |variable: &usize| equation.degree(*variable) == 1 && !self.whole.contains(variable);
            let linear: Vec<usize> = equation.variables().into_iter().filter(linear).collect();
            if let Some(variable) = linear.choose(&mut self.random) {
                solve_for(&equation.coefficients_in(*variable), *variable, &mut point);
            }
        }
        point
    }

    fn draw_freely(&mut self) -> Point {
        let mut point = vec![Rational::new(); self.problem.numbers.len()];
        for variable in &self.variables {
            if self.whole.contains(variable) {
                point[*variable] = Rational::from(self.random.random_range(1..=LARGEST_COUNT));
            } else if let Some(value) = self.pool.choose(&mut self.random) {
                point[*variable].clone_from(value);
            }
        }
        point
    }

    /// So many different points, or as many as were found; strictly inside if asked.
    pub fn inside(&mut self, count: usize, strictly: bool) -> Vec<Point> {
        let mut found = Vec::new();
        for _ in 0..MOST_TRIES {
            if found.len() >= count || self.is_over() {
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
            if found.len() >= count || self.is_over() {
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
        let solved = || self.equations.iter().all(|equation| equation.at(point) == 0);
        holds
            && solved()
            && forms(self.problem).flat_map(Form::coefficients).all(|coefficient| coefficient.at(point).is_some())
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
