//! A method read in norms: ‖au + bw‖ ≤ |a|‖u‖ + |b|‖w‖, ‖clip_τ u‖ ≤ min(τ, ‖u‖), ‖Q(u)‖ ≤ (1 + √(1−α))‖u‖ for a
//! contraction, and so on. Points are taken
//! relative to x_k.

use rug::Rational;

use crate::method::BoundMethod;
use crate::method::language::moves::{Bend, Kind, Move, Unrolled, Weight};
use crate::method::language::tree::{Elementwise, Map};
use crate::number::{Ball, Scalar};
use crate::oracle::operator::{Guarantee, Operator};

/// What bounds gradients and their estimates.
pub(crate) struct Sizes<'a> {
    /// ‖∇f(x_k)‖, or ‖∇f‖ anywhere where there is no smoothness.
    pub gradient: &'a Ball,
    /// How fast ∇f changes.
    pub smoothness: Option<&'a Ball>,
    /// r and a in ‖e‖ ≤ r‖∇f‖ + a.
    pub relative: &'a Ball,
    /// a.
    pub absolute: &'a Ball,
    /// Whether that holds of every draw, and not in L⁴ alone, where products have no bound.
    pub sure: bool,
}

/// What one step came to.
pub(crate) struct Stepped {
    /// Bound of ‖e_k‖.
    pub error: Ball,
    /// Bound of ‖x_{k+1} − x_k‖.
    pub moved: Ball,
}

/// A bound: of a direction's length, or of how far a point is from x_k.
#[derive(Clone)]
struct Size {
    kind: Kind,
    bound: Ball,
}

/// Bounds of all registers; none where nothing is known.
pub(crate) struct Norms {
    registers: Vec<Option<Size>>,
    /// What is proved of every value of each operator.
    operators: Vec<Option<Guarantee>>,
    dimension: f64,
}

/// Whether the method's steps have bounds in norms at all.
pub(crate) fn bound(method: &BoundMethod, dimension: usize) -> bool {
    let (start, one) = (vec![1.0; method.program().vectors], Ball::one(()));
    let sizes = Sizes { gradient: &one, smoothness: Some(&one), relative: &one, absolute: &one, sure: true };
    let mut unrolled = Unrolled::<Ball>::new(method.machine(()));
    let mut steps = || {
        let mut norms = Norms::new(method, Some(&start), dimension)?;
        unrolled.begin()?;
        // Two steps, as the first one may differ.
        norms.step(&unrolled.step()?, &sizes)?;
        norms.step(&unrolled.step()?, &sizes)
    };
    steps().is_some()
}

impl Norms {
    /// Before step 0, where the norms of directions are known.
    pub fn new(method: &BoundMethod, start: Option<&[f64]>, dimension: usize) -> Option<Self> {
        let (kinds, start) = (method.kinds()?, start?);
        // States that begin at x_0 are there; what a line of step 0 sets is not read before.
        let first = method.first_kinds();
        let size = |(register, known): (usize, &f64)| match first[register].or(kinds[register])? {
            Kind::Point => Some(Size { kind: Kind::Point, bound: Ball::zero(()) }),
            Kind::Direction => Some(Size { kind: Kind::Direction, bound: Ball::from_f64(*known, ()) }),
        };
        let begins_elsewhere = !method.program().any.is_empty() || !method.starts_with_kinds();
        let sure = |operator: &Operator| operator.guarantee(dimension).filter(|_| !operator.is_random());
        (!begins_elsewhere).then(|| Norms {
            registers: start.iter().enumerate().map(size).collect(),
            operators: method.operators.iter().map(sure).collect(),
            dimension: dimension as f64,
        })
    }

    /// The bounds of directions.
    pub fn vectors(&self) -> Vec<Option<f64>> {
        let bound = |size: &Size| (size.kind == Kind::Direction).then(|| size.bound.upper_magnitude());
        self.registers.iter().map(|size| size.as_ref().and_then(bound)).collect()
    }

    /// Makes a step.
    pub fn step(&mut self, moves: &[Move<Ball>], sizes: &Sizes<'_>) -> Option<Stepped> {
        let mut error = None;
        for step in moves {
            match step {
                Move::Combine(u, parts) => self.registers[*u] = self.combined(parts),
                Move::Divide(u, a) => {
                    let a = (*a).abs();
                    self.change(*u, |bound| Some(bound.div(&a)));
                }
                Move::Swap(u, w) => self.registers.swap(*u, *w),
                Move::Call(u, call) => {
                    let gradient = self.gradient(call.at, sizes).filter(|_| call.worker.is_none());
                    let own = gradient.map(|gradient| gradient.mul(sizes.relative).add(sizes.absolute));
                    let bound = if call.estimate { gradient.zip(own).map(|(g, e)| g.add(&e)) } else { gradient };
                    self.registers[*u] = bound.map(|bound| Size { kind: Kind::Direction, bound });
                    if call.estimate {
                        error = own;
                    }
                }
                Move::Bend(u, bend) => self.bend(*u, bend, sizes.sure),
            }
        }
        let moved = self.registers[0].clone().filter(|x| x.kind == Kind::Point)?.bound;
        // From here on points are relative to the new one.
        for size in self.registers.iter_mut().flatten().filter(|size| size.kind == Kind::Point) {
            size.bound.add_assign(&moved);
        }
        self.registers[0] = Some(Size { kind: Kind::Point, bound: Ball::zero(()) });
        Some(Stepped { error: error?, moved })
    }

    /// ‖∇f‖ at a register's point.
    fn gradient(&self, at: usize, sizes: &Sizes<'_>) -> Option<Ball> {
        let point = self.registers[at].as_ref().filter(|size| size.kind == Kind::Point)?;
        Some(match sizes.smoothness {
            None => *sizes.gradient,
            Some(smoothness) => (*sizes.gradient).add(&(*smoothness).mul(&point.bound)),
        })
    }

    fn combined(&self, parts: &[(Weight<Ball>, usize)]) -> Option<Size> {
        let (mut points, mut sum) = (0, Ball::zero(()));
        for (weight, part) in parts {
            let size = self.registers[*part].as_ref()?;
            match (size.kind, &weight.factor) {
                (Kind::Point, Some(_)) => return None,
                (Kind::Point, None) => points += if weight.negative { -1 } else { 1 },
                (Kind::Direction, _) => {}
            }
            match &weight.factor {
                None => sum.add_assign(&size.bound),
                Some(factor) => sum.add_product(&(*factor).abs(), &size.bound),
            }
        }
        let kind = match points {
            0 => Kind::Direction,
            1 => Kind::Point,
            _ => return None,
        };
        // Only the upper end counts.
        Some(Size { kind, bound: Ball::from_f64(sum.upper_magnitude(), ()) })
    }

    fn change(&mut self, u: usize, change: impl FnOnce(Ball) -> Option<Ball>) {
        let own = self.registers[u].take().filter(|size| size.kind == Kind::Direction);
        self.registers[u] = own.and_then(|size| Some(Size { bound: change(size.bound)?, kind: Kind::Direction }));
    }

    fn bend(&mut self, u: usize, bend: &Bend<Ball>, sure: bool) {
        let root = Ball::from_f64(self.dimension, ()).sqrt();
        let direction = |bound: Ball| Some(Size { kind: Kind::Direction, bound });
        match bend {
            Bend::Ones | Bend::Map(Map::Sign) => self.registers[u] = direction(root),
            Bend::Map(Map::Normalize) => self.registers[u] = direction(Ball::one(())),
            Bend::Clip(threshold) => {
                let most = threshold.upper_magnitude();
                self.registers[u] = match self.registers[u].take() {
                    Some(size) if size.kind == Kind::Direction => {
                        direction(Ball::from_f64(size.bound.upper_magnitude().min(most), ()))
                    }
                    _ => direction(Ball::from_f64(most, ())),
                };
            }
            Bend::Box(low, high) => {
                let most = low.upper_magnitude().max(high.upper_magnitude());
                self.change(u, |_| Some(root.mul(&Ball::from_f64(most, ()))));
            }
            Bend::Map(Map::ScaledSign) => self.change(u, Some),
            Bend::Map(Map::Squares) => self.change(u, |bound| sure.then(|| bound.square())),
            Bend::Map(Map::Roots) => self.change(u, |bound| Some(root.mul(&bound).sqrt())),
            Bend::Elementwise(Elementwise::Products, w) => {
                let other = self.registers[*w].clone().filter(|size| size.kind == Kind::Direction);
                self.change(u, |bound| Some(bound.mul(&other.filter(|_| sure)?.bound)));
            }
            Bend::Operate(operator) => match self.operators.get(*operator).cloned().flatten() {
                Some(Guarantee::Contraction(alpha)) => {
                    let lost = Ball::from_rational(&(Rational::from(1) - alpha), ()).sqrt();
                    self.change(u, |bound| Some(bound.mul(&Ball::one(()).add(&lost))));
                }
                Some(Guarantee::Projection(radius)) => {
                    let radius = Ball::from_rational(&radius, ()).upper_magnitude();
                    self.change(u, |bound| Some(Ball::from_f64(bound.upper_magnitude().min(radius), ())));
                }
                None => self.registers[u] = None,
            },
            Bend::Elementwise(Elementwise::Quotients, _) => self.registers[u] = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::verify::deciding::norms::*;
    use crate::verify::instances::{Instance, Start};
    use crate::verify::testing;

    /// The bound of ‖x_1 − x_0‖ for x − u/8 where ‖∇f(x_0)‖ = 1 and the estimate is exact; none where there is none.
    fn first_move(lines: &str, kind: &str, operator: &serde_json::Value) -> Option<f64> {
        let text = format!(
            "[parameters]\ngamma = {{ in = \"(0, inf)\" }}\n[operators.Q]\ntry = [{{ name = \"top-k\", share = 0.5 }}]\n\
             [method.parameters]\ngamma = {{ in = \"(0, inf)\" }}\n[method.operators]\nQ = {{ is = \"{kind}\" }}\n\
             [method.step]\nlines = {lines}\n[claim]\nfor_all = \"k in 0..K\"\nlhs = \"0\"\nrhs = \"f[k]\"\n"
        );
        let text = match kind {
            "projection" => text.replace("name = \"top-k\", share = 0.5", "name = \"clip\", threshold = 0.25"),
            _ => text,
        };
        let statement = testing::statement("pathwise", &text);
        let spec = testing::cell(serde_json::json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.5, 2.0, 1.0] }, "horizon": 3,
            "start": Start::of(&statement.method, 0), "parameters": { "gamma": 0.125 }, "operators": { "Q": operator },
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        let method = &instance.method;
        let (one, none) = (Ball::one(()), Ball::zero(()));
        let sizes = Sizes { gradient: &one, smoothness: Some(&one), relative: &none, absolute: &none, sure: true };
        let mut norms = Norms::new(method, Some(&vec![0.0; method.program().vectors]), 4)?;
        let mut unrolled = Unrolled::<Ball>::new(method.machine(()));
        unrolled.begin()?;
        Some(norms.step(&unrolled.step()?, &sizes)?.moved.upper_magnitude())
    }

    fn is_near(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() <= 1e-9 * expected)
    }

    #[test]
    fn a_compressor_is_as_long_as_its_contraction_lets_it_and_a_projection_as_its_radius() {
        let lines = "[\"g = estimate(x)\", \"u = Q(g)\", \"x = x - gamma*u\"]";
        let top = serde_json::json!({ "name": "top-k", "share": 0.5 });
        let drawn = serde_json::json!({ "name": "rand-k", "share": 0.5 });
        let clip = serde_json::json!({ "name": "clip", "threshold": 0.25 });
        assert!(is_near(first_move(lines, "contractive", &top), 0.125 * (1.0 + 0.5f64.sqrt())));
        assert!(is_near(first_move(lines, "contractive-in-mean", &top), 0.125 * (1.0 + 0.5f64.sqrt())));
        assert!(is_near(first_move(lines, "projection", &clip), 0.125 * 0.25));
        assert_eq!(first_move(lines, "contractive-in-mean", &drawn), None);
    }

    #[test]
    fn steps_of_unknown_moves_have_no_bound() {
        let top = serde_json::json!({ "name": "top-k", "share": 0.5 });
        let chosen = "[\"g = estimate(x)\", \"u = if(k < 3, g, 8*g)\", \"x = x - gamma*u\"]";
        assert_eq!(first_move(chosen, "contractive", &top), None);
        let divided = "[\"g = estimate(x)\", \"u = quotients(g, g)\", \"x = x - gamma*u\"]";
        assert_eq!(first_move(divided, "contractive", &top), None);
    }
}
