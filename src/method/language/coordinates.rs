//! Vectors of a run as their coordinates in one arithmetic.

use std::cmp::Ordering;

use super::machine::{Change, Part, Ran, Stop};
use super::partial::divides;
use super::tree::{Elementwise, Map};
use crate::number::{Scalar, clip, dot, norm2, zeros};

/// Vectors as their coordinates, in registers.
#[derive(Clone, Debug)]
pub struct Coordinates<S: Scalar> {
    /// The registers.
    pub registers: Vec<Vec<S>>,
    context: S::Context,
}

impl<S: Scalar> Coordinates<S> {
    /// So many registers of vectors of dimension d.
    #[must_use]
    pub fn new(registers: usize, dimension: usize, context: S::Context) -> Self {
        Coordinates { registers: vec![zeros(dimension, context); registers], context }
    }

    /// Of the arithmetic.
    #[must_use]
    pub fn context(&self) -> S::Context {
        self.context
    }

    /// Changes a register with all others at hand.
    pub fn with<R>(&mut self, u: usize, change: impl FnOnce(&Self, &mut [S]) -> R) -> R {
        let mut vector = std::mem::take(&mut self.registers[u]);
        let changed = change(self, &mut vector);
        self.registers[u] = vector;
        changed
    }

    /// See [`Vectors::combine`](super::machine::Vectors::combine).
    pub fn combine<'a>(&mut self, u: usize, parts: impl Iterator<Item = Part<'a, S>>) {
        self.with(u, |all, into| {
            let mut first = true;
            for part in parts {
                let own = part.vector == u;
                debug_assert!(first || !own);
                let from = &all.registers[part.vector];
                S::with_widest_registers(
                    #[inline(always)]
                    || add_part(into, from, own, first, &part),
                );
                first = false;
            }
            if first {
                let zero = S::zero(all.context);
                into.iter_mut().for_each(|x| x.set(&zero));
            }
        });
    }

    /// See [`Vectors::change`](super::machine::Vectors::change), without operators.
    ///
    /// # Errors
    /// When there is no such value.
    pub fn change(&mut self, u: usize, change: Change<'_, S>) -> Ran {
        let context = self.context;
        self.with(u, |all, u| match change {
            Change::Ones => {
                u.iter_mut().for_each(|x| *x = S::one(context));
                Ok(())
            }
            Change::Divide(a) => {
                divides(a)?;
                u.iter_mut().for_each(|x| x.div_assign(a));
                Ok(())
            }
            Change::Clip(a) => {
                clip(a, u, context);
                Ok(())
            }
            Change::Box(low, high) => {
                u.iter_mut().for_each(|x| {
                    x.max_assign(low);
                    x.min_assign(high);
                });
                Ok(())
            }
            Change::Map(map) => mapped(map, u, context),
            Change::Elementwise(op, w) => u.iter_mut().zip(&all.registers[w]).try_for_each(|(a, b)| match op {
                Elementwise::Products => {
                    a.mul_assign(b);
                    Ok(())
                }
                Elementwise::Quotients => {
                    divides(b)?;
                    a.div_assign(b);
                    Ok(())
                }
            }),
            Change::Operate(_) => Err(Stop::Undecided),
        })
    }

    /// ‖u‖².
    #[must_use]
    pub fn norm2(&self, u: usize) -> S {
        norm2(&self.registers[u], self.context)
    }

    /// ⟨u, w⟩.
    #[must_use]
    pub fn dot(&self, u: usize, w: usize) -> S {
        dot(&self.registers[u], &self.registers[w], self.context)
    }
}

/// into ← into ± a·w, or ±a·w where it is the first part; of the vector itself where that is its own.
#[inline(always)]
fn add_part<S: Scalar>(into: &mut [S], from: &[S], own: bool, first: bool, part: &Part<'_, S>) {
    if first {
        if !own {
            into.iter_mut().zip(from).for_each(|(x, w)| x.set(w));
        }
        if let Some(a) = part.factor {
            into.iter_mut().for_each(|x| x.mul_assign(a));
        }
        if part.negative {
            into.iter_mut().for_each(Scalar::neg_assign);
        }
        return;
    }
    let pairs = into.iter_mut().zip(from);
    match (part.factor, part.negative) {
        (None, false) => pairs.for_each(|(x, w)| x.add_assign(w)),
        (None, true) => pairs.for_each(|(x, w)| x.sub_assign(w)),
        (Some(a), false) => pairs.for_each(|(x, w)| x.add_product(w, a)),
        (Some(a), true) => pairs.for_each(|(x, w)| x.sub_product(w, a)),
    }
}

fn mapped<S: Scalar>(map: Map, u: &mut [S], context: S::Context) -> Ran {
    match map {
        Map::Normalize => {
            let norm = norm2(u, context).sqrt();
            divides(&norm)?;
            u.iter_mut().for_each(|x| x.div_assign(&norm));
        }
        Map::Sign => return u.iter_mut().try_for_each(|x| signed(x, context)),
        Map::ScaledSign => {
            let mut length = S::zero(context);
            u.iter().for_each(|x| length.add_assign(&x.clone().abs()));
            let length = length.div(&S::from_f64(u.len() as f64, context));
            u.iter_mut().try_for_each(|x| signed(x, context))?;
            u.iter_mut().for_each(|x| x.mul_assign(&length));
        }
        Map::Squares => u.iter_mut().for_each(Scalar::square_assign),
        Map::Roots => {
            let zero = S::zero(context);
            if u.iter().any(|x| x.certainly_lt(&zero)) {
                return Err(Stop::NoValue);
            }
            u.iter_mut().for_each(Scalar::sqrt_assign);
        }
    }
    Ok(())
}

/// x ← sign(x), with sign(0) = 0.
fn signed<S: Scalar>(x: &mut S, context: S::Context) -> Ran {
    let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
    *x = match x.compare(&S::zero(context)) {
        _ if S::LANES > 1 => S::from_lanes(|lane| sign(x.lane(lane)), context),
        Some(Ordering::Equal) => S::zero(context),
        Some(Ordering::Greater) => S::one(context),
        Some(Ordering::Less) => S::one(context).neg(),
        None => return Err(Stop::Undecided),
    };
    Ok(())
}
