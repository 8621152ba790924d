//! What a step does to vectors, written down: combinations with the numbers that they have in one arithmetic,
//! calls, and other changes. What numbers depend on vectors for is not known here.

use super::machine::{Call, Change, Machine, Part, Ran, Stop, Vectors};
use super::program::Program;
use super::tree::{Elementwise, Map};
use crate::number::Scalar;

/// ±a, or ±1 where there is no a.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight<S> {
    /// Whether it is negative.
    pub negative: bool,
    /// a.
    pub factor: Option<S>,
}

impl<S: Scalar> Weight<S> {
    /// The number.
    #[must_use]
    pub fn number(&self, context: S::Context) -> S {
        let size = self.factor.clone().unwrap_or_else(|| S::one(context));
        if self.negative { size.neg() } else { size }
    }
}

/// A change of a vector that is no combination.
#[derive(Clone, Debug, PartialEq)]
pub enum Bend<S> {
    /// u ← (1, …, 1).
    Ones,
    /// u ← u clipped at a.
    Clip(S),
    /// u ← the nearest point with coordinates between both.
    Box(S, S),
    /// u ← map(u).
    Map(Map),
    /// u ← u combined with the vector of that register.
    Elementwise(Elementwise, usize),
    /// u ← Q(u), for the operator at that position.
    Operate(usize),
}

/// One change; the first register is what changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Move<S> {
    /// u ← the sum of the parts.
    Combine(usize, Vec<(Weight<S>, usize)>),
    /// u ← u/a.
    Divide(usize, S),
    /// u ↔ w.
    Swap(usize, usize),
    /// u ← a gradient or an estimate of one.
    Call(usize, Call),
    /// u ← something else of u.
    Bend(usize, Bend<S>),
}

impl<S> Move<S> {
    /// The largest of its registers.
    #[must_use]
    pub fn largest_register(&self) -> usize {
        match self {
            Move::Combine(u, parts) => parts.iter().map(|(_, part)| *part).fold(*u, usize::max),
            Move::Swap(u, w) | Move::Bend(u, Bend::Elementwise(_, w)) => *u.max(w),
            Move::Call(u, call) => *u.max(&call.at),
            Move::Divide(u, _) | Move::Bend(u, _) => *u,
        }
    }

    /// Whether it is linear, but for what gradients are.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        !matches!(self, Move::Bend(..))
    }
}

/// Writes moves down.
#[derive(Clone, Debug)]
pub struct Recorder<S> {
    moves: Vec<Move<S>>,
}

impl<S> Default for Recorder<S> {
    fn default() -> Self {
        Recorder { moves: Vec::new() }
    }
}

impl<S: Scalar> Vectors<S> for Recorder<S> {
    fn combine<'a>(&mut self, u: usize, parts: impl Iterator<Item = Part<'a, S>>) -> Ran {
        let weight = |part: &Part<'_, S>| Weight { negative: part.negative, factor: part.factor.cloned() };
        self.moves.push(Move::Combine(u, parts.map(|part| (weight(&part), part.vector)).collect()));
        Ok(())
    }

    fn swap(&mut self, u: usize, w: usize) {
        self.moves.push(Move::Swap(u, w));
    }

    fn call(&mut self, u: usize, call: Call) -> Ran {
        self.moves.push(Move::Call(u, call));
        Ok(())
    }

    fn change(&mut self, u: usize, change: Change<'_, S>) -> Ran {
        self.moves.push(match change {
            Change::Divide(a) => Move::Divide(u, a.clone()),
            Change::Ones => Move::Bend(u, Bend::Ones),
            Change::Clip(a) => Move::Bend(u, Bend::Clip(a.clone())),
            Change::Box(a, b) => Move::Bend(u, Bend::Box(a.clone(), b.clone())),
            Change::Map(map) => Move::Bend(u, Bend::Map(map)),
            Change::Elementwise(op, w) => Move::Bend(u, Bend::Elementwise(op, w)),
            Change::Operate(operator) => Move::Bend(u, Bend::Operate(operator)),
        });
        Ok(())
    }

    fn norm2(&mut self, _: usize) -> Result<S, Stop> {
        Err(Stop::Undecided)
    }

    fn dot(&mut self, _: usize, _: usize) -> Result<S, Stop> {
        Err(Stop::Undecided)
    }

    fn value(&mut self, _: usize) -> Result<S, Stop> {
        Err(Stop::Undecided)
    }
}

/// The moves of a run, step by step.
#[derive(Clone)]
pub struct Unrolled<'p, S: Scalar> {
    machine: Machine<'p, S>,
}

impl<'p, S: Scalar> Unrolled<'p, S> {
    /// From a machine before its first step.
    #[must_use]
    pub fn new(machine: Machine<'p, S>) -> Self {
        Unrolled { machine }
    }

    /// The numbers where it is.
    #[must_use]
    pub fn machine(&self) -> &Machine<'p, S> {
        &self.machine
    }

    /// The moves of the start; none where numbers depend on vectors.
    pub fn begin(&mut self) -> Option<Vec<Move<S>>> {
        let mut recorder = Recorder::default();
        self.machine.begin(&mut recorder).ok().map(|()| recorder.moves)
    }

    /// Goes to step k, where no number is kept from step to step.
    pub fn go_to(&mut self, k: usize) -> Option<()> {
        self.machine.go_to(k, &mut Recorder::default()).ok()
    }

    /// Those of the next step.
    pub fn step(&mut self) -> Option<Vec<Move<S>>> {
        let mut recorder = Recorder::default();
        self.machine.step(&mut recorder).ok().map(|()| recorder.moves)
    }
}

/// What a vector is to a translation of the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It moves along.
    Point,
    /// It stays.
    Direction,
}

/// The kind of each register before step 0, of those that the start sets.
#[must_use]
pub fn start_kinds(machine: Machine<'_, f64>, program: &Program) -> Option<Vec<Option<Kind>>> {
    let mut kinds = vec![None; program.vectors];
    kinds[0] = Some(Kind::Point);
    // What the instance gives is taken for a point, and refused below where that does not fit.
    for quantity in &program.any {
        program.registers(*quantity).for_each(|register| kinds[register] = Some(Kind::Point));
    }
    Unrolled::new(machine).begin()?.iter().for_each(|step| step.kind(&mut kinds));
    Some(kinds)
}

/// The kind of each register after a step, where it is the same after every one. Registers that are neither,
/// as far as this sees, have none.
#[must_use]
pub fn kinds(machine: Machine<'_, f64>, program: &Program) -> Option<Vec<Option<Kind>>> {
    // Steps that differ could leave another kind after any of them.
    if !program.moves_alike() {
        return None;
    }
    let mut kinds = start_kinds(machine.clone(), program)?;
    let mut unrolled = Unrolled::new(machine);
    unrolled.begin()?;
    let mut after_first = None;
    for _ in 0..3 {
        for step in unrolled.step()? {
            // Gradients and estimates elsewhere than at points depend on where the origin is.
            if matches!(&step, Move::Call(_, call) if kinds[call.at] != Some(Kind::Point)) {
                return None;
            }
            step.kind(&mut kinds);
        }
        if kinds[0] != Some(Kind::Point) {
            return None;
        }
        match &after_first {
            None => after_first = Some(kinds.clone()),
            Some(first) if *first != kinds => return None,
            Some(_) => {}
        }
    }
    Some(kinds)
}

impl<S> Move<S> {
    fn kind(&self, kinds: &mut [Option<Kind>]) {
        match self {
            Move::Combine(u, parts) => kinds[*u] = combined_kind(parts, kinds),
            Move::Divide(u, _) | Move::Bend(u, Bend::Clip(_) | Bend::Map(_) | Bend::Operate(_)) => {
                kinds[*u] = kinds[*u].filter(|kind| *kind == Kind::Direction);
            }
            Move::Swap(u, w) => kinds.swap(*u, *w),
            Move::Call(u, call) => {
                kinds[*u] = kinds[call.at].filter(|kind| *kind == Kind::Point).map(|_| Kind::Direction);
            }
            Move::Bend(u, Bend::Ones) => kinds[*u] = Some(Kind::Direction),
            Move::Bend(u, Bend::Box(..)) => kinds[*u] = None,
            Move::Bend(u, Bend::Elementwise(_, w)) => {
                let both = [kinds[*u], kinds[*w]].iter().all(|kind| *kind == Some(Kind::Direction));
                kinds[*u] = both.then_some(Kind::Direction);
            }
        }
    }
}

/// A sum of directions, and of points with signs that add up to 1 or 0.
fn combined_kind<S>(parts: &[(Weight<S>, usize)], kinds: &[Option<Kind>]) -> Option<Kind> {
    let mut points = 0;
    for (weight, vector) in parts {
        match kinds[*vector]? {
            Kind::Direction => {}
            Kind::Point if weight.factor.is_some() => return None,
            Kind::Point => points += if weight.negative { -1 } else { 1 },
        }
    }
    match points {
        0 => Some(Kind::Direction),
        1 => Some(Kind::Point),
        _ => None,
    }
}
