//! One pass over the components of f in place of its gradient: incremental and shuffled methods.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Built, SourceData, one};
use crate::number::{Scalar, exact};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Memory, Part, Randomness, Source, SourceModel, Tail};
use crate::problem::free::{self, Parts, Range};
use crate::problem::{DynProblem, MAX_WORKERS};

/// In which order the components are visited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// f₁, …, f_N at every step.
    #[default]
    Cyclic,
    /// f_N, …, f₁ at every step.
    Reversed,
    /// A uniformly random order, fresh at every step.
    Drawn,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Cyclic => "cyclic",
            Order::Reversed => "reversed",
            Order::Drawn => "drawn",
        })
    }
}

/// The most lanes of an arithmetic.
const MAX_LANES: usize = 8;

/// One epoch of gradient steps of size s on the components, which are the workers' functions fᵢ, N = n:
/// y₀ = x, y_{t+1} = y_t − s∇f_{π(t)}(y_t), and g = (y₀ − y_N)/(sN) = (1/N)Σ_t ∇f_{π(t)}(y_t).
/// With ‖∇fᵢ‖ ≤ G and every fᵢ ℓ-smooth, ‖y_t − x‖ ≤ stG, hence ‖e‖ ≤ (1/N)Σ_t ℓstG = ℓsG(N−1)/2:
/// B = 0, C = (ℓsG(N−1)/2)² for any order (theory, `shuffled-error`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// s > 0.
    pub step: f64,
    /// π, in which order the components are visited.
    #[serde(default)]
    pub order: Order,
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch({}, {})", self.step, self.order)
    }
}

impl SourceData for Epoch {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("step", free::Part::One(&mut self.step, Range::Positive))]
    }

    fn divides_differences(&self) -> bool {
        true
    }
}

impl Epoch {
    /// ℓsG(N−1)/2.
    fn largest(&self, problem: &dyn DynProblem) -> Option<Rational> {
        let others = problem.workers() as u64 - 1;
        if others == 0 {
            return Some(Rational::new());
        }
        let constants = problem.constants();
        let smoothness = constants.named.get("L_worker")?;
        let bound = constants.gradient_bound.as_ref()?;
        Some(Rational::from(smoothness * bound) * exact(self.step)? * others / 2u32)
    }

    /// The component visited at each time, for each lane.
    fn visits<S: Scalar>(&self, count: usize, random: &mut dyn Randomness<S>) -> [[usize; MAX_LANES]; MAX_WORKERS] {
        let mut visits = [[0; MAX_LANES]; MAX_WORKERS];
        for (t, visit) in visits.iter_mut().enumerate().take(count) {
            visit.fill(if self.order == Order::Reversed { count - 1 - t } else { t });
        }
        if self.order == Order::Drawn {
            // Fisher and Yates: every order is equally likely.
            for last in (1..count).rev() {
                for (lane, chosen) in random.subset(1, last + 1).iter().enumerate() {
                    let other = chosen.first().unwrap_or(last);
                    let kept = visits[last][lane];
                    visits[last][lane] = visits[other][lane];
                    visits[other][lane] = kept;
                }
            }
        }
        visits
    }
}

impl Source for Epoch {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let largest = self.largest(problem);
        let deterministic = self.order != Order::Drawn || problem.workers() == 1;
        SourceModel {
            part: if deterministic { Part::Bias } else { Part::Mixed },
            freedom: Freedom::Computed,
            size: largest.as_ref().map(|l| [Rational::new(), Rational::from(l.square_ref())]),
            attained: false,
            tail: largest.map_or_else(Tail::unknown, |l| Tail::sure(Rational::new(), l)),
            finite: true,
            deterministic,
            form: Form::Other,
            named: exact(self.step).map(|step| ("s", step)).into_iter().collect(),
        }
    }

    fn uses_workers(&self) -> bool {
        true
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let (workers, dimension) = (at.workers, out.len());
        let visits = self.visits(workers, random);
        let mut memory = at.memory.borrow_mut();
        let Memory { vectors: [point, gradient, _], scratch, .. } = &mut *memory;
        for (p, x) in point.iter_mut().zip(at.x) {
            p.set(x);
        }
        let share = S::one(context).div(&S::from_f64(workers as f64, context));
        for (t, visit) in visits[..workers].iter().enumerate() {
            let visit = &visit[..S::LANES];
            for worker in 0..workers {
                if !visit.contains(&worker) {
                    continue;
                }
                let here = &at.worker_gradients[worker * dimension..(worker + 1) * dimension];
                // At t = 0 the point is x itself, and there is no difference.
                if t == 0 {
                    for (g, h) in gradient.iter_mut().zip(here) {
                        g.set(h);
                    }
                } else {
                    at.problem.worker_gradient_in(worker, point, gradient, context, scratch);
                }
                let mut step = S::from_f64(self.step, context);
                let mut weight = share.clone();
                if visit.iter().any(|w| *w != worker) {
                    let mask = S::from_lanes(|lane| f64::from(u8::from(visit[lane] == worker)), context);
                    step.mul_assign(&mask);
                    weight.mul_assign(&mask);
                }
                for (((p, g), h), o) in point.iter_mut().zip(gradient.iter_mut()).zip(here).zip(out.iter_mut()) {
                    p.sub_product(g, &step);
                    if t > 0 {
                        g.sub_assign(h);
                        o.add_product(g, &weight);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::number::{Exact, Lanes};
    use crate::oracle::{Enumerated, NoRandomness, Stream, StreamKey};
    use crate::problem::families::HeterogeneousQuadraticSpec;
    use crate::problem::{Arithmetic, Scratch, build};

    fn orders(count: usize) -> BTreeSet<Vec<usize>> {
        let epoch = Epoch { step: 1.0, order: Order::Drawn };
        let orders = (1..=count as u64).product::<u64>();
        (0..orders)
            .map(|path| {
                let visits = epoch.visits::<f64>(count, &mut Enumerated::new(path, ()));
                visits[..count].iter().map(|lanes| lanes[0]).collect()
            })
            .collect()
    }

    #[test]
    fn every_order_is_drawn_once() {
        assert_eq!(orders(1).len(), 1);
        assert_eq!(orders(3).len(), 6);
        assert_eq!(orders(4).len(), 24);
    }

    /// ∇f(x) + e at the problem's start.
    fn estimate<S: crate::oracle::Estimable + Arithmetic>(
        problem: &dyn DynProblem,
        order: Order,
        random: &mut dyn Randomness<S>,
        context: S::Context,
    ) -> Vec<S> {
        let oracle = crate::oracle::build(&[Epoch { step: 0.25, order }.into()], problem).unwrap();
        let x: Vec<S> = problem.start().iter().map(|x| S::from_f64(*x, context)).collect();
        let mut gradient = crate::number::zeros(x.len(), context);
        let mut scratch = Scratch::for_problem(problem, context);
        S::view(problem).gradient_in(&x, &mut gradient, context, &mut scratch);
        let mut worker_gradients = Vec::new();
        oracle.worker_gradients(problem, &x, &mut worker_gradients, context, &mut scratch);
        let at = EstimateQuery {
            step: None,
            x: &x,
            gradient: &gradient,
            worker_gradients: &worker_gradients,
            direction: None,
            workers: problem.workers(),
            problem: S::view(problem),
            adversary_score: None,
            memory: &crate::oracle::Memory::new(problem, context),
        };
        let (mut bias, mut noise) = (gradient.clone(), gradient.clone());
        oracle.draw(&at, random, &mut bias, &mut noise, context);
        gradient.into_iter().zip(&bias).map(|(g, b)| g.add(b)).collect()
    }

    #[test]
    fn the_estimate_is_the_epochs_displacement_over_its_length() {
        let spec = HeterogeneousQuadraticSpec { dimension: 3, workers: 4, condition: 4.0, spread: 1.0, seed: 2 };
        let problem = build(&spec.into()).unwrap();
        for (order, visits) in [(Order::Cyclic, [0, 1, 2, 3]), (Order::Reversed, [3, 2, 1, 0])] {
            let step = Exact::from_f64(0.25, ());
            let start: Vec<Exact> = problem.start().iter().map(|x| Exact::from_f64(*x, ())).collect();
            let mut y = start.clone();
            let mut gradient = y.clone();
            for worker in visits {
                let mut scratch = Scratch::for_problem(problem.as_ref(), ());
                Exact::view(problem.as_ref()).worker_gradient_in(worker, &y, &mut gradient, (), &mut scratch);
                for (y, g) in y.iter_mut().zip(&gradient) {
                    y.sub_product(g, &step);
                }
            }
            let estimate = estimate::<Exact>(problem.as_ref(), order, &mut NoRandomness, ());
            for ((start, end), g) in start.iter().zip(&y).zip(estimate) {
                assert_eq!(start.clone().sub(end).0, g.0, "{order}");
            }
        }
    }

    #[test]
    fn each_lane_goes_its_own_way() {
        let spec = HeterogeneousQuadraticSpec { dimension: 3, workers: 4, condition: 4.0, spread: 1.0, seed: 2 };
        let problem = build(&spec.into()).unwrap();
        let key = StreamKey::new(1, "epoch", "");
        let mut together = Stream::<_, Lanes>::new((0..8).map(|lane| key.stream(lane)), ());
        let lanes = estimate::<Lanes>(problem.as_ref(), Order::Drawn, &mut together, ());
        for lane in 0..8 {
            let mut alone = Stream::<_, f64>::new([key.stream(lane as u64)], ());
            let expected = estimate::<f64>(problem.as_ref(), Order::Drawn, &mut alone, ());
            for (found, expected) in lanes.iter().zip(expected) {
                assert_eq!(found.0[lane], expected);
            }
        }
    }
}
