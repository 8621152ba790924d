//! Checked expressions: names resolved, types separated, definitions expanded. What is evaluated.

use std::sync::Arc;

use rug::Rational;

use super::check::MAX_SLOTS;
use super::syntax::{BinaryOp, Expr, ExprKind, ReduceOp, Relation};
use crate::number::Function;

/// Constants that the instance supplies: from the problem, the oracle or the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Builtin {
    /// `L`: smoothness constant of f.
    Smoothness,
    /// `mu`: PL constant.
    Pl,
    /// `f_star`: lower bound of f; its infimum under PL.
    LowerBound,
    /// `zeta2`: bound of the gradients' heterogeneity.
    Heterogeneity,
    /// `G`: bound of every worker's gradient norm.
    GradientBound,
    /// `G_run`: bound of every worker's gradient norm at x_0, …, x_{K−1}, for estimates without draw.
    VisitedGradientBound,
    /// `B`: relative part of the bias model.
    RelativeError,
    /// `C`: absolute part of the bias model.
    AbsoluteError,
    /// `B_b`: relative part of the bias alone, where bias and noise are apart.
    RelativeBias,
    /// `C_b`: absolute part of the bias alone.
    AbsoluteBias,
    /// `M`: relative part of the noise.
    RelativeNoise,
    /// `sigma2`: absolute part of the noise.
    NoiseVariance,
    /// `isotropic`: 1 for noise alone, of covariance (σ²/d)·identity whatever the state; else 0.
    Isotropic,
    /// `mu_sc`: strong convexity; 0 where f is convex.
    StrongConvexity,
    /// `convex`: 1 where f is proved convex, else 0.
    Convex,
    /// `workers_convex`: 1 where every fᵢ is proved convex, else 0.
    WorkersConvex,
    /// `L_max`: the largest smoothness constant of a worker.
    LargestSmoothness,
    /// The mean of the squares of the workers' smoothness constants; `L_hat` is its root.
    MeanSquareSmoothness,
}

impl Builtin {
    /// All of them, in the order of declaration.
    pub const ALL: [Builtin; 18] = [
        Builtin::Smoothness,
        Builtin::Pl,
        Builtin::LowerBound,
        Builtin::Heterogeneity,
        Builtin::GradientBound,
        Builtin::VisitedGradientBound,
        Builtin::RelativeError,
        Builtin::AbsoluteError,
        Builtin::RelativeBias,
        Builtin::AbsoluteBias,
        Builtin::RelativeNoise,
        Builtin::NoiseVariance,
        Builtin::Isotropic,
        Builtin::StrongConvexity,
        Builtin::Convex,
        Builtin::WorkersConvex,
        Builtin::LargestSmoothness,
        Builtin::MeanSquareSmoothness,
    ];

    /// Whether it is proved of the error of the average's estimate.
    #[must_use]
    pub fn is_of_estimate(self) -> bool {
        matches!(
            self,
            Builtin::RelativeError
                | Builtin::AbsoluteError
                | Builtin::RelativeBias
                | Builtin::AbsoluteBias
                | Builtin::RelativeNoise
                | Builtin::NoiseVariance
                | Builtin::Isotropic
        )
    }

    /// The name in statement files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Builtin::Smoothness => "L",
            Builtin::Pl => "mu",
            Builtin::LowerBound => "f_star",
            Builtin::Heterogeneity => "zeta2",
            Builtin::GradientBound => "G",
            Builtin::VisitedGradientBound => "G_run",
            Builtin::RelativeError => "B",
            Builtin::AbsoluteError => "C",
            Builtin::RelativeBias => "B_b",
            Builtin::AbsoluteBias => "C_b",
            Builtin::RelativeNoise => "M",
            Builtin::NoiseVariance => "sigma2",
            Builtin::Isotropic => "isotropic",
            Builtin::StrongConvexity => "mu_sc",
            Builtin::Convex => "convex",
            Builtin::WorkersConvex => "workers_convex",
            Builtin::LargestSmoothness => "L_max",
            Builtin::MeanSquareSmoothness => "L_hat2",
        }
    }

    /// What it means, for messages and `lemmata show`.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Builtin::Smoothness => "smoothness constant of f [f/x^2]",
            Builtin::Pl => "PL constant of f [f/x^2]",
            Builtin::LowerBound => "lower bound of f; its infimum under PL [f]",
            Builtin::Heterogeneity => "bound of (1/n) sum ||grad f_i - grad f||^2 [(f/x)^2]",
            Builtin::GradientBound => "bound of every worker's gradient norm [f/x]",
            Builtin::VisitedGradientBound => "bound of every worker's gradient norm on the run [f/x]",
            Builtin::RelativeError => "relative part of the bias model",
            Builtin::AbsoluteError => "absolute part of the bias model [(f/x)^2]",
            Builtin::RelativeBias => "relative part of the bias, noise apart",
            Builtin::AbsoluteBias => "absolute part of the bias, noise apart [(f/x)^2]",
            Builtin::RelativeNoise => "relative part of the noise variance",
            Builtin::NoiseVariance => "absolute part of the noise variance [(f/x)^2]",
            Builtin::StrongConvexity => "strong convexity constant of f, 0 where f is convex [f/x^2]",
            Builtin::Convex => "1 where f is proved convex, else 0",
            Builtin::WorkersConvex => "1 where every f_i is proved convex, else 0",
            Builtin::LargestSmoothness => "largest smoothness constant of a worker [f/x^2]",
            Builtin::MeanSquareSmoothness => "mean of the squares of the workers' smoothness constants [(f/x^2)^2]",
            Builtin::Isotropic => "1 for noise alone, of covariance (sigma2/d) identity, else 0",
        }
    }

    /// Whether it belongs to the model of the estimate's error.
    #[must_use]
    pub fn is_error_model(self) -> bool {
        matches!(
            self,
            Builtin::RelativeError
                | Builtin::AbsoluteError
                | Builtin::RelativeBias
                | Builtin::AbsoluteBias
                | Builtin::RelativeNoise
                | Builtin::NoiseVariance
        )
    }

    /// The builtin of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Builtin::ALL.into_iter().find(|b| b.name() == name)
    }
}

/// A quantity that the method names: a state, or a line of its step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OfMethod {
    /// Its position among the method's quantities.
    pub position: usize,
    /// Its name.
    pub name: Arc<str>,
    /// The index of its first value where it is a state; a line has index k in step k.
    pub first: Option<i64>,
}

impl OfMethod {
    /// After how many steps it has its value of index k; 0 steps for a state's start.
    #[must_use]
    pub fn steps_before(&self, k: i64) -> Option<usize> {
        match self.first {
            Some(first) => usize::try_from(k.checked_sub(first)?).ok(),
            None => usize::try_from(k).ok()?.checked_add(1),
        }
    }

    /// The index of its value after so many steps.
    #[must_use]
    pub fn index_after(&self, steps: usize) -> i64 {
        self.first.unwrap_or(-1) + steps as i64
    }
}

/// Sequences of numbers that a run supplies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ScalarSequence {
    /// `f[k]`: objective at x_k.
    Value,
    /// `spectrum[j]`: eigenvalues of the Hessian, for quadratics, j in 0..d.
    Spectrum,
    /// `L_of[i]`: smoothness constants of the workers, i in 0..n.
    WorkerSmoothness,
    /// `dist2[k]`: squared distance of x_k from the minimisers of f.
    Distance,
    /// A schedule of the method by position, with its name; at −1 what it is at 0.
    Schedule(usize, Arc<str>),
    /// A number that the method names.
    Quantity(OfMethod),
}

impl ScalarSequence {
    /// The name in statement files.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            ScalarSequence::Value => "f",
            ScalarSequence::Spectrum => "spectrum",
            ScalarSequence::WorkerSmoothness => "L_of",
            ScalarSequence::Distance => "dist2",
            ScalarSequence::Schedule(_, name) => name,
            ScalarSequence::Quantity(quantity) => &quantity.name,
        }
    }

    /// The sequence of that name that every run has.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "f" => Some(ScalarSequence::Value),
            "spectrum" => Some(ScalarSequence::Spectrum),
            "L_of" => Some(ScalarSequence::WorkerSmoothness),
            "dist2" => Some(ScalarSequence::Distance),
            _ => None,
        }
    }
}

/// Sequences of vectors that a run supplies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VectorSequence {
    /// `x[k]`: the points.
    Point,
    /// `grad[k]`: ∇f(x_k).
    Gradient,
    /// `e[k]`: error of the estimate.
    Error,
    /// `b[k]`: its bias part, known given the past.
    Bias,
    /// `nu[k]`: its noise part, of mean zero given the past.
    Noise,
    /// A vector that the method names.
    Quantity(OfMethod),
    /// A vector that the method derives from others.
    Derived(Arc<Derived>),
}

impl VectorSequence {
    /// Those that every run has.
    pub const OF_EVERY_RUN: [VectorSequence; 5] = [
        VectorSequence::Point,
        VectorSequence::Gradient,
        VectorSequence::Error,
        VectorSequence::Bias,
        VectorSequence::Noise,
    ];

    /// The name in statement files.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            VectorSequence::Point => "x",
            VectorSequence::Gradient => "grad",
            VectorSequence::Error => "e",
            VectorSequence::Bias => "b",
            VectorSequence::Noise => "nu",
            VectorSequence::Quantity(quantity) => &quantity.name,
            VectorSequence::Derived(derived) => &derived.name,
        }
    }

    /// The sequence of that name that every run has.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        VectorSequence::OF_EVERY_RUN.into_iter().find(|s| s.name() == name)
    }
}

/// A sequence that follows from others: a combination of them at k, and at its first index another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Derived {
    /// Its name.
    pub name: Arc<str>,
    /// Its value at k.
    pub at_step: Vec<Summand>,
    /// Its first index where that has a value of its own, and that value.
    pub first: Option<(i64, Vec<Summand>)>,
}

impl Derived {
    /// What its value of that index is made of: each part with its own index.
    pub fn parts(&self, k: i64) -> impl Iterator<Item = (&Rational, &VectorSequence, i64)> {
        let own = self.first.as_ref().filter(|(first, _)| *first == k).map(|(_, summands)| summands);
        own.unwrap_or(&self.at_step).iter().map(move |summand| {
            let index = match summand.index {
                Shifted::Step(by) => k.saturating_add(by),
                Shifted::Fixed(index) => index,
            };
            (&summand.factor, &summand.sequence, index)
        })
    }
}

/// A multiple of a vector of another sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Summand {
    /// What it is multiplied by.
    pub factor: Rational,
    /// The other sequence.
    pub sequence: VectorSequence,
    /// At which index.
    pub index: Shifted,
}

/// An index near k, or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shifted {
    /// k and so many more.
    Step(i64),
    /// A number.
    Fixed(i64),
}

impl Shifted {
    /// Reads `k`, `k + 1`, `k - 1` or a number.
    #[must_use]
    pub fn of(expr: &Expr) -> Option<Self> {
        let number = |expr: &Expr| match &expr.kind {
            ExprKind::Number(value) if value.is_integer() => value.numer().to_i64(),
            _ => None,
        };
        let is_step = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if name == "k");
        match &expr.kind {
            _ if is_step(expr) => Some(Shifted::Step(0)),
            ExprKind::Negate(inner) => Some(Shifted::Fixed(-number(inner)?)),
            ExprKind::Binary(BinaryOp::Add, left, right) if is_step(left) => Some(Shifted::Step(number(right)?)),
            ExprKind::Binary(BinaryOp::Sub, left, right) if is_step(left) => Some(Shifted::Step(-number(right)?)),
            _ => Some(Shifted::Fixed(number(expr)?)),
        }
    }
}

/// An integer expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// A literal.
    Literal(i64),
    /// A bound index; the slot counts the nesting.
    Slot(usize),
    /// `K`.
    Horizon,
    /// `n`.
    Workers,
    /// `d`.
    Dimension,
    /// The statement's random index.
    Random,
    /// `inf`: the limit as k grows.
    Limit,
    /// Sum.
    Add(Box<Index>, Box<Index>),
    /// Difference.
    Sub(Box<Index>, Box<Index>),
    /// Product.
    Mul(Box<Index>, Box<Index>),
}

impl Index {
    /// Its value for that K, where it depends on nothing else.
    fn known(&self, horizon: i64) -> Option<i64> {
        Some(match self {
            Index::Literal(value) => *value,
            Index::Horizon => horizon,
            Index::Slot(_) | Index::Workers | Index::Dimension | Index::Random | Index::Limit => return None,
            Index::Add(a, b) => a.known(horizon)?.saturating_add(b.known(horizon)?),
            Index::Sub(a, b) => a.known(horizon)?.saturating_sub(b.known(horizon)?),
            Index::Mul(a, b) => a.known(horizon)?.saturating_mul(b.known(horizon)?),
        })
    }
}

/// A conjunction of comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(pub Vec<(Term, Relation, Term)>);

/// A number-valued expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// An exact literal.
    Number(Rational),
    /// A parameter, by position.
    Parameter(usize),
    /// A derived constant, by position.
    Constant(usize),
    /// A constant of the instance.
    Builtin(Builtin),
    /// A constant that the instance proves by a name of its own, by position.
    Given(usize),
    /// A parameter or a constant of the method, by position and name.
    Method(usize, Arc<str>),
    /// 1 where the run has that start of the method, by position; else 0.
    Start(usize),
    /// An integer expression as a number.
    Integer(Index),
    /// An element of a number sequence.
    Element(ScalarSequence, Index),
    /// `f(a)`.
    ValueAt(Box<Vector>),
    /// `norm2(a)`.
    Norm2(Box<Vector>),
    /// `norm(a)`.
    Norm(Box<Vector>),
    /// `norm1(a)`, the sum of absolute values.
    Norm1(Box<Vector>),
    /// `dot(a, b)`.
    Dot(Box<Vector>, Box<Vector>),
    /// Negation.
    Negate(Box<Term>),
    /// Sum.
    Add(Box<Term>, Box<Term>),
    /// Difference.
    Sub(Box<Term>, Box<Term>),
    /// Product.
    Mul(Box<Term>, Box<Term>),
    /// Quotient.
    Div(Box<Term>, Box<Term>),
    /// Integer power.
    PowInt(Box<Term>, Index),
    /// Real power of a nonnegative base.
    PowReal(Box<Term>, Box<Term>),
    /// Function of one number.
    Apply(Function, Box<Term>),
    /// Lesser of two.
    Min(Box<Term>, Box<Term>),
    /// Greater of two.
    Max(Box<Term>, Box<Term>),
    /// Reduction over an index range.
    Reduce {
        /// How.
        op: ReduceOp,
        /// Where the index is bound.
        slot: usize,
        /// First value.
        from: Index,
        /// One past the last.
        to: Index,
        /// What is reduced.
        body: Box<Term>,
    },
    /// Choice by a condition that must be decided.
    If(Box<Condition>, Box<Term>, Box<Term>),
    /// Expectation, of the whole run or over one step's noise.
    Expectation {
        /// What is averaged.
        body: Box<Term>,
        /// Over one step, given the past.
        past: bool,
    },
}

/// A vector-valued expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector {
    /// An element of a vector sequence.
    Element(VectorSequence, Index),
    /// `worker_grad[i, k]`: ∇fᵢ(x_k).
    WorkerGradient(Index, Index),
    /// `grad(a)`, or `worker_grad(i, a)` of that worker.
    GradientAt(Option<Index>, Box<Vector>),
    /// `x_star`: a minimiser of f, the one nearest to x_0.
    Minimiser,
    /// `h[i, k]`: a vector that the method has for each worker.
    WorkerElement(OfMethod, Index, Index),
    /// Negation.
    Negate(Box<Vector>),
    /// Sum.
    Add(Box<Vector>, Box<Vector>),
    /// Difference.
    Sub(Box<Vector>, Box<Vector>),
    /// A number times a vector.
    Scale(Box<Term>, Box<Vector>),
    /// `clip(tau, a)`: the projection on the ball of radius τ.
    Clip(Box<Term>, Box<Vector>),
    /// `E[a | past]`: expectation over one step's draw, coordinate by coordinate.
    Expectation(Box<Vector>),
    /// Sum or mean over an index range.
    Reduce {
        /// Sum or mean.
        op: ReduceOp,
        /// Where the index is bound.
        slot: usize,
        /// First value.
        from: Index,
        /// One past the last.
        to: Index,
        /// What is reduced.
        body: Box<Vector>,
    },
}

/// What a walk over a term meets.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// A number-valued node.
    Term(&'a Term),
    /// A vector-valued node.
    Vector(&'a Vector),
    /// An integer node.
    Index(&'a Index),
}

impl Node<'_> {
    /// For an expectation, whether it is given the past.
    #[must_use]
    pub fn expectation(self) -> Option<bool> {
        match self {
            Node::Term(Term::Expectation { past, .. }) => Some(*past),
            Node::Vector(Vector::Expectation(_)) => Some(true),
            _ => None,
        }
    }
}

impl Term {
    /// Calls `visit` on this node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        visit(Node::Term(self));
        match self {
            Term::Number(_)
            | Term::Parameter(_)
            | Term::Constant(_)
            | Term::Builtin(_)
            | Term::Given(_)
            | Term::Method(..)
            | Term::Start(_) => {}
            Term::Integer(index) | Term::Element(_, index) => index.walk(visit),
            Term::Norm2(a) | Term::Norm(a) | Term::Norm1(a) | Term::ValueAt(a) => a.walk(visit),
            Term::Dot(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Term::Negate(a) | Term::Apply(_, a) | Term::Expectation { body: a, .. } => a.walk(visit),
            Term::Add(a, b)
            | Term::Sub(a, b)
            | Term::Mul(a, b)
            | Term::Div(a, b)
            | Term::PowReal(a, b)
            | Term::Min(a, b)
            | Term::Max(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Term::PowInt(a, index) => {
                a.walk(visit);
                index.walk(visit);
            }
            Term::Reduce { from, to, body, .. } => {
                from.walk(visit);
                to.walk(visit);
                body.walk(visit);
            }
            Term::If(condition, a, b) => {
                condition.walk(visit);
                a.walk(visit);
                b.walk(visit);
            }
        }
    }

    /// Whether any node satisfies `test`.
    #[must_use]
    pub fn any(&self, test: impl Fn(Node<'_>) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= test(node));
        found
    }

    /// Whether it mentions an expectation.
    #[must_use]
    pub fn has_expectation(&self) -> bool {
        self.any(|node| node.expectation().is_some())
    }

    /// Whether it mentions a value of the objective, which counts by its difference to another alone.
    #[must_use]
    pub fn is_level(&self) -> bool {
        self.any(|node| {
            matches!(
                node,
                Node::Term(
                    Term::Element(ScalarSequence::Value, _) | Term::ValueAt(_) | Term::Builtin(Builtin::LowerBound)
                )
            )
        })
    }

    /// How many terms its sums and other reductions have for that K, nested ones multiplied out, where their
    /// lengths follow from K; a range whose length does not is taken to have one.
    #[must_use]
    pub fn least_terms(&self, horizon: i64) -> u64 {
        // Of the reductions around a place, the one at each slot is the last that the walk met there.
        let mut inside = [1u64; MAX_SLOTS];
        let mut total = 0u64;
        self.walk(&mut |node| {
            if let Node::Term(Term::Reduce { slot, from, to, .. })
            | Node::Vector(Vector::Reduce { slot, from, to, .. }) = node
            {
                let length = from.known(horizon).zip(to.known(horizon)).map_or(1, |(from, to)| to.saturating_sub(from));
                let around = slot.checked_sub(1).map_or(1, |outer| inside[outer]);
                inside[*slot] = around.saturating_mul(u64::try_from(length).unwrap_or(0));
                total = total.saturating_add(inside[*slot]);
            }
        });
        total
    }

    /// The additive terms at the top of the tree, each with whether it is subtracted.
    #[must_use]
    pub fn additive_terms(&self) -> Vec<(bool, &Term)> {
        fn collect<'a>(term: &'a Term, negative: bool, into: &mut Vec<(bool, &'a Term)>) {
            match term {
                Term::Add(a, b) => {
                    collect(a, negative, into);
                    collect(b, negative, into);
                }
                Term::Sub(a, b) => {
                    collect(a, negative, into);
                    collect(b, !negative, into);
                }
                Term::Negate(a) => collect(a, !negative, into),
                _ => into.push((negative, term)),
            }
        }
        let mut terms = Vec::new();
        collect(self, false, &mut terms);
        terms
    }
}

impl Condition {
    /// Calls `visit` on all nodes of all operands.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        for (left, _, right) in &self.0 {
            left.walk(visit);
            right.walk(visit);
        }
    }

    /// Whether one of the sides is such.
    pub fn any_side(&self, test: impl Fn(&Term) -> bool) -> bool {
        self.0.iter().any(|(left, _, right)| test(left) || test(right))
    }

    /// Whether one of the comparisons is an equation.
    #[must_use]
    pub fn has_equation(&self) -> bool {
        self.0.iter().any(|(_, relation, _)| *relation == Relation::Equal)
    }
}

impl Vector {
    /// Whether it mentions an expectation.
    #[must_use]
    pub fn has_expectation(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= node.expectation().is_some());
        found
    }

    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        visit(Node::Vector(self));
        match self {
            Vector::Element(_, index) => index.walk(visit),
            Vector::Minimiser => {}
            Vector::GradientAt(worker, a) => {
                worker.iter().for_each(|worker| worker.walk(visit));
                a.walk(visit);
            }
            Vector::WorkerGradient(i, k) | Vector::WorkerElement(_, i, k) => {
                i.walk(visit);
                k.walk(visit);
            }
            Vector::Negate(a) | Vector::Expectation(a) => a.walk(visit),
            Vector::Add(a, b) | Vector::Sub(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Vector::Scale(factor, a) | Vector::Clip(factor, a) => {
                factor.walk(visit);
                a.walk(visit);
            }
            Vector::Reduce { from, to, body, .. } => {
                from.walk(visit);
                to.walk(visit);
                body.walk(visit);
            }
        }
    }
}

impl Index {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        visit(Node::Index(self));
        if let Index::Add(a, b) | Index::Sub(a, b) | Index::Mul(a, b) = self {
            a.walk(visit);
            b.walk(visit);
        }
    }
}
